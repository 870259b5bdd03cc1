// SPDX-License-Identifier: MIT
/*
 * Counts calls to the hypervisor by step: hypercall_count.h. Called on the way into the hypervisor, on
 * every CPU and in interrupts, so it takes no lock: a pair of step and call claims a row of a small
 * hash table once, and adds to it. Must never be in the way of a panic.
 */
#include "core/hypercall_count.h"

#include "core/cpu_table.h"
#include "core/runner.h"

#define ROWS 128u /* a power of two */

/* A pair in one word, so that it can be claimed; 0: nobody's yet. */
static struct counted_row {
	uint32_t pair;
	uint32_t count;
} rows[ROWS];
static uint32_t without_room;
static bool stopped;
static const char *(*names)(uint16_t call);

void hypercall_count_stop(void)
{
	stopped = true;
}

static uint32_t pair_of(uint8_t row, uint16_t call)
{
	return UINT32_C(1) << 31 | (uint32_t)row << 16 | call;
}

/* One call is made in many steps, and one step makes many calls. */
static uint32_t place_of(uint32_t pair)
{
	return (pair * 31 + (pair >> 16) * 7) % ROWS;
}

static bool claim(struct counted_row *row, uint32_t pair)
{
	uint32_t found = 0;

	return __atomic_compare_exchange_n(&row->pair, &found, pair, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED) ||
	       found == pair;
}

/* The pair's own place is taken, or nobody's yet. */
__attribute__((noinline)) static void count_elsewhere(uint32_t pair, uint32_t calls)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		struct counted_row *row = &rows[(place_of(pair) + i) % ROWS];

		if (!claim(row, pair))
			continue;
		__atomic_add_fetch(&row->count, calls, __ATOMIC_RELAXED);
		return;
	}
	__atomic_add_fetch(&without_room, calls, __ATOMIC_RELAXED);
}

void hypercall_count_many(uint16_t call, uint32_t calls, const char *(*name)(uint16_t call))
{
	struct counted_row *row;
	uint32_t pair;

	if (!bringup_rows.table || bringup_is_over() || stopped)
		return;
	__atomic_store_n(&names, name, __ATOMIC_RELAXED);
	pair = pair_of(progress_row_now(cpu_this()), call);
	row = &rows[place_of(pair)];
	/* Mostly it has been counted before: then that is all. */
	if (__atomic_load_n(&row->pair, __ATOMIC_RELAXED) == pair)
		__atomic_add_fetch(&row->count, calls, __ATOMIC_RELAXED);
	else
		count_elsewhere(pair, calls);
}

void hypercall_count(uint16_t call, const char *(*name)(uint16_t call))
{
	hypercall_count_many(call, 1, name);
}

static const char *step_name(uint8_t row)
{
	return row < bringup_rows.table->count ? bringup_rows.table->steps[row].name : "none";
}

bool hypercall_counted_next(size_t *place, struct hypercall_counted *counted)
{
	for (; *place < ROWS; (*place)++) {
		uint32_t pair = __atomic_load_n(&rows[*place].pair, __ATOMIC_RELAXED);

		if (!pair)
			continue;
		counted->step = step_name((uint8_t)(pair >> 16));
		counted->call = names ? names((uint16_t)pair) : "unknown";
		counted->count = __atomic_load_n(&rows[(*place)++].count, __ATOMIC_RELAXED);
		return true;
	}
	if (*place > ROWS || !without_room)
		return false;
	(*place)++;
	*counted = (struct hypercall_counted){ "none", "others", without_room };
	return true;
}
