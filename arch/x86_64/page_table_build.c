// SPDX-License-Identifier: MIT
/*
 * The kernel's address space: the layout's numbers, and the first root of its own page tables.
 * Called by the steps `layout` and `page-tables`, once, on the boot CPU.
 */
#include "arch/x86_64/page_table_build.h"

#include "arch/x86_64/offsets.h"
#include "core/layout_current.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/percpu.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak page_tables_step

/* The low part of the direct map has small pages, because single pages in it get a protection of
 * their own: the start page, and the image's. */
#define SMALL_PAGES_BELOW UINT64_C(0x400000)

/* Address space for one CPU's unit, at the least: 32 KiB. */
#define UNIT_ROOM_LEAST (UINT64_C(1) << 15)

extern char image_start[], text_start[], text_end[], rodata_start[], rodata_end[];
extern char read_only_later_start[], read_only_later_end[], image_end[];
extern char boot_stack_guard[], boot_stack[];

/* A half window has room for the unit and what it grows by, and no more than it must: a page table is
 * shared by the CPUs whose windows are in it, and making page tables takes time and memory. */
static uint64_t window_stride(void)
{
	uint64_t half = UNIT_ROOM_LEAST;

	while (half < percpu_unit_size() + UNIT_ROOM_LEAST / 2)
		half *= 2;
	return 2 * half;
}

void x86_layout_draft(struct layout_draft *draft)
{
	const struct layout_machine machine = {
		.user_end = LAYOUT_USER_END,
		.kernel_start = LAYOUT_START,
		.address_last = ADDRESS_LAST,
		.image_start = KERNEL_VIRTUAL,
		.image_end = (uintptr_t)image_end,
		.direct_align = LAYOUT_DIRECT_ALIGN,
		.fixmap_align = UINT64_C(1) << 21,
		.window_stride = window_stride(),
		.fixmap_slots = FIXMAP_SLOTS,
		.cpus_max = LAYOUT_WINDOWS,
		.direct_size = LAYOUT_DIRECT_SIZE,
	};

	layout_draft_begin(draft, &machine);
}

static int map_image_part(uint64_t root, const char *from, const char *to,
			  enum map_protection protection)
{
	uint64_t start = (uintptr_t)from & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	uint64_t end = ((uintptr_t)to + MEMORY_PAGE_SIZE - 1) & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

	if (start == end)
		return 0;
	return page_table_build_range(root, start, start - KERNEL_VIRTUAL, end - start, protection,
				      false);
}

/* Code, constants, what is constant by now, and data without the boot stack's guard page. */
static int map_image(uint64_t root)
{
	int error = map_image_part(root, text_start, text_end, MAP_EXECUTE);

	if (!error)
		error = map_image_part(root, rodata_start, rodata_end, MAP_READ_ONLY);
	if (!error)
		error = map_image_part(root, read_only_later_start, read_only_later_end,
				       MAP_READ_ONLY);
	if (!error)
		error = map_image_part(root, read_only_later_end, boot_stack_guard, MAP_READ_WRITE);
	if (!error)
		error = map_image_part(root, boot_stack, image_end, MAP_READ_WRITE);
	return error;
}

static int map_direct_part(uint64_t root, uint64_t from, uint64_t to,
			   enum map_protection protection)
{
	uint64_t direct = layout_direct_start(layout_current());

	return from < to ? page_table_build_range(root, direct + from, from, to - from, protection,
						  from >= SMALL_PAGES_BELOW)
			 : 0;
}

/* One range of RAM. What of it is the image's constant part is read-only here too, or the image's
 * own protection would be worth nothing; where the image's own addresses are these, it is there already. */
static int map_direct_range(uint64_t root, const struct memory_range *range)
{
	uint64_t cuts[] = { range->base, (uintptr_t)image_start - KERNEL_VIRTUAL,
			    (uintptr_t)(IMAGE_IS_IN_DIRECT_MAP ? image_end : read_only_later_end) -
				    KERNEL_VIRTUAL,
			    SMALL_PAGES_BELOW, range->base + range->size };
	const size_t last = sizeof(cuts) / sizeof(cuts[0]) - 1;
	int error = 0;

	if (cuts[last] > layout_direct_size(layout_current()))
		cuts[last] = layout_direct_size(layout_current());
	for (size_t i = 1; i < last; i++)
		if (cuts[i] < cuts[0])
			cuts[i] = cuts[0];
		else if (cuts[i] > cuts[last])
			cuts[i] = cuts[last];
	for (size_t i = 0; i < last && !error; i++)
		error = i == 1 && IMAGE_IS_IN_DIRECT_MAP
				? 0
				: map_direct_part(root, cuts[i], cuts[i + 1],
						  i == 1 ? MAP_READ_ONLY : MAP_READ_WRITE);
	return error;
}

/*
 * Making tables takes memory while the map is being read, which splits and merges ranges. So each
 * turn looks for the first RAM at or above where the last one ended; what owner it has says nothing
 * here.
 */
static int map_direct(uint64_t root)
{
	uint64_t done = 0;
	int error = 0;

	for (size_t i = 0; i < mem_count() && !error; i++) {
		struct memory_range range = *mem_at(i);

		if (range.kind == MEMORY_RESERVED || range.base + range.size <= done)
			continue;
		if (range.base < done) {
			range.size -= done - range.base;
			range.base = done;
		}
		error = map_direct_range(root, &range);
		done = range.base + range.size;
		i = (size_t)-1;
	}
	return error;
}

int page_tables_step(cpu_t cpu)
{
	uint64_t root = page_table_build_root();
	int error = root ? 0 : MUSTER_E_NO_MEMORY;

	(void)cpu;
	if ((uintptr_t)image_end - KERNEL_VIRTUAL > SMALL_PAGES_BELOW) {
		console_print("muster: image of %#zx bytes: at most %#jx\n",
			      (uintptr_t)image_end - (uintptr_t)image_start,
			      SMALL_PAGES_BELOW - KERNEL_PHYSICAL);
		return MUSTER_E_INVALID;
	}
	if (!error)
		error = map_image(root);
	if (!error)
		error = page_table_build_fixmap(root);
	if (!error)
		error = map_direct(root);
	if (error) {
		console_print("muster: page tables: no memory for them\n");
		return error;
	}
	page_table_switch(root);
	return 0;
}
