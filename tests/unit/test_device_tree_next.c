// SPDX-License-Identifier: MIT
/*
 * The tree for the next kernel, made of those that QEMU's POWER machines gave: what is told in it is read again as the
 * next kernel reads it, all else is as it was; once more and once more; and a park node that is wrong.
 */
#include "firmware/device_tree_property.h"
#include "tests/unit/device_tree_image.h"

#include <muster/park.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define REGION	    UINT64_C(0x1ff3e000)
#define REGION_SIZE UINT64_C(0x5000)
#define LINE	    "payload=module park=all test=none"

static _Alignas(8) uint8_t next_bytes[TREE_ROOM + 4096];
static struct device_tree next_tree;

static struct device_tree_next told(uint64_t region)
{
	return (struct device_tree_next){ .room = device_tree_next_bytes(&tree, sizeof(LINE)),
					  .command_line = LINE,
					  .initrd = 0x8000000,
					  .initrd_size = 0x1234,
					  .region = region,
					  .region_size = REGION_SIZE };
}

static void write_next(const struct device_tree_next *next)
{
	memset(next_bytes, 0xa5, sizeof(next_bytes));
	assert_int_equal(device_tree_next_write(&tree, next_bytes, next), 0);
	assert_int_equal(next_bytes[next->room], 0xa5);
	assert_int_equal(device_tree_open(next_bytes, next->room, &next_tree), 0);
}

static uint64_t reserved_count, reserved_base, reserved_size;

static void note_reserved(void *context, const struct device_tree_memory *memory)
{
	(void)context;
	reserved_count++;
	reserved_base = memory->base;
	reserved_size = memory->size;
}

static void note_ram(void *context, const struct device_tree_memory *memory)
{
	(void)memory;
	++*(uint32_t *)context;
}

static void check_next(uint64_t region)
{
	struct device_tree_chosen chosen;
	uint32_t ram = 0, ram_before = 0;
	struct device_tree_memory_reader reader = { note_ram, note_reserved, &ram_before };
	uint64_t base = 0, size = 0, before;
	bool had_none = !device_tree_park_region(&tree, &base, &size);

	reserved_count = 0;
	device_tree_chosen_read(&next_tree, &chosen);
	assert_string_equal(chosen.command_line, LINE);
	assert_int_equal(chosen.initrd, 0x8000000);
	assert_int_equal(chosen.initrd_size, 0x1234);
	assert_true(device_tree_park_region(&next_tree, &base, &size));
	assert_int_equal(base, region);
	assert_int_equal(size, REGION_SIZE);
	assert_int_equal(device_tree_boot_cpu(&next_tree), device_tree_boot_cpu(&tree));
	assert_int_equal(device_tree_memory_read(&tree, NULL, &reader), 0);
	reader.context = &ram;
	before = reserved_count;
	reserved_count = 0;
	assert_int_equal(device_tree_memory_read(&next_tree, NULL, &reader), 0);
	assert_int_equal(ram, ram_before);
	assert_int_equal(reserved_count, before + had_none);
	assert_int_equal(reserved_base, region);
	assert_int_equal(reserved_size, REGION_SIZE);
}

static void test_told_and_read_again(void **state)
{
	static const char *const paths[] = { TREE("no-cas"), TREE("power8-xics"),
					     TREE("power9-nodes-form1"), TREE("power10-spares") };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct device_tree_next next;

		tree_load(paths[i]);
		if (fdt_pack(tree_bytes))
			abort();
		tree_reopen();
		next = told(REGION);
		write_next(&next);
		check_next(REGION);
		assert_string_equal(capture.text, "");
	}
}

/* From kernel to kernel it grows no more, and there is one region. */
static void test_handed_on_and_on(void **state)
{
	uint32_t size = 0;

	(void)state;
	tree_load(TREE("power9-spares"));
	if (fdt_pack(tree_bytes))
		abort();
	tree_reopen();
	for (uint64_t i = 0; i < 5; i++) {
		struct device_tree_next next = told(REGION + i * 4096);

		write_next(&next);
		check_next(REGION + i * 4096);
		assert_true(!size || next_tree.size == size);
		size = next_tree.size;
		memcpy(tree_bytes, next_bytes, size);
		tree_reopen();
	}
}

static void test_nothing_of_ours_is_left(void **state)
{
	struct device_tree_next next;
	struct device_tree_chosen chosen;

	(void)state;
	tree_load(TREE("power9-spares"));
	tree_set("/chosen", "linux,initrd-start", "\0\0\0\1", 4);
	tree_set("/chosen", "linux,initrd-end", "\0\0\0\2", 4);
	next = told(REGION);
	next.initrd_size = 0;
	next.command_line = "";
	write_next(&next);
	device_tree_chosen_read(&next_tree, &chosen);
	assert_int_equal(chosen.initrd, 0);
	assert_string_equal(chosen.command_line, "");
}

static void test_no_room_is_said(void **state)
{
	struct device_tree_next next;

	(void)state;
	tree_load(TREE("power9-spares"));
	next = told(REGION);
	next.room = tree.size / 2;
	assert_int_equal(device_tree_next_write(&tree, next_bytes, &next), MUSTER_E_NO_MEMORY);
	assert_non_null(strstr(capture.text, "muster: payload: device tree: "));
}

/* Whoever made the tree has cells of his own for what is reserved. */
static void test_other_cells(void **state)
{
	struct device_tree_next next;

	(void)state;
	tree_load(TREE("power9-spares"));
	if (fdt_add_subnode(tree_bytes, 0, "reserved-memory") < 0)
		abort();
	tree_set("/reserved-memory", "#address-cells", "\0\0\0\1", 4);
	tree_set("/reserved-memory", "#size-cells", "\0\0\0\1", 4);
	next = told(REGION);
	write_next(&next);
	check_next(REGION);
	tree_set("/reserved-memory", "#size-cells", "\0\0\0\0", 4);
	assert_int_equal(device_tree_next_write(&tree, next_bytes, &next), MUSTER_E_NO_MEMORY);
	assert_non_null(strstr(capture.text, "FDT_ERR_BADNCELLS"));
}

static void test_a_wrong_region_is_named(void **state)
{
	struct device_tree_next next;
	uint64_t base, size;

	(void)state;
	tree_load(TREE("power9-spares"));
	assert_false(device_tree_park_region(&tree, &base, &size));
	assert_string_equal(capture.text, "");
	next = told(REGION);
	write_next(&next);
	if (fdt_open_into(next_bytes, tree_bytes, sizeof(tree_bytes)))
		abort();
	tree_set("/reserved-memory/park-page", "reg", "\0\0\0\1\0\0\0\2", 8);
	assert_false(device_tree_park_region(&tree, &base, &size));
	assert_non_null(strstr(capture.text, "park-page: reg has 2 cells"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_and_read_again),
		cmocka_unit_test(test_handed_on_and_on),
		cmocka_unit_test(test_nothing_of_ours_is_left),
		cmocka_unit_test(test_no_room_is_said),
		cmocka_unit_test(test_other_cells),
		cmocka_unit_test(test_a_wrong_region_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
