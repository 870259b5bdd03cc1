// SPDX-License-Identifier: MIT
/*
 * The page in which other CPUs begin, and what their entry code reads: made by step `start-code`. The same for 32
 * and 64 bits, but for what stands in the page: start_page_fill.c of each.
 */
#include "arch/x86_64/start_page.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/registers.h"
#include "core/cpu_table.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

#define REAL_MODE_LIMIT 0xa0000u /* above lies video memory, in every PC */

/* Read by entry_secondary.S. */
const struct cpu_lookup *secondary_lookup;
const uintptr_t secondary_record_size = sizeof(struct cpu_record);
uint64_t secondary_pat;
uint64_t secondary_unknown_hwid;
uint32_t secondary_unknown_count;

static uint64_t page_physical, root_physical;

int start_page_create(cpu_t boot)
{
	int error;

	page_physical = mem_alloc(MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE, .owner = "start code",
				  .limit = REAL_MODE_LIMIT);
	if (!page_physical)
		return MUSTER_E_NO_MEMORY;
	root_physical = page_table_start_root(page_physical);
	if (!root_physical) {
		mem_free(page_physical, MEMORY_PAGE_SIZE);
		return MUSTER_E_NO_MEMORY;
	}
	secondary_lookup = cpu_lookup();
	secondary_pat = msr_read(MSR_PAT);
	start_page_fill(page_table_direct(page_physical), page_physical, root_physical);
	error = page_table_protect((uintptr_t)page_table_direct(page_physical), MEMORY_PAGE_SIZE,
				   MAP_READ_ONLY);
	if (error) {
		console_print("muster: start page at %#jx: cannot be made read-only\n",
			      page_physical);
		start_page_destroy(boot);
	}
	return error;
}

void start_page_destroy(cpu_t boot)
{
	(void)boot;
	(void)page_table_protect((uintptr_t)page_table_direct(page_physical), MEMORY_PAGE_SIZE,
				 MAP_READ_WRITE);
	page_table_start_root_free(root_physical, page_physical);
	mem_free(page_physical, MEMORY_PAGE_SIZE);
	page_physical = root_physical = 0;
}

uint64_t start_page_physical(void)
{
	return page_physical;
}

uint32_t secondary_unknown(hwid_t *hwid)
{
	*hwid = hwid_from_value(secondary_unknown_hwid);
	return __atomic_load_n(&secondary_unknown_count, __ATOMIC_RELAXED);
}
