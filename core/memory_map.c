// SPDX-License-Identifier: MIT
/*
 * The table of memory ranges: building it from what the firmware says, and keeping it sorted,
 * disjoint and short. Step `memory-map` builds; memory.c hands out. What the firmware says is
 * hostile: no sum may wrap, no range may be lost without a line, and nothing that the firmware
 * called reserved may ever come to lie in RAM.
 */
#include "core/align.h"
#include "core/machine.h"
#include "core/memory_table.h"
#include "core/needs.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>

/* Ranges end here at the latest, so that the address after a range is always a number. No machine
 * has memory in the last page of 2^64. */
#define END_LAST align_down(UINT64_MAX, MEMORY_PAGE_SIZE)

/* Places that are kept back for growing itself, which takes memory (2) and gives some back (2). */
#define ROOM_KEPT 4

static struct memory_range first_ranges[MEMORY_RANGES_MAX];
static bool may_grow;
static uint64_t table_physical; /* where the table is; 0: first_ranges */

struct memory_table memory_table = { first_ranges, 0, MEMORY_RANGES_MAX, 0, { 0 } };

static const char *kind_name(enum memory_kind kind)
{
	static const char *const names[] = { "RAM", "FIRMWARE", "RESERVED" };

	return names[kind];
}

static void say(const char *what, uint64_t base, uint64_t size, const char *rule)
{
	console_print("muster: memory map: %s at %#llx, %#llx bytes: %s\n", what,
		      (unsigned long long)base, (unsigned long long)size, rule);
}

bool memory_owner_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

size_t memory_table_find(uint64_t address)
{
	size_t low = 0;
	size_t high = memory_table.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory_range_end(&memory_table.ranges[middle]) > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool memory_table_room(size_t more)
{
	if (memory_table.capacity - memory_table.count < more + ROOM_KEPT && may_grow)
		memory_map_grow();
	return memory_table.capacity - memory_table.count >= more + ROOM_KEPT;
}

void memory_table_insert(size_t place, const struct memory_range *range)
{
	struct memory_range *ranges = memory_table.ranges;
	struct memory_range copy = *range;

	memmove(&ranges[place + 1], &ranges[place],
		(memory_table.count - place) * sizeof(ranges[0]));
	ranges[place] = copy;
	memory_table.count++;
	memory_table.changes++;
}

static void table_remove(size_t place)
{
	struct memory_range *ranges = memory_table.ranges;

	memory_table.count--;
	memmove(&ranges[place], &ranges[place + 1],
		(memory_table.count - place) * sizeof(ranges[0]));
	memory_table.changes++;
}

void memory_table_split(uint64_t address)
{
	size_t place = memory_table_find(address);
	struct memory_range *range = &memory_table.ranges[place];
	struct memory_range upper;

	if (place == memory_table.count || range->base >= address)
		return;
	upper = *range;
	upper.base = address;
	upper.size = memory_range_end(range) - address;
	range->size = address - range->base;
	memory_table_insert(place + 1, &upper);
}

static bool alike(const struct memory_range *a, const struct memory_range *b)
{
	return memory_range_end(a) == b->base && a->kind == b->kind && a->node == b->node &&
	       memory_owner_same(a->owner, b->owner);
}

void memory_table_merge(uint64_t base, uint64_t end)
{
	size_t place = memory_table_find(base);

	if (place)
		place--;
	while (place + 1 < memory_table.count) {
		struct memory_range *range = &memory_table.ranges[place];

		if (range->base > end)
			return;
		if (alike(range, range + 1)) {
			range->size += range[1].size;
			table_remove(place + 1);
		} else {
			place++;
		}
	}
}

void memory_map_begin(void)
{
	memory_table.ranges = first_ranges;
	memory_table.count = 0;
	memory_table.capacity = MEMORY_RANGES_MAX;
	memory_table.changes++;
	memset(memory_table.short_nodes, 0, sizeof(memory_table.short_nodes));
	may_grow = false;
	table_physical = 0;
}

/*
 * Make [at, end) of the range at `place` more careful, or leave it as it is if it is so already.
 * Without room the whole range becomes so: memory is lost, but nothing careful is handed out.
 */
static int overlay(size_t place, uint64_t at, uint64_t end, enum memory_kind kind)
{
	struct memory_range *range = &memory_table.ranges[place];
	enum memory_kind winner = kind > range->kind ? kind : range->kind;
	int error = 0;

	if (range->kind != kind)
		console_print("muster: memory map: %#llx-%#llx is called %s and %s: taken as %s\n",
			      (unsigned long long)at, (unsigned long long)end,
			      kind_name(range->kind), kind_name(kind), kind_name(winner));
	if (winner == range->kind)
		return 0;
	if (memory_table_room(2)) {
		memory_table_split(at);
		memory_table_split(end);
		range = &memory_table.ranges[memory_table_find(at)];
	} else {
		error = MUSTER_E_NO_MEMORY;
	}
	range->kind = winner;
	range->owner = NULL;
	range->node = NODE_ANY;
	return error;
}

/* Lay [base, end) over what is there. */
static int lay_down(uint64_t base, uint64_t end, enum memory_kind kind)
{
	uint64_t at = base;
	int error = 0;

	while (at < end) {
		size_t place = memory_table_find(at);
		const struct memory_range *next = &memory_table.ranges[place];
		bool none = place == memory_table.count || next->base >= end;
		uint64_t stop;

		if (!none && next->base <= at) {
			int failed;

			stop = memory_range_end(next) < end ? memory_range_end(next) : end;
			failed = overlay(place, at, stop, kind);
			error = failed ? failed : error;
		} else {
			struct memory_range range = { .base = at, .kind = kind, .node = NODE_ANY };

			stop = none ? end : next->base;
			range.size = stop - at;
			if (memory_table_room(1))
				memory_table_insert(memory_table_find(at), &range);
			else
				error = MUSTER_E_NO_MEMORY;
		}
		at = stop;
	}
	memory_table_merge(base, end);
	return error;
}

int memory_map_add(uint64_t base, uint64_t size, enum memory_kind kind)
{
	uint64_t last = base + (size - 1);
	uint64_t start = base;
	uint64_t end;
	int error;

	if (!size || last < base || (unsigned int)kind > MEMORY_RESERVED) {
		say("range", base, size,
		    !size	  ? "is empty"
		    : last < base ? "wraps"
				  : "kind unknown");
		return MUSTER_E_INVALID;
	}
	end = last >= END_LAST ? END_LAST : last + 1;
	if (kind == MEMORY_RAM) {
		start = start >= END_LAST ? END_LAST : align_up(start, MEMORY_PAGE_SIZE);
		start = start ? start : MEMORY_PAGE_SIZE;
		end = align_down(end, MEMORY_PAGE_SIZE);
	} else {
		start = align_down(start, MEMORY_PAGE_SIZE);
		end = align_up(end, MEMORY_PAGE_SIZE);
	}
	if (start >= end) {
		say(kind_name(kind), base, size, "has no whole page of its own");
		return MUSTER_E_INVALID;
	}
	error = lay_down(start, end, kind);
	if (error)
		console_print("muster: memory map: %s at %#llx, %#llx bytes: left out, the table "
			      "has room for %zu ranges\n",
			      kind_name(kind), (unsigned long long)base, (unsigned long long)size,
			      memory_table.capacity);
	return error;
}

int memory_map_set_node(uint64_t base, uint64_t size, uint32_t node)
{
	uint64_t last = base + (size - 1);
	uint64_t end;

	if (!size || last < base) {
		say("node's range", base, size, size ? "wraps" : "is empty");
		return MUSTER_E_INVALID;
	}
	end = last >= END_LAST ? END_LAST : align_down(last + 1, MEMORY_PAGE_SIZE);
	base = base >= END_LAST ? END_LAST : align_up(base, MEMORY_PAGE_SIZE);
	for (uint64_t at = base; at < end;) {
		/* Asked first: growing the table takes memory, maybe out of this very range. */
		bool room = memory_table_room(2);
		size_t place = memory_table_find(at);
		const struct memory_range *range = &memory_table.ranges[place];
		uint64_t stop;

		if (place == memory_table.count || range->base >= end)
			break;
		at = range->base > at ? range->base : at;
		stop = memory_range_end(range) < end ? memory_range_end(range) : end;
		if (range->kind == MEMORY_RAM && range->node != node) {
			if (!room) {
				say("node's range", at, stop - at, "the table is full");
				return MUSTER_E_NO_MEMORY;
			}
			memory_table_split(at);
			memory_table_split(stop);
			memory_table.ranges[memory_table_find(at)].node = node;
			memory_table.changes++;
		}
		at = stop;
	}
	memory_table_merge(base, end);
	return 0;
}

int memory_map_end(void)
{
	for (size_t i = 0; i < memory_table.count; i++)
		if (memory_range_is_free(&memory_table.ranges[i]))
			return 0;
	console_print("muster: memory map: %zu ranges, none of them free RAM\n",
		      memory_table.count);
	return MUSTER_E_NO_MEMORY;
}

int memory_map_grow(void)
{
	size_t old_bytes = memory_table.capacity * sizeof(struct memory_range);
	struct memory_request request = { .size = 2 * old_bytes, .owner = "memory map" };
	uint64_t physical = memory_take(&request);
	void *place = NULL;

	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES));
	if (physical && machine_get()->direct)
		place = machine_get()->direct(physical);
	if (!place) {
		console_print("muster: memory map: no memory for a table of %zu ranges\n",
			      2 * memory_table.capacity);
		if (physical)
			memory_own(physical, request.size, NULL);
		may_grow = false; /* or every later call would say so again */
		return MUSTER_E_NO_MEMORY;
	}
	memcpy(place, memory_table.ranges, memory_table.count * sizeof(struct memory_range));
	memory_table.ranges = place;
	memory_table.capacity *= 2;
	if (table_physical)
		memory_own(table_physical, old_bytes, NULL);
	table_physical = physical;
	may_grow = true;
	return 0;
}
