// SPDX-License-Identifier: MIT
/*
 * Multiboot2 boot information: what GRUB gave under SeaBIOS and under OVMF, and one made by hand with
 * every field wrong in turn.
 */
#include "firmware/multiboot2.h"
#include "tests/unit/boot_dump.h"
#include "tests/unit/console_capture.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SEABIOS "tests/fuzz/corpus/multiboot2/grub-seabios"
#define OVMF	"tests/fuzz/corpus/multiboot2/grub-ovmf"
#define INFO	DUMP_BASE

static struct memory_image image;
static struct firmware_reader reader = { memory_image_read, &image };
static struct multiboot2_boot boot;
static uint32_t used; /* bytes of the information that is being made */

static void put_32(uint64_t at, uint32_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_64(uint64_t at, uint64_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static int load(const char *path)
{
	free(image.bytes);
	dump_load(&image, path);
	capture_begin();
	return multiboot2_read(&reader, INFO, &boot);
}

/* Put a tag's head and leave room for what it holds; returns where that begins. */
static uint64_t tag(uint32_t type, uint32_t held)
{
	uint64_t at = INFO + used;

	put_32(at, type);
	put_32(at + 4, 8 + held);
	used += (8 + held + 7) / 8 * 8;
	put_32(INFO, used + 8);
	put_32(INFO + used, 0);
	put_32(INFO + used + 4, 8);
	return at + 8;
}

/* Empty but for the end tag. */
static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = DUMP_BASE, .size = DUMP_ROOM };
	image.bytes = calloc(1, DUMP_ROOM);
	assert_non_null(image.bytes);
	used = 8;
	put_32(INFO, 16);
	put_32(INFO + 12, 8);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	image.bytes = NULL;
	return 0;
}

static int read_it(void)
{
	capture_begin();
	return multiboot2_read(&reader, INFO, &boot);
}

static int read_map(struct seen_ranges *seen)
{
	*seen = (struct seen_ranges){ 0 };
	return multiboot2_memory_map_read(&reader, &boot, see_range, seen);
}

static void grub_under_seabios(void **state)
{
	struct seen_ranges seen;

	(void)state;
	assert_int_equal(load(SEABIOS), 0);
	assert_int_equal(boot.size, 0x448);
	assert_string_equal((char *)memory_image_at(&image, boot.command_line),
			    "test=all timeout=5000");
	assert_memory_equal(memory_image_at(&image, boot.rsdp), "RSD PTR ", 8);
	assert_int_equal(boot.efi_system_table, 0);
	assert_int_equal(boot.module_count, 0);
	assert_int_equal(read_map(&seen), 9);
	assert_int_equal(seen.count, 9);
	/* 256 MiB, without what the BIOS keeps. */
	assert_in_range(seen.total[BOOT_RANGE_RAM], 0xff00000, 0x10000000);
	assert_string_equal(capture.text, "");
}

static void grub_under_ovmf(void **state)
{
	struct seen_ranges seen, efi;

	(void)state;
	assert_int_equal(load(OVMF), 0);
	assert_memory_equal(memory_image_at(&image, boot.rsdp), "RSD PTR ", 8);
	/* The copy of ACPI 2.0's, although the one of 1.0's comes first. */
	assert_int_equal(memory_image_at(&image, boot.rsdp)[15], 2);
	assert_true(boot.efi_system_table > 0x1000000);
	assert_int_equal(read_map(&seen), 19);
	assert_true(seen.total[BOOT_RANGE_ACPI] > 0);
	assert_true(seen.total[BOOT_RANGE_NVS] > 0);
	assert_true(seen.total[BOOT_RANGE_RESERVED] > 0);
	/* EFI's own map, with descriptors of 48 bytes, says the same of RAM. */
	boot.memory_map.count = 0;
	assert_int_equal(boot.efi_memory_map.entry_size, 48);
	assert_int_equal(read_map(&efi), (7024 - 16) / 48);
	assert_int_equal(efi.total[BOOT_RANGE_RAM], seen.total[BOOT_RANGE_RAM]);
	assert_int_equal(efi.total[BOOT_RANGE_ACPI], seen.total[BOOT_RANGE_ACPI]);
	assert_int_equal(efi.total[BOOT_RANGE_NVS], seen.total[BOOT_RANGE_NVS]);
	assert_string_equal(capture.text, "");
}

static void nothing_in_it(void **state)
{
	struct seen_ranges seen;

	(void)state;
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.command_line, 0);
	assert_int_equal(boot.rsdp, 0);
	assert_int_equal(boot.module_count, 0);
	assert_int_equal(read_map(&seen), MUSTER_E_CORRUPT);
	assert_true(capture_has("no memory map (tag 6 or 17)"));
}

static void expect_corrupt(const char *part)
{
	assert_int_equal(read_it(), MUSTER_E_CORRUPT);
	if (!capture_has(part))
		fail_msg("\"%s\" does not hold \"%s\"", capture.text, part);
}

static void sizes_that_cannot_be(void **state)
{
	(void)state;
	put_32(INFO, 15);
	expect_corrupt("total_size: 15: must be 16 to");
	put_32(INFO, MULTIBOOT2_SIZE_MAX + 1);
	expect_corrupt("total_size");
	/* A good one, but for its address. */
	put_32(INFO + 4, 16);
	put_32(INFO + 12, 0);
	put_32(INFO + 16, 8);
	assert_int_equal(multiboot2_read(&reader, INFO + 4, &boot), MUSTER_E_CORRUPT);
	assert_int_equal(multiboot2_read(&reader, 0, &boot), MUSTER_E_CORRUPT);
	assert_int_equal(multiboot2_read(&reader, UINT64_MAX - 7, &boot), MUSTER_E_CORRUPT);
}

static void no_end_tag(void **state)
{
	(void)state;
	put_32(INFO + 8, 99);
	expect_corrupt("no end tag");
	/* Its padding, and not it itself, runs over the end. */
	put_32(INFO, 19);
	put_32(INFO + 12, 11);
	expect_corrupt("no end tag");
}

/* A tag of length 0 would be walked for ever. */
static void tags_of_impossible_sizes(void **state)
{
	(void)state;
	for (uint32_t size = 0; size < 8; size++) {
		put_32(INFO + 12, size);
		expect_corrupt("too short for a tag");
	}
	put_32(INFO + 12, 9);
	expect_corrupt("runs over the end");
	put_32(INFO + 12, UINT32_MAX);
	expect_corrupt("runs over the end");
	put_32(INFO + 8, 99);
	expect_corrupt("runs over the end");
}

static void a_tag_that_cannot_be_read(void **state)
{
	(void)state;
	image.size = 12;
	expect_corrupt("tag at 0x10008: cannot be read");
}

static void tags_too_short_for_their_type(void **state)
{
	static const struct {
		uint32_t type, least;
	} types[] = { { 1, 1 }, { 3, 9 }, { 6, 8 }, { 12, 8 }, { 14, 20 }, { 15, 36 }, { 17, 8 } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		end(state);
		begin(state);
		tag(types[i].type, types[i].least - 1);
		expect_corrupt("too short for its type");
	}
}

static void a_string_without_end(void **state)
{
	uint64_t at = tag(1, 5);

	(void)state;
	memory_image_put(&image, at, "a=b c", 5);
	expect_corrupt("its string must end in it");
	memory_image_put(&image, at, "a=b\0", 5);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.command_line, at);
}

static void the_first_command_line_counts(void **state)
{
	uint64_t first = tag(1, 2);

	(void)state;
	tag(1, 2);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.command_line, first);
}

static void modules(void **state)
{
	uint64_t at = tag(3, 8 + 6);

	(void)state;
	put_32(at, 0x300000);
	put_32(at + 4, 0x300123);
	memory_image_put(&image, at + 8, "first", 6);
	at = tag(3, 8 + 1);
	put_32(at, 0xfffff000);
	put_32(at + 4, 0xffffffff);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.module_count, 2);
	assert_int_equal(boot.modules[0].base, 0x300000);
	assert_int_equal(boot.modules[0].size, 0x123);
	assert_string_equal((char *)memory_image_at(&image, boot.modules[0].command_line), "first");
	assert_int_equal(boot.modules[1].size, 0xfff);
	put_32(at + 4, 0xffffefff);
	expect_corrupt("must not end before it starts");
}

static void too_many_modules(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MULTIBOOT2_MODULES_MAX; i++)
		tag(3, 9);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.module_count, MULTIBOOT2_MODULES_MAX);
	tag(3, 9);
	expect_corrupt("more than 16 modules");
}

static uint64_t map(uint32_t type, uint32_t entry_size, uint32_t bytes)
{
	uint64_t at = tag(type, 8 + bytes);

	put_32(at, entry_size);
	return at + 8;
}

static void entries_longer_than_known(void **state)
{
	uint64_t at = map(6, 40, 80);
	struct seen_ranges seen;

	(void)state;
	put_64(at, 0);
	put_64(at + 8, 0x9f000);
	put_32(at + 16, 1);
	put_64(at + 40, 0x100000);
	put_64(at + 48, 0x700000);
	put_32(at + 56, 3);
	assert_int_equal(read_it(), 0);
	assert_int_equal(read_map(&seen), 2);
	assert_int_equal(seen.total[1], 0x9f000);
	assert_int_equal(seen.last_base, 0x100000);
	assert_int_equal(seen.last_size, 0x700000);
	assert_int_equal(seen.last_type, 3);
}

static void entry_sizes_that_cannot_be(void **state)
{
	static const uint32_t wrong[] = { 0, 8, 16, 23, 25, 28, UINT32_MAX };
	uint64_t at = map(6, 24, 24);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put_32(at - 8, wrong[i]);
		expect_corrupt("its entries are too short, or no multiple of 8");
	}
	/* EFI's are longer. */
	put_32(at - 16, 17);
	put_32(at - 8, 32);
	expect_corrupt("too short");
}

static void a_map_with_a_piece_at_its_end(void **state)
{
	struct seen_ranges seen;

	(void)state;
	map(6, 24, 24 + 10);
	assert_int_equal(read_it(), 0);
	assert_true(capture_has("10 bytes at its end are no whole entry of 24"));
	assert_int_equal(read_map(&seen), 1);
}

static void a_long_map_is_cut(void **state)
{
	struct seen_ranges seen;

	(void)state;
	map(6, 24, 24 * (MULTIBOOT2_MEMORY_MAP_MAX + 3));
	assert_int_equal(read_it(), 0);
	assert_true(capture_has("515 entries: only the first 512"));
	assert_int_equal(read_map(&seen), MULTIBOOT2_MEMORY_MAP_MAX);
}

static void a_map_that_cannot_be_read(void **state)
{
	uint64_t at = map(6, 24, 72);
	struct seen_ranges seen;

	(void)state;
	assert_int_equal(read_it(), 0);
	image.hole_start = at + 24;
	image.hole_end = at + 25;
	assert_int_equal(read_map(&seen), MUSTER_E_CORRUPT);
	assert_int_equal(seen.count, 1);
	assert_true(capture_has("memory map: entry 1 at"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(grub_under_seabios),
		TEST(grub_under_ovmf),
		TEST(nothing_in_it),
		TEST(sizes_that_cannot_be),
		TEST(no_end_tag),
		TEST(tags_of_impossible_sizes),
		TEST(a_tag_that_cannot_be_read),
		TEST(tags_too_short_for_their_type),
		TEST(a_string_without_end),
		TEST(the_first_command_line_counts),
		TEST(modules),
		TEST(too_many_modules),
		TEST(entries_longer_than_known),
		TEST(entry_sizes_that_cannot_be),
		TEST(a_map_with_a_piece_at_its_end),
		TEST(a_long_map_is_cut),
		TEST(a_map_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
