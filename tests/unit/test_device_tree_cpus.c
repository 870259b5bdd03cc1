// SPDX-License-Identifier: MIT
/*
 * CPUs by device tree: as QEMU's POWER machines list them, with cores made to have threads (which QEMU's
 * emulated POWER machine has not), those that may come, and everything that can be wrong with either.
 */
#include "tests/unit/device_tree_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SERVERS "ibm,ppc-interrupt-server#s"
#define CORE_0	"/cpus/PowerPC,POWER9@0"
#define CORE_1	"/cpus/PowerPC,POWER9@1"

static void test_sparse(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power9-nodes-form2"));
	seen = tree_cpus();
	assert_int_equal(seen.result, 0);
	assert_int_equal(seen.count, 8);
	assert_int_equal(seen.cpus.cores, 8);
	assert_int_equal(seen.cpus.possible_only, 0);
	for (uint32_t i = 0; i < 8; i++) {
		/* The tree lists nodes from the last to the first. */
		const struct device_tree_cpu *cpu = &seen.at[i];

		assert_int_equal(cpu->server % 8, 0);
		assert_int_equal(cpu->reg, cpu->server);
		assert_int_equal(cpu->place.domain, cpu->server / 32);
		assert_true(cpu->present && !cpu->thread && cpu->threads == 1);
	}
	assert_string_equal(capture.text, "");
}

/* Two cores with four threads each: a number for each thread, the node's own number for both. */
static void test_threads(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power9-nodes-form1"));
	for (int i = 3; i > 1; i--) {
		char path[32];

		snprintf(path, sizeof(path), "/cpus/PowerPC,POWER9@%d", i);
		tree_delete_node(path);
	}
	tree_delete("/cpus", "ibm,drc-indexes");
	tree_set_cells(CORE_0, SERVERS, 0, 1, 2, 3);
	tree_set_cells(CORE_1, SERVERS, 8, 9, 10, 11);
	tree_set_cells(CORE_1, "reg", 8);
	seen = tree_cpus();
	assert_int_equal(seen.count, 8);
	assert_int_equal(seen.cpus.cpus, 8);
	assert_int_equal(seen.cpus.cores, 2);
	assert_int_equal(seen.cpus.threads, 4);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(seen.at[i].server % 8, i % 4);
		assert_int_equal(seen.at[i].reg, seen.at[i].server & ~7u);
		assert_int_equal(seen.at[i].thread, i % 4);
		assert_int_equal(seen.at[i].threads, 4);
	}
	assert_string_equal(capture.text, "");
}

static void test_reg_stands_in(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_delete("/cpus/PowerPC,POWER8@1", SERVERS);
	seen = tree_cpus();
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.at[0].server + seen.at[1].server, 1);
	assert_int_equal(capture_count("\n"), 1);
	assert_true(capture_has("cpus/PowerPC,POWER8@1: no " SERVERS
				": one thread, with the number in reg, 1"));
	/* Neither: it is no CPU. */
	tree_delete("/cpus/PowerPC,POWER8@1", "reg");
	capture_begin();
	seen = tree_cpus();
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.at[0].server, 0);
	assert_true(capture_has("neither " SERVERS " nor reg has a number: left out"));
}

static void test_too_many_threads(void **state)
{
	struct seen_cpus seen;
	uint32_t servers[40];

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		servers[i] = i;
	tree_load(TREE("power8-xics"));
	tree_delete_node("/cpus/PowerPC,POWER8@1");
	tree_set_cells_of("/cpus/PowerPC,POWER8@0", SERVERS, servers, 40);
	seen = tree_cpus();
	assert_int_equal(seen.count, DEVICE_TREE_THREADS_MAX);
	assert_true(capture_has("has 40 threads: at most 16 are taken"));
}

static void test_status(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_set_text("/cpus/PowerPC,POWER8@1", "status", "fail");
	seen = tree_cpus();
	assert_int_equal(seen.count, 1);
	assert_true(capture_has("cpus/PowerPC,POWER8@1: status is not okay: left out"));
	tree_delete("/cpus/PowerPC,POWER8@1", "status");
	seen = tree_cpus();
	assert_int_equal(seen.count, 2);
	tree_set("/cpus/PowerPC,POWER8@1", "status", "okay", 4);
	seen = tree_cpus();
	assert_int_equal(seen.count, 1);
}

static void test_no_cpus(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_delete_node("/cpus");
	seen = tree_cpus();
	assert_int_equal(seen.result, MUSTER_E_NOT_FOUND);
	assert_int_equal(seen.count, 0);
	assert_true(capture_has("cpus: no node is a CPU that can be used"));
}

/* Four cores there can be, and two are. */
static void test_spares(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power9-spares"));
	seen = tree_cpus();
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.cpus.cpus, 2);
	assert_int_equal(seen.cpus.possible_only, 2);
	assert_int_equal(device_tree_cores_max(&tree), 4);
	assert_true(seen.at[0].present && seen.at[1].present);
	/* In the order of the list: 3 stands first. */
	assert_true(!seen.at[2].present && seen.at[2].server == 3 && seen.at[2].reg == 3);
	assert_true(!seen.at[3].present && seen.at[3].server == 2);
	assert_int_equal(seen.at[2].place.domain, DEVICE_TREE_NO_DOMAIN);
	assert_string_equal(capture.text, "");

	tree_load(TREE("no-cas"));
	seen = tree_cpus();
	assert_int_equal(seen.cpus.cpus, 2);
	assert_int_equal(seen.cpus.possible_only, 6);
	assert_string_equal(capture.text, "");
}

/* As many threads as the cores that are there have, and only numbers that somebody takes. */
static void test_spare_threads(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("no-cas"));
	tree_delete_node(CORE_1);
	tree_set_cells(CORE_0, SERVERS, 0, 1);
	tree_set_cells("/cpus", "ibm,drc-indexes", 4, 0x10000000, 0x10000002, 0x10000004,
		       0x10000007);
	seen = tree_cpus();
	assert_int_equal(seen.cpus.cpus, 2);
	assert_int_equal(seen.cpus.possible_only, 4);
	assert_int_equal(seen.at[2].server, 2);
	assert_int_equal(seen.at[3].server, 3);
	assert_int_equal(seen.at[5].server, 5);
	assert_true(seen.at[5].thread == 1 && seen.at[5].threads == 2 && seen.at[5].reg == 4);
	/* 7 and 8, of which there is no 8. */
	assert_true(capture_has("connector 0x10000007: no interrupt controller takes number 8"));
}

static void expect_no_spares(const char *rule)
{
	struct seen_cpus seen;

	capture_begin();
	seen = tree_cpus();
	assert_int_equal(seen.cpus.possible_only, 0);
	assert_int_equal(seen.count, seen.cpus.cpus);
	assert_int_equal(capture_count("\n"), 1);
	assert_true(capture_has(rule));
	assert_true(capture_has("no CPU is taken to be able to come"));
}

static void test_spares_that_cannot_be_believed(void **state)
{
	(void)state;
	tree_load(TREE("power9-spares"));
	tree_set_cells(CORE_1, "ibm,my-drc-index", 0x10000005);
	expect_no_spares("a core that is there has another number (0x10000005)");

	tree_load(TREE("power9-spares"));
	tree_delete(CORE_1, "ibm,my-drc-index");
	expect_no_spares("a core that is there has another number (0)");

	tree_load(TREE("power9-spares"));
	tree_set_cells(CORE_1, SERVERS, 9);
	expect_no_spares("a core that is there has another number (0x10000001)");

	tree_load(TREE("power9-spares"));
	tree_set_cells("/cpus", "ibm,drc-indexes", 9, 0x10000000, 0x10000001, 0x10000002);
	expect_no_spares("its count is not its length (0x9)");

	tree_load(TREE("power9-spares"));
	tree_set_cells("/rtas", "ibm,lrdr-capacity", 0, 0, 0, 0, 3);
	expect_no_spares("more than ibm,lrdr-capacity has processors (0x4)");
}

/* What is no CPU's, or stands there twice, or is far too large, is nobody. */
static void test_odd_connectors(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power9-spares"));
	tree_set_cells("/rtas", "ibm,lrdr-capacity", 0, 0, 0, 0, 9);
	tree_set_cells("/cpus", "ibm,drc-indexes", 7, 0x10000000, 0x10000001, 0x20000004,
		       0x10000005, 0x10000005, 0x1fffffff, 0);
	seen = tree_cpus();
	assert_int_equal(seen.cpus.possible_only, 1);
	assert_int_equal(seen.at[2].server, 5);
}

/* Whoever reads once more is not told once more. */
static void test_again(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power9-spares"));
	tree_set_text(CORE_1, "status", "fail");
	tree_set_cells("/cpus", "ibm,drc-indexes", 9, 0x10000000, 0x10000001, 0x10000002);
	seen = tree_cpus();
	assert_int_equal(seen.count, 1);
	assert_int_equal(capture_count("\n"), 2);
	capture_begin();
	tree = device_tree_again(&tree);
	seen = tree_cpus();
	assert_int_equal(seen.count, 1);
	assert_string_equal(capture.text, "");
}

/* One number for two is passed on: the id table judges. */
static void test_number_twice(void **state)
{
	struct seen_cpus seen;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_set_cells("/cpus/PowerPC,POWER8@1", SERVERS, 0);
	seen = tree_cpus();
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.at[0].server, seen.at[1].server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_reg_stands_in),
		cmocka_unit_test(test_too_many_threads),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_no_cpus),
		cmocka_unit_test(test_spares),
		cmocka_unit_test(test_spare_threads),
		cmocka_unit_test(test_spares_that_cannot_be_believed),
		cmocka_unit_test(test_odd_connectors),
		cmocka_unit_test(test_number_twice),
		cmocka_unit_test(test_again),
	};

	(void)tree_memory;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
