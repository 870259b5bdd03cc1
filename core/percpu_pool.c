// SPDX-License-Identifier: MIT
/*
 * The pool of blocks: where core/percpu_blocks.c keeps what it knows. Pages of 256 blocks, named by
 * number, so that a block takes 16 bytes. The first page is part of the image: a kernel with a
 * hundred allocations takes no memory for them. A page with nothing in it goes back while there is
 * another page's worth, so that coming and going at the edge costs nothing. It must never hand out
 * number 0, nor move a block: handles hold numbers.
 */
#include "core/machine.h"
#include "core/percpu_blocks.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <stddef.h>

#define OWNER "percpu blocks"

_Static_assert(PERCPU_POOL_PAGE_BLOCKS * sizeof(struct percpu_block) == MEMORY_PAGE_SIZE,
	       "a page of the pool is a page of memory");
_Static_assert(PERCPU_POOL_PAGE_BLOCKS *PERCPU_POOL_PAGES == 1u << 16, "numbers have 16 bits");

struct pool_page {
	uint64_t physical;
	uint16_t first;	 /* first block to be taken; 0: none */
	uint16_t unused; /* how many there are */
};

static struct percpu_block first_page[PERCPU_POOL_PAGE_BLOCKS];
struct percpu_block *percpu_pool[PERCPU_POOL_PAGES];
static struct pool_page pages[PERCPU_POOL_PAGES];
static uint64_t with_unused[PERCPU_POOL_PAGES / 64]; /* bit n: page n has one to take */
static uint32_t unused;

static void note_unused(uint32_t page)
{
	uint64_t bit = UINT64_C(1) << page % 64;

	if (pages[page].unused)
		with_unused[page / 64] |= bit;
	else
		with_unused[page / 64] &= ~bit;
}

/* The first page that has one to take; PERCPU_POOL_PAGES if none has. */
static uint32_t page_with_unused(void)
{
	for (uint32_t i = 0; i < PERCPU_POOL_PAGES / 64; i++)
		if (with_unused[i])
			return i * 64 + (uint32_t)__builtin_ctzll(with_unused[i]);
	return PERCPU_POOL_PAGES;
}

static void page_add(uint32_t page, struct percpu_block *blocks, uint64_t physical)
{
	percpu_pool[page] = blocks;
	pages[page] = (struct pool_page){ .physical = physical };
	for (uint32_t i = PERCPU_POOL_PAGE_BLOCKS; i-- > 0;) {
		uint32_t number = page * PERCPU_POOL_PAGE_BLOCKS + i;

		blocks[i].state = BLOCK_NONE;
		if (!number)
			continue;
		blocks[i].list_next = pages[page].first;
		pages[page].first = (uint16_t)number;
		pages[page].unused++;
		unused++;
	}
	note_unused(page);
}

static void page_remove(uint32_t page)
{
	percpu_pool[page] = NULL;
	unused -= pages[page].unused;
	pages[page].unused = 0;
	note_unused(page);
	(void)mem_free(pages[page].physical, MEMORY_PAGE_SIZE);
}

static bool page_is_idle(uint32_t page)
{
	return page && percpu_pool[page] && pages[page].unused == PERCPU_POOL_PAGE_BLOCKS;
}

void percpu_pool_begin(void)
{
	for (uint32_t page = 0; page < PERCPU_POOL_PAGES; page++)
		percpu_pool[page] = NULL;
	for (uint32_t i = 0; i < PERCPU_POOL_PAGES / 64; i++)
		with_unused[i] = 0;
	unused = 0;
	page_add(0, first_page, 0);
}

int percpu_pool_reserve(uint32_t count)
{
	while (unused < count) {
		struct percpu_block *blocks;
		uint64_t physical;
		uint32_t page = 1;

		while (page < PERCPU_POOL_PAGES && percpu_pool[page])
			page++;
		if (page == PERCPU_POOL_PAGES) {
			console_print("muster: " OWNER ": all %u are in use\n",
				      PERCPU_POOL_PAGES * PERCPU_POOL_PAGE_BLOCKS - 1);
			return MUSTER_E_NO_MEMORY;
		}
		physical = mem_alloc(MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE, .owner = OWNER);
		if (!physical)
			return MUSTER_E_NO_MEMORY;
		blocks = machine_get()->direct(physical);
		if (!blocks) {
			console_print("muster: " OWNER ": page %#llx cannot be reached\n",
				      (unsigned long long)physical);
			(void)mem_free(physical, MEMORY_PAGE_SIZE);
			return MUSTER_E_NO_MEMORY;
		}
		page_add(page, blocks, physical);
	}
	return 0;
}

bool percpu_pool_has(uint32_t count)
{
	return unused >= count;
}

uint16_t percpu_pool_take(void)
{
	uint32_t page = page_with_unused();
	uint16_t number = pages[page].first;

	pages[page].first = percpu_block(number)->list_next;
	pages[page].unused--;
	unused--;
	if (!pages[page].unused)
		note_unused(page);
	return number;
}

void percpu_pool_give(uint16_t number)
{
	uint32_t page = number / PERCPU_POOL_PAGE_BLOCKS;
	struct percpu_block *block = percpu_block(number);

	block->state = BLOCK_NONE;
	block->list_next = pages[page].first;
	pages[page].first = number;
	unused++;
	if (!pages[page].unused++)
		note_unused(page);
	if (page_is_idle(page) && unused >= 2 * PERCPU_POOL_PAGE_BLOCKS)
		page_remove(page);
}

bool percpu_pool_has_earlier(uint16_t number)
{
	return page_with_unused() < number / PERCPU_POOL_PAGE_BLOCKS;
}

void percpu_pool_trim(void)
{
	for (uint32_t page = 1; page < PERCPU_POOL_PAGES; page++)
		if (page_is_idle(page))
			page_remove(page);
}
