// SPDX-License-Identifier: MIT
/*
 * The bring-up table of a PVH guest of Xen. Anybody who wants to know what happens to a CPU of one, and
 * in which order, reads the table below. What a PVH guest has in common with a PC it has from there.
 */
#include "platform/xen/pvh/xen_pvh.h"

#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/clock_store.h"
#include "core/cpu_memory.h"
#include "core/image_choice.h"
#include "core/runner.h"
#include "core/stack_area.h"
#include "device/clock_source.h"
#include "platform/pc/pc.h"
#include "platform/pc/pc_park.h"
#include "platform/table_steps.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/hypercall.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_console.h"
#include "platform/xen/xen_memory_map.h"

#include <muster/muster.h>

IMAGE_CHOICE(xen_pvh);

/* An HVM guest with firmware and devices is a PC; a PVH guest is one that was entered as such. */
static bool xen_pvh_detect(void)
{
	return boot_source()->protocol == BOOT_PVH && xen_cpuid_find(&xen_pvh_cpuid, cpuid_read) &&
	       xen_cpuid_hypercall_msr(&xen_pvh_cpuid);
}

static const char *hypervisor = "xen";

static const char *xen_pvh_hypervisor(void)
{
	return hypervisor;
}

static int hypervisor_step(cpu_t cpu)
{
	(void)cpu;
	hypervisor = xen_version_text();
	return 0;
}

static int memory_map_step(cpu_t cpu)
{
	int error;

	(void)cpu;
	pc_park_find();
	error = pc_memory_map_build(xen_memory_map_read);
	if (!error)
		pc_park_claim();
	return error;
}

/* Xen says it; a guest has no timers that it could be measured with. */
static int clock_step(cpu_t cpu)
{
	uint64_t frequency = xen_cpuid_tsc_frequency(&xen_pvh_cpuid);

	(void)cpu;
	if (!frequency) {
		console_print("muster: clock: Xen's CPUID leaves do not say how fast the "
			      "time-stamp counter is\n");
		return MUSTER_E_NOT_SUPPORTED;
	}
	clock_frequency_set(frequency);
	return 0;
}

static const struct bringup_step steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE) | CAP(EARLY_TRAPS), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, xen_pvh_console_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, hypervisor_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, pc_layout_step, NULL },
	{ "fixmap", CAP(LAYOUT), CAP(FIXMAP),
	  WHERE_BOOT, UNDO_NOTHING, fixmap_step, NULL },
	{ "command-line", CAP(FIXMAP) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, pc_command_line_step, NULL },
	{ "memory-map", CAP(HYPERVISOR) | CAP(COMMAND_LINE) | CAP(FIXMAP), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, memory_map_step, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIXMAP), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, pc_tables_step, NULL },
	{ "shared-info", CAP(HYPERVISOR) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES), 0,
	  WHERE_BOOT, UNDO_WHOLE_GUEST, xen_pvh_shared_info_step, NULL },
	{ "firmware", CAP(FIXMAP) | CAP(COMMAND_LINE), CAP(FIRMWARE),
	  WHERE_BOOT, UNDO_NOTHING, pc_firmware_step, NULL },
	{ "clock", CAP(HYPERVISOR), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, clock_step, NULL },
	{ "nodes", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(FIXMAP), CAP(NODES),
	  WHERE_BOOT, UNDO_NOTHING, pc_nodes_step, NULL },
	{ "cpu-ids", CAP(HYPERVISOR) | CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(NODES), CAP(CPU_IDS),
	  WHERE_BOOT, UNDO_NOTHING, xen_pvh_cpu_ids_step, NULL },
	{ "boot-unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS),
	  CAP(UNITS) | CAP(UNIT),
	  WHERE_BOOT, UNDO_NOTHING, boot_unit_step, NULL },
	{ "boot-stacks", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS), CAP(STACK),
	  WHERE_BOOT, UNDO_STEP, pc_boot_stacks_step, stacks_destroy },
	{ "interrupts", CAP(HYPERVISOR) | CAP(FIRMWARE) | CAP(FIXMAP) | CAP(CPU_IDS), CAP(INTERRUPTS),
	  WHERE_BOOT, UNDO_WHOLE_GUEST, xen_pvh_interrupts_step, NULL },
	{ "boot-areas", CAP(HYPERVISOR) | CAP(INTERRUPTS) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_BOOT, UNDO_STEP, xen_areas_boot, xen_areas_boot_undo },
	{ "boot-events", CAP(HYPERVISOR) | CAP(INTERRUPTS) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_BOOT, UNDO_WHOLE_GUEST, xen_events_prepare, NULL },
	{ "start-code", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(FIXMAP) | CAP(FIRMWARE) | CAP(CPU_IDS), CAP(START_CODE),
	  WHERE_BOOT, UNDO_STEP, xen_pvh_start_code_step, xen_pvh_start_code_undo },

	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },
	{ "areas", CAP(HYPERVISOR) | CAP(INTERRUPTS) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_PREPARE, UNDO_STEP, areas_prepare, areas_prepare_undo },
	/* Kept when the CPU goes: it has the same one again when it comes. */
	{ "event-channel", CAP(HYPERVISOR) | CAP(INTERRUPTS) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), 0,
	  WHERE_PREPARE, UNDO_NOTHING, xen_events_prepare, NULL },

	{ "start", CAP(START_CODE) | CAP(CPU_IDS) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(UNIT) | CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_STEP, xen_pvh_start_step, xen_pvh_start_undo },

	{ "descriptor-tables", CAP(PERCPU_BASE) | CAP(LAYOUT) | CAP(UNIT) | CAP(STACK), CAP(DESCRIPTORS),
	  WHERE_ONLINE, UNDO_STEP, descriptor_tables_load, descriptor_tables_unload },
	{ "cpu-check", CAP(HYPERVISOR) | CAP(CPU_IDS) | CAP(DESCRIPTORS), CAP(CPU_CHECKED),
	  WHERE_ONLINE, UNDO_NOTHING, xen_pvh_cpu_check_step, NULL },
	{ "stack-marks", CAP(LAYOUT) | CAP(STACK), 0,
	  WHERE_ONLINE, UNDO_NOTHING, stack_marks_step, NULL },
	{ "areas-online", CAP(CPU_CHECKED) | CAP(CPU_IDS), CAP(SHARED_AREAS),
	  WHERE_ONLINE, UNDO_STEP, xen_areas_online, xen_areas_online_undo },
	{ "local-apic", CAP(INTERRUPTS) | CAP(CPU_CHECKED) | CAP(DESCRIPTORS) | CAP(SHARED_AREAS), CAP(CPU_INTERRUPT),
	  WHERE_ONLINE, UNDO_STEP, pc_local_apic_step, pc_local_apic_undo },
	{ "call-queue", CAP(UNIT) | CAP(CPU_INTERRUPT), CAP(CALL_QUEUE),
	  WHERE_ONLINE, UNDO_STEP, call_queue_open, call_queue_close },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_CHECKED) | CAP(CPU_IDS), CAP(ONLINE),
	  WHERE_ONLINE, UNDO_NOTHING, online_step, NULL },
	/* clang-format on */
};

static const struct bringup_table table = {
	.platform = "xen/pvh",
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

const struct platform platform_xen_pvh = {
	.name = "xen/pvh",
	.detect = xen_pvh_detect,
	.table = &table,
	.hypervisor = xen_pvh_hypervisor,
	.brought_up = pc_name_unknown,
	.emergency_console = xen_pvh_emergency_console,
	.power_off = xen_pvh_power_off,
	.handover = &xen_pvh_handover,
	.words = xen_pvh_words,
	.word_count = XEN_PVH_WORDS,
};
