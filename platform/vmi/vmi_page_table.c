// SPDX-License-Identifier: MIT
/*
 * Page tables under VMI: the ROM is told of each page that becomes one, and its own memory is in them.
 * Called by arch/x86_64/page_table.c and page_table_build.c, if this platform is in the image. The kernel's
 * first tables are filled as plain memory, and told all at once before they are used; what is changed in
 * them later goes through the ROM entry by entry (arch/i386/page_entry.h).
 */
#include "arch/i386/page_entry.h"

#include "arch/i386/offsets.h"
#include "arch/x86_64/page_table_build.h"
#include "core/layout_current.h"
#include "platform/vmi/vmi.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

#define CONVENTIONAL_END UINT64_C(0xa0000) /* what is above is not memory, in every PC */
#define EARLY_MAX	 32u

static struct {
	uint64_t physical;
	uint32_t level;
} early[EARLY_MAX];
static uint32_t early_count;
static bool begun, complete;

extern uint64_t fixmap_table[];

void vmi_page_tables_begin(void)
{
	begun = true;
}

static void tell(uint64_t physical, uint32_t level, uint32_t zeroed)
{
	(void)vmi_call(VMI_CALL_ALLOCATE_PAGE, (uint32_t)(physical / MEMORY_PAGE_SIZE),
		       1u << level | VMI_PAGE_PAE | zeroed, 0, 0, 0);
}

void page_table_made(uint64_t physical, uint32_t level)
{
	if (!begun)
		return;
	if (complete) {
		tell(physical, level, VMI_PAGE_ZEROED);
		return;
	}
	if (early_count == EARLY_MAX)
		muster_panic("vmi: more than %u page tables before they are used", EARLY_MAX);
	early[early_count].physical = physical;
	early[early_count++].level = level;
}

void page_entries_changed(uint32_t count)
{
	if (begun)
		vmi_count(VMI_CALL_SET_PXE_LONG, count);
}

/* Where memory below 1 MiB that is anybody's ends: from there on it is the firmware's, of which the ROM may
 * have taken some. */
static uint64_t conventional_end(void)
{
	uint64_t end = 0;

	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);

		if (range->kind != MEMORY_RESERVED && range->base < CONVENTIONAL_END &&
		    range->base + range->size > end)
			end = range->base + range->size;
	}
	return end < CONVENTIONAL_END ? end : CONVENTIONAL_END;
}

int page_tables_complete(uint64_t root)
{
	uint64_t direct = layout_direct_start(layout_current());
	uint64_t end =
		(conventional_end() + MEMORY_PAGE_SIZE - 1) & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	uint64_t rom = vmi_guest.rom.base & ~(MEMORY_PAGE_SIZE - 1);
	uint64_t rom_end = (vmi_guest.rom.base + vmi_guest.rom.size + MEMORY_PAGE_SIZE - 1) &
			   ~(MEMORY_PAGE_SIZE - 1);
	int error;

	if (!begun)
		return 0;
	error = page_table_build_range(root, direct + rom, rom, rom_end - rom, MAP_EXECUTE, false);
	if (!error && end < CONVENTIONAL_END)
		error = page_table_build_range(root, direct + end, end, CONVENTIONAL_END - end,
					       MAP_READ_WRITE, false);
	if (error)
		return error;
	complete = true;
	tell((uintptr_t)fixmap_table - KERNEL_VIRTUAL, 0, 0);
	for (uint32_t i = 0; i < early_count; i++)
		tell(early[i].physical, early[i].level, 0);
	return 0;
}
