// SPDX-License-Identifier: MIT
/*
 * The table of nodes, and where memory comes from when a node has none.
 */
#include "core/memory_map.h"
#include "core/node_table.h"
#include "host_machine.h"

#include <muster/cpu.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MIB  (UINT64_C(1) << 20)
#define PAGE MEMORY_PAGE_SIZE

static uint64_t table[8192];

static int begin(void **state)
{
	static const uint32_t domains[] = { 2, 7, 0x10000, 0x20000 };

	(void)state;
	host_machine_begin();
	memory_map_begin();
	memory_map_add(MIB, 63 * MIB, MEMORY_RAM);
	return node_table_begin(table, domains, 4);
}

static void names_and_distances(void **state)
{
	(void)state;
	assert_int_equal(node_count(), 4);
	assert_int_equal(node_domain(2), 0x10000);
	assert_int_equal(node_by_domain(0x20000), 3);
	assert_int_equal(node_by_domain(0), NODE_ANY);
	assert_int_equal(node_distance(1, 1), NODE_DISTANCE_SELF);
	assert_int_equal(node_distance(1, 2), NODE_DISTANCE_OTHER);
	node_table_set_distance(1, 2, 33);
	node_table_set_distance(1, 1, 11); /* not taken */
	node_table_set_distance(1, 3, 9);
	node_table_set_distance(4, 0, 50);
	assert_int_equal(node_distance(1, 2), 33);
	assert_int_equal(node_distance(2, 1), NODE_DISTANCE_OTHER);
	assert_int_equal(node_distance(1, 1), NODE_DISTANCE_SELF);
	assert_int_equal(node_distance(1, 3), NODE_DISTANCE_OTHER);
	assert_string_equal(host_panic_of((void)node_domain(4)), "node 4: there are 4 nodes");
	assert_string_equal(host_panic_of((void)node_distance(0, NODE_ANY)),
			    "node 4294967295: there are 4 nodes");
}

static void counts_that_cannot_be(void **state)
{
	static uint32_t domains[NODES_MAX];

	(void)state;
	assert_int_equal(node_table_bytes(0), 0);
	assert_int_equal(node_table_bytes(NODES_MAX + 1), 0);
	assert_true(node_table_bytes(NODES_MAX) >= NODES_MAX * NODES_MAX);
	assert_int_equal(node_table_begin(NULL, domains, 2), MUSTER_E_INVALID);
	assert_int_equal(node_count(), 0);
	assert_int_equal(node_table_begin(table, domains, NODES_MAX + 1), MUSTER_E_INVALID);
	assert_int_equal(node_table_begin(NULL, NULL, 0), 0);
	assert_int_equal(node_count(), 0);
	assert_int_equal(node_next_nearest(0, 0), NODE_ANY);
	assert_string_equal(host_panic_of((void)node_memory(0)), "node 0: there are 0 nodes");
}

static void in_order_of_distance(void **state)
{
	(void)state;
	node_table_set_distance(1, 0, 30);
	node_table_set_distance(1, 2, 10); /* as near as itself, but not itself */
	assert_int_equal(node_next_nearest(1, 1), 2);
	assert_int_equal(node_next_nearest(1, 2), 3);
	assert_int_equal(node_next_nearest(1, 3), 0);
	assert_int_equal(node_next_nearest(1, 0), NODE_ANY);
	node_table_set_distance(1, 3, NODE_DISTANCE_UNREACHABLE);
	assert_int_equal(node_next_nearest(1, 2), 0);
	/* Equal distances: by number. */
	assert_int_equal(node_next_nearest(3, 3), 0);
	assert_int_equal(node_next_nearest(3, 0), 1);
	assert_int_equal(node_next_nearest(3, 1), 2);
	assert_int_equal(node_next_nearest(4, 4), NODE_ANY);
}

static void memory_of_nodes(void **state)
{
	uint64_t a;

	(void)state;
	memory_map_set_node(0, 32 * MIB, 0);
	memory_map_set_node(32 * MIB, 16 * MIB, 2);
	assert_int_equal(node_memory(0), 31 * MIB);
	assert_int_equal(node_memory(1), 0);
	assert_int_equal(node_memory(2), 16 * MIB);
	a = mem_alloc(PAGE, 0, .owner = "a", .node = 2, .on_node = true);
	assert_int_equal(node_memory(2), 16 * MIB);
	assert_int_equal(node_memory_free(2), 16 * MIB - PAGE);
	assert_int_equal(node_of_memory(a), 2);
	assert_int_equal(node_of_memory(32 * MIB - 1), 0);
	assert_int_equal(node_of_memory(60 * MIB), NODE_ANY);
	assert_int_equal(node_of_memory(0), NODE_ANY);
	assert_int_equal(node_of_memory(UINT64_MAX), NODE_ANY);
	assert_int_equal(node_nearest_memory(2), 2);
	assert_int_equal(node_nearest_memory(1), 0);
	node_table_set_distance(1, 2, 19);
	assert_int_equal(node_nearest_memory(1), 2);
	for (uint32_t to = 0; to < 4; to++)
		node_table_set_distance(1, to, NODE_DISTANCE_UNREACHABLE);
	assert_int_equal(node_nearest_memory(1), NODE_ANY);
}

/* Without memory, or when it is used up: from the nearest, in order, and said once. */
static void the_nearest_that_has(void **state)
{
	uint64_t a = 0, b;

	(void)state;
	memory_map_set_node(0, 16 * MIB, 0);
	memory_map_set_node(16 * MIB, 16 * MIB, 2);
	memory_map_set_node(32 * MIB, 16 * MIB, 3);
	node_table_set_distance(1, 0, 12);
	node_table_set_distance(1, 3, 15);
	host_log_clear();
	for (int i = 0; i < 50; i++) {
		b = mem_alloc(PAGE, 0, .owner = "unit", .node = 1, .on_node = true);
		assert_int_equal(node_of_memory(b), 0);
		/* One below the other, as on a node of its own. */
		assert_true(!a || b == a - PAGE);
		a = b;
		b = mem_alloc(PAGE, 0, .owner = "stack", .node = 1, .on_node = true);
		assert_int_equal(node_of_memory(b), 0);
	}
	assert_string_equal(host_log(), "muster: unit: node has none left, taken from the nearest "
					"that has: 4096 bytes, align 0, node 1\n");
	assert_int_equal(mem_count(), 7); /* free, stack, gap, unit, and three that are all free */
	/* Too large for node 0: from the next but one. */
	b = mem_alloc(15 * MIB + PAGE, 0, .owner = "big", .node = 1, .on_node = true);
	assert_int_equal(node_of_memory(b), 3);
	/* Nobody's node, when all nodes are full. */
	b = mem_alloc(16 * MIB, 0, .owner = "last", .node = 1, .on_node = true);
	assert_int_equal(node_of_memory(b), 2);
	b = mem_alloc(16 * MIB, 0, .owner = "none", .node = 1, .on_node = true);
	assert_int_equal(node_of_memory(b), NODE_ANY);
	assert_int_equal(mem_free(b, 16 * MIB), 0);
	/* Memory that is given back to the node is used first again. */
	memory_map_set_node(48 * MIB, 16 * MIB, 1);
	assert_int_equal(mem_free(a, PAGE), 0);
	b = mem_alloc(PAGE, 0, .owner = "unit", .node = 1, .on_node = true);
	assert_int_equal(node_of_memory(b), 1);
}

/* The table grows while a range gets its node, out of that very range. */
static void the_table_grows_meanwhile(void **state)
{
	(void)state;
	host_begin(4);
	assert_int_equal(memory_map_grow(), 0);
	/* Small ranges fill the table; whenever it is full, it grows while the highest range, from
	 * which memory is taken first, gets another node. */
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(memory_map_set_node(8 * MIB + i * 2 * PAGE, PAGE, 1), 0);
		assert_int_equal(memory_map_set_node(40 * MIB, 24 * MIB, i), 0);
		for (uint64_t at = 40 * MIB; at < 64 * MIB; at += PAGE)
			if (node_of_memory(at) != i)
				fail_msg("at %#lx after %u ranges", (unsigned long)at, i);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_distances),  TEST(counts_that_cannot_be),
		TEST(in_order_of_distance), TEST(memory_of_nodes),
		TEST(the_nearest_that_has), TEST(the_table_grows_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
