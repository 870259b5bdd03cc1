// SPDX-License-Identifier: MIT
/*
 * Which offsets of the units are taken: a segregated fit over offsets, with everything that is known
 * of a block held outside of the memory that it stands for. core/percpu_alloc.c calls, one caller
 * at a time. It must never look at per-CPU memory: what is written there, beyond its end or after it
 * was freed, cannot break it.
 *
 * Why so. All units have the same blocks, so 16 bytes of bookkeeping serve as many copies as there
 * are CPUs, and a bitmap of 4-byte pieces, which has to be searched, saves nothing worth having.
 * Free blocks lie in lists by size, 16 for each power of two, and a bitmap of 320 bits says which
 * are not empty: taking and freeing cost the same whatever there is. Size classes of whole pages
 * would do that too, but put together what is of one size; what is taken in a row here lies in a
 * row, and is mostly freed together: then whole pages become free, and these are given back
 * wherever they are. docs/percpu.md has the figures.
 */
#include "core/percpu_blocks.h"
#include "core/align.h"
#include "core/percpu_class.h"

#include <muster/memory.h>

/* Blocks looked at of the one class that may hold too small ones, before more memory is taken. */
#define LOOKS 32

static uint16_t class_first[PERCPU_CLASSES];
static uint64_t class_filled[PERCPU_CLASSES / 64];
static uint16_t void_first;
static uint16_t first;	   /* the block at the lowest offset */
static uint16_t last;	   /* BLOCK_END */
static uint32_t fixed_end; /* pages below are not ours to unmap */
static uint32_t spare;	   /* whole pages in free blocks */
static uint16_t generation;

/* The first class from this one on that has a block; PERCPU_CLASSES if none has. */
static uint32_t class_next_filled(uint32_t rank)
{
	uint64_t mask = UINT64_MAX << rank % 64;

	for (uint32_t word = rank / 64; word < PERCPU_CLASSES / 64; word++, mask = UINT64_MAX)
		if (class_filled[word] & mask)
			return word * 64 + (uint32_t)__builtin_ctzll(class_filled[word] & mask);
	return PERCPU_CLASSES;
}

static uint32_t block_end(const struct percpu_block *block)
{
	return percpu_block(block->next)->offset;
}

/* The whole pages that can be unmapped in a block: how many, and from where. */
static uint32_t whole_pages(const struct percpu_block *block, uint32_t *start)
{
	uint32_t end = (uint32_t)align_down(block_end(block), MEMORY_PAGE_SIZE);

	*start = (uint32_t)align_up(block->offset, MEMORY_PAGE_SIZE);
	if (*start < fixed_end)
		*start = fixed_end;
	return end > *start ? (end - *start) / MEMORY_PAGE_SIZE : 0;
}

static void list_add(uint16_t *head, uint16_t number)
{
	struct percpu_block *block = percpu_block(number);

	block->list_previous = 0;
	block->list_next = *head;
	if (*head)
		percpu_block(*head)->list_previous = number;
	*head = number;
}

static void list_remove(uint16_t *head, const struct percpu_block *block)
{
	if (block->list_previous)
		percpu_block(block->list_previous)->list_next = block->list_next;
	else
		*head = block->list_next;
	if (block->list_next)
		percpu_block(block->list_next)->list_previous = block->list_previous;
}

/* Into the list of its class, and out of it. Its size is handed over: whoever calls has just looked
 * at its neighbours, which say what it is. */
static void free_add(uint16_t number, uint32_t size)
{
	struct percpu_block *block = percpu_block(number);
	uint32_t rank = percpu_class_of(size);
	uint32_t start;

	block->state = BLOCK_FREE;
	list_add(&class_first[rank], number);
	class_filled[rank / 64] |= UINT64_C(1) << rank % 64;
	if (size >= MEMORY_PAGE_SIZE)
		spare += whole_pages(block, &start);
}

static void free_remove(const struct percpu_block *block, uint32_t size)
{
	uint32_t rank = percpu_class_of(size);
	uint32_t start;

	list_remove(&class_first[rank], block);
	if (!class_first[rank])
		class_filled[rank / 64] &= ~(UINT64_C(1) << rank % 64);
	if (size >= MEMORY_PAGE_SIZE)
		spare -= whole_pages(block, &start);
}

static void void_add(uint16_t number)
{
	percpu_block(number)->state = BLOCK_VOID;
	list_add(&void_first, number);
}

static void void_remove(uint16_t number)
{
	list_remove(&void_first, percpu_block(number));
}

/* A new block at an offset inside of a block, which ends there from now on. In no list yet. */
static uint16_t split(uint16_t number, uint32_t offset)
{
	uint16_t made = percpu_pool_take();
	struct percpu_block *block = percpu_block(number);

	*percpu_block(made) = (struct percpu_block){
		.offset = offset,
		.previous = number,
		.next = block->next,
	};
	percpu_block(block->next)->previous = made;
	block->next = made;
	return made;
}

/* The right one of two neighbours, neither in a list, becomes part of the left one. */
static uint16_t join(uint16_t left, uint16_t right)
{
	percpu_block(left)->next = percpu_block(right)->next;
	percpu_block(percpu_block(right)->next)->previous = left;
	percpu_pool_give(right);
	return left;
}

/* Join with what is free on both sides, and list it. Returns the block that it is then. */
static uint16_t become_free(uint16_t number)
{
	struct percpu_block *block = percpu_block(number);
	struct percpu_block *next = percpu_block(block->next);
	struct percpu_block *previous = percpu_block(block->previous);
	uint32_t start = block->offset;
	uint32_t end = next->offset;

	if (next->state == BLOCK_FREE) {
		end = block_end(next);
		free_remove(next, end - next->offset);
		(void)join(number, block->next);
	}
	if (block->previous && previous->state == BLOCK_FREE) {
		free_remove(previous, start - previous->offset);
		start = previous->offset;
		number = join(block->previous, number);
	}
	free_add(number, end - start);
	return number;
}

static void become_void(uint16_t number)
{
	uint16_t previous = percpu_block(number)->previous;
	uint16_t next = percpu_block(number)->next;

	if (previous && percpu_block(previous)->state == BLOCK_VOID) {
		void_remove(previous);
		number = join(previous, number);
	}
	if (percpu_block(next)->state == BLOCK_VOID) {
		void_remove(next);
		(void)join(number, next);
	}
	void_add(number);
}

void percpu_blocks_begin(uint32_t start, uint32_t backed, uint32_t limit)
{
	uint16_t end, number;

	percpu_pool_begin();
	for (uint32_t i = 0; i < PERCPU_CLASSES; i++)
		class_first[i] = 0;
	for (uint32_t i = 0; i < PERCPU_CLASSES / 64; i++)
		class_filled[i] = 0;
	void_first = 0;
	spare = 0;
	fixed_end = backed;
	first = number = percpu_pool_take();
	last = end = percpu_pool_take();
	*percpu_block(first) = (struct percpu_block){ .offset = start, .next = end };
	*percpu_block(end) = (struct percpu_block){
		.offset = limit,
		.previous = first,
		.state = BLOCK_END,
	};
	if (backed > start && backed < limit)
		number = split(first, backed);
	if (backed > start)
		free_add(first, backed - start);
	if (backed < limit)
		void_add(number);
}

void percpu_blocks_extend(uint32_t more)
{
	uint16_t wall = last;
	uint32_t limit = percpu_block(wall)->offset;
	uint16_t made = percpu_pool_take();

	last = percpu_pool_take();
	percpu_block(wall)->state = BLOCK_WALL;
	percpu_block(wall)->next = made;
	*percpu_block(made) = (struct percpu_block){
		.offset = limit,
		.previous = wall,
		.next = last,
	};
	*percpu_block(last) = (struct percpu_block){
		.offset = limit + more,
		.previous = made,
		.state = BLOCK_END,
	};
	void_add(made);
}

/* Where in a free block it would go; UINT32_MAX: it does not fit. */
static uint32_t fit(const struct percpu_block *block, uint32_t size, uint32_t align)
{
	uint32_t offset = (uint32_t)align_up(block->offset, align);

	return offset + size <= block_end(block) ? offset : UINT32_MAX;
}

/* Take it out of a free block in which it fits. */
static uint16_t carve(uint16_t number, uint32_t size, uint32_t align)
{
	struct percpu_block *block = percpu_block(number);
	uint32_t offset = fit(block, size, align);
	uint32_t start = block->offset;
	uint32_t end = block_end(block);

	free_remove(block, end - start);
	if (offset != start) {
		uint16_t made = split(number, offset);

		free_add(number, offset - start);
		number = made;
		block = percpu_block(made);
	}
	if (offset + size != end)
		free_add(split(number, offset + size), end - offset - size);
	block->state = BLOCK_USED;
	if (!++generation)
		generation = 1;
	block->generation = generation;
	return number;
}

/* The first in a list in which it fits, of at most that many. */
static uint16_t look_through(uint16_t number, uint32_t size, uint32_t align, uint32_t looks)
{
	while (number && looks-- && fit(percpu_block(number), size, align) == UINT32_MAX)
		number = looks ? percpu_block(number)->list_next : 0;
	return number;
}

/* In constant time: where everything is large enough, and then in a part of where some are. */
static uint16_t find_quickly(uint32_t size, uint32_t align)
{
	uint32_t rank = class_next_filled(percpu_class_for(size));
	uint32_t padded;

	if (rank != PERCPU_CLASSES &&
	    fit(percpu_block(class_first[rank]), size, align) != UINT32_MAX)
		return class_first[rank];
	padded = align > PERCPU_GRANULE
			 ? class_next_filled(percpu_class_for(size + align - PERCPU_GRANULE))
			 : PERCPU_CLASSES;
	if (padded != PERCPU_CLASSES)
		return class_first[padded];
	return look_through(class_first[percpu_class_of(size)], size, align, LOOKS);
}

static uint16_t find_anywhere(uint32_t size, uint32_t align)
{
	for (uint32_t rank = class_next_filled(percpu_class_of(size)); rank != PERCPU_CLASSES;
	     rank = class_next_filled(rank + 1)) {
		uint16_t found = look_through(class_first[rank], size, align, UINT32_MAX);

		if (found)
			return found;
	}
	return 0;
}

uint16_t percpu_blocks_take(uint32_t size, uint32_t align, bool thorough)
{
	uint16_t number = thorough ? find_anywhere(size, align) : find_quickly(size, align);

	return number ? carve(number, size, align) : 0;
}

/* Bytes of pages that a void block would have to get; 0: with what is free on both sides it is too
 * small. */
static uint32_t growth(const struct percpu_block *block, uint32_t size, uint32_t align)
{
	const struct percpu_block *previous = percpu_block(block->previous);
	const struct percpu_block *next = percpu_block(block->next);
	uint32_t start = block->offset;
	uint32_t end = next->state == BLOCK_FREE ? block_end(next) : next->offset;
	uint32_t bytes;

	if (block->previous && previous->state == BLOCK_FREE)
		start = previous->offset;
	start = (uint32_t)align_up(start, align);
	/* One that needs no pages is for those who look thoroughly. */
	if (start + size > end || start + size <= block->offset)
		return 0;
	bytes = (uint32_t)align_up(start + size, MEMORY_PAGE_SIZE) - block->offset;
	return bytes < next->offset - block->offset ? bytes : next->offset - block->offset;
}

uint16_t percpu_blocks_place(uint32_t size, uint32_t align, uint32_t *bytes)
{
	uint16_t best = 0;

	for (uint16_t number = void_first; number; number = percpu_block(number)->list_next) {
		uint32_t needed = growth(percpu_block(number), size, align);

		if (!needed)
			continue;
		if (!best || needed < *bytes ||
		    (needed == *bytes &&
		     percpu_block(number)->offset < percpu_block(best)->offset)) {
			best = number;
			*bytes = needed;
		}
	}
	return best;
}

uint16_t percpu_blocks_grow(uint16_t place, uint32_t bytes, uint32_t size, uint32_t align)
{
	uint32_t end = percpu_block(place)->offset + bytes;

	void_remove(place);
	if (end != block_end(percpu_block(place)))
		void_add(split(place, end));
	return carve(become_free(place), size, align);
}

void percpu_blocks_free(uint16_t number)
{
	percpu_block(number)->generation = 0;
	(void)become_free(number);
}

uint32_t percpu_blocks_spare(void)
{
	return spare;
}

/* The middle of a free block becomes void. False: the pool has no block for the pieces. */
static bool punch(uint16_t number, void (*unmap)(uint32_t offset, uint32_t size))
{
	const struct percpu_block *block = percpu_block(number);
	uint32_t before = block->offset;
	uint32_t behind = block_end(block);
	uint32_t start;
	uint32_t end = whole_pages(block, &start) * MEMORY_PAGE_SIZE;

	end += start;
	if (!percpu_pool_has((uint32_t)(before != start) + (behind != end)))
		return false;
	unmap(start, end - start);
	free_remove(block, behind - before);
	if (before != start) {
		uint16_t made = split(number, start);

		free_add(number, start - before);
		number = made;
	}
	if (behind != end)
		free_add(split(number, end), behind - end);
	become_void(number);
	return true;
}

uint32_t percpu_blocks_punch(void (*unmap)(uint32_t offset, uint32_t size))
{
	uint32_t ranges = 0;

	/* What is left of a block is less than a page on each side: it goes to classes below. */
	for (uint32_t rank = percpu_class_of(MEMORY_PAGE_SIZE); spare && rank < PERCPU_CLASSES;
	     rank++) {
		uint16_t next;

		for (uint16_t number = class_first[rank]; number; number = next) {
			uint32_t start;

			next = percpu_block(number)->list_next;
			if (!whole_pages(percpu_block(number), &start))
				continue;
			if (!punch(number, unmap))
				return ranges;
			ranges++;
		}
	}
	return ranges;
}

/* The same block under the lowest number there is. It is in no list. */
static uint16_t renumber(uint16_t number)
{
	uint16_t made = percpu_pool_take();
	struct percpu_block *block = percpu_block(made);

	*block = *percpu_block(number);
	if (block->next)
		percpu_block(block->next)->previous = made;
	else
		last = made;
	if (block->previous)
		percpu_block(block->previous)->next = made;
	else
		first = made;
	percpu_pool_give(number);
	return made;
}

void percpu_blocks_compact(void)
{
	for (uint16_t number = first; number; number = percpu_block(number)->next) {
		const struct percpu_block *block = percpu_block(number);
		uint32_t size;

		if (block->state == BLOCK_USED || !percpu_pool_has_earlier(number))
			continue;
		if (block->state == BLOCK_FREE) {
			size = percpu_block_size(block);
			free_remove(block, size);
			number = renumber(number);
			free_add(number, size);
		} else if (block->state == BLOCK_VOID) {
			void_remove(number);
			number = renumber(number);
			void_add(number);
		} else {
			number = renumber(number);
		}
	}
	percpu_pool_trim();
}

uint16_t percpu_blocks_first(void)
{
	return first;
}

uint16_t percpu_blocks_find(uint16_t number, uint16_t wanted)
{
	const struct percpu_block *block;

	if (!number || !percpu_pool[number / PERCPU_POOL_PAGE_BLOCKS])
		return 0;
	block = percpu_block(number);
	return block->state == BLOCK_USED && block->generation == wanted ? number : 0;
}
