// SPDX-License-Identifier: MIT
/*
 * The direct map of a PV guest behind what Xen had mapped: made when it is first used, a chunk at a time, because Xen
 * looks at every page that a table maps, and most are never used. Called by struct machine's `direct`, and at page faults,
 * on any CPU.
 */
#include "platform/xen/pv/pv_direct_map.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/trap.h"
#include "core/align.h"
#include "core/layout_current.h"
#include "core/string.h"
#include "platform/xen/pv/pv.h"
#include "platform/xen/pv/pv_page_table.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* Pages of a chunk. Xen looks at each for some 1,000 instructions, whether anybody will use it or not: few. But
 * a bit for each chunk has to fit where Xen mapped memory, at least 512 KiB behind what it gave us: more of them in
 * a large guest. A table's bits are whole bytes. */
#define CHUNK_FEW   8u
#define CHUNK_MANY  64u
#define LARGE_GUEST (UINT64_C(4) << 30)

extern uint64_t fixmap_table[];

static struct pv_direct_map map;
static uint64_t chunk; /* pages */

/* Of `made`, for each last table. */
static uint64_t made_bytes(uint64_t pages_of_chunk)
{
	return PV_ENTRIES / pages_of_chunk / 8;
}

static uint64_t chunk_pages(void)
{
	return pv_boot.pages * MEMORY_PAGE_SIZE > LARGE_GUEST ? CHUNK_MANY : CHUNK_FEW;
}

uint64_t pv_direct_bytes(uint64_t last_count)
{
	return last_count * made_bytes(chunk_pages());
}

static bool chunk_is_made(uint64_t page)
{
	const uint64_t number = page / chunk;

	return __atomic_load_n(&map.made[number / 8], __ATOMIC_ACQUIRE) >> number % 8 & 1;
}

/* By whoever makes it. */
static void chunk_set_made(uint64_t page)
{
	const uint64_t number = page / chunk;
	uint8_t *made = &map.made[number / 8];

	__atomic_store_n(made, (uint8_t)(*made | 1u << number % 8), __ATOMIC_RELEASE);
}

/* Is the last table of a page there: has it any chunk? */
static bool table_is_made(uint64_t page)
{
	const uint8_t *made = &map.made[page / PV_ENTRIES * made_bytes(chunk)];

	for (uint64_t i = 0; i < made_bytes(chunk); i++)
		if (made[i])
			return true;
	return false;
}

static uint64_t chunk_entry(uint64_t page)
{
	const uint64_t physical = page * MEMORY_PAGE_SIZE;
	const uint64_t frame = page < pv_boot.pages ? pv_frame(physical) : UINT64_MAX;

	if (frame == UINT64_MAX)
		return 0;
	/* A page of a table, maybe. */
	return pv_entry(physical, physical - map.last < map.last_count * MEMORY_PAGE_SIZE
					  ? MAP_READ_ONLY
					  : MAP_READ_WRITE);
}

static int changes_make(struct mmu_update *changes, uint32_t count)
{
	return xen_error(xen_hypercall(__HYPERVISOR_mmu_update, (uintptr_t)changes, count, 0,
				       DOMID_SELF, 0));
}

/* The table is there: into it. */
static int chunk_add(uint64_t table, uint64_t first)
{
	static struct mmu_update changes[CHUNK_MANY];

	for (uint32_t i = 0; i < chunk; i++)
		changes[i] = pv_update_of(table, (uint32_t)((first + i) % PV_ENTRIES),
					  chunk_entry(first + i));
	return changes_make(changes, (uint32_t)chunk);
}

/* It is not: filled through a fixmap slot, and hung when that is empty again. */
static int chunk_begin(uint64_t table, uint64_t first)
{
	const uint64_t number = first / PV_ENTRIES + map.above_index;
	uint64_t *entries =
		(uint64_t *)pv_fixmap_set(FIXMAP_TABLE, pv_machine(table), MAP_READ_WRITE);
	struct mmu_update changes[] = {
		pv_update_of((uintptr_t)fixmap_table - KERNEL_VIRTUAL,
			     (uint32_t)((uintptr_t)entries >> 12) & (PV_ENTRIES - 1), 0),
		pv_update_of(map.above + number / PV_ENTRIES * MEMORY_PAGE_SIZE,
			     number % PV_ENTRIES, pv_machine(table) | PV_TABLE_ENTRY),
	};

	words_clear(entries, PV_ENTRIES);
	for (uint32_t i = 0; i < chunk; i++)
		entries[(first + i) % PV_ENTRIES] = chunk_entry(first + i);
	return changes_make(changes, 2);
}

/* One CPU at a time: there is one slot, and another may be at the same table. */
static int chunk_make(uint64_t page)
{
	static uint32_t taken;
	const uint64_t table = map.last + page / PV_ENTRIES * MEMORY_PAGE_SIZE;
	const uint64_t first = align_down(page, chunk);
	int error = 0;

	while (__atomic_exchange_n(&taken, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	if (!chunk_is_made(page)) {
		error = table_is_made(page) ? chunk_add(table, first) : chunk_begin(table, first);
		if (!error)
			chunk_set_made(page);
	}
	__atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
	return error;
}

int pv_direct_make(uint64_t page)
{
	return page < map.window || chunk_is_made(page) ? 0 : chunk_make(page);
}

/* A trap_fault_mender: for whoever goes on from what he asked for into the next chunk. */
static bool make_what_is_used(uint64_t address)
{
	const uint64_t page = (address - layout_direct_start(layout_current())) / MEMORY_PAGE_SIZE;

	return page >= map.window && page < pv_boot.pages &&
	       pv_frame(page * MEMORY_PAGE_SIZE) != UINT64_MAX && !pv_direct_make(page);
}

void pv_direct_begin(const struct pv_direct_map *begun)
{
	map = *begun;
	chunk = chunk_pages();
	trap_fault_mender_set(make_what_is_used);
}
