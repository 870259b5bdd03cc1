// SPDX-License-Identifier: MIT
/*
 * Page tables: building, changing and walking them. Called through struct machine by core, and by
 * the steps `fixmap`, `page-tables` and `start-code`. One CPU at a time changes them: the boot CPU.
 * Nothing is ever mapped writable and executable. i386's tables (PAE: Intel SDM vol. 3A, 4.4) have the same
 * entries and one level less, so this is theirs too.
 */
#include "arch/x86_64/page_table_build.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"
#include "core/layout_current.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak fixmap_step
#pragma weak page_table_map
#pragma weak page_table_map_pages
#pragma weak page_table_unmap
#pragma weak page_table_protect
#pragma weak page_table_direct
#pragma weak page_table_physical
#pragma weak page_table_flush

#define ENTRIES	     512u
#define LEVELS	     (PAGE_LEVELS + 0u) /* level 0 holds the pages of 4 KiB, the last is the root */
#define ADDRESS_MASK UINT64_C(0x000ffffffffff000)
#define LARGE_SIZE   (UINT64_C(1) << 21)
#define PAGE_DEVICE  UINT64_C(0x18) /* PWT and PCD: entry 3 of the power-on PAT, uncached */
#define PAGE_USED    UINT64_C(0x60) /* accessed and dirty, so that no CPU has to set them */
/* Intel SDM vol. 2A, CPUID: the last extended leaf; EAX bits 7:0 of 80000008h are MAXPHYADDR. */
#define CPUID_EXTENDED	    0x80000000
#define CPUID_ADDRESS_SIZES 0x80000008
#define PAGE_NX		    (UINT64_C(1) << 63)
#define TABLE_ENTRY	    (PAGE_PRESENT | PAGE_WRITE)

uint64_t kernel_cr3;
static bool direct_ready;
extern uint64_t boot_pd_fixmap[], fixmap_table[];

/* The table of 4 KiB pages that was last mapped into: units and stacks of a few CPUs share one, and
 * walking down to it again would be most of what mapping them costs. Tables are never given back. */
static struct {
	uint64_t region; /* of 2 MiB: the address divided by that */
	uint64_t *table;
} recent = { UINT64_MAX, NULL };

static uint64_t protection_bits(enum map_protection protection)
{
	static const uint64_t bits[] = {
		[MAP_READ_ONLY] = PAGE_PRESENT | PAGE_USED | PAGE_NX,
		[MAP_READ_WRITE] = PAGE_PRESENT | PAGE_USED | PAGE_WRITE | PAGE_NX,
		[MAP_EXECUTE] = PAGE_PRESENT | PAGE_USED,
		[MAP_DEVICE] = PAGE_PRESENT | PAGE_USED | PAGE_WRITE | PAGE_NX | PAGE_DEVICE,
	};

	return bits[protection] & PAGE_BITS_KNOWN;
}

/* What an entry at that level has that leads to a table. */
static uint64_t table_entry_bits(uint32_t level)
{
	return level == LEVELS - 1 ? PAGE_ROOT_ENTRY : TABLE_ENTRY;
}

static uint32_t entry_index(uint64_t address, uint32_t level)
{
	return (uint32_t)(address >> (12 + 9 * level)) & (ENTRIES - 1);
}

int fixmap_step(cpu_t cpu)
{
	uint64_t start = layout_fixmap_start(layout_current());
	uint64_t last = start + (uint64_t)FIXMAP_SLOTS * MEMORY_PAGE_SIZE - 1;

	(void)cpu;
	/* The slots have one page table, and hang where the boot tables have room for it. */
	if (start >> 21 != last >> 21 || start >> 30 != ADDRESS_LAST >> 30) {
		console_print("muster: fixmap at %#jx: not within the last GiB and one table\n",
			      start);
		return MUSTER_E_INVALID;
	}
	boot_pd_fixmap[entry_index(start, 1)] =
		((uintptr_t)fixmap_table - KERNEL_VIRTUAL) | TABLE_ENTRY;
	return 0;
}

uintptr_t fixmap_set(uint32_t slot, uint64_t physical, enum map_protection protection)
{
	uintptr_t address = layout_fixmap_address(layout_current(), slot);
	uint64_t entry = (physical & ADDRESS_MASK) | protection_bits(protection);

	if (fixmap_table[entry_index(address, 0)] != entry) {
		fixmap_table[entry_index(address, 0)] = entry;
		page_invalidate(address);
	}
	return address;
}

uint64_t physical_limit(void)
{
	static uint64_t limit;
	uint32_t bits = 36; /* what every CPU with PAE has */

	if (limit)
		return limit;
	if (cpuid_read(CPUID_EXTENDED, 0).eax >= CPUID_ADDRESS_SIZES)
		bits = cpuid_read(CPUID_ADDRESS_SIZES, 0).eax & 0xff;
	limit = UINT64_C(1) << (bits < 52 ? bits : 52);
	return limit;
}

static bool fixmap_read(void *context, uint64_t physical, void *buffer, size_t size)
{
	char *to = buffer;

	(void)context;
	/* Above that an address has reserved bits, and reading is a fault. */
	if (physical >= physical_limit() || size > physical_limit() - physical)
		return false;
	while (size) {
		uint64_t offset = physical & (MEMORY_PAGE_SIZE - 1);
		size_t part = MEMORY_PAGE_SIZE - offset;
		uintptr_t page = fixmap_set(FIXMAP_FIRMWARE, physical, MAP_READ_ONLY);

		if (part > size)
			part = size;
		memcpy(to, (const void *)(page + offset), part);
		to += part;
		physical += part;
		size -= part;
	}
	return true;
}

const struct firmware_reader fixmap_reader = { .read = fixmap_read };

/* A pointer to a table, by the direct map or, before there is one, by its level's fixmap slot. */
static uint64_t *table_pointer(uint64_t physical, uint32_t level)
{
	if (direct_ready)
		return page_table_direct(physical);
	return (uint64_t *)fixmap_set(FIXMAP_TABLE + level, physical, MAP_READ_WRITE);
}

static uint64_t table_create(uint32_t level, uint32_t node)
{
	uint64_t table = mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "page table", .node = node,
				   .on_node = node != NODE_ANY);

	if (table)
		words_clear(table_pointer(table, level), ENTRIES);
	return table;
}

/*
 * The entry for an address at a level, making the tables above it. NULL: no memory, or a larger
 * page stands in the way.
 */
static uint64_t *entry_make(uint64_t root, uint64_t address, uint32_t level, uint32_t node)
{
	uint64_t table = root & ADDRESS_MASK;

	for (uint32_t above = LEVELS - 1; above > level; above--) {
		uint64_t *entry = &table_pointer(table, above)[entry_index(address, above)];

		if (*entry & PAGE_LARGE)
			return NULL;
		if (!(*entry & PAGE_PRESENT)) {
			uint64_t made = table_create(above - 1, node);

			if (!made)
				return NULL;
			*entry = made | table_entry_bits(above);
		}
		table = *entry & ADDRESS_MASK;
	}
	return &table_pointer(table, level)[entry_index(address, level)];
}

/* Fill what of [address, end) one table of that level holds. Returns how much that was; 0: failed.
 */
static uint64_t map_in_one_table(uint64_t root, uint64_t address, uint64_t end, uint64_t physical,
				 uint64_t bits, uint32_t level, uint32_t node)
{
	uint64_t page = UINT64_C(1) << (12 + 9 * level);
	uint64_t *entry = entry_make(root, address, level, node);
	uint32_t index = entry_index(address, level);
	uint64_t done = 0;

	if (!entry)
		return 0;
	for (; index < ENTRIES && end - address - done >= page; index++, entry++, done += page) {
		if (*entry & PAGE_PRESENT)
			break;
		*entry = (physical + done) | bits | (level ? PAGE_LARGE : 0);
	}
	return done;
}

/* Map with pages of 2 MiB where `large` allows it and everything is aligned, else of 4 KiB. *done: bytes
 * that were mapped, of all or up to an error. */
static int map_range(uint64_t root, uint64_t address, uint64_t physical, uint64_t size,
		     uint64_t bits, bool large, uint32_t node, uint64_t *done)
{
	uint64_t end = address + size;

	for (*done = 0; address != end;) {
		bool fits = large && !((address | physical) & (LARGE_SIZE - 1)) &&
			    end - address >= LARGE_SIZE;
		uint64_t stop = end;
		uint64_t part;

		/* Small pages up to where large ones can go on. */
		if (!fits && large && !((address ^ physical) & (LARGE_SIZE - 1)) &&
		    (address | (LARGE_SIZE - 1)) < end - 1)
			stop = (address | (LARGE_SIZE - 1)) + 1;
		part = map_in_one_table(root, address, stop, physical, bits, fits ? 1 : 0, node);
		if (!part)
			return MUSTER_E_NO_MEMORY;
		address += part;
		physical += part;
		*done += part;
	}
	return 0;
}

/* The entry that maps an address, of whatever level; NULL if none does. */
static uint64_t *entry_find(uint64_t root, uint64_t address, uint32_t *level)
{
	uint64_t table = root & ADDRESS_MASK;

	for (*level = LEVELS - 1;; (*level)--) {
		uint64_t *entry = &table_pointer(table, *level)[entry_index(address, *level)];

		if (!(*entry & PAGE_PRESENT))
			return NULL;
		if (!*level || (*entry & PAGE_LARGE))
			return entry;
		table = *entry & ADDRESS_MASK;
	}
}

static void recent_set(uint64_t address, uint32_t node)
{
	uint64_t *entry = direct_ready ? entry_make(kernel_cr3, address, 0, node) : NULL;

	if (!entry)
		return;
	recent.region = address >> 21;
	recent.table = entry - entry_index(address, 0);
}

int page_table_map(uint64_t address, uint64_t physical, uint64_t size,
		   enum map_protection protection, uint32_t node)
{
	uint64_t done;
	uint32_t level;
	int error = map_range(kernel_cr3, address, physical, size, protection_bits(protection),
			      false, node, &done);

	if (!error)
		return 0;
	if (entry_find(kernel_cr3, address + done, &level))
		error = MUSTER_E_EXISTS;
	page_table_unmap(address, done);
	return error;
}

/* Not in the table that was used last: make that the one, if all is in one. */
__attribute__((noinline)) static int map_pages_elsewhere(uint64_t base, uint64_t physical,
							 const uint32_t *numbers, uint32_t count,
							 enum map_protection protection,
							 uint32_t node)
{
	recent_set(base, node);
	if (base >> 21 == recent.region &&
	    (base + numbers[count - 1] * (uint64_t)MEMORY_PAGE_SIZE) >> 21 == recent.region)
		return page_table_map_pages(base, physical, numbers, count, protection, node);
	return MUSTER_E_NOT_SUPPORTED;
}

__attribute__((noinline, cold, noreturn)) static void mapped_already(uint64_t address)
{
	muster_panic("page table: %#jx is mapped already", address);
}

int page_table_map_pages(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
			 enum map_protection protection, uint32_t node)
{
	uint64_t entry = physical | protection_bits(protection);
	const uint32_t *end = numbers + count;
	uint64_t *first;

	if (base >> 21 != recent.region ||
	    (base + end[-1] * (uint64_t)MEMORY_PAGE_SIZE) >> 21 != recent.region)
		return map_pages_elsewhere(base, physical, numbers, count, protection, node);
	first = &recent.table[entry_index(base, 0)];
	do {
		if (first[*numbers] & PAGE_PRESENT)
			mapped_already(base + *numbers * (uint64_t)MEMORY_PAGE_SIZE);
		first[*numbers] = entry;
		entry += MEMORY_PAGE_SIZE;
	} while (++numbers < end);
	return 0;
}

void page_table_unmap(uint64_t address, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += MEMORY_PAGE_SIZE) {
		uint32_t level;
		uint64_t *entry = entry_find(kernel_cr3, address + done, &level);

		if (entry && !level)
			*entry = 0;
		page_invalidate(address + done);
	}
}

int page_table_protect(uint64_t address, uint64_t size, enum map_protection protection)
{
	for (uint64_t done = 0; done < size; done += MEMORY_PAGE_SIZE) {
		uint32_t level;
		uint64_t *entry = entry_find(kernel_cr3, address + done, &level);

		if (!entry || level)
			return MUSTER_E_NOT_FOUND;
		*entry = (*entry & ADDRESS_MASK) | protection_bits(protection);
		page_invalidate(address + done);
	}
	return 0;
}

void *page_table_direct(uint64_t physical)
{
	if (!direct_ready || physical >= layout_direct_size(layout_current()))
		return NULL;
	return (void *)(uintptr_t)(layout_direct_start(layout_current()) + physical);
}

uint64_t page_table_physical(uintptr_t address)
{
	uint64_t offset_mask;
	uint32_t level;
	uint64_t *entry = entry_find(kernel_cr3 ? kernel_cr3 : cr3_read(), address, &level);

	if (!entry)
		return UINT64_MAX;
	offset_mask = (UINT64_C(1) << (12 + 9 * level)) - 1;
	return (*entry & ADDRESS_MASK & ~offset_mask) | (address & offset_mask);
}

void page_table_flush(void)
{
	cr3_write(cr3_read());
}

void page_table_start_root_free(uint64_t root, uint64_t page)
{
	uint64_t table = root;

	/* The tables of the one page; the upper half is the kernel's. */
	for (uint32_t level = LEVELS - 1; level; level--) {
		uint64_t entry = table_pointer(table, level)[entry_index(page, level)];

		mem_free(table, MEMORY_PAGE_SIZE);
		if (!(entry & PAGE_PRESENT))
			return;
		table = entry & ADDRESS_MASK;
	}
	mem_free(table, MEMORY_PAGE_SIZE);
}

uint64_t page_table_start_root(uint64_t page)
{
	uint64_t root =
		mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "start code", .limit = UINT64_C(1) << 32);

	if (!root)
		return 0;
	memcpy(page_table_direct(root), page_table_direct(kernel_cr3), MEMORY_PAGE_SIZE);
	uint64_t done;

	if (map_range(root, page, page, MEMORY_PAGE_SIZE, protection_bits(MAP_EXECUTE), false,
		      NODE_ANY, &done)) {
		page_table_start_root_free(root, page);
		return 0;
	}
	return root;
}

/* page_table_build.c builds the first root with these. */
int page_table_build_range(uint64_t root, uint64_t address, uint64_t physical, uint64_t size,
			   enum map_protection protection, bool large)
{
	uint64_t done;

	return map_range(root, address, physical, size, protection_bits(protection), large,
			 NODE_ANY, &done);
}

int page_table_build_fixmap(uint64_t root)
{
	uint64_t start = layout_fixmap_start(layout_current());
	uint64_t *entry = entry_make(root, start, 1, NODE_ANY);

	if (!entry)
		return MUSTER_E_NO_MEMORY;
	*entry = ((uintptr_t)fixmap_table - KERNEL_VIRTUAL) | TABLE_ENTRY;
	return 0;
}

uint64_t page_table_build_root(void)
{
	return table_create(LEVELS - 1, NODE_ANY);
}

void page_table_switch(uint64_t root)
{
	kernel_cr3 = root;
	cr3_write(root);
	direct_ready = true;
}
