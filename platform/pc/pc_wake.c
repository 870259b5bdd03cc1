// SPDX-License-Identifier: MIT
/*
 * CPUs that the kernel before us parked (docs/park.md): where they are, by PVH's list of modules, and the rows
 * that take them from there (platform/parked.h). Called by the steps `memory-map`, `start-code` and `start` on the
 * boot CPU. What it was told is not believed.
 *
 * This file's name stands behind those of the files with the weak rows that it replaces: so a linker that looks
 * for a row in the archive comes to those first, and an image has this one only if it asks for it. A test
 * would see it (tests/embedding.sh).
 */
#include "platform/pc/pc_park.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/cpu_table.h"
#include "core/image_choice.h"
#include "core/memory_map.h"
#include "core/string.h"
#include "firmware/pvh.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

IMAGE_CHOICE(park);

/* An image may leave this out: core/image_choice.h. */
#pragma weak pc_mailbox_after
#pragma weak pc_mailbox_released

/* The region, as told; no bytes: there is none. */
static uint64_t region, region_size;

static bool is_the_name(uint64_t physical)
{
	char name[sizeof(PARK_MODULE_NAME)];

	return physical && firmware_read(&fixmap_reader, physical, name, sizeof(name)) &&
	       !memcmp(name, PARK_MODULE_NAME, sizeof(name));
}

/* It is no module for anybody else. */
static void module_remove(uint64_t base)
{
	struct pc_boot *boot = &pc_firmware.boot;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < boot->module_count; i++)
		if (boot->modules[i].base != base)
			boot->modules[kept++] = boot->modules[i];
	boot->module_count = kept;
}

void pc_park_find(void)
{
	struct pvh_boot told;

	if (boot_source()->protocol != BOOT_PVH ||
	    pvh_read(&fixmap_reader, boot_source()->physical, &told))
		return;
	for (uint32_t i = 0; i < told.module_count; i++) {
		if (!is_the_name(told.modules[i].command_line))
			continue;
		region = told.modules[i].base;
		region_size = told.modules[i].size;
		module_remove(region);
		return;
	}
}

void pc_park_claim(void)
{
	if (region_size)
		parked_take(&fixmap_reader, region, region_size, pc_ram_limit());
}

struct pc_left_out pc_left_out;

struct passing {
	boot_range_function *range;
	void *context;
};

/* A range on its way into the memory map, which takes what of it can be reached. */
static void note_left_out(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	const struct passing *passing = context;
	uint64_t end = base + size, limit = pc_ram_limit();
	uint64_t start = base > limit ? base : limit;

	passing->range(passing->context, base, size, type);
	if ((type != BOOT_RANGE_RAM && type != BOOT_RANGE_ACPI) || end <= start)
		return;
	if (pc_left_out.count == PC_LEFT_OUT_MAX) {
		console_print(
			"muster: memory map: range at %#jx, %#jx bytes: no room to remember it for "
			"another kernel\n",
			start, end - start);
		return;
	}
	pc_left_out.ranges[pc_left_out.count].base = start;
	pc_left_out.ranges[pc_left_out.count].size = end - start;
	pc_left_out.ranges[pc_left_out.count++].type = type;
}

static int memory_map_read(boot_range_function *range, void *context)
{
	struct passing passing = { range, context };

	return pc_boot_memory_map_read(note_left_out, &passing);
}

int pc_memory_map_row(cpu_t cpu)
{
	int error;

	(void)cpu;
	pc_park_find();
	error = pc_memory_map_build(memory_map_read);
	if (!error)
		pc_park_claim();
	return error;
}

int pc_start_code_row(cpu_t cpu)
{
	int error = pc_start_code_step(cpu);

	if (error)
		return error;
	if (pc_mailbox_after)
		pc_mailbox_after(parked_handed_over(), &fixmap_reader);
	error = parked_prepare();
	if (error)
		pc_start_code_undo(cpu);
	return error;
}

int pc_start_row(cpu_t cpu)
{
	int parked = parked_start(cpu);

	if (!parked)
		return pc_start_step(cpu);
	if (parked > 0 && pc_mailbox_released)
		for_each_cpu (other)
			if (parked_was(other))
				pc_mailbox_released(cpu_hwid(other));
	return parked < 0 ? parked : 0;
}
