// SPDX-License-Identifier: MIT
/*
 * Looks where the kernel's page tables themselves lie. For tests and reports; it must not change a
 * table. 4-level paging: Intel SDM vol. 3A, 4.5.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"

#define ADDRESS_MASK UINT64_C(0x000ffffffffff000)
#define LAST_LEVEL   12 /* first bit of the index into a table of each level */
#define LEVEL_BITS   9
#define ROOT_LEVEL   (LAST_LEVEL + (PAGE_LEVELS - 1) * LEVEL_BITS)
#define INDEX_MASK   0x1ffu

uint64_t page_table_behind(uintptr_t address)
{
	uint64_t table = kernel_cr3 & ADDRESS_MASK;

	for (uint32_t shift = ROOT_LEVEL; shift > LAST_LEVEL; shift -= LEVEL_BITS) {
		const uint64_t *entries = page_table_direct(table);
		uint64_t entry = entries ? entries[(uint64_t)address >> shift & INDEX_MASK] : 0;

		if (!(entry & PAGE_PRESENT) || entry & PAGE_LARGE)
			return UINT64_MAX;
		table = entry & ADDRESS_MASK;
	}
	return table;
}
