// SPDX-License-Identifier: MIT
/*
 * What a park region has in 64-bit mode only: page tables, and a way out of long mode; and how a CPU that stops
 * comes there. Called by park_region.c and by the handover. What is written here must not point to anything of the
 * kernel's.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/park.h"
#include "core/string.h"

#include <muster/memory.h>

_Static_assert(PARK_TABLES_PAGE + (2 + PARK_GIBS) * 0x1000 == PARK_COPY_PAGE, "page tables");

extern const char park_code[], park_code_32[];

#define TABLE_BITS    (PAGE_PRESENT | PAGE_WRITE)
#define LARGE_BYTES   UINT64_C(0x200000)
#define PAGE_NO_CACHE 0x18 /* PWT and PCD: Intel SDM vol. 3A, 4.9 */

/* Intel SDM vol. 3A, 3.4.5, accessed bit set. */
#define DESCRIPTOR_CODE_32 UINT64_C(0x00cf9b000000ffff)

static uint8_t *at(uint64_t physical, uint64_t offset)
{
	return (uint8_t *)page_table_direct(physical) + offset;
}

/* [0, PARK_IDENTITY_END) at its own address, in 2 MiB pages. */
static void fill_tables(uint64_t physical)
{
	uint64_t tables = physical + PARK_TABLES_PAGE;
	uint64_t *pml4 = (uint64_t *)at(tables, 0);
	uint64_t *pdpt = (uint64_t *)at(tables, MEMORY_PAGE_SIZE);

	memset(pml4, 0, (size_t)2 * MEMORY_PAGE_SIZE);
	pml4[0] = (tables + MEMORY_PAGE_SIZE) | TABLE_BITS;
	for (uint64_t gib = 0; gib < PARK_GIBS; gib++) {
		uint64_t table = tables + (2 + gib) * MEMORY_PAGE_SIZE;
		uint64_t *entries = (uint64_t *)at(table, 0);

		pdpt[gib] = table | TABLE_BITS;
		for (uint64_t i = 0; i < 512; i++)
			entries[i] = (gib << 30) + i * LARGE_BYTES + (TABLE_BITS | PAGE_LARGE);
	}
}

void park_mode_fill(uint64_t physical)
{
	uint8_t *page = at(physical, PARK_CODE_PAGE);
	uint64_t *gdt = (uint64_t *)(page + PARK_GDT);
	uint32_t far_offset =
		(uint32_t)physical + PARK_CODE_PAGE + (uint32_t)(park_code_32 - park_code);
	uint16_t far_selector = SELECTOR_CODE_32;
	uint64_t cr3 = physical + PARK_TABLES_PAGE;

	gdt[SELECTOR_CODE_32 / 8] = DESCRIPTOR_CODE_32;
	memcpy(page + PARK_FAR, &far_offset, sizeof(far_offset));
	memcpy(page + PARK_FAR + sizeof(far_offset), &far_selector, sizeof(far_selector));
	memcpy(page + PARK_LOCAL_CR3, &cr3, sizeof(cr3));
	fill_tables(physical);
}

/* Not cached, whatever the MTRRs say. */
void park_mode_map_device(uint64_t physical, uint64_t address)
{
	uint64_t table = PARK_TABLES_PAGE + (2 + (address >> 30)) * MEMORY_PAGE_SIZE;
	uint64_t *entries = (uint64_t *)at(physical, table);

	entries[address / LARGE_BYTES % 512] |= PAGE_NO_CACHE;
}

/* start_page_fill.c, read by entry_secondary.S: where a CPU that stops goes to. */
extern uint64_t stopped_vector, stopped_cr3;
static uint64_t stopped_vector_before, stopped_cr3_before;

void park_region_take_stopped(uint64_t physical, uint64_t root)
{
	stopped_vector_before = stopped_vector;
	stopped_cr3_before = stopped_cr3;
	stopped_cr3 = root;
	stopped_vector = physical + PARK_CODE_PAGE;
}

void park_region_take_no_more(void)
{
	stopped_vector = stopped_vector_before;
	stopped_cr3 = stopped_cr3_before;
}
