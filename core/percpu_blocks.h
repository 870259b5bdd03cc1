/* SPDX-License-Identifier: MIT */
/*
 * Which offsets of the units are taken: blocks, without a byte of the memory that they stand for.
 * core/percpu_alloc.c calls; core/percpu_pages.c has the memory.
 *
 * The blocks tile [first, limit) without gaps, in order of offset. Each is
 *   used   handed out;
 *   free   backed by pages in every unit, never beside another free one;
 *   void   whole pages that no unit has, never beside another void one.
 * Offsets here run on without gaps. Where they lead from one of a CPU's windows to the next
 * (core/percpu_pages.h) stands a wall, so that no block lies in two.
 */
#ifndef CORE_PERCPU_BLOCKS_H
#define CORE_PERCPU_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets and sizes of blocks are multiples of this. */
#define PERCPU_GRANULE 4u
/* Offsets lie below this. What the classes, and the pages' bitmap, are made for. */
#define PERCPU_OFFSET_MAX (UINT32_C(1) << 24)

enum percpu_block_state {
	BLOCK_NONE, /* stands for nothing: in the pool */
	BLOCK_USED,
	BLOCK_FREE,
	BLOCK_VOID,
	BLOCK_WALL, /* of no size: blocks on both sides stay apart */
	BLOCK_END,  /* at `limit`, with nothing behind it */
};

/* Blocks are named by a number below 2^16; 0 is none. The size is the distance to the next. */
struct percpu_block {
	uint32_t offset;
	uint16_t previous, next;	   /* neighbours by offset */
	uint16_t list_previous, list_next; /* free: its class; void: all of them; none: the pool */
	uint16_t generation;		   /* used: which allocation; never 0 */
	uint8_t state;			   /* enum percpu_block_state */
	uint8_t reserved;
};
_Static_assert(sizeof(struct percpu_block) == 16, "what docs/percpu.md promises a block to take");

/* The pool of blocks (core/percpu_pool.c). Its first page is part of the image, more come from
 * mem_alloc(), owner "percpu blocks", and go back. */
#define PERCPU_POOL_PAGE_BLOCKS 256u
#define PERCPU_POOL_PAGES	256u
extern struct percpu_block *percpu_pool[PERCPU_POOL_PAGES];

/* The block of that number, which must be one. */
static inline struct percpu_block *percpu_block(uint16_t number)
{
	return &percpu_pool[number / PERCPU_POOL_PAGE_BLOCKS][number % PERCPU_POOL_PAGE_BLOCKS];
}

void percpu_pool_begin(void);
/* Make sure that `count` blocks can be taken. Returns 0, or MUSTER_E_NO_MEMORY: no memory, or 2^16
 * are in use. */
int percpu_pool_reserve(uint32_t count);
/* Take one; it must have been reserved. The lowest page of the pool that has one gives it. */
uint16_t percpu_pool_take(void);
/* Can so many be taken as it is? */
bool percpu_pool_has(uint32_t count);
void percpu_pool_give(uint16_t number);
/* Would a block that is moved come to an earlier page? */
bool percpu_pool_has_earlier(uint16_t number);
/* Give every page back that holds no block. */
void percpu_pool_trim(void);

/*
 * Begin with one free block, [first, backed), and one void one, [backed, limit); each may be empty,
 * not both. The pages below `backed` are never made void. first: a multiple of PERCPU_GRANULE; the
 * others: of the page size; limit: at most PERCPU_OFFSET_MAX.
 */
void percpu_blocks_begin(uint32_t first, uint32_t backed, uint32_t limit);

/* So many bytes more, void, behind a wall at what was the limit. Whole pages. Needs: two blocks in the
 * pool. */
void percpu_blocks_extend(uint32_t more);

/*
 * Take size bytes (a multiple of PERCPU_GRANULE) at an alignment (a power of two, at least that)
 * from free blocks. Returns the block, or 0. thorough: look at every free block that could do,
 * which takes long; else at a fixed number. Needs: two blocks in the pool.
 */
uint16_t percpu_blocks_take(uint32_t size, uint32_t align, bool thorough);

/*
 * What has to get pages so that it could be taken: the fewest pages, and of those the lowest.
 * Returns the void block and sets *bytes, whole pages from its start on; 0: nowhere.
 */
uint16_t percpu_blocks_place(uint32_t size, uint32_t align, uint32_t *bytes);
/* They have pages now: make them free, and take from there. Needs: three blocks in the pool. */
uint16_t percpu_blocks_grow(uint16_t place, uint32_t bytes, uint32_t size, uint32_t align);

/* Make a used block free. Needs nothing and cannot fail. */
void percpu_blocks_free(uint16_t number);

/* Whole pages in free blocks: what percpu_blocks_punch() would give. */
uint32_t percpu_blocks_spare(void);
/*
 * Make all whole pages in free blocks void; unmap() is called for each range. Returns how many
 * ranges. Ends early when the pool has no blocks for more pieces: it may not grow here, where memory
 * may have been given back that other CPUs still remember. Then flush, reserve two, and go on.
 */
uint32_t percpu_blocks_punch(void (*unmap)(uint32_t offset, uint32_t size));
/* Move what can be moved to the pool's first pages, so that others can go back. */
void percpu_blocks_compact(void);

/* The first block; follow `next` up to the one that is BLOCK_END. */
uint16_t percpu_blocks_first(void);
static inline uint32_t percpu_block_size(const struct percpu_block *block)
{
	return percpu_block(block->next)->offset - block->offset;
}

/* The used block of that number, if it is still that allocation; else 0. */
uint16_t percpu_blocks_find(uint16_t number, uint16_t generation);

#endif
