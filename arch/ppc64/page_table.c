// SPDX-License-Identifier: MIT
/*
 * Changing and walking the page tables. Called through struct machine by core, and by who builds
 * them. One CPU at a time changes them: the boot CPU. Nothing is ever mapped writable and executable.
 *
 * Entries are big-endian: Power ISA 3.0 B, book III, 5.7.10.1 and 5.7.10.2.
 */
#include "arch/ppc64/page_table.h"

#include "arch/ppc64/start.h"
#include "core/layout_current.h"

#include <muster/arch/cpu.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak page_table_map
#pragma weak page_table_map_pages
#pragma weak page_table_unmap
#pragma weak page_table_direct
#pragma weak page_table_physical
#pragma weak page_table_flush

/* Levels: 0 holds pages of 4 KiB, 1 of 2 MiB, 2 of 1 GiB; 3 is the root. */
#define LEVELS		  4u
#define LEVEL_BITS	  9u
#define ROOT_BITS	  13u
#define ENTRIES		  (1u << LEVEL_BITS)
#define LARGE_LEVEL	  2u

#define ENTRY_VALID	  UINT64_C(0x8000000000000000)
#define ENTRY_LEAF	  UINT64_C(0x4000000000000000)
#define ENTRY_ADDRESS	  UINT64_C(0x01fffffffffff000)
#define TABLE_ADDRESS	  UINT64_C(0x0fffffffffffff00)
#define PAGE_USED	  UINT64_C(0x180) /* referenced and changed, so that nobody has to set them */
#define PAGE_NOT_CACHED	  UINT64_C(0x20) /* non-idempotent: book III, figure 25 */
#define PAGE_PRIVILEGED	  UINT64_C(0x8)
#define PAGE_READ	  UINT64_C(0x4)
#define PAGE_WRITE	  UINT64_C(0x2)
#define PAGE_EXECUTE	  UINT64_C(0x1)
#define ADDRESS_OF_KERNEL (~(uint64_t)KERNEL_VIRTUAL)

static uint64_t root; /* physical; 0: none */
static bool on;

/* The table of 4 KiB pages that was last mapped into: units and stacks of a few CPUs share one, and
 * walking down to it again would be most of what mapping them costs. Tables are never given back. */
static struct {
	uint64_t region; /* of 2 MiB: the address divided by that */
	uint64_t *table;
} recent = { UINT64_MAX, NULL };

static uint64_t protection_bits(enum map_protection protection)
{
	static const uint64_t bits[] = {
		[MAP_READ_ONLY] = PAGE_READ,
		[MAP_READ_WRITE] = PAGE_READ | PAGE_WRITE,
		[MAP_EXECUTE] = PAGE_READ | PAGE_EXECUTE,
		[MAP_DEVICE] = PAGE_READ | PAGE_WRITE | PAGE_NOT_CACHED,
	};

	return ENTRY_VALID | ENTRY_LEAF | PAGE_USED | PAGE_PRIVILEGED | bits[protection];
}

uint64_t page_table_pointer_bits(uint64_t table)
{
	return ENTRY_VALID | table | LEVEL_BITS;
}

uint64_t page_table_any_bits(uint64_t physical)
{
	return protection_bits(MAP_READ_WRITE) | PAGE_EXECUTE | physical;
}

/* First word of an entry of the process table (Power ISA 3.0 B, book III, 5.7.6.1): the size of the address
 * space, 2^(31 + 21), in two fields; the root; the binary logarithm of its entries. */
uint64_t page_table_process_bits(uint64_t of_root)
{
	return UINT64_C(2) << 61 | UINT64_C(5) << 5 | of_root | ROOT_BITS;
}

static inline uint64_t entry_get(const uint64_t *entry)
{
	return __builtin_bswap64(__atomic_load_n(entry, __ATOMIC_RELAXED));
}

static inline void entry_put(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, __builtin_bswap64(value), __ATOMIC_RELAXED);
}

static uint32_t entry_index(uint64_t address, uint32_t level)
{
	uint32_t bits = level == LEVELS - 1 ? ROOT_BITS : LEVEL_BITS;

	return (uint32_t)((address & ADDRESS_OF_KERNEL) >> (12 + LEVEL_BITS * level)) &
	       ((1u << bits) - 1);
}

static uint64_t *table_pointer(uint64_t physical)
{
	return (uint64_t *)(KERNEL_VIRTUAL | physical);
}

uint64_t page_table_create(uint64_t bytes, uint32_t node)
{
	uint64_t table = mem_alloc(bytes, bytes, .owner = "page table", .node = node,
				   .on_node = node != NODE_ANY);

	if (table)
		words_clear(table_pointer(table), bytes / sizeof(uint64_t));
	return table;
}

/* What was written to tables is seen by who walks them from here on. */
static inline void tables_written(void)
{
	__asm__ volatile("ptesync" ::: "memory");
}

/*
 * The entry for an address at a level, making the tables above it. NULL: no memory, or a larger
 * page stands in the way.
 */
static uint64_t *entry_make(uint64_t address, uint32_t level, uint32_t node)
{
	uint64_t table = root;

	for (uint32_t above = LEVELS - 1; above > level; above--) {
		uint64_t *entry = &table_pointer(table)[entry_index(address, above)];
		uint64_t value = entry_get(entry);

		if (value & ENTRY_LEAF)
			return NULL;
		if (!(value & ENTRY_VALID)) {
			uint64_t made = page_table_create(MEMORY_PAGE_SIZE, node);

			if (!made)
				return NULL;
			value = page_table_pointer_bits(made);
			entry_put(entry, value);
		}
		table = value & TABLE_ADDRESS;
	}
	return &table_pointer(table)[entry_index(address, level)];
}

/* Fill what of [address, end) one table of that level holds. Returns how much that was; 0: failed.
 */
static uint64_t map_in_one_table(uint64_t address, uint64_t end, uint64_t physical, uint64_t bits,
				 uint32_t level, uint32_t node)
{
	uint64_t page = UINT64_C(1) << (12 + LEVEL_BITS * level);
	uint64_t *entry = entry_make(address, level, node);
	uint32_t index = entry_index(address, level);
	uint64_t done = 0;

	if (!entry)
		return 0;
	for (; index < ENTRIES && end - address - done >= page; index++, entry++, done += page) {
		if (entry_get(entry) & ENTRY_VALID)
			break;
		entry_put(entry, (physical + done) | bits);
	}
	return done;
}

/* The largest page for the beginning of a range. */
static uint32_t level_for(uint64_t address, uint64_t physical, uint64_t size, bool large)
{
	uint32_t level = large ? LARGE_LEVEL : 0;

	for (; level; level--) {
		uint64_t page = UINT64_C(1) << (12 + LEVEL_BITS * level);

		if (!((address | physical) & (page - 1)) && size >= page)
			break;
	}
	return level;
}

/* *done: bytes that were mapped, of all or up to an error. */
static int map_range(uint64_t address, uint64_t physical, uint64_t size, uint64_t bits, bool large,
		     uint32_t node, uint64_t *done)
{
	for (*done = 0; *done != size;) {
		uint64_t left = size - *done;
		uint32_t level = level_for(address + *done, physical + *done, left, large);
		uint64_t next = UINT64_C(1) << (12 + LEVEL_BITS * (level + 1));
		uint64_t to_next = next - ((physical + *done) & (next - 1));
		uint64_t part;

		/* Up to where larger pages can go on. */
		if (large && to_next < left)
			left = to_next;
		part = map_in_one_table(address + *done, address + *done + left, physical + *done,
					bits, level, node);
		if (!part)
			return MUSTER_E_NO_MEMORY;
		*done += part;
	}
	tables_written();
	return 0;
}

int page_table_range(uint64_t address, uint64_t physical, uint64_t size,
		     enum map_protection protection, bool large)
{
	uint64_t done;

	return map_range(address, physical, size, protection_bits(protection), large, NODE_ANY,
			 &done);
}

/* The entry that maps an address, of whatever level; NULL if none does. *table: where it lies. */
static uint64_t *entry_find(uint64_t address, uint32_t *level, uint64_t *table)
{
	*table = root;
	if ((address & KERNEL_VIRTUAL) != KERNEL_VIRTUAL || !root)
		return NULL;
	for (*level = LEVELS - 1;; (*level)--) {
		uint64_t *entry = &table_pointer(*table)[entry_index(address, *level)];
		uint64_t value = entry_get(entry);

		if (!(value & ENTRY_VALID))
			return NULL;
		if (value & ENTRY_LEAF)
			return entry;
		*table = value & TABLE_ADDRESS;
	}
}

int page_table_map(uint64_t address, uint64_t physical, uint64_t size,
		   enum map_protection protection, uint32_t node)
{
	uint64_t done, table;
	uint32_t level;
	int error =
		map_range(address, physical, size, protection_bits(protection), false, node, &done);

	if (!error)
		return 0;
	if (entry_find(address + done, &level, &table))
		error = MUSTER_E_EXISTS;
	page_table_unmap(address, done);
	return error;
}

static void recent_set(uint64_t address, uint32_t node)
{
	uint64_t *entry = entry_make(address, 0, node);

	if (!entry)
		return;
	recent.region = address >> 21;
	recent.table = entry - entry_index(address, 0);
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
	muster_panic("page table: %#lx is mapped already", address);
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
		if (first[*numbers])
			mapped_already(base + *numbers * (uint64_t)MEMORY_PAGE_SIZE);
		entry_put(&first[*numbers], entry);
		entry += MEMORY_PAGE_SIZE;
	} while (++numbers < end);
	tables_written();
	return 0;
}

/* Forget one page of process 0, on all CPUs: RIC 0, PRS 1, R 1, page size 4 KiB (book III, 5.9.3.3). */
static void page_invalidate(uint64_t address)
{
	register uint64_t what __asm__("r10") = address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	register uint64_t whose __asm__("r11") = 0;

	/* tlbie r10,r11,0,1,1 */
	__asm__ volatile("ptesync; .long 0x7d635264; eieio; tlbsync; ptesync"
			 : "+r"(what), "+r"(whose)::"memory");
}

void page_table_unmap(uint64_t address, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += MEMORY_PAGE_SIZE) {
		uint32_t level;
		uint64_t table;
		uint64_t *entry = entry_find(address + done, &level, &table);

		if (entry && !level)
			entry_put(entry, 0);
		page_invalidate(address + done);
	}
}

void *page_table_direct(uint64_t physical)
{
	if (!layout_current() || physical >= layout_direct_size(layout_current()))
		return NULL;
	return (void *)(layout_direct_start(layout_current()) + physical);
}

uint64_t page_table_physical(uintptr_t address)
{
	uint64_t page, table;
	uint32_t level;
	uint64_t *entry;

	if (!on)
		return address & ADDRESS_OF_KERNEL;
	entry = entry_find(address, &level, &table);
	if (!entry)
		return UINT64_MAX;
	page = (UINT64_C(1) << (12 + LEVEL_BITS * level)) - 1;
	return (entry_get(entry) & ENTRY_ADDRESS & ~page) | (address & page);
}

uint64_t page_table_behind(uintptr_t address)
{
	uint64_t table;
	uint32_t level;

	if (!on || !entry_find(address, &level, &table) || level)
		return UINT64_MAX;
	return table;
}

/* Everything of process 0, on this CPU: RIC 2, PRS 1, R 1, IS 1, one congruence class after the other, as
 * many as the largest has (book III, 5.9.3.3; Linux, arch/powerpc/mm/book3s64/radix_tlb.c, for how many). */
#define TLB_SETS       128u
#define TLB_OF_PROCESS UINT64_C(0x400)
#define TLB_SET_SHIFT  12

void page_table_flush(void)
{
	if (!on)
		return;
	__asm__ volatile("ptesync" ::: "memory");
	for (uint64_t set = 0; set < TLB_SETS; set++) {
		register uint64_t what __asm__("r10") = TLB_OF_PROCESS | set << TLB_SET_SHIFT;
		register uint64_t whose __asm__("r11") = 0;

		/* tlbiel r10,r11,ric,1,1: 2 for the first set, all kinds; then 0 */
		if (!set)
			__asm__ volatile(".long 0x7d6b5224" : "+r"(what), "+r"(whose)::"memory");
		else
			__asm__ volatile(".long 0x7d635224" : "+r"(what), "+r"(whose)::"memory");
	}
	__asm__ volatile("ptesync; isync" ::: "memory");
}

void page_table_root_set(uint64_t physical)
{
	root = physical;
}

void page_table_on(void)
{
	on = true;
}

bool page_tables_in_use(void)
{
	return on;
}
