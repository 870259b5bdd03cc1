/* SPDX-License-Identifier: MIT */
/*
 * The sorted table of memory ranges that memory_map.c builds and memory.c hands out from. Nobody
 * else includes this.
 */
#ifndef CORE_MEMORY_TABLE_H
#define CORE_MEMORY_TABLE_H

#include "core/memory_map.h"

#include <muster/cpu.h>
#include <muster/node.h>

struct memory_table {
	struct memory_range *ranges; /* ascending, disjoint */
	size_t count;
	size_t capacity;
	uint32_t
		changes; /* goes up whenever a range changes its place in the table, or its owner */
	uint64_t short_nodes[NODES_MAX / 64]; /* bit: a line has said that it has none left */
};

extern struct memory_table memory_table;

/* First address after a range. No range reaches 2^64, see memory_map_add(). */
static inline uint64_t memory_range_end(const struct memory_range *range)
{
	return range->base + range->size;
}

static inline bool memory_range_is_free(const struct memory_range *range)
{
	return range->kind == MEMORY_RAM && !range->owner;
}

/* Have two ranges the same owner, or neither one? */
bool memory_owner_same(const char *a, const char *b);

/* Place of the first range that ends above address; the number of ranges if there is none. */
size_t memory_table_find(uint64_t address);

/* Is there room for that many ranges more? Makes some if it can. */
bool memory_table_room(size_t more);

/* Put a range in at a place. Needs room for one. */
void memory_table_insert(size_t place, const struct memory_range *range);

/* Cut the range that has address in its middle, if there is one. Needs room for one. */
void memory_table_split(uint64_t address);

/* Join neighbours that are alike among those that meet or touch [base, end]. */
void memory_table_merge(uint64_t base, uint64_t end);

/* memory.c: get memory without making room in the table first. Prints nothing. 0: none. */
uint64_t memory_take(const struct memory_request *request);
/* Set the owner of [base, base + size), RAM, NULL for free. Needs room for two. */
void memory_own(uint64_t base, uint64_t size, const char *owner);

#endif
