// SPDX-License-Identifier: MIT
/*
 * PVH start_info: a good one of either version, and every field wrong in turn.
 */
#include "firmware/pvh.h"
#include "tests/unit/console_capture.h"
#include "tests/unit/memory_image.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The structures by their offsets, as start_info.h draws them, and not as its C types: those are
 * what the code under test uses. */
#define INFO	0x1000u
#define MODULES 0x1100u
#define MAP	0x1400u
#define MAGIC	0x336ec578u

static struct memory_image image;
static struct firmware_reader reader = { memory_image_read, &image };
static struct pvh_boot boot;

static void put_32(uint64_t at, uint32_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_64(uint64_t at, uint64_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_range(unsigned int index, uint64_t base, uint64_t size, uint32_t type)
{
	put_64(MAP + 24 * index, base);
	put_64(MAP + 24 * index + 8, size);
	put_32(MAP + 24 * index + 16, type);
}

/* A good start_info of version 1 with two modules and three ranges. */
static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = 0x1000, .size = 0x3000 };
	image.bytes = calloc(1, image.size);
	assert_non_null(image.bytes);
	put_32(INFO, MAGIC);
	put_32(INFO + 4, 1);
	put_32(INFO + 12, 2);
	put_64(INFO + 16, MODULES);
	put_64(INFO + 24, 0x3000);
	put_64(INFO + 32, 0xf5b90);
	put_64(INFO + 40, MAP);
	put_32(INFO + 48, 3);
	put_64(MODULES, 0x200000);
	put_64(MODULES + 8, 0x1234);
	put_64(MODULES + 16, 0x3100);
	put_64(MODULES + 32, 0x300000);
	put_64(MODULES + 40, 1);
	put_range(0, 0, 0x9fc00, 1);
	put_range(1, 0xf0000, 0x10000, 2);
	put_range(2, 0x100000, 0x7f00000, 1);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	return 0;
}

static void a_good_one_is_read(void **state)
{
	(void)state;
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(boot.version, 1);
	assert_int_equal(boot.rsdp, 0xf5b90);
	assert_int_equal(boot.command_line, 0x3000);
	assert_int_equal(boot.module_count, 2);
	assert_int_equal(boot.modules[0].base, 0x200000);
	assert_int_equal(boot.modules[0].size, 0x1234);
	assert_int_equal(boot.modules[0].command_line, 0x3100);
	assert_int_equal(boot.modules[1].base, 0x300000);
	assert_int_equal(boot.modules[1].command_line, 0);
	assert_int_equal(boot.memory_map, MAP);
	assert_int_equal(boot.memory_map_count, 3);
	assert_string_equal(capture.text, "");
}

/* What stands where version 1 has its fields is not looked at: it need not even be there. */
static void version_0_has_no_memory_map(void **state)
{
	(void)state;
	put_32(INFO + 4, 0);
	image.hole_start = INFO + 40;
	image.hole_end = INFO + 56;
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(boot.version, 0);
	assert_int_equal(boot.module_count, 2);
	assert_int_equal(boot.memory_map, 0);
	assert_int_equal(boot.memory_map_count, 0);
}

static void a_later_version_is_read_as_version_1(void **state)
{
	(void)state;
	put_32(INFO + 4, 9);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(boot.version, 9);
	assert_int_equal(boot.memory_map_count, 3);
}

static void assert_corrupt(const char *line)
{
	assert_int_equal(pvh_read(&reader, INFO, &boot), MUSTER_E_CORRUPT);
	assert_string_equal(capture.text, line);
}

static void a_wrong_magic_is_refused(void **state)
{
	(void)state;
	put_32(INFO, 0x2badb002);
	assert_corrupt("muster: pvh: magic: 0x2badb002: must be 0x336ec578\n");
}

static void what_cannot_be_read_is_refused(void **state)
{
	(void)state;
	assert_int_equal(pvh_read(&reader, 0, &boot), MUSTER_E_CORRUPT);
	assert_int_equal(pvh_read(&reader, 0x4000 - 39, &boot), MUSTER_E_CORRUPT);
	assert_int_equal(pvh_read(&reader, UINT64_MAX - 10, &boot), MUSTER_E_CORRUPT);
	assert_int_equal(capture_count("start_info at "), 3);
	assert_int_equal(capture_count("cannot be read\n"), 3);
	assert_int_equal(boot.module_count, 0);
}

static void a_cut_version_1_is_refused(void **state)
{
	(void)state;
	image.hole_start = INFO + 55;
	image.hole_end = INFO + 56;
	assert_corrupt(
		"muster: pvh: memmap_paddr: start_info at 0x1000 has version 1 and cannot be "
		"read beyond version 0\n");
}

static void too_many_modules_are_refused(void **state)
{
	(void)state;
	put_32(INFO + 12, PVH_MODULES_MAX);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(boot.module_count, PVH_MODULES_MAX);
	put_32(INFO + 12, PVH_MODULES_MAX + 1);
	assert_corrupt("muster: pvh: nr_modules: 17: at most 16 are taken\n");
	put_32(INFO + 12, UINT32_MAX);
	assert_int_equal(pvh_read(&reader, INFO, &boot), MUSTER_E_CORRUPT);
}

static void modules_nowhere_are_refused(void **state)
{
	(void)state;
	put_64(INFO + 16, 0);
	assert_corrupt("muster: pvh: modlist_paddr: 0 with 2 modules: must be an address\n");
}

static void no_modules_need_no_list(void **state)
{
	(void)state;
	put_64(INFO + 16, 0);
	put_32(INFO + 12, 0);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(boot.module_count, 0);
}

static void an_unreadable_module_is_refused(void **state)
{
	(void)state;
	put_64(INFO + 16, 0x4000 - 63);
	assert_corrupt("muster: pvh: modlist_paddr: entry 1 at 0x3fe1: cannot be read\n");
}

static void a_module_that_wraps_is_refused(void **state)
{
	(void)state;
	put_64(MODULES + 32, UINT64_MAX - 0xfff);
	put_64(MODULES + 40, 0x1000);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	put_64(MODULES + 40, 0x1001);
	assert_corrupt(
		"muster: pvh: module 1: 0x1001 bytes at 0xfffffffffffff000: must not wrap\n");
}

static void a_map_nowhere_is_refused(void **state)
{
	(void)state;
	put_64(INFO + 40, 0);
	assert_corrupt("muster: pvh: memmap_paddr: 0 with 3 entries: must be an address\n");
}

static void a_long_map_is_cut(void **state)
{
	(void)state;
	put_32(INFO + 48, PVH_MEMORY_MAP_MAX + 1);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(boot.memory_map_count, PVH_MEMORY_MAP_MAX);
	assert_string_equal(capture.text,
			    "muster: pvh: memmap_entries: 257: only the first 256 are taken\n");
}

/* What a test has been told of the map. */
struct ranges {
	unsigned int count;
	uint64_t base[8], size[8];
	uint32_t type[8];
};

static void note_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	struct ranges *ranges = context;

	assert_true(ranges->count < 8);
	ranges->base[ranges->count] = base;
	ranges->size[ranges->count] = size;
	ranges->type[ranges->count++] = type;
}

static void the_map_is_passed_on(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(pvh_memory_map_read(&reader, &boot, note_range, &ranges), 3);
	assert_int_equal(ranges.count, 3);
	assert_int_equal(ranges.base[1], 0xf0000);
	assert_int_equal(ranges.size[1], 0x10000);
	assert_int_equal(ranges.type[1], 2);
	assert_int_equal(ranges.base[2], 0x100000);
	assert_int_equal(ranges.size[2], 0x7f00000);
	assert_int_equal(ranges.type[2], 1);
}

static void a_map_that_ends_early_is_corrupt(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	put_64(INFO + 40, 0x4000 - 2 * 24 - 1);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(pvh_memory_map_read(&reader, &boot, note_range, &ranges),
			 MUSTER_E_CORRUPT);
	assert_int_equal(ranges.count, 2);
	assert_true(capture_has("memmap_paddr: entry 2 at 0x3fff: cannot be read\n"));
}

static void no_map_is_corrupt(void **state)
{
	struct ranges ranges = { 0 };

	(void)state;
	put_32(INFO + 48, 0);
	assert_int_equal(pvh_read(&reader, INFO, &boot), 0);
	assert_int_equal(pvh_memory_map_read(&reader, &boot, note_range, &ranges),
			 MUSTER_E_CORRUPT);
	assert_true(capture_has("no memory map\n"));
	assert_int_equal(ranges.count, 0);
}

static void strings_are_copied(void **state)
{
	char text[16];

	(void)state;
	memory_image_put(&image, 0x303a, "console=hvc0", 13);
	assert_int_equal(firmware_string_read(&reader, 0x303a, text, sizeof(text)), 12);
	assert_string_equal(text, "console=hvc0");
	assert_int_equal(firmware_string_read(&reader, 0x303a, text, 13), 12);
	assert_int_equal(firmware_string_read(&reader, 0x3046, text, 1), 0);
	assert_string_equal(text, "");
	assert_string_equal(capture.text, "");
}

static void strings_that_do_not_fit_are_cut(void **state)
{
	char text[16] = "0123456789abcde";

	(void)state;
	memory_image_put(&image, 0x303a, "console=hvc0", 13);
	assert_int_equal(firmware_string_read(&reader, 0x303a, text, 12), MUSTER_E_INVALID);
	assert_string_equal(text, "console=hvc");
	assert_int_equal(text[12], 'c');
	assert_true(capture_has("string at 0x303a: "));
	text[0] = '#';
	assert_int_equal(firmware_string_read(&reader, 0x303a, text, 0), MUSTER_E_INVALID);
	assert_int_equal(text[0], '#');
}

static void strings_at_the_end_of_memory(void **state)
{
	char text[64];

	(void)state;
	memory_image_put(&image, 0x4000 - 6, "quiet", 6);
	assert_int_equal(firmware_string_read(&reader, 0x4000 - 6, text, sizeof(text)), 5);
	assert_string_equal(text, "quiet");
	/* Memory that ends within the piece that is read at once, behind the string and in it. */
	image.size -= 3;
	memory_image_put(&image, 0x4000 - 9, "quiet", 6);
	assert_int_equal(firmware_string_read(&reader, 0x4000 - 9, text, sizeof(text)), 5);
	assert_string_equal(text, "quiet");
	memory_image_put(&image, 0x4000 - 8, "quiet", 5);
	assert_int_equal(firmware_string_read(&reader, 0x4000 - 8, text, sizeof(text)),
			 MUSTER_E_INVALID);
	assert_string_equal(text, "quiet");
	assert_int_equal(firmware_string_read(&reader, 0x10, text, sizeof(text)), MUSTER_E_INVALID);
	assert_string_equal(text, "");
	assert_int_equal(firmware_string_read(&reader, UINT64_MAX, text, sizeof(text)),
			 MUSTER_E_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_one_is_read),
		TEST(version_0_has_no_memory_map),
		TEST(a_later_version_is_read_as_version_1),
		TEST(a_wrong_magic_is_refused),
		TEST(what_cannot_be_read_is_refused),
		TEST(a_cut_version_1_is_refused),
		TEST(too_many_modules_are_refused),
		TEST(modules_nowhere_are_refused),
		TEST(no_modules_need_no_list),
		TEST(an_unreadable_module_is_refused),
		TEST(a_module_that_wraps_is_refused),
		TEST(a_map_nowhere_is_refused),
		TEST(a_long_map_is_cut),
		TEST(the_map_is_passed_on),
		TEST(a_map_that_ends_early_is_corrupt),
		TEST(no_map_is_corrupt),
		TEST(strings_are_copied),
		TEST(strings_that_do_not_fit_are_cut),
		TEST(strings_at_the_end_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
