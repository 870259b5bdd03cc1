// SPDX-License-Identifier: MIT
/*
 * Writes what a payload is told, as PVH has it (Xen's public header arch-x86/hvm/start_info.h, version 1):
 * memory map, modules, command line, RSDP; into the park region, which nobody overwrites. The region itself
 * is reserved in the map, and the last module. Called by a handover, before anything has been given up.
 */
#include "arch/x86_64/park.h"
#include "core/machine.h"
#include "core/string.h"
#include "platform/pc/pc.h"
#include "platform/pc/pc_leave.h"

#include <muster/muster.h>
#include <xen/arch-x86/hvm/start_info.h>

/* An image may leave this out: core/image_choice.h. */
#pragma weak pc_left_out

#define MODULES_MAX	4u
#define COMMAND_LINE_AT 0x400u
#define MEMORY_MAP_AT	0x1000u
#define MEMORY_MAP_MAX	256u
_Static_assert(COMMAND_LINE_AT + HANDOVER_LINE_MAX + 1 <= MEMORY_MAP_AT, "one behind the other");
_Static_assert(MEMORY_MAP_AT + MEMORY_MAP_MAX * sizeof(struct hvm_memmap_table_entry) <=
		       PARK_TOLD_BYTES,
	       "the map fits behind them");

/* It lies at a fixed place of its own in the region, and is one piece. */
struct told {
	struct hvm_start_info info;
	struct hvm_modlist_entry modules[MODULES_MAX];
	char park_name[sizeof(PARK_MODULE_NAME)];
};
_Static_assert(sizeof(struct told) <= COMMAND_LINE_AT, "one behind the other");

static void module_add(const struct handover_telling *telling, struct told *told,
		       const struct handover_range *part, size_t name)
{
	if (!part->size)
		return;
	told->modules[told->info.nr_modules++] =
		(struct hvm_modlist_entry){ .paddr = part->base,
					    .size = part->size,
					    .cmdline_paddr = name ? telling->at + name : 0 };
}

static uint32_t type_of(enum memory_kind kind)
{
	return kind == MEMORY_RAM	 ? XEN_HVM_MEMMAP_TYPE_RAM
	       : kind == MEMORY_FIRMWARE ? XEN_HVM_MEMMAP_TYPE_ACPI
					 : XEN_HVM_MEMMAP_TYPE_RESERVED;
}
_Static_assert(XEN_HVM_MEMMAP_TYPE_RAM == BOOT_RANGE_RAM &&
		       XEN_HVM_MEMMAP_TYPE_ACPI == BOOT_RANGE_ACPI,
	       "both are E820's");

struct map {
	struct hvm_memmap_table_entry *at;
	uint32_t count;
	bool full;
};

/* Neighbours of one type are one entry: owners and nodes are this kernel's business. */
static void map_add(struct map *map, uint64_t base, uint64_t end, uint32_t type, bool alone)
{
	struct hvm_memmap_table_entry *last = map->count ? &map->at[map->count - 1] : NULL;

	if (base >= end)
		return;
	if (last && !alone && last->type == type && !last->reserved &&
	    last->addr + last->size == base) {
		last->size += end - base;
	} else if (map->count == MEMORY_MAP_MAX) {
		map->full = true;
	} else {
		map->at[map->count++] = (struct hvm_memmap_table_entry){
			.addr = base, .size = end - base, .type = type, .reserved = alone
		};
	}
}

static int map_write(const struct handover_range *region, struct map *map)
{
	uint64_t start = region->base, stop = region->base + region->size;
	const struct memory_range *range;

	for (size_t i = 0; (range = mem_at(i)); i++) {
		uint64_t end = range->base + range->size;
		uint32_t type = type_of(range->kind);
		bool meets = range->base < stop && start < end;

		map_add(map, range->base, meets && start < end ? start : end, type, false);
		if (!meets)
			continue;
		map_add(map, start > range->base ? start : range->base, stop < end ? stop : end,
			XEN_HVM_MEMMAP_TYPE_RESERVED, start >= range->base);
		map_add(map, stop, end, type, false);
	}
	for (uint32_t i = 0; &pc_left_out && i < pc_left_out.count; i++)
		map_add(map, pc_left_out.ranges[i].base,
			pc_left_out.ranges[i].base + pc_left_out.ranges[i].size,
			pc_left_out.ranges[i].type, true);
	for (uint32_t i = 0; i < map->count; i++)
		map->at[i].reserved = 0;
	if (!map->full)
		return 0;
	console_print("muster: payload: memory map: more than %u ranges: cannot be told\n",
		      MEMORY_MAP_MAX);
	return MUSTER_E_NO_MEMORY;
}

int pc_tell(const struct handover_telling *telling)
{
	uint8_t *page = machine_get()->direct(telling->at);
	struct told told = { .park_name = PARK_MODULE_NAME };
	struct map map = { .at = (struct hvm_memmap_table_entry *)(page + MEMORY_MAP_AT) };
	int error = map_write(&telling->region, &map);

	if (error)
		return error;
	memcpy(page + COMMAND_LINE_AT, telling->command_line, strlen(telling->command_line) + 1);
	told.info.magic = XEN_HVM_START_MAGIC_VALUE;
	told.info.version = 1;
	told.info.modlist_paddr = telling->at + offsetof(struct told, modules);
	told.info.cmdline_paddr = telling->at + COMMAND_LINE_AT;
	told.info.rsdp_paddr = pc_firmware.boot.rsdp;
	told.info.memmap_paddr = telling->at + MEMORY_MAP_AT;
	told.info.memmap_entries = map.count;
	module_add(telling, &told, &telling->initrd, 0);
	module_add(telling, &told, &telling->module, 0);
	module_add(telling, &told, &telling->region, offsetof(struct told, park_name));
	memcpy(page, &told, sizeof(told));
	return 0;
}
