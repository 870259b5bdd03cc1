// SPDX-License-Identifier: MIT
/*
 * Early memory: the list of ranges, and sums over it, for the report, for kernels that take over
 * what is free, and for tests. It must never change a range.
 */
#include "core/machine.h"
#include "core/memory_table.h"
#include "core/needs.h"

#include <muster/memory.h>

size_t mem_count(void)
{
	bringup_uses(CAP(MEMORY_MAP));
	return memory_table.count;
}

const struct memory_range *mem_at(size_t index)
{
	bringup_uses(CAP(MEMORY_MAP));
	return index < memory_table.count ? &memory_table.ranges[index] : NULL;
}

uint64_t mem_total(void)
{
	uint64_t total = 0;

	bringup_uses(CAP(MEMORY_MAP));
	for (size_t i = 0; i < memory_table.count; i++)
		if (memory_table.ranges[i].kind == MEMORY_RAM)
			total += memory_table.ranges[i].size;
	return total;
}

uint64_t mem_free_total(void)
{
	uint64_t total = 0;

	bringup_uses(CAP(MEMORY_MAP));
	for (size_t i = 0; i < memory_table.count; i++)
		if (memory_range_is_free(&memory_table.ranges[i]))
			total += memory_table.ranges[i].size;
	return total;
}

uint64_t mem_owned_by(const char *owner)
{
	uint64_t total = 0;

	bringup_uses(CAP(MEMORY_MAP));
	for (size_t i = 0; i < memory_table.count; i++)
		if (memory_table.ranges[i].owner &&
		    memory_owner_same(memory_table.ranges[i].owner, owner))
			total += memory_table.ranges[i].size;
	return total;
}

uint64_t mem_behind(uintptr_t address)
{
	bringup_uses(CAP(PAGE_TABLES));
	return machine_get()->physical ? machine_get()->physical(address) : UINT64_MAX;
}

uint64_t mem_table_behind(uintptr_t address)
{
	bringup_uses(CAP(PAGE_TABLES));
	return machine_get()->table_behind ? machine_get()->table_behind(address) : UINT64_MAX;
}

bool mem_is_owned_by(uint64_t address, const char *owner)
{
	size_t place = memory_table_find(address);

	bringup_uses(CAP(MEMORY_MAP));
	return place < memory_table.count && memory_table.ranges[place].base <= address &&
	       memory_table.ranges[place].owner &&
	       memory_owner_same(memory_table.ranges[place].owner, owner);
}
