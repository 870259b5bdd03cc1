// SPDX-License-Identifier: MIT
/*
 * The kernel's address space: the layout's numbers, and the first root of its own page tables. Called by the
 * steps `layout` and `page-tables`, once, on the boot CPU, which runs with translation off until then.
 */
#include "arch/ppc64/page_table.h"

#include "arch/ppc64/offsets.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/layout_current.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/percpu.h>

/* Address space for one CPU's unit, at the least: 32 KiB. */
#define UNIT_ROOM_LEAST	   (UINT64_C(1) << 15)

#define ROOT_BYTES	   UINT64_C(65536) /* 13 bits of address */
#define PROCESS_TABLE_LOG2 12u

extern char image_start[], text_end[], rodata_start[], read_only_later_end[], image_end[];
extern char boot_stack_guard[], boot_stack[], vectors[], vectors_end[];

/* A half window has room for the unit and what it grows by, and no more than it must: a page table is
 * shared by the CPUs whose windows are in it, and making page tables takes time and memory. */
static uint64_t window_stride(void)
{
	uint64_t half = UNIT_ROOM_LEAST;

	while (half < percpu_unit_size() + UNIT_ROOM_LEAST / 2)
		half *= 2;
	return 2 * half;
}

void ppc64_layout_draft(struct layout_draft *draft)
{
	const struct layout_machine machine = {
		.user_end = UINT64_C(0x0010000000000000), /* quadrant 0: 52 bits */
		.kernel_start = KERNEL_VIRTUAL,
		.address_last = LAYOUT_LAST,
		.image_start = (uintptr_t)image_start,
		.image_end = (uintptr_t)image_end,
		.direct_align = UINT64_C(1) << 30,
		.fixmap_align = UINT64_C(1) << 21,
		.window_stride = window_stride(),
		.fixmap_slots = FIXMAP_SLOTS,
		.cpus_max = 1u << 20, /* 64 GiB with the smallest stride */
		.direct_size = UINT64_C(1) << 46,
	};

	layout_draft_begin(draft, &machine);
}

uintptr_t fixmap_set(uint32_t slot, uint64_t physical, enum map_protection protection)
{
	uintptr_t address = layout_fixmap_address(layout_current(), slot);

	page_table_unmap(address, MEMORY_PAGE_SIZE);
	return page_table_map(address, physical, MEMORY_PAGE_SIZE, protection, NODE_ANY) ? 0
											 : address;
}

/* The image's parts in the direct map, in order of address, each up to the next. */
struct image_part {
	const char *start;
	bool mapped;
	enum map_protection protection;
};

static const struct image_part parts[] = {
	{ image_start, true, MAP_EXECUTE },
	{ rodata_start, true, MAP_READ_ONLY },
	{ read_only_later_end, true, MAP_READ_WRITE },
	{ boot_stack_guard, false, MAP_READ_WRITE },
	{ boot_stack, true, MAP_READ_WRITE },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int map_image(void)
{
	int error = 0;

	for (size_t i = 0; i < PARTS && !error; i++) {
		const char *end = i + 1 < PARTS ? parts[i + 1].start : image_end;

		if (parts[i].mapped && end > parts[i].start)
			error = page_table_range((uintptr_t)parts[i].start,
						 physical_of(parts[i].start),
						 (uint64_t)(end - parts[i].start),
						 parts[i].protection, false);
	}
	return error;
}

static int map_ram(uint64_t from, uint64_t to)
{
	uint64_t size = layout_direct_size(layout_current());

	if (to > size)
		to = size;
	return from < to ? page_table_range(KERNEL_VIRTUAL + from, from, to - from, MAP_READ_WRITE,
					    true)
			 : 0;
}

/* What of a range is not the image's. */
static int map_around_image(uint64_t from, uint64_t to)
{
	uint64_t start = physical_of(image_start), end = physical_of(image_end);
	int error = map_ram(from, to < start ? to : start);

	return error ? error : map_ram(from > end ? from : end, to);
}

/*
 * Making tables takes memory while the map is being read, which splits and merges ranges. So each
 * turn looks for the first RAM at or above where the last one ended; what owner it has says nothing
 * here.
 */
static int map_direct(void)
{
	uint64_t done = 0;
	int error = 0;

	for (size_t i = 0; i < mem_count() && !error; i++) {
		struct memory_range range = *mem_at(i);
		uint64_t end = range.base + range.size;

		if (range.kind == MEMORY_RESERVED || end <= done)
			continue;
		/* Neighbours that differ in their owners only are one piece to map. */
		for (size_t next = i + 1; next < mem_count(); next++) {
			const struct memory_range *more = mem_at(next);

			if (more->kind == MEMORY_RESERVED || more->base != end)
				break;
			end += more->size;
		}
		error = map_around_image(range.base > done ? range.base : done, end);
		done = end;
		i = (size_t)-1;
	}
	return error;
}

static int map_vectors(void)
{
	uint64_t size =
		(uint64_t)((uintptr_t)vectors_end - (uintptr_t)vectors + MEMORY_PAGE_SIZE - 1) &
		~(uint64_t)(MEMORY_PAGE_SIZE - 1);

	return page_table_range(VECTORS_VIRTUAL, physical_of(vectors), size, MAP_EXECUTE, false);
}

static int build(uint64_t *process_table)
{
	uint64_t root = page_table_create(ROOT_BYTES, NODE_ANY);
	uint64_t *entry;
	int error;

	*process_table = page_table_create(UINT64_C(1) << PROCESS_TABLE_LOG2, NODE_ANY);
	if (!root || !*process_table)
		return MUSTER_E_NO_MEMORY;
	page_table_root_set(root);
	entry = page_table_direct(*process_table);
	entry[0] = __builtin_bswap64(page_table_process_bits(root));
	error = map_image();
	if (!error)
		error = map_direct();
	return error ? error : map_vectors();
}

static void translation_begin(void)
{
	secondary_msr |= MSR_IR | MSR_DR;
	spr_write(SPR_PIDR, PROCESS_NONE);
	translation_set(true);
	page_table_on();
	/* Of the tree before. */
	page_table_flush();
}

int page_tables_begin(process_table_register *tell)
{
	uint64_t process_table;
	int error;

	/* The tree of the first moments does not reach all memory, and may be the wrong thing by now. */
	translation_set(false);
	trap_vectors_fill(tell ? MSR_IR | MSR_DR : 0);
	trap_vectors_copy();
	if (!tell) {
		ppc64_machine.map = NULL;
		return 0;
	}
	error = build(&process_table);
	if (error) {
		console_print("muster: page tables: no memory for them\n");
		return error;
	}
	error = tell(process_table, PROCESS_TABLE_LOG2 - 12);
	if (!error)
		translation_begin();
	return error;
}
