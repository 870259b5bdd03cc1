// SPDX-License-Identifier: MIT
/*
 * The memory of vCPU areas. Called by area.c on the boot CPU. Small areas of one node share pages,
 * in pieces of 64 bytes; nothing else of ours is ever in such a page, because the hypervisor can
 * write to all of it. Once-only areas lie in one region, CPU by CPU at fixed places. What was not
 * given back here must never be handed out again.
 */
#include "core/align.h"
#include "core/area_store.h"
#include "core/machine.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>

#define GRANULES 64u
_Static_assert(AREA_GRANULE *GRANULES == MEMORY_PAGE_SIZE, "one bit for each piece of a page");

/* How many pages with room are looked at before a new one is got: the work for one area is bounded,
 * at the price of some bytes where kinds of odd sizes leave odd holes. */
#define LOOK_AT_MAX 16

/* Descriptions of pages, got by the page. They are few: one for each shared page. */
struct page_chunk {
	struct page_chunk *next;
	struct area_page pages[(MEMORY_PAGE_SIZE - sizeof(void *)) / sizeof(struct area_page)];
};
_Static_assert(sizeof(struct page_chunk) <= MEMORY_PAGE_SIZE, "a chunk is one page");

struct memory_range_only {
	uint64_t base;
	uint64_t end;
};

static const struct area_table *table;
static struct page_chunk *chunks;
static struct area_page *with_room;
static struct area_page *unused; /* descriptions */
static uint64_t region, region_size;
static uint64_t region_offset[AREA_KINDS_MAX];
static uint64_t held; /* bytes for areas, the region not counted */
/* RAM as it is, without owners: it changes no more, so CPUs may look at it at any time. */
static struct memory_range_only *ram;
static size_t ram_count;
static uint64_t ram_physical, ram_bytes;

/* Distance of a kind's areas from each other, where they lie in a row, and how many of them lie
 * between two lines that may not be crossed. */
static uint64_t stride_of(const struct area_kind *kind)
{
	uint64_t align = kind->align > AREA_GRANULE ? kind->align : AREA_GRANULE;

	if (kind->whole_pages && align < MEMORY_PAGE_SIZE)
		align = MEMORY_PAGE_SIZE;
	return align + align_down(kind->told - 1, align);
}

static uint64_t row_offset(const struct area_kind *kind, uint64_t number)
{
	uint64_t stride = stride_of(kind);
	uint64_t between = kind->no_cross / stride;

	if (between)
		return number / between * kind->no_cross + number % between * stride;
	/* One that has to keep to itself: its stride may be more than it may cross. */
	return number * stride;
}

static int region_begin(uint32_t cpus)
{
	uint64_t size = 0, align = MEMORY_PAGE_SIZE;

	region = region_size = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct area_kind *kind = &table->kinds[i];
		uint64_t own = kind->align > kind->no_cross ? kind->align : kind->no_cross;

		if (!kind->once_only)
			continue;
		if (kind->whole_pages && own < MEMORY_PAGE_SIZE)
			own = MEMORY_PAGE_SIZE;
		if (own < AREA_GRANULE)
			own = AREA_GRANULE;
		align = own > align ? own : align;
		region_offset[i] = align_up(size, own);
		size = region_offset[i] + row_offset(kind, cpus - 1) + stride_of(kind);
	}
	if (!size)
		return 0;
	size = align_up(size, MEMORY_PAGE_SIZE);
	region = mem_alloc(size, align, .owner = AREA_REGION_OWNER);
	if (!region)
		return MUSTER_E_NO_MEMORY;
	region_size = size;
	return 0;
}

static size_t ram_list(struct memory_range_only *list, size_t room)
{
	const struct memory_range *range;
	size_t count = 0;

	for (size_t i = 0; (range = mem_at(i)); i++) {
		if (range->kind != MEMORY_RAM)
			continue;
		if (count && count <= room && list[count - 1].end == range->base) {
			list[count - 1].end = range->base + range->size;
			continue;
		}
		if (count < room)
			list[count] = (struct memory_range_only){ range->base,
								  range->base + range->size };
		count++;
	}
	return count;
}

static int ram_begin(void)
{
	/* What we get now may cut one range in three. */
	size_t room = ram_list(NULL, 0) + 2;

	ram_bytes = align_up(room * sizeof(*ram), MEMORY_PAGE_SIZE);
	ram_physical = mem_alloc(ram_bytes, 0, .owner = "area table");
	if (!ram_physical)
		return MUSTER_E_NO_MEMORY;
	ram = machine_get()->direct(ram_physical);
	ram_count = ram_list(ram, room);
	return 0;
}

static void ram_end(void)
{
	ram_count = 0;
	if (ram_physical)
		(void)mem_free(ram_physical, ram_bytes);
	ram_physical = 0;
}

bool area_in_ram(uint64_t physical, uint64_t size, bool wanted)
{
	for (size_t i = 0; i < ram_count; i++) {
		if (physical + size <= ram[i].base || physical >= ram[i].end)
			continue;
		return wanted && physical >= ram[i].base && physical + size <= ram[i].end;
	}
	return !wanted;
}

int area_memory_begin(const struct area_table *begun, uint32_t cpus)
{
	int error;

	table = begun;
	chunks = NULL;
	with_room = unused = NULL;
	held = 0;
	error = ram_begin();
	if (!error)
		error = region_begin(cpus);
	if (error)
		ram_end();
	return error;
}

void area_memory_end(void)
{
	while (chunks) {
		struct page_chunk *chunk = chunks;

		chunks = chunk->next;
		(void)mem_free(machine_get()->physical((uintptr_t)chunk), MEMORY_PAGE_SIZE);
	}
	with_room = unused = NULL;
	if (region)
		(void)mem_free(region, region_size);
	region = region_size = 0;
	ram_end();
}

bool areas_region(uint64_t *physical, uint64_t *size)
{
	*physical = region;
	*size = region_size;
	return region;
}

uint64_t area_memory_held(void)
{
	return held + region_size;
}

static void list_add(struct area_page *page)
{
	page->previous = NULL;
	page->next = with_room;
	if (with_room)
		with_room->previous = page;
	with_room = page;
	page->listed = true;
}

static void list_remove(struct area_page *page)
{
	if (page->previous)
		page->previous->next = page->next;
	else
		with_room = page->next;
	if (page->next)
		page->next->previous = page->previous;
	page->listed = false;
}

static struct area_page *description_get(void)
{
	struct area_page *page = unused;
	struct page_chunk *chunk;
	uint64_t physical;

	if (!page) {
		physical = mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "area table");
		if (!physical)
			return NULL;
		chunk = machine_get()->direct(physical);
		memset(chunk, 0, sizeof(*chunk));
		chunk->next = chunks;
		chunks = chunk;
		for (size_t i = 0; i < sizeof(chunk->pages) / sizeof(chunk->pages[0]); i++) {
			chunk->pages[i].next = unused;
			unused = &chunk->pages[i];
		}
		page = unused;
	}
	unused = page->next;
	return page;
}

static void description_put(struct area_page *page)
{
	page->next = unused;
	unused = page;
}

static uint64_t pieces_mask(uint32_t pieces)
{
	return pieces == GRANULES ? ~UINT64_C(0) : (UINT64_C(1) << pieces) - 1;
}

static uint32_t pieces_of(const struct area_kind *kind)
{
	return (kind->told + AREA_GRANULE - 1) / AREA_GRANULE;
}

/* The first piece of a place for the kind in a page; GRANULES: there is none. */
static uint32_t find_place(const struct area_kind *kind, uint64_t used)
{
	uint32_t pieces = pieces_of(kind);
	uint32_t step = kind->align > AREA_GRANULE ? kind->align / AREA_GRANULE : 1;

	for (uint32_t at = 0; at + pieces <= GRANULES; at += step) {
		uint32_t first = at * AREA_GRANULE;

		if (kind->no_cross &&
		    first / kind->no_cross != (first + kind->told - 1) / kind->no_cross)
			continue;
		if (!(used & pieces_mask(pieces) << at))
			return at;
	}
	return GRANULES;
}

static bool shares_pages(const struct area_kind *kind)
{
	return !kind->whole_pages && kind->told < MEMORY_PAGE_SIZE &&
	       kind->align <= MEMORY_PAGE_SIZE;
}

static uint64_t own_bytes(const struct area_kind *kind)
{
	return align_up(kind->told, MEMORY_PAGE_SIZE);
}

static uint64_t own_align(const struct area_kind *kind)
{
	return kind->align > MEMORY_PAGE_SIZE ? kind->align : MEMORY_PAGE_SIZE;
}

static uint64_t pages_get(const struct area_kind *kind, uint64_t bytes, uint32_t node)
{
	/* A small kind keeps its line by its place in the page; a page crosses no larger one. */
	uint64_t no_cross = kind->no_cross >= bytes ? kind->no_cross : 0;
	uint64_t physical = mem_alloc(bytes, own_align(kind), .owner = AREA_OWNER, .node = node,
				      .on_node = node != NODE_ANY, .no_cross = no_cross);

	held += physical ? bytes : 0;
	return physical;
}

static uint32_t pieces_used(const struct area_page *page)
{
	uint32_t count = 0;

	for (uint64_t used = page->used; used; used &= used - 1)
		count++;
	return count;
}

/* The fullest that will do, so that small areas do not take the places of large ones. */
static struct area_page *fullest_page(const struct area_kind *kind, uint32_t node)
{
	struct area_page *best = NULL;
	struct area_page *page = with_room;

	for (uint32_t looked = 0; page && looked < LOOK_AT_MAX; looked++, page = page->next)
		if (page->node == node && find_place(kind, page->used) < GRANULES &&
		    (!best || pieces_used(page) > pieces_used(best)))
			best = page;
	return best;
}

static struct area_page *page_with_room(const struct area_kind *kind, uint32_t node)
{
	struct area_page *page = fullest_page(kind, node);

	if (page)
		return page;
	page = description_get();
	if (!page)
		return NULL;
	page->physical = pages_get(kind, MEMORY_PAGE_SIZE, node);
	if (!page->physical) {
		description_put(page);
		return NULL;
	}
	page->used = 0;
	page->node = node;
	list_add(page);
	return page;
}

static int get_shared(const struct area_kind *kind, uint32_t node, struct area_record *record)
{
	struct area_page *page = page_with_room(kind, node);
	uint32_t at;

	if (!page)
		return MUSTER_E_NO_MEMORY;
	at = find_place(kind, page->used);
	/* A row that was proved fits an empty page, so this does not happen. */
	if (at >= GRANULES)
		return MUSTER_E_INVALID;
	page->used |= pieces_mask(pieces_of(kind)) << at;
	if (page->used == ~UINT64_C(0))
		list_remove(page);
	record->page = page;
	record->physical = page->physical + (uint64_t)at * AREA_GRANULE;
	return 0;
}

int area_memory_get(size_t row, cpu_t cpu, struct area_record *record)
{
	const struct area_kind *kind = &table->kinds[row];
	uint32_t node = cpu_node(cpu);

	record->page = NULL;
	if (kind->once_only) {
		record->physical = region + region_offset[row] + row_offset(kind, cpu.number);
		return 0;
	}
	if (shares_pages(kind))
		return get_shared(kind, node, record);
	record->physical = pages_get(kind, own_bytes(kind), node);
	return record->physical ? 0 : MUSTER_E_NO_MEMORY;
}

void area_memory_put(size_t row, struct area_record *record)
{
	const struct area_kind *kind = &table->kinds[row];
	struct area_page *page = record->page;
	uint32_t at;

	if (kind->once_only)
		return;
	if (!page) {
		held -= own_bytes(kind);
		(void)mem_free(record->physical, own_bytes(kind));
		return;
	}
	at = (uint32_t)((record->physical - page->physical) / AREA_GRANULE);
	page->used &= ~(pieces_mask(pieces_of(kind)) << at);
	if (!page->listed)
		list_add(page);
	if (page->used)
		return;
	list_remove(page);
	held -= MEMORY_PAGE_SIZE;
	(void)mem_free(page->physical, MEMORY_PAGE_SIZE);
	description_put(page);
}
