// SPDX-License-Identifier: MIT
/*
 * Step `page-tables` of a PV guest, all of it one batch of changes. What Xen mapped from KERNEL_VIRTUAL on,
 * the window, begins at physical address 0, and Xen has looked at each of its pages: its last tables become
 * the first of the direct map. The image gets last tables of its own, in which each part has its
 * protection. The tables above are new, and hang in the root that Xen began us on. They are filled where
 * the window maps them, as ordinary pages, and become tables when Xen has checked them.
 * Called once, on the boot CPU. The rest of the direct map is made when it is first used: pv_direct_map.c.
 */
#include "platform/xen/pv/pv_page_table.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "core/align.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "core/string.h"
#include "platform/xen/pv/pv.h"
#include "platform/xen/pv/pv_direct_map.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

#define NO_FRAME UINT64_MAX /* a page of ours behind which there is no memory */

extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char read_only_later_start[], read_only_later_end[], image_start[], image_end[];
extern char boot_stack_guard[], boot_stack[];
extern uint64_t boot_pd_fixmap[], fixmap_table[];

/* The direct map: how many tables of each level it is, the last level first; and where they are. */
static struct {
	uint64_t count[PV_LEVELS - 1];
	uint64_t window; /* pages that Xen mapped; then those of its last tables */
	uint64_t last;	 /* last tables, from number 0 on, in a row; the window's are not used */
	uint64_t upper;	 /* those above, in a row, lower levels first */
	uint64_t image;	 /* the image's own last tables */
	uint64_t image_first; /* number, as in the window, of the first of them */
	uint64_t image_count;
} direct_map;

static uint64_t physical_of(const char *symbol)
{
	return (uintptr_t)symbol - KERNEL_VIRTUAL;
}

static uint64_t *in_window(uint64_t physical)
{
	return (uint64_t *)(KERNEL_VIRTUAL + physical);
}

static uint64_t direct_index(uint32_t level)
{
	return (layout_direct_start(layout_current()) >> (12 + 9 * level)) & (PV_ENTRIES - 1);
}

/* Table number `index` of a level above the last. */
static uint64_t upper_table(uint32_t level, uint64_t index)
{
	return direct_map.upper +
	       (index + (level > 1 ? direct_map.count[1] : 0)) * MEMORY_PAGE_SIZE;
}

static void count_tables(void)
{
	const uint64_t start = layout_direct_start(layout_current());
	const uint64_t last = start + pv_boot.pages * MEMORY_PAGE_SIZE - 1;

	for (uint32_t level = 0; level < PV_LEVELS - 1; level++) {
		uint32_t shift = 21 + 9 * level;

		direct_map.count[level] = (last >> shift) - (start >> shift) + 1;
	}
	direct_map.image_first = physical_of(image_start) >> 21;
	direct_map.image_count = ((physical_of(image_end) - 1) >> 21) - direct_map.image_first + 1;
}

/* Xen's last table of the window, of that number: its physical address. */
static bool window_table(uint64_t number, uint64_t *table)
{
	const uint64_t address = KERNEL_VIRTUAL + (number << 21);

	return address >= KERNEL_VIRTUAL && !pv_walk(address, 0, table);
}

/* How many entries of one of its tables are what the frame list says, of `count` at most. */
static uint64_t entries_right(const uint64_t *entries, const uint64_t *frames, uint64_t count)
{
	uint64_t i = 0;

	while (i < count && entries[i] & PAGE_PRESENT &&
	       (entries[i] & PV_ADDRESS_MASK) == frames[i] * MEMORY_PAGE_SIZE)
		i++;
	return i;
}

/* How many pages it has: up to the first that is not there. Each has to be what the frame list says. */
static int window_read(void)
{
	uint64_t page = 0;
	uint64_t table = 0;

	while (page < pv_boot.pages && window_table(page / PV_ENTRIES, &table)) {
		const uint64_t *frames = pv_frames_from(page * MEMORY_PAGE_SIZE);
		const uint64_t *entries = in_window(table);
		const uint64_t left = pv_boot.pages - page;
		const uint64_t count = left < PV_ENTRIES ? left : PV_ENTRIES;
		const uint64_t right = entries_right(entries, frames, count);

		page += right;
		if (right == count)
			continue;
		if (!(entries[right] & PAGE_PRESENT))
			break;
		console_print(
			"muster: xen: page %#lx is mapped to %#lx: the frame list says %#lx\n",
			page, entries[right] & PV_ADDRESS_MASK, frames[right] * MEMORY_PAGE_SIZE);
		return MUSTER_E_CORRUPT;
	}
	direct_map.window = page;
	if (pv_boot.frame_list.physical + pv_boot.frame_list.size <= page * MEMORY_PAGE_SIZE &&
	    pv_boot.tables.physical + pv_boot.tables.size <= page * MEMORY_PAGE_SIZE)
		return 0;
	console_print("muster: xen: %#lx pages are mapped: the frame list, or a page table, is not "
		      "among them\n",
		      page);
	return MUSTER_E_CORRUPT;
}

static int memory_get(void)
{
	const uint64_t tables = direct_map.image_count + direct_map.count[1] + direct_map.count[2];
	const uint64_t made = align_up(pv_direct_bytes(direct_map.count[0]), MEMORY_PAGE_SIZE);

	direct_map.last =
		mem_alloc(direct_map.count[0] * MEMORY_PAGE_SIZE, 0, .owner = "page table");
	direct_map.image = mem_alloc(tables * MEMORY_PAGE_SIZE + made, 0, .owner = "page table",
				     .limit = direct_map.window * MEMORY_PAGE_SIZE);
	if (!direct_map.last || !direct_map.image)
		return MUSTER_E_NO_MEMORY;
	direct_map.upper = direct_map.image + direct_map.image_count * MEMORY_PAGE_SIZE;
	words_clear(in_window(direct_map.image),
		    (tables * MEMORY_PAGE_SIZE + made) / sizeof(uint64_t));
	return 0;
}

static bool in_image(uint64_t address, const char *from, const char *to)
{
	return address >= (uintptr_t)from && address < (uintptr_t)to;
}

/* The image has two tables of its own: Xen insists on nobody's writing them. */
static enum map_protection data_protection(uint64_t physical)
{
	return physical == physical_of((const char *)fixmap_table) ||
			       physical == physical_of((const char *)boot_pd_fixmap)
		       ? MAP_READ_ONLY
		       : MAP_READ_WRITE;
}

/* The entry of a page of the image in its own table; 0: none. */
static uint64_t image_entry(uint64_t physical)
{
	const uint64_t address = KERNEL_VIRTUAL + physical;

	if (in_image(address, text_start, text_end))
		return pv_entry(physical, MAP_EXECUTE);
	if (in_image(address, rodata_start, rodata_end) ||
	    in_image(address, read_only_later_start, read_only_later_end))
		return pv_entry(physical, MAP_READ_ONLY);
	if (in_image(address, read_only_later_end, boot_stack_guard) ||
	    in_image(address, boot_stack, image_end))
		return pv_entry(physical, data_protection(physical));
	return 0;
}

static void image_fill(void)
{
	const uint64_t base = direct_map.image_first << 21;

	for (uint64_t page = physical_of(image_start); page < physical_of(image_end);
	     page += MEMORY_PAGE_SIZE)
		in_window(direct_map.image)[(page - base) / MEMORY_PAGE_SIZE] = image_entry(page);
}

/* The window's tables keep their entries, which can be run: by the direct map nothing can. */
static void upper_fill(void)
{
	uint64_t table;

	for (uint64_t i = 0; i * PV_ENTRIES < direct_map.window && window_table(i, &table); i++)
		in_window(upper_table(1, 0))[direct_index(1) + i] =
			pv_machine(table) | PV_TABLE_ENTRY | PV_NO_EXECUTE;
	for (uint64_t i = 0; i < direct_map.count[1]; i++)
		in_window(upper_table(2, 0))[direct_index(2) + i] =
			pv_machine(upper_table(1, i)) | PV_TABLE_ENTRY;
}

/* In the window: what is constant, or the direct map would be a way to write it, and what becomes a
 * table. Until the image has its own tables it runs on these. */
static int window_protect(uint64_t base, uint64_t end)
{
	int error = 0;

	for (uint64_t page = base; page < end && !error; page += MEMORY_PAGE_SIZE) {
		uint64_t table;

		error = window_table(page >> 21, &table)
				? pv_update(table, (uint32_t)(page / MEMORY_PAGE_SIZE % PV_ENTRIES),
					    pv_entry(page, MAP_EXECUTE))
				: MUSTER_E_CORRUPT;
	}
	return error;
}

/* Xen's last table may end before its pages do. */
static int window_complete(void)
{
	const uint64_t end = align_up(direct_map.window, PV_ENTRIES);
	uint64_t table;
	int error = 0;

	if (direct_map.window < end && !window_table(direct_map.window / PV_ENTRIES, &table))
		error = MUSTER_E_CORRUPT;
	for (uint64_t page = direct_map.window; page < end && page < pv_boot.pages && !error;
	     page++)
		if (*pv_frames_from(page * MEMORY_PAGE_SIZE) != NO_FRAME)
			error = pv_update(table, (uint32_t)(page % PV_ENTRIES),
					  pv_entry(page * MEMORY_PAGE_SIZE, MAP_READ_WRITE));
	direct_map.window = end;
	return error;
}

/* Where the window was, there is the image now, and nothing else. */
static int image_hang(void)
{
	int error = 0;

	for (uint64_t i = 0; i * PV_ENTRIES < direct_map.window && !error; i++) {
		const uint64_t of_image = i - direct_map.image_first;
		uint64_t above;

		if (pv_walk(KERNEL_VIRTUAL + (i << 21), 1, &above) != 1)
			return MUSTER_E_CORRUPT;
		error = pv_update(
			above, (uint32_t)((KERNEL_VIRTUAL >> 21) + i) & (PV_ENTRIES - 1),
			of_image < direct_map.image_count
				? pv_machine(direct_map.image + of_image * MEMORY_PAGE_SIZE) |
					  PV_TABLE_ENTRY
				: 0);
	}
	return error;
}

static int root_hang(void)
{
	int error = 0;

	for (uint64_t i = 0; i < direct_map.count[2] && !error; i++)
		error = pv_update(pv_boot.root, (uint32_t)(direct_index(PV_LEVELS - 1) + i),
				  pv_machine(upper_table(2, i)) | PV_TABLE_ENTRY);
	return error;
}

static int hang_all(void)
{
	const uint64_t tables_end = upper_table(2, direct_map.count[2]);
	int error = window_protect(physical_of(image_start), physical_of(read_only_later_end));

	if (!error)
		error = window_protect(direct_map.image, tables_end);
	if (!error)
		error = window_complete();
	if (!error)
		error = root_hang();
	if (!error)
		error = image_hang();
	return error ? error : pv_update_flush();
}

int pv_page_tables_step(cpu_t cpu)
{
	int error;

	(void)cpu;
	count_tables();
	error = window_read();
	if (!error)
		error = memory_get();
	if (error)
		return error;
	image_fill();
	upper_fill();
	error = hang_all();
	if (error)
		return error;
	pv_direct_ready = true;
	pv_direct_begin(&(struct pv_direct_map){
		.window = direct_map.window,
		.last = direct_map.last,
		.last_count = direct_map.count[0],
		.above = upper_table(1, 0),
		.above_index = direct_index(1),
		.made = pv_pointer_to(upper_table(2, direct_map.count[2])),
	});
	pv_page_table_begin();
	machine_get()->flush_translations();
	return memory_map_grow();
}
