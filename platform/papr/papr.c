// SPDX-License-Identifier: MIT
/*
 * PAPR's bring-up table, and the small steps that only join what core and arch offer. Anybody who wants to
 * know what happens to a CPU of a pseries guest, and in which order, reads the table below.
 */
#include "platform/papr/papr.h"

#include "arch/ppc64/registers.h"
#include "core/clock_store.h"
#include "core/cpu_memory.h"
#include "core/machine.h"
#include "core/runner.h"
#include "platform/papr/papr_areas.h"
#include "platform/papr/papr_park.h"
#include "platform/table_steps.h"

#include <muster/muster.h>

/* An image may leave these out: core/image_choice.h. */
#pragma weak papr_handover
#pragma weak papr_hotplug_poll
#pragma weak papr_hotplug_eject

static bool papr_detect(void)
{
	return !hypervisor_state();
}

static const char *papr_hypervisor(void)
{
	return "papr";
}

static int hypervisor_step(cpu_t cpu)
{
	(void)cpu;
	return 0;
}

/* The time base needs no measuring: the tree says how fast it is. */
int papr_clock_step(cpu_t cpu)
{
	(void)cpu;
	if (!papr_firmware.processor.timebase_frequency) {
		console_print(
			"muster: clock: the device tree does not say how fast the time base is\n");
		return MUSTER_E_NOT_SUPPORTED;
	}
	clock_frequency_set(papr_firmware.processor.timebase_frequency);
	return 0;
}

int papr_trap_vectors_step(cpu_t cpu)
{
	(void)cpu;
	decrementer_set(INT32_MAX);
	return 0;
}

/* PIR is the CPU's own word for who it is. But a guest's PIR is the hypervisor's to fill in, and not all do so
 * with server numbers (QEMU: 0, or numbers without the gaps that those have): a difference is counted, and said once
 * for all. That the right CPU came is certain without: it came with the number that it was started with. */
static uint32_t pir_count, pir_cpu;
static uint64_t pir_value;

int papr_cpu_check_step(cpu_t cpu)
{
	uint64_t pir = machine_get()->hwid_this().value;
	uint64_t unit_last = percpu_unit(cpu) + percpu_unit_size() - 1;

	if (!papr_reachable(unit_last) || !papr_reachable(stack_top(cpu, STACK_MAIN) - 1)) {
		console_print("muster: CPU %u: unit to %#lx, stack below %#lx: not reachable "
			      "without translation\n",
			      cpu.number, unit_last, stack_top(cpu, STACK_MAIN));
		return MUSTER_E_MISMATCH;
	}
	if (pir == cpu_hwid(cpu).value)
		return 0;
	pir_cpu = cpu.number;
	pir_value = pir;
	__atomic_add_fetch(&pir_count, 1, __ATOMIC_RELAXED);
	return 0;
}

static void papr_brought_up(void)
{
	if (pir_count)
		console_print("muster: PIR is not the server number on %u CPUs, one of them CPU "
			      "%u: %#lx\n",
			      pir_count, pir_cpu, pir_value);
}

static const struct bringup_step steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, papr_console_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, hypervisor_step, NULL },
	{ "device-tree", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(FIRMWARE),
	  WHERE_BOOT, UNDO_NOTHING, papr_device_tree_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, papr_layout_step, NULL },
	{ "command-line", CAP(FIRMWARE) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, papr_command_line_step, NULL },
	{ "memory-map", CAP(FIRMWARE) | CAP(COMMAND_LINE) | CAP(LAYOUT), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, papr_memory_map_step, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIRMWARE), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, papr_tables_step, NULL },
	{ "clock", CAP(FIRMWARE), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, papr_clock_step, NULL },
	{ "nodes", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES), CAP(NODES),
	  WHERE_BOOT, UNDO_NOTHING, papr_nodes_step, NULL },
	{ "cpu-ids", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(NODES), CAP(CPU_IDS),
	  WHERE_BOOT, UNDO_NOTHING, papr_cpu_ids_step, NULL },
	{ "boot-unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS),
	  CAP(UNITS) | CAP(UNIT) | CAP(STACK),
	  WHERE_BOOT, UNDO_NOTHING, boot_unit_step, NULL },
	{ "boot-areas", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_BOOT, UNDO_STEP, papr_boot_areas_step, papr_areas_boot_undo },
	{ "interrupts", CAP(FIRMWARE) | CAP(CPU_IDS) | CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(UNIT),
	  CAP(INTERRUPTS) | CAP(EVENT_QUEUE),
	  WHERE_BOOT, UNDO_NOTHING, papr_interrupts_step, NULL },
	{ "start-code", CAP(FIRMWARE) | CAP(PAGE_TABLES) | CAP(CPU_IDS), CAP(START_CODE),
	  WHERE_BOOT, UNDO_STEP, papr_start_code_step, papr_start_code_undo },

	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },
	{ "interrupt-queue", CAP(INTERRUPTS) | CAP(CPU_IDS) | CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(UNIT),
	  CAP(EVENT_QUEUE),
	  WHERE_PREPARE, UNDO_STEP, papr_interrupt_queue_step, papr_interrupt_queue_undo },
	{ "areas", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_PREPARE, UNDO_STEP, papr_areas_prepare, papr_areas_prepare_undo },

	{ "start", CAP(START_CODE) | CAP(CPU_IDS) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(UNIT) | CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_STEP, papr_start_step, papr_start_undo },

	{ "trap-vectors", CAP(PERCPU_BASE) | CAP(PAGE_TABLES) | CAP(UNIT) | CAP(STACK), CAP(DESCRIPTORS),
	  WHERE_ONLINE, UNDO_NOTHING, papr_trap_vectors_step, NULL },
	{ "cpu-check", CAP(CPU_IDS) | CAP(DESCRIPTORS) | CAP(UNIT) | CAP(STACK), CAP(CPU_CHECKED),
	  WHERE_ONLINE, UNDO_NOTHING, papr_cpu_check_step, NULL },
	{ "areas-online", CAP(CPU_CHECKED) | CAP(CPU_IDS) | CAP(UNIT), CAP(SHARED_AREAS),
	  WHERE_ONLINE, UNDO_STEP, papr_areas_online, papr_areas_online_undo },
	{ "stack-marks", CAP(LAYOUT) | CAP(STACK), 0,
	  WHERE_ONLINE, UNDO_NOTHING, stack_marks_step, NULL },
	{ "local-interrupts", CAP(INTERRUPTS) | CAP(EVENT_QUEUE) | CAP(CPU_CHECKED) | CAP(DESCRIPTORS), CAP(CPU_INTERRUPT),
	  WHERE_ONLINE, UNDO_STEP, papr_local_interrupts_step, papr_local_interrupts_undo },
	{ "call-queue", CAP(UNIT) | CAP(CPU_INTERRUPT), CAP(CALL_QUEUE),
	  WHERE_ONLINE, UNDO_STEP, call_queue_open, call_queue_close },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_CHECKED) | CAP(CPU_IDS), CAP(ONLINE),
	  WHERE_ONLINE, UNDO_NOTHING, online_step, NULL },
	/* clang-format on */
};

static const struct bringup_table table = {
	.platform = "papr",
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

const struct platform platform_papr = {
	.name = "papr",
	.detect = papr_detect,
	.table = &table,
	.hypervisor = papr_hypervisor,
	.brought_up = papr_brought_up,
	.handover = &papr_handover,
	.emergency_console = papr_emergency_console,
	.power_off = papr_power_off,
	.words = papr_words,
	.word_count = PAPR_WORDS,
	.hotplug_poll = papr_hotplug_poll,
	.hotplug_eject = papr_hotplug_eject,
};
