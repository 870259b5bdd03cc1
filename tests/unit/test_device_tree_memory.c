// SPDX-License-Identifier: MIT
/*
 * Memory and nearness by device tree: in nodes, in blocks of both forms, reserved; and the three forms of
 * ibm,associativity, each with what is told right and wrong.
 */
#include "tests/unit/device_tree_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define BLOCKS "/ibm,dynamic-reconfiguration-memory"

static void test_nodes(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power9-nodes-form2"));
	seen = tree_memory();
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.ram_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(seen.ram[i].size, 512 << 20);
		assert_int_equal(seen.ram[i].base, seen.ram[i].place.domain * (512ull << 20));
	}
	/* What the loader put the kernel into. */
	assert_int_equal(seen.reserved_count, 1);
	assert_int_equal(seen.reserved[0].base, 0x400000);
	assert_int_equal(seen.reserved[0].size, 0x287c918);
	assert_string_equal(capture.text, "");
}

static void test_wrong_ranges(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_set_cells("/memory@0", "reg", 0, 0, 0, 0x40000000, 0xffffffff, 0xfffff000, 0, 0x2000,
		       1, 0, 0, 0, 2, 0);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 1);
	assert_int_equal(seen.ram[0].size, 0x40000000);
	assert_int_equal(capture_count("\n"), 2);
	assert_true(capture_has("memory@0: memory at 0xfffffffffffff000, 0x2000 bytes: wraps"));
	assert_true(capture_has("memory@0: reg has 14 cells: must be a multiple of 4"));
	tree_delete("/memory@0", "reg");
	seen = tree_memory();
	assert_int_equal(seen.result, MUSTER_E_NOT_FOUND);
	assert_true(capture_has("no node and no block says where there is RAM"));
}

static void test_widths(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_set_cells("/", "#size-cells", 1);
	tree_set_cells("/memory@0", "reg", 0, 0, 0x1000, 0, 0x8000, 0x2000);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 2);
	assert_int_equal(seen.ram[1].base, 0x8000);
	assert_int_equal(seen.ram[1].size, 0x2000);
	tree_set_cells("/", "#size-cells", 3);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 2);
	assert_true(capture_has("/: #size-cells is 3: must be 0 to 2, taken as 1"));
	/* A range without a size is none. */
	tree_set_cells("/", "#size-cells", 0);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 0);
}

static void test_reserved(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_add_node("/", "reserved-memory");
	tree_set_cells("/reserved-memory", "#address-cells", 2);
	tree_set_cells("/reserved-memory", "#size-cells", 2);
	tree_add_node("/reserved-memory", "park@5000");
	tree_set_cells("/reserved-memory/park@5000", "reg", 0, 0x5000, 0, 0x1000, 0, 0x9000, 0,
		       0x1000);
	tree_add_node("/reserved-memory", "anywhere");
	if (fdt_add_mem_rsv(tree_bytes, 0x7000, 0x800) ||
	    fdt_add_mem_rsv(tree_bytes, UINT64_MAX, 2))
		abort();
	tree_reopen();
	seen = tree_memory();
	assert_int_equal(seen.reserved_count, 4);
	assert_int_equal(seen.reserved[1].base, 0x7000);
	assert_int_equal(seen.reserved[3].base, 0x9000);
	assert_true(
		capture_has("the header's map: memory at 0xffffffffffffffff, 0x2 bytes: wraps"));
}

/* Two runs of blocks, of which one is not ours; then one that is, in a place of its own. */
static void test_sets_of_blocks(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power9-spares"));
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 1);
	tree_set_cells(BLOCKS, "ibm,dynamic-memory-v2", 3, 2, 0, 0, 0, 0xffffffff, 0xa0, 3, 0,
		       0x40000000, 0x80000004, 1, 0x08, 1, 0, 0x70000000, 0x80000007, 0, 0);
	tree_set_cells(BLOCKS, "ibm,associativity-lookup-arrays", 2, 1, 5, 7);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 2);
	assert_int_equal(seen.ram[1].base, 0x40000000);
	assert_int_equal(seen.ram[1].size, 0x30000000);
	assert_int_equal(seen.ram[1].place.domain, 7);
	assert_string_equal(capture.text, "");
	/* No such list; its place is not told; a list longer than there is. */
	tree_set_cells(BLOCKS, "ibm,dynamic-memory-v2", 2, 1, 0, 0x40000000, 4, 2, 0x08, 1, 0,
		       0x50000000, 5, 1, 0x48);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 3);
	assert_int_equal(seen.ram[1].place.domain, DEVICE_TREE_NO_DOMAIN);
	assert_int_equal(seen.ram[2].place.domain, DEVICE_TREE_NO_DOMAIN);
	tree_set_cells(BLOCKS, "ibm,dynamic-memory-v2", 1, 1, 0, 0x40000000, 4, 1, 0x08);
	tree_set_cells(BLOCKS, "ibm,associativity-lookup-arrays", 2, 3, 5, 7);
	seen = tree_memory();
	assert_int_equal(seen.ram[1].place.domain, DEVICE_TREE_NO_DOMAIN);
}

static void test_single_blocks(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power9-spares"));
	tree_delete(BLOCKS, "ibm,dynamic-memory-v2");
	tree_set_cells(BLOCKS, "ibm,dynamic-memory", 3, 0, 0, 0, 0, 0xffffffff, 0x88, 0, 0x40000000,
		       4, 0, 0, 0x08, 0, 0x50000000, 5, 0, 0, 0x00);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 2);
	assert_int_equal(seen.ram[1].base, 0x40000000);
	assert_int_equal(seen.ram[1].size, 0x10000000);
	assert_int_equal(seen.ram[1].place.domain, 0);
	assert_string_equal(capture.text, "");
}

static void test_wrong_blocks(void **state)
{
	struct seen_memory seen;

	(void)state;
	tree_load(TREE("power9-spares"));
	tree_set_cells(BLOCKS, "ibm,dynamic-memory-v2", 500, 1, 0, 0x40000000, 4, 0, 0x08);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 2);
	assert_true(capture_has("ibm,dynamic-memory-v2 says 500 entries and has 1"));
	tree_set_cells(BLOCKS, "ibm,dynamic-memory-v2", 1, 0xffffffff, 0, 0, 4, 0, 0x08);
	tree_set_cells(BLOCKS, "ibm,lmb-size", 0x80000000, 0);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 1);
	assert_true(capture_has("4294967295 blocks at 0, 0x8000000000000000 bytes each: more than "
				"there are addresses"));
	tree_set_cells(BLOCKS, "ibm,lmb-size", 0, 0);
	seen = tree_memory();
	assert_int_equal(seen.ram_count, 1);
	assert_true(capture_has("ibm,lmb-size is 0: its blocks are left out"));
}

static struct device_tree_affinity affinity_of(const char *path)
{
	struct device_tree_affinity affinity;

	tree_load(path);
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), 0);
	return affinity;
}

static uint8_t distance(const struct device_tree_affinity *affinity, const uint32_t *from,
			const uint32_t *to, uint32_t count)
{
	struct device_tree_place a = device_tree_place(affinity, from, count);
	struct device_tree_place b = device_tree_place(affinity, to, count);

	return device_tree_distance(&tree, affinity, &a, &b);
}

/* QEMU's points 4 3 2 1, nearest first: each level that differs doubles. */
static void test_form_1(void **state)
{
	static const uint32_t lists[][5] = {
		{ 0, 0, 0, 0, 9 }, { 0, 0, 0, 1, 8 }, { 0, 0, 1, 2, 7 },
		{ 1, 1, 1, 3, 6 }, { 0, 0, 0, 0, 5 },
	};
	struct device_tree_affinity affinity = affinity_of(TREE("power9-nodes-form1"));

	(void)state;
	assert_int_equal(affinity.form, 1);
	assert_int_equal(affinity.level_count, 4);
	assert_int_equal(device_tree_place(&affinity, lists[2], 5).domain, 2);
	assert_int_equal(distance(&affinity, lists[0], lists[4], 5), 10);
	assert_int_equal(distance(&affinity, lists[0], lists[1], 5), 20);
	assert_int_equal(distance(&affinity, lists[0], lists[2], 5), 40);
	assert_int_equal(distance(&affinity, lists[0], lists[3], 5), 160);
	/* Too short for the first point: it is nowhere. */
	assert_int_equal(device_tree_place(&affinity, lists[2], 3).domain, DEVICE_TREE_NO_DOMAIN);
	assert_int_equal(distance(&affinity, lists[0], lists[1], 3), 0);
}

/* The second point is the one; what is not the same is far. */
static void test_form_0(void **state)
{
	static const uint32_t lists[][4] = { { 1, 2, 3, 0 }, { 1, 2, 3, 1 }, { 1, 2, 4, 0 } };
	struct device_tree_affinity affinity = affinity_of(TREE("no-cas"));

	(void)state;
	assert_int_equal(affinity.form, 0);
	tree_set_cells("/rtas", "ibm,associativity-reference-points", 4, 3);
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), 0);
	assert_int_equal(device_tree_place(&affinity, lists[0], 4).domain, 3);
	assert_int_equal(distance(&affinity, lists[0], lists[1], 4), 10);
	assert_int_equal(distance(&affinity, lists[0], lists[2], 4), 20);
	/* One point only is that one. */
	tree_set_cells("/rtas", "ibm,associativity-reference-points", 4);
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), 0);
	assert_int_equal(device_tree_place(&affinity, lists[1], 4).domain, 1);
}

static void test_form_2(void **state)
{
	static const uint32_t near[] = { 0 }, far[] = { 1 }, strange[] = { 5 };
	static const uint8_t low[] = { 0, 0, 0, 4, 10, 9, 40, 10 };
	struct device_tree_affinity affinity = affinity_of(TREE("power9-nodes-form2"));

	(void)state;
	assert_int_equal(affinity.form, 2);
	assert_int_equal(distance(&affinity, near, near, 1), 10);
	assert_int_equal(distance(&affinity, near, far, 1), 40);
	assert_int_equal(distance(&affinity, near, strange, 1), 0);
	/* A distance below that to oneself, a table that is too short, none. */
	tree_set("/rtas", "ibm,numa-distance-table", low, sizeof(low));
	assert_int_equal(distance(&affinity, near, far, 1), 0);
	assert_int_equal(distance(&affinity, far, near, 1), 40);
	tree_set("/rtas", "ibm,numa-distance-table", low, 6);
	assert_int_equal(distance(&affinity, far, near, 1), 0);
	tree_delete("/rtas", "ibm,numa-distance-table");
	assert_int_equal(distance(&affinity, near, far, 1), 0);
	/* A count that would lead out of the table. */
	tree_set("/rtas", "ibm,numa-distance-table", low, sizeof(low));
	tree_set_cells("/rtas", "ibm,numa-lookup-index-table", 0xffffffff, 0, 1);
	assert_int_equal(distance(&affinity, far, near, 1), 0);
}

static void test_wrong_points(void **state)
{
	struct device_tree_affinity affinity;

	(void)state;
	tree_load(TREE("power9-nodes-form1"));
	tree_set_cells("/rtas", "ibm,associativity-reference-points", 4, 0);
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), MUSTER_E_CORRUPT);
	assert_int_equal(affinity.level_count, 0);
	assert_true(capture_has("point 1 is 0: must be 1 to 32; there are no nodes"));
	tree_set_cells("/rtas", "ibm,associativity-reference-points", 33);
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), MUSTER_E_CORRUPT);
	tree_delete("/rtas", "ibm,associativity-reference-points");
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), MUSTER_E_NOT_FOUND);
	/* More levels than are looked at: the nearest stand. */
	tree_set_cells("/rtas", "ibm,associativity-reference-points", 5, 4, 3, 2, 1);
	assert_int_equal(device_tree_affinity_read(&tree, &affinity), 0);
	assert_int_equal(affinity.level_count, DEVICE_TREE_LEVELS_MAX);
}

static void test_wrong_lists(void **state)
{
	(void)state;
	tree_load(TREE("power9-nodes-form1"));
	tree_set_cells("/memory@0", "ibm,associativity", 9, 0, 0, 0, 0);
	assert_int_equal(tree_memory().ram[1].place.domain, DEVICE_TREE_NO_DOMAIN);
	assert_true(capture_has("memory@0: ibm,associativity says 9 domains and has 4"));
	tree_set_cells("/memory@0", "ibm,associativity", 4, 0, 0, 0, 0xffff);
	assert_int_equal(tree_memory().ram[1].place.domain, DEVICE_TREE_NO_DOMAIN);
	tree_set_cells("/memory@0", "ibm,associativity", 4, 0, 0, 0, 0xffffffff);
	assert_int_equal(tree_memory().ram[1].place.domain, DEVICE_TREE_NO_DOMAIN);
	assert_int_equal(tree_memory().ram[0].place.domain, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),	       cmocka_unit_test(test_wrong_ranges),
		cmocka_unit_test(test_widths),	       cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_sets_of_blocks), cmocka_unit_test(test_single_blocks),
		cmocka_unit_test(test_wrong_blocks),   cmocka_unit_test(test_form_1),
		cmocka_unit_test(test_form_0),	       cmocka_unit_test(test_form_2),
		cmocka_unit_test(test_wrong_points),   cmocka_unit_test(test_wrong_lists),
	};

	(void)tree_cpus;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
