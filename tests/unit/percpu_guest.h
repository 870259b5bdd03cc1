/* SPDX-License-Identifier: MIT */
/*
 * For hosted tests of dynamic per-CPU memory: a machine whose CPUs have units, windows of a chosen
 * size, and a look at everything that must be true of blocks and pages at any time.
 */
#ifndef TESTS_UNIT_PERCPU_GUEST_H
#define TESTS_UNIT_PERCPU_GUEST_H

#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/percpu_blocks.h"
#include "core/percpu_pages.h"
#include "core/unit.h"
#include "host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <muster/percpu.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* CPU 0 has moved to its unit; the others of [0, cpus) have none yet. windows: for each CPU. */
static inline void percpu_guest_begin_with(uint32_t cpus, uint64_t stride, uint32_t windows)
{
	struct layout_machine numbers;
	struct layout_draft draft;

	host_machine_begin();
	/* Memory comes with what was in it. */
	memset(machine_get()->direct(HOST_MEMORY_SIZE / 2), 0xa5, HOST_MEMORY_SIZE / 2);
	host_memory_begin();
	host_cpus_begin(cpus);
	numbers = host_layout_machine(cpus);
	numbers.window_stride = stride;
	numbers.cpus_max = cpus * windows;
	layout_draft_begin(&draft, &numbers);
	assert_non_null(layout_seal(&draft));
	assert_int_equal(unit_move_boot(), 0);
}

static inline void percpu_guest_begin(uint32_t cpus, uint64_t stride)
{
	percpu_guest_begin_with(cpus, stride, 1);
}

static inline void percpu_guest_units(uint32_t cpus)
{
	for (uint32_t i = 1; i < cpus; i++)
		assert_int_equal(unit_create(cpu_from_number(i)), 0);
}

static inline uint32_t percpu_guest_unit_count(void)
{
	uint32_t count = 0;

	for_each_cpu (cpu)
		count += cpu_record(cpu)->unit != 0;
	return count;
}

/* Is that page of the units mapped: in all, if it should be, else in none? */
static inline void percpu_guest_check_page(uint32_t offset, bool mapped)
{
	for_each_cpu (cpu) {
		uintptr_t unit = cpu_record(cpu)->unit;

		if (unit)
			assert_int_equal(machine_get()->physical(unit + percpu_place(offset)) !=
						 UINT64_MAX,
					 mapped);
	}
}

/* The blocks tile the room, and every page that they want is there, in every unit, and no other. */
static inline void percpu_guest_check(void)
{
	const struct percpu_block *block = percpu_block(percpu_blocks_first());
	uint32_t page = (uint32_t)percpu_unit_size();
	uint32_t backed = 0, spare = 0, used = 0, used_blocks = 0;
	uint16_t previous = 0, number = percpu_blocks_first();
	uint32_t units = percpu_guest_unit_count();
	struct percpu_room room;

	percpu_room(&room);
	for (; block->state != BLOCK_END;
	     previous = number, number = block->next, block = percpu_block(number)) {
		const struct percpu_block *next = percpu_block(block->next);
		uint32_t start = page;

		assert_int_equal(block->previous, previous);
		if (block->state == BLOCK_WALL) {
			assert_int_equal(next->offset, block->offset);
			assert_int_equal(block->offset, page);
			assert_int_equal(percpu_place(block->offset) %
						 (UINT64_C(1) << percpu_windows.shift),
					 0);
			continue;
		}
		assert_true(next->offset > block->offset);
		assert_true(block->state == BLOCK_USED || block->state != next->state);
		assert_int_equal(block->offset % PERCPU_GRANULE, 0);
		if (block->state == BLOCK_USED) {
			assert_true(block->generation);
			used += next->offset - block->offset;
			used_blocks++;
		} else if (block->state == BLOCK_VOID) {
			assert_int_equal(block->offset % MEMORY_PAGE_SIZE, 0);
			assert_int_equal(next->offset % MEMORY_PAGE_SIZE, 0);
			assert_int_equal(block->offset, page);
		} else {
			assert_int_equal(block->state, BLOCK_FREE);
			if (start < block->offset)
				start = (block->offset + MEMORY_PAGE_SIZE - 1) &
					~(MEMORY_PAGE_SIZE - 1);
			if (next->offset > start)
				spare += (next->offset - start) / MEMORY_PAGE_SIZE;
		}
		for (; page < next->offset; page += MEMORY_PAGE_SIZE) {
			percpu_guest_check_page(page, block->state != BLOCK_VOID);
			backed += block->state != BLOCK_VOID;
		}
	}
	assert_int_equal(block->previous, previous);
	assert_int_equal(room.used, used);
	assert_int_equal(room.blocks, used_blocks);
	assert_int_equal(room.spare, spare * MEMORY_PAGE_SIZE);
	assert_int_equal(percpu_pages_count(), backed);
	assert_int_equal(mem_owned_by("percpu"), (uint64_t)backed * units * MEMORY_PAGE_SIZE);
	assert_int_equal(host.pages_mapped,
			 units * (percpu_unit_size() / MEMORY_PAGE_SIZE + backed));
}

/* Take all memory; what percpu_guest_feed() gives back. */
static inline void percpu_guest_starve(void)
{
	for (size_t size = HOST_MEMORY_SIZE; size >= MEMORY_PAGE_SIZE; size /= 2)
		while (mem_alloc(size, MEMORY_PAGE_SIZE, .owner = "eaten"))
			;
}

static inline void percpu_guest_feed(void)
{
	size_t i = 0;

	while (mem_at(i)) {
		const struct memory_range range = *mem_at(i);

		if (range.owner && !strcmp(range.owner, "eaten")) {
			assert_int_equal(mem_free(range.base, range.size), 0);
			i = 0;
		} else {
			i++;
		}
	}
}

#endif
