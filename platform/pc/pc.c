// SPDX-License-Identifier: MIT
/*
 * The PC's bring-up table, and the small steps that only join what core and arch offer. Anybody who
 * wants to know what happens to a CPU of a PC, and in which order, reads the table below.
 */
#include "platform/pc/pc.h"

#include "arch/x86_64/cpu_check.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/clock_store.h"
#include "core/cpu_memory.h"
#include "core/memory_map.h"
#include "core/runner.h"
#include "core/stack_area.h"
#include "device/clock_source.h"
#include "platform/pc/pc_park.h"
#include "platform/table_steps.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* An image may leave these out: core/image_choice.h. */
#pragma weak pc_nodes_read
#pragma weak pc_hotplug_poll
#pragma weak pc_hotplug_eject
#pragma weak pc_handover

#define STACKS_OF_TRAPS ((1u << STACK_NMI | 1u << STACK_FATAL) & CPU_STACK_KINDS)

static const char *hypervisor = "unknown";

static bool pc_detect(void)
{
	return true;
}

static const char *pc_hypervisor(void)
{
	return hypervisor;
}

static int hypervisor_step(cpu_t cpu)
{
	(void)cpu;
	hypervisor = x86_hypervisor();
	return 0;
}

int pc_tables_step(cpu_t cpu)
{
	int error = page_tables_step(cpu);

	return error ? error : memory_map_grow();
}

/* Where the ACPI timer is known is where measuring begins: what comes next takes longer than that. */
static int firmware_step(cpu_t cpu)
{
	int error = pc_firmware_step(cpu);

	tsc_measure_begin(pc_firmware.power.pm_timer_port, pc_firmware.power.pm_timer_32);
	return error;
}

static int clock_step(cpu_t cpu)
{
	uint64_t frequency = tsc_frequency();

	(void)cpu;
	if (!frequency) {
		console_print("muster: clock: nothing to measure the time-stamp counter with: "
			      "CPUID tells nothing, no ACPI timer, no 8254, no real-time clock\n");
		return MUSTER_E_NOT_SUPPORTED;
	}
	clock_frequency_set(frequency);
	return 0;
}

/* Without the part that reads the SRAT no CPU and no memory has a node. */
int pc_nodes_step(cpu_t cpu)
{
	(void)cpu;
	return pc_nodes_read ? pc_nodes_read() : 0;
}

int pc_boot_stacks_step(cpu_t cpu)
{
	return stacks_create(cpu, STACKS_OF_TRAPS);
}

static const struct bringup_step steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE) | CAP(EARLY_TRAPS), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, pc_console_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, hypervisor_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, pc_layout_step, NULL },
	{ "fixmap", CAP(LAYOUT), CAP(FIXMAP),
	  WHERE_BOOT, UNDO_NOTHING, fixmap_step, NULL },
	{ "command-line", CAP(FIXMAP) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, pc_command_line_step, NULL },
	{ "memory-map", CAP(COMMAND_LINE) | CAP(FIXMAP), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, pc_memory_map_row, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIXMAP), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, pc_tables_step, NULL },
	{ "firmware", CAP(FIXMAP) | CAP(COMMAND_LINE), CAP(FIRMWARE),
	  WHERE_BOOT, UNDO_NOTHING, firmware_step, NULL },
	{ "nodes", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(FIXMAP), CAP(NODES),
	  WHERE_BOOT, UNDO_NOTHING, pc_nodes_step, NULL },
	{ "cpu-ids", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(NODES), CAP(CPU_IDS),
	  WHERE_BOOT, UNDO_NOTHING, pc_cpu_ids_step, NULL },
	{ "boot-unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS),
	  CAP(UNITS) | CAP(UNIT),
	  WHERE_BOOT, UNDO_NOTHING, boot_unit_step, NULL },
	{ "boot-stacks", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS), CAP(STACK),
	  WHERE_BOOT, UNDO_STEP, pc_boot_stacks_step, stacks_destroy },
	{ "interrupts", CAP(FIRMWARE) | CAP(FIXMAP) | CAP(CPU_IDS), CAP(INTERRUPTS),
	  WHERE_BOOT, UNDO_NOTHING, pc_interrupts_step, NULL },
	{ "start-code", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(FIXMAP) | CAP(FIRMWARE) | CAP(CPU_IDS), CAP(START_CODE),
	  WHERE_BOOT, UNDO_STEP, pc_start_code_row, pc_start_code_undo },
	{ "clock", CAP(FIRMWARE), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, clock_step, NULL },

	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },

	{ "start", CAP(START_CODE) | CAP(CPU_IDS) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(UNIT) | CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_STEP, pc_start_row, pc_start_undo },

	{ "descriptor-tables", CAP(PERCPU_BASE) | CAP(LAYOUT) | CAP(UNIT) | CAP(STACK), CAP(DESCRIPTORS),
	  WHERE_ONLINE, UNDO_STEP, descriptor_tables_load, descriptor_tables_unload },
	{ "cpu-check", CAP(CPU_IDS) | CAP(DESCRIPTORS), CAP(CPU_CHECKED),
	  WHERE_ONLINE, UNDO_NOTHING, cpu_check_step, NULL },
	{ "stack-marks", CAP(LAYOUT) | CAP(STACK), 0,
	  WHERE_ONLINE, UNDO_NOTHING, stack_marks_step, NULL },
	{ "local-apic", CAP(INTERRUPTS) | CAP(CPU_CHECKED) | CAP(DESCRIPTORS), CAP(CPU_INTERRUPT),
	  WHERE_ONLINE, UNDO_STEP, pc_local_apic_step, pc_local_apic_undo },
	{ "call-queue", CAP(UNIT) | CAP(CPU_INTERRUPT), CAP(CALL_QUEUE),
	  WHERE_ONLINE, UNDO_STEP, call_queue_open, call_queue_close },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_CHECKED) | CAP(CPU_IDS), CAP(ONLINE),
	  WHERE_ONLINE, UNDO_NOTHING, online_step, NULL },
	/* clang-format on */
};

static const struct bringup_table table = {
	.platform = "pc",
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

const struct platform platform_pc = {
	.name = "pc",
	.detect = pc_detect,
	.table = &table,
	.hypervisor = pc_hypervisor,
	.brought_up = pc_name_unknown,
	.emergency_console = pc_emergency_console,
	.power_off = pc_power_off,
	.words = pc_words,
	.word_count = PC_WORDS,
	.hotplug_poll = pc_hotplug_poll,
	.hotplug_eject = pc_hotplug_eject,
	.handover = &pc_handover,
};
