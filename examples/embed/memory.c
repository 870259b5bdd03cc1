// SPDX-License-Identifier: MIT
/*
 * The kernel's own allocator, in place of the library's: pages out of two pieces of RAM that it
 * claims when it is first asked, one of them low, for code that a CPU starts in. The library asks it
 * for page tables, units, stacks and tables, and gives them back. One CPU at a time uses it, as
 * muster/memory.h says.
 */
#include "examples/embed/embed.h"

#include <muster/console.h>
#include <muster/memory.h>

#define LOW_END	  (UINT64_C(1) << 20)
#define LOW_SIZE  (UINT64_C(64) << 10)
#define HIGH_SIZE (UINT64_C(8) << 20)
#define PAGES_MAX (HIGH_SIZE / MEMORY_PAGE_SIZE)

struct pool {
	uint64_t base; /* 0: not claimed yet */
	uint64_t size;
	bool used[PAGES_MAX];
};

uint64_t embed_pages_given, embed_pages_taken;
static struct pool low = { .size = LOW_SIZE }, high = { .size = HIGH_SIZE };

/* Claim a piece out of a free range of RAM: the top of the highest that lies below `end`. */
static bool pool_claim(struct pool *pool, uint64_t end)
{
	uint64_t base = 0;

	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);
		uint64_t top = range->base + range->size;

		if (range->kind != MEMORY_RAM || range->owner || range->base >= end)
			continue;
		top = top < end ? top : end;
		if (top - range->base >= pool->size)
			base = top - pool->size;
	}
	if (!base || mem_claim(base, pool->size, "embed"))
		return false;
	pool->base = base;
	return true;
}

static bool fits(const struct pool *pool, uint64_t page, uint64_t pages,
		 const struct memory_request *request)
{
	uint64_t base = pool->base + page * MEMORY_PAGE_SIZE;
	uint64_t last = base + request->size - 1;

	if (request->align && base & (request->align - 1))
		return false;
	if (request->no_cross && base / request->no_cross != last / request->no_cross)
		return false;
	for (uint64_t i = 0; i < pages; i++)
		if (pool->used[page + i])
			return false;
	return true;
}

static uint64_t pool_take(struct pool *pool, const struct memory_request *request)
{
	uint64_t pages = (request->size + MEMORY_PAGE_SIZE - 1) / MEMORY_PAGE_SIZE;

	for (uint64_t page = 0; page + pages <= pool->size / MEMORY_PAGE_SIZE; page++) {
		if (!fits(pool, page, pages, request))
			continue;
		for (uint64_t i = 0; i < pages; i++)
			pool->used[page + i] = true;
		embed_pages_given += pages;
		return pool->base + page * MEMORY_PAGE_SIZE;
	}
	return 0;
}

uint64_t mem_alloc_request(const struct memory_request *request)
{
	struct pool *pool = request->limit && request->limit <= LOW_END ? &low : &high;
	uint64_t base = 0;

	if (pool->base || pool_claim(pool, pool == &low ? LOW_END : UINT64_MAX))
		base = pool_take(pool, request);
	if (!base || (request->limit && base + request->size > request->limit)) {
		console_print("embed: %s: %zu bytes: no memory\n", request->owner, request->size);
		return 0;
	}
	return base;
}

int mem_free(uint64_t base, uint64_t size)
{
	struct pool *pool = base - low.base < low.size ? &low : &high;

	/* What the library never had from here, such as the boot area, stays whose it was. */
	if (base - pool->base >= pool->size)
		return 0;
	for (uint64_t at = base; at < base + size; at += MEMORY_PAGE_SIZE) {
		pool->used[(at - pool->base) / MEMORY_PAGE_SIZE] = false;
		embed_pages_taken++;
	}
	return 0;
}
