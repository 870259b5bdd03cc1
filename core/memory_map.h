/* SPDX-License-Identifier: MIT */
/*
 * Building the memory map from what firmware says. Who calls it: step `memory-map`. What firmware
 * says is hostile: ranges may overlap, wrap, be empty, unsorted or too many.
 */
#ifndef CORE_MEMORY_MAP_H
#define CORE_MEMORY_MAP_H

#include <muster/memory.h>

/* Ranges the map can hold before its table moves to memory of its own; see memory_map_grow(). */
#define MEMORY_RANGES_MAX 512

/* Forget everything: an empty map. */
void memory_map_begin(void);

/*
 * One range as the firmware gave it. Where ranges overlap, the more careful kind wins: RESERVED
 * over FIRMWARE over RAM, and a line is logged. RAM shrinks to whole pages, RESERVED and FIRMWARE
 * grow to whole pages. Page 0 is never RAM (so that address 0 can mean "none"). Returns 0;
 * MUSTER_E_INVALID for a range that is empty, wraps, or has no whole page (logged and left out),
 * MUSTER_E_NO_MEMORY when the table is full (logged and left out; RAM that a RESERVED or FIRMWARE
 * range would have split then is no RAM any more, so that nothing careful is ever handed out).
 */
int memory_map_add(uint64_t base, uint64_t size, enum memory_kind kind);

/* Which node RAM in this range belongs to. Ranges that are not RAM are left alone. */
int memory_map_set_node(uint64_t base, uint64_t size, uint32_t node);

/*
 * A part of one reserved range is RAM after all, and free; of RAM it is nothing new. Returns 0;
 * MUSTER_E_NOT_FOUND when it is neither, or of more than one range; MUSTER_E_NO_MEMORY without room.
 */
int memory_take_back(uint64_t base, uint64_t size);

/*
 * The map is complete. Returns 0, or MUSTER_E_NO_MEMORY with a line when there is no free RAM.
 */
int memory_map_end(void);

/*
 * Move the table to memory of its own, twice as large as it is now. Called by step `page-tables`,
 * once machine.direct works; from then on the table does the same by itself whenever it is nearly
 * full. Returns 0, or MUSTER_E_NO_MEMORY with a line; then the table stays where it is.
 */
int memory_map_grow(void);

#endif
