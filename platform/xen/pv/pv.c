// SPDX-License-Identifier: MIT
/*
 * The bring-up table of a Xen PV guest. Anybody who wants to know what happens to its CPUs, and in which
 * order, reads the table below.
 */
#include "platform/xen/pv/pv.h"

#include "arch/x86_64/start.h"
#include "arch/x86_64/trap.h"
#include "core/cpu_memory.h"
#include "core/image_choice.h"
#include "core/runner.h"
#include "platform/table_steps.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_time.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

IMAGE_CHOICE(xen_pv);

static bool pv_detect(void)
{
	return pv_began();
}

static const char *pv_hypervisor(void)
{
	return "xen";
}

static int areas_step(cpu_t cpu)
{
	int error;

	xen_events_choose(pv_two_level_wanted());
	error = xen_areas_boot(cpu);
	if (error)
		return error;
	error = xen_events_prepare(cpu);
	if (error)
		xen_areas_boot_undo(cpu);
	return error;
}

static int interrupts_step(cpu_t cpu)
{
	int error = pv_callbacks_step(cpu);

	if (error)
		return error;
	trap_handler_set(TRAP_CALL, xen_events_upcall);
	x86_machine.kick = xen_events_kick;
	x86_machine.stop_others = pv_stop_others;
	x86_machine.send_nmi = pv_send_nmi;
	x86_machine.reset = pv_reset;
	x86_machine.wait_a_moment = xen_wait_a_moment;
	return 0;
}

/* There is no step `boot-stacks`: Xen pushes a trap of the kernel's on the stack in use, so none needs a
 * stack of its own. */
static const struct bringup_step steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE) | CAP(EARLY_TRAPS), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, pv_console_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, pv_hypervisor_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, pv_layout_step, NULL },
	{ "fixmap", CAP(LAYOUT) | CAP(HYPERVISOR), CAP(FIXMAP),
	  WHERE_BOOT, UNDO_NOTHING, pv_fixmap_step, NULL },
	{ "command-line", CAP(FIXMAP) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, pv_command_line_step, NULL },
	{ "memory-map", CAP(COMMAND_LINE) | CAP(HYPERVISOR), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, pv_memory_map_step, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIXMAP), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, pv_page_tables_step, NULL },
	{ "clock", CAP(HYPERVISOR) | CAP(FIXMAP), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, pv_clock_step, NULL },
	{ "cpu-ids", CAP(HYPERVISOR) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES), CAP(CPU_IDS),
	  WHERE_BOOT, UNDO_NOTHING, pv_cpu_ids_step, NULL },
	{ "boot-unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS),
	  CAP(UNITS) | CAP(UNIT) | CAP(STACK),
	  WHERE_BOOT, UNDO_NOTHING, boot_unit_step, NULL },
	{ "boot-areas", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS) | CAP(COMMAND_LINE), 0,
	  WHERE_BOOT, UNDO_STEP, areas_step, xen_areas_boot_undo },
	{ "boot-gdt", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS), 0,
	  WHERE_BOOT, UNDO_STEP, pv_gdt_boot_step, pv_gdt_boot_undo },
	{ "interrupts", CAP(CPU_IDS) | CAP(FIXMAP), CAP(INTERRUPTS),
	  WHERE_BOOT, UNDO_NOTHING, interrupts_step, NULL },

	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },
	{ "areas", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNIT), 0,
	  WHERE_PREPARE, UNDO_STEP, areas_prepare, areas_prepare_undo },
	{ "event-channel", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_PREPARE, UNDO_NOTHING, xen_events_prepare, NULL },
	{ "gdt", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(UNIT), 0,
	  WHERE_PREPARE, UNDO_STEP, pv_gdt_create, pv_gdt_destroy },
	/* No call takes it back: a CPU that was begun once is HELD from here on. */
	{ "initialise", CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNIT) | CAP(STACK), CAP(START_CODE),
	  WHERE_PREPARE, UNDO_NONE, pv_initialise_step, NULL },

	{ "start", CAP(START_CODE) | CAP(CPU_IDS) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(UNIT) | CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_STEP, pv_up_step, pv_up_undo },

	{ "descriptor-tables", CAP(PERCPU_BASE) | CAP(LAYOUT) | CAP(UNIT) | CAP(STACK), CAP(DESCRIPTORS),
	  WHERE_ONLINE, UNDO_STEP, pv_segments_step, pv_segments_undo },
	{ "areas-online", CAP(CPU_IDS) | CAP(UNIT), CAP(SHARED_AREAS),
	  WHERE_ONLINE, UNDO_STEP, xen_areas_online, xen_areas_online_undo },
	{ "stack-marks", CAP(LAYOUT) | CAP(STACK), 0,
	  WHERE_ONLINE, UNDO_NOTHING, stack_marks_step, NULL },
	{ "call-queue", CAP(UNIT) | CAP(SHARED_AREAS) | CAP(INTERRUPTS) | CAP(DESCRIPTORS), CAP(CALL_QUEUE),
	  WHERE_ONLINE, UNDO_STEP, call_queue_open, call_queue_close },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_IDS), CAP(ONLINE),
	  WHERE_ONLINE, UNDO_NOTHING, online_step, NULL },
	/* clang-format on */
};

static const struct bringup_table table = {
	.platform = "xen/pv",
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

const struct platform platform_xen_pv = {
	.name = "xen/pv",
	.detect = pv_detect,
	.table = &table,
	.hypervisor = pv_hypervisor,
	.power_off = pv_power_off,
	.words = pv_words,
	.word_count = PV_WORDS,
};
