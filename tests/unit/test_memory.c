// SPDX-License-Identifier: MIT
/*
 * Early memory: what a hostile firmware says against a map of pages kept here, and what is handed
 * out against what is allowed to be.
 */
#include "core/memory_map.h"
#include "host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE (UINT64_C(4096))
#define MIB  (UINT64_C(1) << 20)
#define GIB  (UINT64_C(1) << 30)

static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	return 0;
}

/* RAM from base to base + size, and nothing else. */
static void only_ram(uint64_t base, uint64_t size)
{
	memory_map_begin();
	assert_int_equal(memory_map_add(base, size, MEMORY_RAM), 0);
	assert_int_equal(memory_map_end(), 0);
}

/* Ascending, disjoint, never empty, nothing alike side by side, no owner but of RAM. */
static void check_list(void)
{
	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);
		const struct memory_range *next = mem_at(i + 1);

		assert_true(range->size);
		assert_true(range->base + range->size > range->base);
		assert_true(range->kind == MEMORY_RAM || !range->owner);
		if (!next)
			continue;
		assert_true(range->base + range->size <= next->base);
		if (range->base + range->size == next->base)
			assert_false(range->kind == next->kind && range->node == next->node &&
				     range->owner == next->owner);
	}
	assert_null(mem_at(mem_count()));
}

static const struct memory_range *range_of(uint64_t address)
{
	for (size_t i = 0; i < mem_count(); i++)
		if (address - mem_at(i)->base < mem_at(i)->size)
			return mem_at(i);
	return NULL;
}

static void test_rounding(void **state)
{
	(void)state;
	memory_map_begin();
	assert_int_equal(memory_map_add(0, 0x9fc00, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(0x9fc00, 0x400, MEMORY_RESERVED), 0);
	assert_int_equal(memory_map_add(0x200123, 0x10, MEMORY_FIRMWARE), 0);
	assert_int_equal(memory_map_end(), 0);
	assert_int_equal(mem_count(), 3);
	/* Page 0 is nobody's: 0 means "none". */
	assert_int_equal(mem_at(0)->base, PAGE);
	assert_int_equal(mem_at(0)->size, 0x9e000);
	assert_int_equal(mem_at(1)->base, 0x9f000);
	assert_int_equal(mem_at(1)->size, PAGE);
	assert_int_equal(mem_at(2)->base, 0x200000);
	assert_int_equal(mem_at(2)->size, PAGE);
	/* No overlap: the firmware's own words do not overlap. */
	assert_false(host_log_has("taken as"));
}

static void test_refused_ranges(void **state)
{
	(void)state;
	memory_map_begin();
	assert_int_equal(memory_map_add(MIB, 0, MEMORY_RAM), MUSTER_E_INVALID);
	assert_true(host_log_has("is empty"));
	assert_int_equal(memory_map_add(UINT64_MAX - 10, 100, MEMORY_RAM), MUSTER_E_INVALID);
	assert_true(host_log_has("wraps"));
	assert_int_equal(memory_map_add(0x1001, 0x1ffe, MEMORY_RAM), MUSTER_E_INVALID);
	assert_true(host_log_has("0x1001"));
	assert_int_equal(memory_map_add(0, PAGE, MEMORY_RAM), MUSTER_E_INVALID);
	assert_int_equal(memory_map_add(MIB, MIB, (enum memory_kind)3), MUSTER_E_INVALID);
	assert_int_equal(memory_map_add(MIB, MIB, (enum memory_kind) - 1), MUSTER_E_INVALID);
	assert_int_equal(mem_count(), 0);
	assert_int_equal(memory_map_end(), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("none of them free RAM"));
}

static void test_end_of_addresses(void **state)
{
	(void)state;
	memory_map_begin();
	/* Up to the very last byte is no wrap; 0 + everything is all there is. */
	assert_int_equal(memory_map_add(UINT64_MAX - 0xffff, 0x10000, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(UINT64_MAX - 10, 11, MEMORY_RAM), MUSTER_E_INVALID);
	assert_int_equal(memory_map_add(UINT64_MAX, 1, MEMORY_RESERVED), MUSTER_E_INVALID);
	assert_int_equal(mem_total(), 0xf000);
	check_list();
	assert_int_equal(memory_map_add(0, UINT64_MAX, MEMORY_RESERVED), 0);
	assert_int_equal(mem_count(), 1);
	assert_int_equal(mem_total(), 0);
	assert_int_equal(mem_alloc(PAGE, 0), 0);
}

/* Any order of the three kinds over each other gives the same. */
static void test_careful_kind_wins(void **state)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const uint64_t bases[3] = { 1 * MIB, 2 * MIB, 3 * MIB };

	(void)state;
	for (int i = 0; i < 6; i++) {
		host_log_clear();
		memory_map_begin();
		for (int j = 0; j < 3; j++)
			assert_int_equal(memory_map_add(bases[orders[i][j]], 4 * MIB,
							(enum memory_kind)orders[i][j]),
					 0);
		check_list();
		assert_int_equal(mem_count(), 3);
		assert_int_equal(mem_total(), MIB);
		assert_int_equal(mem_at(1)->kind, MEMORY_FIRMWARE);
		assert_int_equal(mem_at(1)->size, MIB);
		assert_int_equal(mem_at(2)->kind, MEMORY_RESERVED);
		assert_int_equal(mem_at(2)->size, 4 * MIB);
		assert_true(host_log_has("taken as RESERVED"));
	}
}

/* A reserved page in the middle of RAM that somebody owns already is nobody's afterwards. */
static void test_reserved_over_owned(void **state)
{
	(void)state;
	only_ram(MIB, MIB);
	assert_int_equal(mem_claim(MIB, MIB, "image"), 0);
	assert_int_equal(memory_map_add(MIB + 4 * PAGE, PAGE, MEMORY_RESERVED), 0);
	assert_null(range_of(MIB + 4 * PAGE)->owner);
	assert_int_equal(mem_owned_by("image"), MIB - PAGE);
	assert_int_equal(mem_free(MIB, MIB), MUSTER_E_NOT_FOUND);
	check_list();
}

/* A map without anything in it, with nothing but what is refused, and with an empty range among good. */
static void test_empty_maps(void **state)
{
	(void)state;
	memory_map_begin();
	assert_int_equal(memory_map_end(), MUSTER_E_NO_MEMORY);
	assert_int_equal(mem_count(), 0);
	assert_int_equal(mem_alloc(PAGE, 0), 0);
	memory_map_begin();
	assert_int_equal(memory_map_add(0, 0, MEMORY_RAM), MUSTER_E_INVALID);
	assert_int_equal(memory_map_add(MIB, 0, MEMORY_RESERVED), MUSTER_E_INVALID);
	assert_int_equal(memory_map_end(), MUSTER_E_NO_MEMORY);
	memory_map_begin();
	assert_int_equal(memory_map_add(MIB, MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(0, 0, MEMORY_RAM), MUSTER_E_INVALID);
	assert_int_equal(memory_map_add(MIB + PAGE, 0, MEMORY_RESERVED), MUSTER_E_INVALID);
	assert_int_equal(memory_map_add(4 * MIB, MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_end(), 0);
	assert_int_equal(mem_count(), 2);
	assert_int_equal(mem_total(), 2 * MIB);
	check_list();
}

/* RAM said twice, or in pieces that lie over each other, is RAM once, and no reason for a line. */
static void test_overlaps_of_one_kind(void **state)
{
	(void)state;
	memory_map_begin();
	assert_int_equal(memory_map_add(2 * MIB, 2 * MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(2 * MIB, 2 * MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(MIB, 2 * MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(3 * MIB, 3 * MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(2 * MIB + PAGE, PAGE, MEMORY_RAM), 0);
	assert_int_equal(memory_map_end(), 0);
	assert_int_equal(mem_count(), 1);
	assert_int_equal(mem_at(0)->base, MIB);
	assert_int_equal(mem_total(), 5 * MIB);
	assert_int_equal(mem_free_total(), 5 * MIB);
	assert_false(host_log_has("taken as"));
	/* A range around all of it that is not ours leaves nothing. */
	assert_int_equal(memory_map_add(0, GIB, MEMORY_RESERVED), 0);
	assert_int_equal(mem_count(), 1);
	assert_int_equal(mem_total(), 0);
	check_list();
}

#define MODEL_PAGES 300

/* Random ranges, against what each page must have become. */
static void test_random_map(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 400; round++) {
		int kinds[MODEL_PAGES];

		memset(kinds, 0xff, sizeof(kinds));
		memory_map_begin();
		for (int i = rand() % 40; i >= 0; i--) {
			uint64_t base = (uint64_t)rand() % (MODEL_PAGES * PAGE);
			uint64_t size = 1 + (uint64_t)rand() % (60 * PAGE);
			int kind = rand() % 3;
			uint64_t end = base + size;
			uint64_t first, last;

			if (end > MODEL_PAGES * PAGE)
				continue;
			memory_map_add(base, size, (enum memory_kind)kind);
			first = kind == MEMORY_RAM ? (base + PAGE - 1) / PAGE : base / PAGE;
			last = kind == MEMORY_RAM ? end / PAGE : (end + PAGE - 1) / PAGE;
			for (uint64_t page = first; page < last; page++)
				if (kind > kinds[page] && (page || kind != MEMORY_RAM))
					kinds[page] = kind;
		}
		check_list();
		for (uint64_t page = 0; page < MODEL_PAGES; page++) {
			const struct memory_range *range = range_of(page * PAGE);

			assert_int_equal(range ? (int)range->kind : -1, kinds[page]);
		}
	}
}

static void test_too_many_ranges(void **state)
{
	uint64_t i;
	int error = 0;

	(void)state;
	memory_map_begin();
	for (i = 0; !error; i++)
		error = memory_map_add(MIB + 2 * i * PAGE, PAGE, MEMORY_RAM);
	assert_int_equal(error, MUSTER_E_NO_MEMORY);
	assert_in_range(i, MEMORY_RANGES_MAX - 10, MEMORY_RANGES_MAX + 1);
	assert_true(host_log_has("left out"));
	check_list();
	/* Those it has can still be used, and be made reserved. */
	assert_int_equal(memory_map_end(), 0);
	assert_int_equal(memory_map_add(MIB, PAGE, MEMORY_RESERVED), MUSTER_E_NO_MEMORY);
	assert_int_equal(range_of(MIB)->kind, MEMORY_RESERVED);
	check_list();
}

/* No room for the pieces: then rather no RAM at all than RAM that is reserved. */
static void test_full_table_stays_careful(void **state)
{
	(void)state;
	memory_map_begin();
	assert_int_equal(memory_map_add(GIB, GIB, MEMORY_RAM), 0);
	for (uint64_t i = 0; i < MEMORY_RANGES_MAX; i++)
		memory_map_add(MIB + 2 * i * PAGE, PAGE, MEMORY_FIRMWARE);
	assert_int_equal(memory_map_add(GIB + MIB, PAGE, MEMORY_RESERVED), MUSTER_E_NO_MEMORY);
	assert_int_equal(mem_total(), 0);
	check_list();
}

static void test_top_down(void **state)
{
	uint64_t a, b;

	(void)state;
	only_ram(MIB, 63 * MIB);
	a = mem_alloc(PAGE, 0, .owner = "a");
	assert_int_equal(a, 64 * MIB - PAGE);
	b = mem_alloc(2 * PAGE, 0, .owner = "a");
	assert_int_equal(b, a - 2 * PAGE);
	/* Another owner's comes from up there too, but leaves room to the first. */
	b = mem_alloc(PAGE, 0, .owner = "b");
	assert_true(b < a - 2 * PAGE && b > 48 * MIB);
	assert_int_equal(mem_alloc(PAGE, 0, .owner = "a"), a - 3 * PAGE);
	assert_int_equal(mem_alloc(PAGE, 0, .owner = "b"), b - PAGE);
	assert_int_equal(mem_owned_by("a"), 4 * PAGE);
	assert_int_equal(mem_owned_by("b"), 2 * PAGE);
	assert_int_equal(mem_owned_by("nobody"), 0);
	assert_int_equal(mem_free_total(), 63 * MIB - 6 * PAGE);
	assert_int_equal(mem_total(), 63 * MIB);
	assert_int_equal(mem_alloc(PAGE, 0) != 0, 1);
	assert_int_equal(mem_owned_by("unnamed"), PAGE);
	check_list();
}

/* Not the largest range first, but the highest. */
static void test_memory_above_4_gib_first(void **state)
{
	static const char *const owners[] = { "a", "b", "c", "d" };

	(void)state;
	memory_map_begin();
	memory_map_add(MIB, 3 * GIB, MEMORY_RAM);
	memory_map_add(4 * GIB, 128 * MIB, MEMORY_RAM);
	for (int i = 0; i < 400; i++)
		assert_true(mem_alloc(16 * PAGE, 0, .owner = owners[i % 4]) >= 4 * GIB);
	/* What does not fit there comes from below. */
	assert_in_range(mem_alloc(200 * MIB, 0, .owner = "e"), 2 * GIB, 3 * GIB);
	assert_in_range(mem_count(), 2, 40);
}

static void test_limit(void **state)
{
	uint64_t a;

	(void)state;
	only_ram(PAGE, 64 * MIB);
	a = mem_alloc(PAGE, 0, .owner = "start", .limit = MIB);
	assert_int_equal(a, MIB - PAGE);
	/* The last byte below the limit, which need not be a page's. */
	assert_int_equal(mem_alloc(16, 16, .owner = "x", .limit = 0x8018), 0x8000);
	assert_int_equal(mem_alloc(PAGE, 0, .owner = "x", .limit = PAGE), 0);
	assert_true(host_log_has("x: no memory that fits: 4096 bytes"));
	assert_true(host_log_has("below 0x1000"));
	assert_int_equal(mem_alloc(PAGE, 0, .owner = "x", .limit = 2 * PAGE), PAGE);
	/* Having some low memory is no reason to get more of it. */
	for (int i = 0; i < 100; i++)
		assert_true(mem_alloc(PAGE, 0, .owner = "start") > 16 * MIB);
	assert_int_equal(mem_alloc(PAGE, 0, .owner = "start", .limit = MIB), a - PAGE);
	check_list();
}

static void test_broken_requests(void **state)
{
	(void)state;
	only_ram(MIB, MIB);
	assert_int_equal(mem_alloc(0, 0, .owner = "z"), 0);
	assert_true(host_log_has("z: asked for nothing"));
	assert_int_equal(mem_alloc(PAGE, 24, .owner = "z"), 0);
	assert_true(host_log_has("alignment is no power of two"));
	assert_int_equal(mem_alloc(64, 64, .owner = "z", .no_cross = 5000), 0);
	assert_int_equal(mem_alloc(8192, 64, .owner = "z", .no_cross = 4096), 0);
	assert_true(host_log_has("larger than what it may not cross"));
	assert_int_equal(mem_alloc(SIZE_MAX, 0, .owner = "z"), 0);
	assert_int_equal(mem_alloc(MIB + 1, 0, .owner = "z"), 0);
	assert_int_equal(mem_alloc(PAGE, SIZE_MAX / 2 + 1, .owner = "z"), 0);
	assert_int_equal(mem_owned_by("z"), 0);
	/* All of it can be had. */
	assert_int_equal(mem_alloc(MIB, 0, .owner = "z"), MIB);
	assert_int_equal(mem_alloc(1, 1, .owner = "z"), 0);
	assert_int_equal(mem_free_total(), 0);
}

static void test_no_cross(void **state)
{
	(void)state;
	only_ram(MIB, 32 * MIB);
	assert_int_equal(memory_map_grow(), 0);
	srand(2);
	for (int i = 0; i < 400; i++) {
		size_t size = 1 + (size_t)rand() % 4096;
		size_t align = (size_t)1 << rand() % 14;
		uint64_t base = mem_alloc(size, align, .owner = "area", .no_cross = 4096);

		assert_true(base);
		assert_int_equal(base % align, 0);
		assert_int_equal(base / 4096, (base + size - 1) / 4096);
		assert_string_equal(range_of(base)->owner, "area");
		assert_string_equal(range_of(base + size - 1)->owner, "area");
	}
	check_list();
}

static void test_nodes(void **state)
{
	uint64_t a;

	(void)state;
	only_ram(MIB, 63 * MIB);
	assert_int_equal(memory_map_set_node(0, 32 * MIB, 0), 0);
	assert_int_equal(memory_map_set_node(32 * MIB, 16 * MIB, 1), 0);
	assert_int_equal(memory_map_set_node(MIB, 0, 1), MUSTER_E_INVALID);
	assert_int_equal(memory_map_set_node(UINT64_MAX, 2, 1), MUSTER_E_INVALID);
	check_list();
	assert_int_equal(range_of(MIB)->node, 0);
	assert_int_equal(range_of(40 * MIB)->node, 1);
	assert_int_equal(range_of(60 * MIB)->node, NODE_ANY);

	host_log_clear();
	for (int i = 0; i < 20; i++) {
		a = mem_alloc(PAGE, 0, .owner = "u", .node = 1, .on_node = true);
		assert_in_range(a, 32 * MIB, 48 * MIB - 1);
		a = mem_alloc(PAGE, 0, .owner = "u", .node = 0, .on_node = true);
		assert_in_range(a, MIB, 32 * MIB - 1);
		/* node without on_node is no wish. */
		a = mem_alloc(PAGE, 0, .owner = "v", .node = 0);
		assert_true(a >= 48 * MIB);
		a = mem_alloc(PAGE, 0, .owner = "w", .node = NODE_ANY, .on_node = true);
		assert_true(a >= 48 * MIB);
	}
	assert_string_equal(host_log(), "");
	/* More than node 1 has left: then any, and a line. */
	a = mem_alloc(16 * MIB, 0, .owner = "big", .node = 1, .on_node = true);
	assert_true(a);
	assert_true(host_log_has("big: node has none left"));
	assert_true(host_log_has("node 1"));
	a = mem_alloc(PAGE, 0, .owner = "n", .node = 7, .on_node = true);
	assert_true(a);
	assert_true(host_log_has("node 7"));
	/* Once for each node. */
	host_log_clear();
	assert_true(mem_alloc(PAGE, 0, .owner = "n", .node = 7, .on_node = true));
	assert_true(mem_alloc(PAGE, 0, .owner = "m", .node = 7, .on_node = true));
	assert_string_equal(host_log(), "");
	assert_true(mem_alloc(PAGE, 0, .owner = "m", .node = 8, .on_node = true));
	assert_true(host_log_has("m: node has none left"));
	/* A node's memory that is given back is that node's still. */
	assert_int_equal(mem_free(a, PAGE), 0);
	check_list();
}

/* A cluster ends where its node does: whoever gets the memory, it stays its node's. */
static void test_cluster_at_the_end_of_a_node(void **state)
{
	(void)state;
	only_ram(MIB, 63 * MIB);
	memory_map_set_node(0, 48 * MIB, 0);
	memory_map_set_node(48 * MIB, 16 * MIB, 1);
	while (mem_alloc(PAGE, 0, .owner = "all"))
		;
	check_list();
	assert_int_equal(mem_free_total(), 0);
	assert_int_equal(mem_count(), 2);
	assert_int_equal(range_of(48 * MIB - PAGE)->node, 0);
	assert_int_equal(range_of(48 * MIB)->node, 1);
}

static void test_set_node_of_pieces(void **state)
{
	(void)state;
	memory_map_begin();
	memory_map_add(MIB, MIB, MEMORY_RAM);
	memory_map_add(4 * MIB, MIB, MEMORY_RESERVED);
	memory_map_add(6 * MIB, MIB, MEMORY_RAM);
	assert_int_equal(memory_map_set_node(MIB + 100, 6 * MIB, 3), 0);
	assert_int_equal(range_of(MIB)->node, NODE_ANY);
	assert_int_equal(range_of(MIB + PAGE)->node, 3);
	assert_int_equal(range_of(4 * MIB)->node, NODE_ANY);
	assert_int_equal(range_of(6 * MIB)->node, 3);
	/* Both ends lie in a page, and neither page is all the node's. */
	assert_int_equal(range_of(7 * MIB - PAGE)->node, 3);
	assert_int_equal(memory_map_set_node(0, UINT64_MAX, 4), 0);
	assert_int_equal(mem_count(), 3);
	check_list();
}

/* A thousand CPUs' pieces are a handful of ranges, also on several nodes. */
static void test_clusters(void **state)
{
	(void)state;
	memory_map_begin();
	memory_map_add(MIB, 4 * GIB, MEMORY_RAM);
	memory_map_set_node(0, 2 * GIB, 0);
	memory_map_set_node(2 * GIB, 4 * GIB, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_true(
			mem_alloc(2 * PAGE, 0, .owner = "unit", .node = i % 2, .on_node = true));
		assert_true(
			mem_alloc(4 * PAGE, 0, .owner = "stack", .node = i % 2, .on_node = true));
		if (i % 32 == 0)
			assert_true(mem_alloc(PAGE, 0, .owner = "page table"));
		assert_true(mem_alloc(64, 64, .owner = "area", .no_cross = 4096));
	}
	assert_in_range(mem_count(), 4, 16);
	assert_int_equal(mem_owned_by("unit"), 2000 * PAGE);
	assert_int_equal(mem_owned_by("area"), 64000);
	check_list();
}

/* What is left between the clusters is used when there is nothing else. */
static void test_gaps_are_used(void **state)
{
	static const char *const owners[] = { "a", "b", "c" };
	uint64_t taken = 0;

	(void)state;
	only_ram(MIB, 20 * MIB);
	for (int i = 0; mem_alloc(PAGE, 0, .owner = owners[i % 3]); i++)
		taken += PAGE;
	assert_int_equal(taken, 20 * MIB);
	assert_int_equal(mem_free_total(), 0);
	check_list();
}

/* One CPU down and up again, often: what it had is found again, the list does not grow. */
static void test_down_and_up(void **state)
{
	uint64_t units[16];
	size_t count;

	(void)state;
	only_ram(MIB, 63 * MIB);
	for (int i = 0; i < 16; i++) {
		units[i] = mem_alloc(PAGE, 0, .owner = "unit");
		mem_alloc(PAGE, 0, .owner = "stack");
	}
	count = mem_count();
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(mem_free(units[i % 16], PAGE), 0);
		units[i % 16] = mem_alloc(PAGE, 0, .owner = "unit");
		assert_true(units[i % 16]);
		assert_true(mem_count() <= count);
	}
	assert_int_equal(mem_owned_by("unit"), 16 * PAGE);
}

static void test_giving_back(void **state)
{
	uint64_t a, b;

	(void)state;
	only_ram(MIB, 63 * MIB);
	a = mem_alloc(4 * PAGE, 0, .owner = "a");
	b = a - PAGE;
	assert_int_equal(mem_claim(b, PAGE, "b"), 0);
	/* Not all owned; not one owner's; not RAM; nothing; wrapping. Nothing changes. */
	assert_int_equal(mem_free(b - PAGE, 2 * PAGE), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(b, 2 * PAGE), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(a, 5 * PAGE), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(a, 0), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(a, UINT64_MAX), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(0, PAGE), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(GIB, PAGE), MUSTER_E_NOT_FOUND);
	assert_true(host_log_has("0x40000000"));
	assert_int_equal(mem_owned_by("a"), 4 * PAGE);
	assert_int_equal(mem_owned_by("b"), PAGE);
	/* A part, from the middle; then twice. */
	assert_int_equal(mem_free(a + PAGE, PAGE), 0);
	assert_int_equal(mem_free(a + PAGE, PAGE), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_free(a, 4 * PAGE), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_owned_by("a"), 3 * PAGE);
	check_list();
	assert_int_equal(mem_free(a, PAGE), 0);
	assert_int_equal(mem_free(a + 2 * PAGE, 2 * PAGE), 0);
	assert_int_equal(mem_free(b, PAGE), 0);
	assert_int_equal(mem_count(), 1);
	assert_int_equal(mem_free_total(), 63 * MIB);
}

static void test_claim(void **state)
{
	(void)state;
	memory_map_begin();
	memory_map_add(MIB, 4 * MIB, MEMORY_RAM);
	memory_map_add(5 * MIB, MIB, MEMORY_FIRMWARE);
	memory_map_add(8 * MIB, MIB, MEMORY_RAM);
	assert_int_equal(mem_claim(2 * MIB, MIB + 100, "image"), 0);
	assert_int_equal(mem_claim(2 * MIB + 8, 8, "other"), MUSTER_E_EXISTS);
	assert_true(host_log_has("other at 0x200008"));
	assert_true(host_log_has("of image"));
	assert_int_equal(mem_claim(MIB, 2 * MIB, "other"), MUSTER_E_EXISTS);
	assert_int_equal(mem_claim(4 * MIB, 2 * MIB, "other"), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_claim(7 * MIB, 2 * MIB, "other"), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_claim(0, PAGE, "other"), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_claim(MIB, 0, "other"), MUSTER_E_INVALID);
	assert_int_equal(mem_claim(MIB, UINT64_MAX, "other"), MUSTER_E_INVALID);
	assert_int_equal(mem_owned_by("other"), 0);
	assert_int_equal(mem_owned_by("image"), MIB + 100);
	check_list();
}

#define PIECES 200

/* Random requests and returns: what is handed out is RAM, free, and nobody else's. */
static void test_random_use(void **state)
{
	static const char *const owners[] = { "a", "b", "c", "d", "e" };
	struct {
		uint64_t base;
		uint64_t size;
	} pieces[PIECES] = { { 0, 0 } };
	uint64_t owned = 0;

	(void)state;
	memory_map_begin();
	memory_map_add(0, 20 * MIB, MEMORY_RAM);
	memory_map_add(30 * MIB, 8 * MIB, MEMORY_RAM);
	memory_map_add(32 * MIB, PAGE, MEMORY_RESERVED);
	memory_map_set_node(30 * MIB, 8 * MIB, 1);
	srand(3);
	for (int round = 0; round < 20000; round++) {
		int i = rand() % PIECES;

		if (pieces[i].base) {
			assert_int_equal(mem_free(pieces[i].base, pieces[i].size), 0);
			owned -= pieces[i].size;
			pieces[i].base = 0;
		} else {
			size_t align = (size_t)1 << rand() % 16;

			pieces[i].size = 1 + (uint64_t)rand() % (rand() % 8 ? 3 * PAGE : MIB);
			pieces[i].base =
				mem_alloc(pieces[i].size, align, .owner = owners[rand() % 5],
					  .limit = rand() % 4 ? 0 : 20 * MIB, .node = 1,
					  .on_node = rand() % 2);
			if (!pieces[i].base)
				continue;
			owned += pieces[i].size;
			assert_int_equal(pieces[i].base % align, 0);
			for (int j = 0; j < PIECES; j++)
				assert_true(j == i || !pieces[j].base ||
					    pieces[j].base >= pieces[i].base + pieces[i].size ||
					    pieces[i].base >= pieces[j].base + pieces[j].size);
		}
		assert_int_equal(mem_total() - mem_free_total(), owned);
		if (round % 100 == 0)
			check_list();
	}
	for (int i = 0; i < PIECES; i++)
		if (pieces[i].base)
			assert_int_equal(mem_free(pieces[i].base, pieces[i].size), 0);
	assert_int_equal(mem_count(), 4);
	assert_int_equal(mem_total(), mem_free_total());
}

/* Free every second page of `pages`, so that the list gets long. Returns how many were freed. */
static uint64_t riddle(uint64_t base, uint64_t pages)
{
	uint64_t freed = 0;

	for (uint64_t i = 0; i < pages; i += 2)
		freed += !mem_free(base + i * PAGE, PAGE);
	return freed;
}

static void test_table_grows(void **state)
{
	uint64_t base, tables;

	(void)state;
	only_ram(MIB, 63 * MIB);
	base = mem_alloc(8000 * PAGE, 0, .owner = "riddled");
	assert_int_equal(memory_map_grow(), 0);
	assert_int_equal(riddle(base, 8000), 4000);
	check_list();
	assert_true(mem_count() >= 8000);
	assert_int_equal(mem_owned_by("riddled"), 4000 * PAGE);
	/* Only the last table is still there: a power of two times the first. */
	assert_true(mem_owned_by("memory map") >= mem_count() * sizeof(struct memory_range));
	tables = mem_owned_by("memory map") / sizeof(struct memory_range) / MEMORY_RANGES_MAX;
	assert_int_equal(tables & (tables - 1), 0);
	for (uint64_t i = 1; i < 8000; i += 2)
		assert_int_equal(mem_free(base + i * PAGE, PAGE), 0);
	check_list();
	assert_int_equal(mem_free_total(), 63 * MIB - mem_owned_by("memory map"));
	assert_in_range(mem_count(), 2, 3);
}

/* Without a place to grow into nothing is lost: what cannot be written down stays as it was. */
static void test_full_table(void **state)
{
	uint64_t base, freed;

	(void)state;
	only_ram(MIB, 63 * MIB);
	base = mem_alloc(8000 * PAGE, 0, .owner = "riddled");
	freed = riddle(base, 8000);
	assert_in_range(freed, 200, 300);
	assert_true(host_log_has("stays owned"));
	assert_int_equal(mem_owned_by("riddled"), (8000 - freed) * PAGE);
	assert_int_equal(mem_alloc(PAGE, 0, .owner = "late"), 0);
	assert_true(host_log_has("late: the table of ranges is full"));
	assert_int_equal(mem_claim(MIB, PAGE, "late"), MUSTER_E_NO_MEMORY);
	check_list();
	/* And once there is one, on it goes. */
	assert_int_equal(memory_map_grow(), 0);
	assert_true(mem_alloc(PAGE, 0, .owner = "late"));
}

static void *no_direct(uint64_t physical)
{
	(void)physical;
	return NULL;
}

static void test_growing_fails(void **state)
{
	struct machine *machine = host_machine_begin();
	uint64_t free;

	(void)state;
	only_ram(MIB, 63 * MIB);
	machine->direct = no_direct;
	free = mem_free_total();
	assert_int_equal(memory_map_grow(), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("no memory for a table"));
	assert_int_equal(mem_free_total(), free);
	machine->direct = NULL;
	assert_int_equal(memory_map_grow(), MUSTER_E_NO_MEMORY);
	assert_int_equal(mem_free_total(), free);
}

/* Errors have names, whatever the number. */
static void test_error_names(void **state)
{
	(void)state;
	assert_string_equal(muster_error_name(MUSTER_E_NO_MEMORY), "no memory");
	for (int error = 0; error >= MUSTER_E_CORRUPT; error--)
		assert_string_not_equal(muster_error_name(error), "unknown error");
	assert_string_equal(muster_error_name(MUSTER_E_CORRUPT - 1), "unknown error");
	assert_string_equal(muster_error_name(1), "unknown error");
	assert_string_equal(muster_error_name(INT32_MIN), "unknown error");
}

/* What another kernel reserved for us: docs/park.md. */
static void a_reserved_range_is_taken_back(void **state)
{
	const uint64_t base = UINT64_C(0x200000);

	(void)state;
	memory_map_begin();
	assert_int_equal(memory_map_add(0x100000, 0x100000, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(base, 0x10000, MEMORY_RESERVED), 0);
	assert_int_equal(memory_map_add(base + 0x10000, 0x100000, MEMORY_RAM), 0);
	assert_int_equal(memory_map_end(), 0);
	assert_int_equal(mem_total(), 0x200000);
	/* Neither more than is reserved, nor what is nowhere, nor RAM and reserved at once. */
	assert_int_equal(memory_take_back(base, 0x11000), MUSTER_E_NOT_FOUND);
	assert_int_equal(memory_take_back(base - 0x1000, 0x2000), MUSTER_E_NOT_FOUND);
	assert_int_equal(memory_take_back(UINT64_C(0x40000000), 0x1000), MUSTER_E_NOT_FOUND);
	assert_int_equal(memory_take_back(base, UINT64_MAX), MUSTER_E_NOT_FOUND);
	assert_int_equal(mem_total(), 0x200000);
	assert_int_equal(memory_take_back(base + 0x1000, 0x2000), 0);
	assert_int_equal(mem_total(), 0x202000);
	assert_int_equal(mem_claim(base + 0x1000, 0x2000, "park region"), 0);
	assert_true(mem_is_owned_by(base + 0x2fff, "park region"));
	assert_false(mem_is_owned_by(base + 0x3000, "park region"));
	assert_false(mem_is_owned_by(base + 0x1000, "somebody"));
	assert_false(mem_is_owned_by(0x100000, "park region"));
	/* RAM already: nothing is to be done. */
	assert_int_equal(memory_take_back(base + 0x10000, 0x1000), 0);
	assert_int_equal(mem_total(), 0x202000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reserved_range_is_taken_back),
		cmocka_unit_test_setup(test_rounding, begin),
		cmocka_unit_test_setup(test_refused_ranges, begin),
		cmocka_unit_test_setup(test_end_of_addresses, begin),
		cmocka_unit_test_setup(test_careful_kind_wins, begin),
		cmocka_unit_test_setup(test_reserved_over_owned, begin),
		cmocka_unit_test_setup(test_empty_maps, begin),
		cmocka_unit_test_setup(test_overlaps_of_one_kind, begin),
		cmocka_unit_test_setup(test_random_map, begin),
		cmocka_unit_test_setup(test_too_many_ranges, begin),
		cmocka_unit_test_setup(test_full_table_stays_careful, begin),
		cmocka_unit_test_setup(test_top_down, begin),
		cmocka_unit_test_setup(test_memory_above_4_gib_first, begin),
		cmocka_unit_test_setup(test_limit, begin),
		cmocka_unit_test_setup(test_broken_requests, begin),
		cmocka_unit_test_setup(test_no_cross, begin),
		cmocka_unit_test_setup(test_nodes, begin),
		cmocka_unit_test_setup(test_cluster_at_the_end_of_a_node, begin),
		cmocka_unit_test_setup(test_set_node_of_pieces, begin),
		cmocka_unit_test_setup(test_clusters, begin),
		cmocka_unit_test_setup(test_gaps_are_used, begin),
		cmocka_unit_test_setup(test_down_and_up, begin),
		cmocka_unit_test_setup(test_giving_back, begin),
		cmocka_unit_test_setup(test_claim, begin),
		cmocka_unit_test_setup(test_random_use, begin),
		cmocka_unit_test_setup(test_table_grows, begin),
		cmocka_unit_test_setup(test_full_table, begin),
		cmocka_unit_test_setup(test_growing_fails, begin),
		cmocka_unit_test_setup(test_error_names, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
