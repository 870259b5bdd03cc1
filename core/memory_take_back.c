// SPDX-License-Identifier: MIT
/*
 * Memory that the map calls reserved and that is ours after all: the kernel before us reserved it, for us
 * (docs/park.md). Called when the map has been made, before anything is given out.
 */
#include "core/memory_map.h"
#include "core/memory_table.h"

#include <muster/console.h>
#include <muster/error.h>

int memory_take_back(uint64_t base, uint64_t size)
{
	struct memory_range *range;
	size_t place;

	if (!memory_table_room(2))
		return MUSTER_E_NO_MEMORY;
	place = memory_table_find(base);
	range = &memory_table.ranges[place];
	if (place == memory_table.count || base < range->base || size > range->size ||
	    base - range->base > range->size - size)
		return MUSTER_E_NOT_FOUND;
	if (range->kind != MEMORY_RESERVED)
		return range->kind == MEMORY_RAM ? 0 : MUSTER_E_NOT_FOUND;
	memory_table_split(base);
	memory_table_split(base + size);
	memory_table.ranges[memory_table_find(base)].kind = MEMORY_RAM;
	memory_table_merge(base, base + size);
	return 0;
}
