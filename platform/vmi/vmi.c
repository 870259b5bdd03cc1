// SPDX-License-Identifier: MIT
/*
 * The bring-up table of a 32-bit PC whose hypervisor has a VMI ROM, and what only joins parts. The ROM is
 * looked for while there is no layout, because it says how much of the address space is the hypervisor's;
 * from step `vmi` on it may be called. Where it turns out that it cannot be used, the same table runs as a
 * PC's. Nothing here may need to know how much memory there is before step `memory-map`.
 */
#include "platform/vmi/vmi.h"

#include "arch/i386/boot_window.h"
#include "arch/x86_64/cpu_check.h"
#include "arch/x86_64/descriptors.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/cpu_memory.h"
#include "core/image_choice.h"
#include "core/runner.h"
#include "core/stack_area.h"
#include "platform/pc/pc.h"
#include "platform/table_steps.h"

#include <muster/muster.h>

IMAGE_CHOICE(vmi);

/* An image may leave these out: core/image_choice.h. */
#pragma weak pc_hotplug_poll
#pragma weak pc_hotplug_eject

struct vmi_guest vmi_guest;

static const char *hypervisor = "unknown";

int vmi_refuse(const char *why)
{
	vmi_guest.refused = true;
	vmi_guest.active = false;
	console_print("muster: vmi: %s: running natively\n", why);
	return 0;
}

static bool vmi_detect(void)
{
	int error = vmi_rom_find(&boot_window_reader, &vmi_guest.rom);

	if (!error)
		return true;
	(void)vmi_refuse(error == MUSTER_E_NOT_FOUND ? "no ROM from 0xc0000 to 0xdffff"
						     : "no ROM that can be used");
	return false;
}

static const char *vmi_hypervisor(void)
{
	return hypervisor;
}

static int hypervisor_step(cpu_t cpu)
{
	const struct vmi_rom *rom = &vmi_guest.rom;

	(void)cpu;
	hypervisor = x86_hypervisor();
	console_print(
		"muster: vmi: ROM at %#x: %s %s %u.%u, API %u.%u, licence %s; the hypervisor's "
		"part begins at %#x\n",
		rom->base, rom->manufacturer, rom->product, rom->version_major, rom->version_minor,
		rom->api_major, rom->api_minor, rom->licence, rom->virtual_top);
	return 0;
}

/* virtual_top is a 32-bit address, and what is above it the hypervisor's; 0: nothing is. */
static int hole_reserve(struct layout_draft *draft)
{
	uint32_t top = vmi_guest.rom.virtual_top;

	return top ? layout_reserve_top(draft, UINT64_C(0x100000000) - top, "vmi") : 0;
}

/* Reserve, and see that enough is left: else it is the hole that has to go, and with it the ROM. */
static int layout_step(cpu_t cpu)
{
	static struct layout_draft draft;

	x86_layout_draft(&draft);
	if (!hole_reserve(&draft) && !pc_hole_reserve(&draft) &&
	    !layout_draft_fit(&draft, PC_LOW_MEMORY_LEAST))
		return layout_seal(&draft) ? 0 : MUSTER_E_INVALID;
	(void)vmi_refuse("there is no room beside its hole");
	return pc_layout_step(cpu);
}

static const struct bringup_step steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE) | CAP(EARLY_TRAPS), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, pc_console_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, hypervisor_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, layout_step, NULL },
	{ "vmi", CAP(HYPERVISOR) | CAP(LAYOUT), 0,
	  WHERE_BOOT, UNDO_WHOLE_GUEST, vmi_activate_step, NULL },
	{ "fixmap", CAP(LAYOUT), CAP(FIXMAP),
	  WHERE_BOOT, UNDO_NOTHING, fixmap_step, NULL },
	{ "command-line", CAP(FIXMAP) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, pc_command_line_step, NULL },
	{ "memory-map", CAP(COMMAND_LINE) | CAP(FIXMAP), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, pc_memory_map_step, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIXMAP), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, pc_tables_step, NULL },
	{ "firmware", CAP(FIXMAP) | CAP(COMMAND_LINE), CAP(FIRMWARE),
	  WHERE_BOOT, UNDO_NOTHING, pc_firmware_timed_step, NULL },
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
	  WHERE_BOOT, UNDO_NOTHING, vmi_interrupts_step, NULL },
	{ "start-code", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(FIXMAP) | CAP(FIRMWARE) | CAP(CPU_IDS), CAP(START_CODE),
	  WHERE_BOOT, UNDO_STEP, vmi_start_code_step, vmi_start_code_undo },
	{ "clock", CAP(FIRMWARE), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, pc_clock_step, NULL },

	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },

	{ "start", CAP(START_CODE) | CAP(CPU_IDS) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(UNIT) | CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_STEP, vmi_start_step, vmi_start_undo },

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
	.platform = "vmi",
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
};

const struct platform platform_vmi = {
	.name = "vmi",
	.detect = vmi_detect,
	.table = &table,
	.hypervisor = vmi_hypervisor,
	.brought_up = pc_name_unknown,
	.emergency_console = pc_emergency_console,
	.power_off = pc_power_off,
	.words = pc_words,
	.word_count = PC_WORDS,
	.hotplug_poll = pc_hotplug_poll,
	.hotplug_eject = pc_hotplug_eject,
};
