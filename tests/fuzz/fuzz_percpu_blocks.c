// SPDX-License-Identifier: MIT
/*
 * The blocks of dynamic per-CPU memory over any order of requests, with a pool that gets no memory
 * when the input says so. After each the blocks must tile the room, and agree with what the input
 * had been told is taken and with the pages it was made to have.
 */
#include "core/machine.h"
#include "core/percpu_blocks.h"
#include "tests/fuzz/silence.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <stdlib.h>
#include <string.h>

#define PAGE	  MEMORY_PAGE_SIZE
#define FIRST	  1236u
#define FIXED	  (2 * PAGE)
#define PAGES	  40u
#define LIMIT	  (PAGES * PAGE)
#define WINDOW	  (4 * PAGE)	       /* by so much it is extended */
#define BEGIN	  (LIMIT - 4 * WINDOW) /* the limit at first */
#define LIVE_MAX  2048u
#define POOL_MAX  8u
#define NO_MEMORY 0x80 /* in the byte that says what to do */

static _Alignas(PAGE) char pool[POOL_MAX][PAGE];
static bool pool_taken[POOL_MAX], no_memory;
static bool backed[PAGES];
static uint8_t taken[LIMIT / PERCPU_GRANULE];
static uint16_t live[LIVE_MAX];
static uint32_t live_count, limit;

uint64_t mem_alloc_request(const struct memory_request *request)
{
	must(request->size == PAGE);
	for (uint32_t i = 0; i < POOL_MAX && !no_memory; i++)
		if (!pool_taken[i]) {
			pool_taken[i] = true;
			return (i + 1) * PAGE;
		}
	return 0;
}

int mem_free(uint64_t base, uint64_t size)
{
	must(size == PAGE && base / PAGE <= POOL_MAX && pool_taken[base / PAGE - 1]);
	pool_taken[base / PAGE - 1] = false;
	/* Whoever still looks at it finds something else. */
	memset(pool[base / PAGE - 1], 0xee, PAGE);
	return 0;
}

static void *direct(uint64_t physical)
{
	return pool[physical / PAGE - 1];
}

static void back(uint32_t offset, uint32_t size, bool now)
{
	must(offset % PAGE == 0 && size % PAGE == 0 && size && offset + size <= limit);
	for (uint32_t page = offset / PAGE; page < (offset + size) / PAGE; page++) {
		must(page >= FIXED / PAGE && backed[page] != now);
		backed[page] = now;
	}
}

static void unmap(uint32_t offset, uint32_t size)
{
	back(offset, size, false);
}

static void mark(const struct percpu_block *block, uint8_t now)
{
	uint32_t size = percpu_block_size(block);

	for (uint32_t at = block->offset; at < block->offset + size; at += PERCPU_GRANULE) {
		must(taken[at / PERCPU_GRANULE] == !now && backed[at / PAGE]);
		taken[at / PERCPU_GRANULE] = now;
	}
}

static void check(void)
{
	uint16_t number = percpu_blocks_first(), previous = 0;
	const struct percpu_block *block = percpu_block(number);
	uint32_t used = 0;

	must(block->offset == FIRST);
	for (; block->state != BLOCK_END; block = percpu_block(number)) {
		const struct percpu_block *next = percpu_block(block->next);

		must(block->previous == previous);
		if (block->state == BLOCK_WALL) {
			must(next->offset == block->offset && block->offset >= BEGIN &&
			     (block->offset - BEGIN) % WINDOW == 0);
			previous = number;
			number = block->next;
			continue;
		}
		must(next->offset > block->offset);
		/* Nothing lies in two windows. */
		must(block->offset < BEGIN ? next->offset <= BEGIN
					   : (block->offset - BEGIN) / WINDOW ==
						     (next->offset - 1 - BEGIN) / WINDOW);
		must(block->state == BLOCK_USED || block->state != next->state);
		must((block->state == BLOCK_USED) == taken[block->offset / PERCPU_GRANULE]);
		must((block->state != BLOCK_VOID) == backed[block->offset / PAGE]);
		must((block->state != BLOCK_VOID) == backed[(next->offset - 1) / PAGE]);
		used += block->state == BLOCK_USED;
		previous = number;
		number = block->next;
	}
	must(block->offset == limit && used == live_count);
}

static void take(uint32_t size, uint32_t align)
{
	uint16_t number = 0, place = 0;
	uint32_t bytes = 0;

	if (live_count == LIVE_MAX || percpu_pool_reserve(3))
		return;
	number = percpu_blocks_take(size, align, false);
	if (!number)
		place = percpu_blocks_place(size, align, &bytes);
	if (place) {
		back(percpu_block(place)->offset, bytes, true);
		number = percpu_blocks_grow(place, bytes, size, align);
		must(number);
	}
	if (!number)
		number = percpu_blocks_take(size, align, true);
	if (!number)
		return;
	must(percpu_block_size(percpu_block(number)) == size);
	must(percpu_block(number)->offset % align == 0);
	mark(percpu_block(number), 1);
	live[live_count++] = number;
}

static void extend(void)
{
	if (limit == LIMIT || percpu_pool_reserve(2))
		return;
	percpu_blocks_extend(WINDOW);
	limit += WINDOW;
}

static void give(uint32_t index)
{
	const struct percpu_block *block = percpu_block(live[index]);

	must(percpu_blocks_find(live[index], block->generation) == live[index]);
	mark(block, 0);
	percpu_blocks_free(live[index]);
	live[index] = live[--live_count];
}

static void begin(void)
{
	static struct machine machine;

	silence_begin();
	machine = *machine_get();
	machine.direct = direct;
	machine_set(&machine);
	no_memory = false;
	live_count = 0;
	memset(pool_taken, 0, sizeof(pool_taken));
	memset(taken, 0, sizeof(taken));
	memset(backed, 0, sizeof(backed));
	memset(backed, 1, FIXED / PAGE);
	limit = BEGIN;
	percpu_blocks_begin(FIRST, FIXED, limit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	for (; size >= 3; data += 3, size -= 3) {
		uint32_t number = data[1] | (uint32_t)data[2] << 8;

		no_memory = data[0] & NO_MEMORY;
		switch (data[0] % 8) {
		case 0:
		case 1:
		case 2:
			take((number % 256 + 1) * PERCPU_GRANULE, 4u << number / 256 % 11);
			break;
		case 3:
			take((number % 8192 + 1) * PERCPU_GRANULE, PAGE);
			break;
		case 4:
			(void)percpu_blocks_punch(unmap);
			break;
		case 5:
			number % 4 ? percpu_blocks_compact() : extend();
			break;
		default:
			if (live_count)
				give(number % live_count);
		}
		check();
	}
	while (live_count)
		give(live_count - 1);
	no_memory = false;
	while (!percpu_pool_reserve(2) && percpu_blocks_punch(unmap))
		;
	percpu_blocks_compact();
	check();
	must(!percpu_blocks_spare());
	for (uint32_t i = 0; i < POOL_MAX; i++)
		must(!pool_taken[i]);
	for (uint32_t i = FIXED / PAGE; i < PAGES; i++)
		must(!backed[i]);
	return 0;
}
