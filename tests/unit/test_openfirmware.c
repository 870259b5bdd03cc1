// SPDX-License-Identifier: MIT
/*
 * Open Firmware's client interface, and the flattened copy of its tree: the copy says what the firmware
 * said; and whatever the firmware says, there is an end, and what comes out is a tree.
 */
#include "firmware/openfirmware.h"
#include "tests/unit/device_tree_image.h"
#include "tests/unit/mock_openfirmware.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define WINDOW 4096u

static struct mock_openfirmware teller;
static struct openfirmware firmware;
static _Alignas(8) uint8_t flat_bytes[TREE_ROOM];
static struct openfirmware_flat flat;
static struct device_tree flattened;

static void begin(const char *path)
{
	tree_load(path);
	firmware = mock_firmware(&teller, tree_bytes, WINDOW);
	flat = (struct openfirmware_flat){ .buffer = flat_bytes, .size = sizeof(flat_bytes) };
}

static int32_t flatten(void)
{
	int32_t size = openfirmware_flatten(&firmware, &flat);

	if (size > 0)
		assert_int_equal(device_tree_open(flat_bytes, (uint32_t)size, &flattened), 0);
	return size;
}

static void test_links(void **state)
{
	uint32_t root, cpus, core, number;
	char path[64], name[OPENFIRMWARE_NAME_MAX + 1];
	uint32_t servers[2];

	(void)state;
	begin(TREE("power8-xics"));
	root = openfirmware_peer(&firmware, 0);
	assert_int_not_equal(root, 0);
	assert_int_equal(openfirmware_peer(&firmware, root), 0);
	cpus = openfirmware_find(&firmware, "/cpus");
	core = openfirmware_child(&firmware, cpus);
	assert_int_equal(openfirmware_find(&firmware, "/nothing"), 0);
	assert_int_equal(openfirmware_path(&firmware, core, path, sizeof(path)), 22);
	assert_memory_equal(path, "/cpus/PowerPC,POWER8@", 21);
	assert_int_equal(openfirmware_path(&firmware, core, path, 10), MUSTER_E_NOT_FOUND);
	assert_true(openfirmware_number(&firmware, core, "ibm,slb-size", &number));
	assert_int_equal(number, 32);
	assert_false(openfirmware_number(&firmware, core, "device_type", &number) &&
		     openfirmware_number(&firmware, core, "none", &number));
	/* More than there is room for: that much. */
	assert_int_equal(openfirmware_property(&firmware, core, "ibm,pft-size", servers, 4), 4);
	assert_int_equal(openfirmware_next_property(&firmware, core, "", name), 1);
	assert_int_equal(openfirmware_package(&firmware, 1), 0);
}

static void test_calls(void **state)
{
	uint32_t cells[OPENFIRMWARE_CELLS_MAX + 1] = { 0 };
	uint32_t result = 7;
	char huge[OPENFIRMWARE_PATH_MAX + 10];

	(void)state;
	begin(TREE("power8-xics"));
	assert_int_equal(openfirmware_call(&firmware, "no-such-service", cells, 1, &result, 1),
			 MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(openfirmware_call(&firmware, "peer", cells, OPENFIRMWARE_CELLS_MAX,
					   &result, 1),
			 MUSTER_E_INVALID);
	assert_int_equal(openfirmware_call(&firmware, "peer", cells, UINT32_MAX, &result, 1),
			 MUSTER_E_INVALID);
	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(openfirmware_call(&firmware, huge, cells, 1, &result, 1),
			 MUSTER_E_INVALID);
	assert_int_equal(openfirmware_find(&firmware, huge), 0);
	teller.calls = 0;
	assert_int_equal(openfirmware_next_property(&firmware, 0x100, huge, huge),
			 MUSTER_E_CORRUPT);
	assert_int_equal(teller.calls, 0);
}

/* Every node and property of one is in the other. */
static void expect_contained(const void *from, int node, const void *in, const char *path)
{
	int other = fdt_path_offset(in, *path ? path : "/");
	char below[256];
	int property, child;

	assert_true(other >= 0);
	fdt_for_each_property_offset(property, from, node)
	{
		const char *name;
		int length, found;
		const void *value = fdt_getprop_by_offset(from, property, &name, &length);
		const void *same = fdt_getprop(in, other, name, &found);

		if (!strcmp(name, "phandle") || !strcmp(name, "stdout-path"))
			continue;
		assert_non_null(same);
		assert_int_equal(found, length);
		assert_memory_equal(value, same, (size_t)length);
	}
	fdt_for_each_subnode(child, from, node)
	{
		snprintf(below, sizeof(below), "%s/%s", path, fdt_get_name(from, child, NULL));
		expect_contained(from, child, in, below);
	}
}

static void test_flatten(void **state)
{
	static const char *const paths[] = {
		TREE("no-cas"),		TREE("power8-xics"),	    TREE("power9-spares"),
		TREE("power10-spares"), TREE("power9-nodes-form1"), TREE("power9-nodes-form2"),
	};
	static const struct openfirmware_reserved reserved[] = { { 0x1000, 0x2000 } };
	struct device_tree_chosen chosen;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		begin(paths[i]);
		flat.boot_cpu = 24;
		flat.reserved = reserved;
		flat.reserved_count = 1;
		assert_true(flatten() > 0);
		assert_string_equal(capture.text, "");
		assert_int_equal(device_tree_boot_cpu(&flattened), 24);
		assert_int_equal(fdt_num_mem_rsv(flat_bytes), 1);
		expect_contained(tree_bytes, 0, flat_bytes, "");
		expect_contained(flat_bytes, 0, tree_bytes, "");
		device_tree_chosen_read(&flattened, &chosen);
		assert_true(chosen.terminal || i == 0);
	}
}

/* A live tree has handles, and the console as an instance. */
static void test_handles_and_console(void **state)
{
	struct device_tree_chosen chosen;
	int node;

	(void)state;
	begin(TREE("power8-xics"));
	tree_delete("/chosen", "stdout-path");
	tree_delete("/chosen", "linux,stdout-path");
	tree_delete("/cpus", "phandle");
	tree_set_cells("/chosen", "stdout", MOCK_STDOUT);
	assert_true(flatten() > 0);
	device_tree_chosen_read(&flattened, &chosen);
	assert_true(chosen.terminal);
	node = fdt_path_offset(flat_bytes, "/chosen");
	assert_string_equal(fdt_getprop(flat_bytes, node, "stdout-path", NULL),
			    "/vdevice/vty@71000000");
	node = fdt_path_offset(flat_bytes, "/cpus");
	assert_int_equal(fdt_get_phandle(flat_bytes, node),
			 mock_handle(fdt_path_offset(tree_bytes, "/cpus")));
}

static void test_too_small(void **state)
{
	int32_t whole;

	(void)state;
	begin(TREE("power8-xics"));
	whole = flatten();
	for (flat.size = 0; flat.size < (uint32_t)whole; flat.size += 97) {
		capture_begin();
		assert_int_equal(flatten(), MUSTER_E_NO_MEMORY);
		assert_int_equal(capture_count("\n"), 1);
		assert_true(capture_has("its tree does not fit into "));
	}
}

/* One value that is longer than the window goes missing, and nothing else. */
static void test_small_window(void **state)
{
	char value[2000];
	int node;

	(void)state;
	begin(TREE("power8-xics"));
	memset(value, 'v', sizeof(value));
	tree_set("/cpus", "long", value, sizeof(value));
	firmware = mock_firmware(&teller, tree_bytes, OPENFIRMWARE_WINDOW_MIN);
	assert_true(flatten() > 0);
	assert_true(capture_has(": long: longer than there is room for: left out"));
	node = fdt_path_offset(flat_bytes, "/cpus");
	assert_null(fdt_getprop(flat_bytes, node, "long", NULL));
	assert_non_null(fdt_getprop(flat_bytes, node, "#size-cells", NULL));
}

/* What a lie costs, by the line that it gets, when it is told of /cpus only. */
static void test_lies(void **state)
{
	static const struct {
		enum mock_lie lie;
		const char *line;
	} lies[] = {
		{ LIE_PEER_IS_SELF, "leads back to itself: the tree is cut there" },
		{ LIE_PEERS_CIRCLE, "leads back to itself: the tree is cut there" },
		{ LIE_CHILD_IS_SELF, "leads back to itself: the tree is cut there" },
		{ LIE_CHILD_IS_ROOT, "leads back to itself: the tree is cut there" },
		{ LIE_SAME_PROPERTY, "its properties do not end: 1 are taken" },
		{ LIE_PROPERTIES_CIRCLE, "its properties do not end: " },
		{ LIE_NAME_EMPTY, "a property's name is empty or does not end" },
		{ LIE_NAME_ENDLESS, "a property's name is empty or does not end" },
		{ LIE_NAME_UNPRINTABLE, "a property's name cannot be printed: left out" },
		{ LIE_LENGTH_HUGE, "longer than there is room for: left out" },
		{ LIE_LENGTH_NEGATIVE, "is listed, and cannot be had: left out" },
		{ LIE_PATH_EMPTY, "has no name that can be printed: left out" },
		{ LIE_PATH_HUGE, "has no name that can be printed: left out" },
		{ LIE_PATH_UNPRINTABLE, "has no name that can be printed: left out" },
		{ LIE_DEEP, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		begin(TREE("power9-spares"));
		teller.lie = lies[i].lie;
		teller.about = mock_handle(fdt_path_offset(tree_bytes, "/cpus"));
		assert_true(flatten() > 0);
		assert_true(capture_has(lies[i].line));
		assert_true(capture_count("\n") <= (int)OPENFIRMWARE_LINES_MAX + 1);
		/* The rest of the tree is there. */
		assert_true(fdt_path_offset(flat_bytes, "/chosen") > 0);
		assert_true(fdt_path_offset(flat_bytes, "/rtas") > 0);
		teller.lie = LIE_NONE;
	}
}

/* And told of every node: an end, a tree, and not too many lines. */
static void test_lies_about_all(void **state)
{
	(void)state;
	for (enum mock_lie lie = LIE_NO_CALLS; lie < LIES; lie++) {
		int32_t size;

		begin(TREE("power9-spares"));
		teller.lie = lie;
		size = flatten();
		assert_true(size > 0 || size == MUSTER_E_NO_MEMORY ||
			    (size == MUSTER_E_NOT_FOUND && lie == LIE_NO_CALLS));
		assert_true(capture_count("\n") <= (int)OPENFIRMWARE_LINES_MAX + 2);
		assert_true(lie == LIE_DEEP || lie == LIE_ROOT_HAS_PEER || capture_has("muster: "));
	}
}

/* A root that has a sibling has none. */
static void test_one_root(void **state)
{
	(void)state;
	begin(TREE("power8-xics"));
	teller.lie = LIE_ROOT_HAS_PEER;
	assert_true(flatten() > 0);
	expect_contained(tree_bytes, 0, flat_bytes, "");
	expect_contained(flat_bytes, 0, tree_bytes, "");
}

static void test_depth(void **state)
{
	char path[256] = "";

	(void)state;
	begin(TREE("power8-xics"));
	for (uint32_t i = 1; i < OPENFIRMWARE_DEPTH_MAX + 2; i++) {
		char name[8];

		snprintf(name, sizeof(name), "n%u", i);
		tree_add_node(*path ? path : "/", name);
		strcat(strcat(path, "/"), name);
	}
	assert_true(flatten() > 0);
	assert_true(capture_has("its children lie too deep (16): left out"));
	assert_true(fdt_path_offset(flat_bytes, path) < 0);
	*strrchr(path, '/') = '\0';
	assert_true(fdt_path_offset(flat_bytes, path) < 0);
	*strrchr(path, '/') = '\0';
	assert_true(fdt_path_offset(flat_bytes, path) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),	  cmocka_unit_test(test_calls),
		cmocka_unit_test(test_flatten),	  cmocka_unit_test(test_handles_and_console),
		cmocka_unit_test(test_too_small), cmocka_unit_test(test_small_window),
		cmocka_unit_test(test_lies),	  cmocka_unit_test(test_lies_about_all),
		cmocka_unit_test(test_one_root),  cmocka_unit_test(test_depth),
	};

	(void)tree_cpus;
	(void)tree_memory;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
