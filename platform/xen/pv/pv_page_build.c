// SPDX-License-Identifier: MIT
/*
 * Step `page-tables` of a PV guest: the direct map of all our memory, hung table by table into the root
 * that Xen began us on, most of it not before it is used; then each part of the image gets its protection,
 * and what Xen mapped behind the image goes. A table is filled through a fixmap slot, as an ordinary page,
 * and becomes a table when Xen has checked it. Called once, on the boot CPU; and at page faults, on any.
 */
#include "platform/xen/pv/pv_page_table.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/trap.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "core/string.h"
#include "platform/xen/pv/pv.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

#define NO_FRAME UINT64_MAX /* a page of ours behind which there is no memory */

extern char text_start[], text_end[], rodata_start[], rodata_end[];
extern char read_only_later_start[], read_only_later_end[], image_start[], image_end[];
extern char boot_stack_guard[], boot_stack[];
extern uint64_t boot_pd_fixmap[], fixmap_table[];

/* The tables of the direct map, one block: `count` of each level, the last level first. */
static struct {
	uint64_t base;
	uint64_t size;
	uint64_t count[PV_LEVELS - 1];
} block;

static bool within(uint64_t page, uint64_t base, uint64_t size)
{
	return page >= base && page - base < size;
}

static bool meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* The table number `index` of a level. */
static uint64_t table_of(uint32_t level, uint64_t index)
{
	for (uint32_t below = 0; below < level; below++)
		index += block.count[below];
	return block.base + index * MEMORY_PAGE_SIZE;
}

static int block_create(void)
{
	const uint64_t direct = layout_direct_start(layout_current());
	const uint64_t last = direct + pv_boot.pages * MEMORY_PAGE_SIZE - 1;
	uint64_t tables = 0;

	for (uint32_t level = 0; level < PV_LEVELS - 1; level++) {
		uint32_t shift = 21 + 9 * level;

		block.count[level] = (last >> shift) - (direct >> shift) + 1;
		tables += block.count[level];
	}
	block.size = tables * MEMORY_PAGE_SIZE;
	block.base = mem_alloc(block.size, 0, .owner = "page table");
	return block.base ? 0 : MUSTER_E_NO_MEMORY;
}

/* May something of that range be read only? Tables are, and the image is in its first part. */
static bool direct_is_mixed(uint64_t base, uint64_t size)
{
	const uint64_t image = (uintptr_t)image_end - KERNEL_VIRTUAL;

	return base < image || meet(base, size, block.base, block.size) ||
	       meet(base, size, pv_boot.tables.physical, pv_boot.tables.size);
}

/* What of the direct map may be read only: tables, because Xen insists; the image's constant part,
 * because its own protection would be worth nothing. */
static enum map_protection direct_protection(uint64_t page)
{
	const uint64_t constant = (uintptr_t)image_start - KERNEL_VIRTUAL;

	if (within(page, block.base, block.size) ||
	    within(page, pv_boot.tables.physical, pv_boot.tables.size) ||
	    within(page, constant, (uintptr_t)read_only_later_end - (uintptr_t)image_start) ||
	    page == (uintptr_t)fixmap_table - KERNEL_VIRTUAL ||
	    page == (uintptr_t)boot_pd_fixmap - KERNEL_VIRTUAL)
		return MAP_READ_ONLY;
	return MAP_READ_WRITE;
}

/* Then again for the few pages that get another protection. */
static void fill_protected(uint64_t *table, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t physical = (first + i) * MEMORY_PAGE_SIZE;
		enum map_protection protection = direct_protection(physical);

		if (protection != MAP_READ_WRITE && table[i])
			table[i] = pv_entry(physical, protection);
	}
}

static void fill_last(uint64_t *table, uint64_t number)
{
	/* The direct map begins with a table: layout's direct_align. */
	const uint64_t first = number * PV_ENTRIES;
	const uint64_t left = pv_boot.pages - first;
	const uint64_t count = left < PV_ENTRIES ? left : PV_ENTRIES;
	const uint64_t *frames = pv_frames_from(first * MEMORY_PAGE_SIZE);
	const uint64_t bits = pv_entry(0, MAP_READ_WRITE) ^ pv_machine(0);

	/* All of our memory comes this way, a page at a time. */
	for (uint64_t i = 0; i < count; i++)
		if (frames[i] != NO_FRAME)
			table[i] = frames[i] * MEMORY_PAGE_SIZE | bits;
	if (direct_is_mixed(first * MEMORY_PAGE_SIZE, count * MEMORY_PAGE_SIZE))
		fill_protected(table, first, count);
}

/* What is used on the way to a table of the direct map has to be in it from the start. All else is hung
 * there when it is first used: Xen looks at every page that a table maps, and most are never used. */
static bool is_needed_at_once(uint64_t base)
{
	const uint64_t size = PV_ENTRIES * MEMORY_PAGE_SIZE;

	return direct_is_mixed(base, size) ||
	       meet(base, size, pv_boot.frame_list.physical, pv_boot.frame_list.size);
}

/* The level's first entry in use need not be at a table's start. */
static void fill_above(uint64_t *table, uint32_t level, uint64_t number)
{
	const uint64_t direct = layout_direct_start(layout_current());
	const uint64_t first = (direct >> (12 + 9 * level)) & (PV_ENTRIES - 1);
	const uint64_t below = block.count[level - 1];

	for (uint32_t i = 0; i < PV_ENTRIES; i++) {
		uint64_t at = number * PV_ENTRIES + i;

		if (at >= first && at - first < below &&
		    (level > 1 || is_needed_at_once((at - first) * PV_ENTRIES * MEMORY_PAGE_SIZE)))
			table[i] = pv_machine(table_of(level - 1, at - first)) | PV_TABLE_ENTRY;
	}
}

static void table_fill(uint32_t level, uint64_t number)
{
	uint64_t *table = (uint64_t *)pv_fixmap_set(
		FIXMAP_TABLE, pv_machine(table_of(level, number)), MAP_READ_WRITE);

	words_clear(table, PV_ENTRIES);
	if (level)
		fill_above(table, level, number);
	else
		fill_last(table, number);
}

static void block_fill(void)
{
	for (uint64_t i = 0; i < block.count[0]; i++)
		if (is_needed_at_once(i * PV_ENTRIES * MEMORY_PAGE_SIZE))
			table_fill(0, i);
	for (uint32_t level = 1; level < PV_LEVELS - 1; level++)
		for (uint64_t i = 0; i < block.count[level]; i++)
			table_fill(level, i);
}

static int slot_clear(void)
{
	return pv_update_address(layout_fixmap_address(layout_current(), FIXMAP_TABLE), 0);
}

static int hang(uint64_t table, uint64_t address)
{
	const uint64_t direct = layout_direct_start(layout_current());
	const uint64_t number = (address - direct) >> 21;
	struct mmu_update update = pv_update_of(table, (uint32_t)(address >> 21) & (PV_ENTRIES - 1),
						pv_machine(table_of(0, number)) | PV_TABLE_ENTRY);

	table_fill(0, number);
	if (slot_clear())
		return MUSTER_E_INVALID;
	return xen_error(
		xen_hypercall(__HYPERVISOR_mmu_update, (uintptr_t)&update, 1, 0, DOMID_SELF, 0));
}

/* A trap_fault_mender. One CPU at a time: there is one slot, and another may be at the same table. */
static bool hang_what_is_used(uint64_t address)
{
	static uint32_t taken;
	const uint64_t direct = layout_direct_start(layout_current());
	uint64_t table;
	int error = 0;

	if (address < direct || (address - direct) / MEMORY_PAGE_SIZE >= pv_boot.pages)
		return false;
	while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	if (pv_walk(address, 0, &table) == 1)
		error = hang(table, address);
	__atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
	return !error && pv_entry_at(address);
}

/* They were writable through the slot, and are in what Xen mapped, where that reaches so far; and must not
 * be any more when Xen looks. */
static int block_release(void)
{
	int error = slot_clear();

	for (uint64_t done = 0; done < block.size && !error; done += MEMORY_PAGE_SIZE) {
		uintptr_t address = KERNEL_VIRTUAL + block.base + done;

		if (address < KERNEL_VIRTUAL || !pv_entry_at(address))
			break;
		error = pv_update_address(address, 0);
	}
	return error;
}

static int block_hang(void)
{
	const uint64_t direct = layout_direct_start(layout_current());
	const uint32_t top = PV_LEVELS - 1;
	int error = 0;

	for (uint64_t i = 0; i < block.count[top - 1] && !error; i++)
		error = pv_update(pv_boot.root,
				  (uint32_t)(((direct >> (12 + 9 * top)) & (PV_ENTRIES - 1)) + i),
				  pv_machine(table_of(top - 1, i)) | PV_TABLE_ENTRY);
	return error ? error : pv_update_flush();
}

static bool in_image(uint64_t address, const char *from, const char *to)
{
	return address >= (uintptr_t)from && address < (uintptr_t)to;
}

/* The entry that a page at KERNEL_VIRTUAL + physical is to have from now on; 0: none. */
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
		return pv_entry(physical, direct_protection(physical));
	return 0;
}

/* All that Xen mapped, one page after the other from the image's base on. */
static int image_protect(void)
{
	int error = 0;

	for (uint64_t page = 0; page < pv_boot.pages && !error; page++) {
		uint64_t physical = page * MEMORY_PAGE_SIZE;
		uint64_t address = KERNEL_VIRTUAL + physical;
		uint64_t table;

		if (address < KERNEL_VIRTUAL || pv_walk(address, 0, &table))
			break;
		error = pv_update(table, (uint32_t)(page & (PV_ENTRIES - 1)),
				  image_entry(physical));
	}
	return error ? error : pv_update_flush();
}

int pv_page_tables_step(cpu_t cpu)
{
	int error = block_create();

	(void)cpu;
	if (error)
		return error;
	block_fill();
	error = block_release();
	if (!error)
		error = block_hang();
	if (error)
		return error;
	pv_direct_ready = true;
	trap_fault_mender_set(hang_what_is_used);
	pv_page_table_begin();
	error = image_protect();
	if (error)
		return error;
	machine_get()->flush_translations();
	return memory_map_grow();
}
