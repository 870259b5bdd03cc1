// SPDX-License-Identifier: MIT
/*
 * Linux's struct boot_params: what kexec-tools really gave, and every field wrong in turn. Fields by
 * their offsets as Linux's Documentation/arch/x86/zero-page.rst and boot.rst have them, and not by
 * the C types that the code under test uses.
 */
#include "firmware/linux_boot.h"
#include "tests/unit/boot_dump.h"
#include "tests/unit/console_capture.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define KEXEC	    "tests/fuzz/corpus/linux_boot/kexec"
#define PARAMS	    DUMP_BASE
#define RSDP	    (PARAMS + 0x070)
#define EXT_RAMDISK (PARAMS + 0x0c0)
#define EXT_SIZE    (PARAMS + 0x0c4)
#define EXT_LINE    (PARAMS + 0x0c8)
#define EFI	    (PARAMS + 0x1c0)
#define ENTRIES	    (PARAMS + 0x1e8)
#define SENTINEL    (PARAMS + 0x1ef)
#define MAGIC	    (PARAMS + 0x202)
#define VERSION	    (PARAMS + 0x206)
#define RAMDISK	    (PARAMS + 0x218)
#define SIZE	    (PARAMS + 0x21c)
#define LINE	    (PARAMS + 0x228)
#define SETUP_DATA  (PARAMS + 0x250)
#define TABLE	    (PARAMS + 0x2d0)
#define NODE	    (PARAMS + 0x1000) /* behind it: for setup_data */

static struct memory_image image;
static struct firmware_reader reader = { memory_image_read, &image };
static struct linux_boot boot;

static void put_32(uint64_t at, uint32_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_64(uint64_t at, uint64_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_8(uint64_t at, uint8_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

/* What kexec-tools gave, with what it had elsewhere in memory taken off. */
static int begin(void **state)
{
	(void)state;
	capture_begin();
	assert_int_equal(dump_load(&image, KEXEC), 4096);
	put_64(SETUP_DATA, 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	return 0;
}

static int read_it(void)
{
	capture_begin();
	return linux_boot_read(&reader, PARAMS, &boot);
}

static int read_map(struct seen_ranges *seen)
{
	*seen = (struct seen_ranges){ 0 };
	return linux_boot_memory_map_read(&reader, &boot, see_range, seen);
}

static void kexec_tools(void **state)
{
	struct seen_ranges seen;

	(void)state;
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.version, 0x206);
	assert_int_equal(boot.rsdp, 0xf59d0);
	assert_string_equal((char *)memory_image_at(&image, PARAMS + boot.command_line),
			    "test=all timeout=5000");
	assert_int_equal(boot.ramdisk_size, 12345);
	assert_int_equal(boot.ramdisk, 0xffdc000);
	assert_int_equal(boot.efi_system_table, 0);
	assert_int_equal(read_map(&seen), 9);
	assert_in_range(seen.total[BOOT_RANGE_RAM], 0xff00000, 0x10000000);
	assert_string_equal(capture.text, "");
}

static void expect_corrupt(const char *part)
{
	assert_int_equal(read_it(), MUSTER_E_CORRUPT);
	if (!capture_has(part))
		fail_msg("\"%s\" does not hold \"%s\"", capture.text, part);
}

static void a_wrong_signature_is_refused(void **state)
{
	(void)state;
	put_8(MAGIC, 'h');
	expect_corrupt("header: 0x53726468: must be 0x53726448");
}

static void an_old_protocol_is_refused(void **state)
{
	(void)state;
	put_8(VERSION, 5);
	expect_corrupt("version: 0x205: must be at least 0x206");
}

static void what_cannot_be_read_is_refused(void **state)
{
	static const struct {
		uint64_t at;
		const char *name;
	} fields[] = { { MAGIC, "hdr" },
		       { SENTINEL, "sentinel" },
		       { EXT_LINE, "ext_" },
		       { RSDP, "acpi_rsdp_addr" },
		       { ENTRIES, "e820_entries" } };

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		image.hole_start = fields[i].at;
		image.hole_end = fields[i].at + 1;
		expect_corrupt(fields[i].name);
	}
	assert_int_equal(linux_boot_read(&reader, 0, &boot), MUSTER_E_CORRUPT);
	assert_int_equal(linux_boot_read(&reader, UINT64_MAX - 100, &boot), MUSTER_E_CORRUPT);
}

static void addresses_above_4_gib(void **state)
{
	(void)state;
	put_32(EXT_RAMDISK, 3);
	put_32(EXT_SIZE, 1);
	put_32(EXT_LINE, 2);
	put_32(LINE, 0x1000);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.ramdisk, 0x30ffdc000);
	assert_int_equal(boot.ramdisk_size, 0x100003039);
	assert_int_equal(boot.command_line, 0x200001000);
}

static void a_sentinel_forbids_upper_halves(void **state)
{
	(void)state;
	put_32(EXT_LINE, 2);
	put_32(EXT_RAMDISK, 3);
	put_8(SENTINEL, 0xff);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.command_line, 0xeec);
	assert_int_equal(boot.ramdisk, 0xffdc000);
	assert_true(capture_has("sentinel: 0xff: must be 0"));
}

static void a_ramdisk_that_wraps_is_left_out(void **state)
{
	(void)state;
	put_32(EXT_RAMDISK, UINT32_MAX);
	put_32(RAMDISK, 0xfffff000);
	put_32(SIZE, 0x1001);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.ramdisk_size, 0);
	assert_true(capture_has("ramdisk: 0x1001 bytes at 0xfffffffffffff000: must not wrap"));
	put_32(SIZE, 0x1000);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.ramdisk_size, 0x1000);
}

static void an_efi_of_64_bits(void **state)
{
	(void)state;
	memory_image_put(&image, EFI, "EL32", 4);
	put_32(EFI + 4, 0x1234);
	put_32(EFI + 24, 0x5);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.efi_system_table, 0);
	memory_image_put(&image, EFI, "EL64", 4);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.efi_system_table, 0x500001234);
}

static void more_entries_than_there_is_room(void **state)
{
	struct seen_ranges seen;

	(void)state;
	put_8(ENTRIES, 255);
	assert_int_equal(read_it(), 0);
	assert_true(capture_has("e820_entries: 255: only 128 have room"));
	assert_int_equal(read_map(&seen), 128);
}

static void no_entries(void **state)
{
	struct seen_ranges seen;

	(void)state;
	put_8(ENTRIES, 0);
	assert_int_equal(read_it(), 0);
	assert_int_equal(read_map(&seen), MUSTER_E_CORRUPT);
	assert_true(capture_has("e820_entries: 0: there must be a memory map"));
}

static void an_entry_that_cannot_be_read(void **state)
{
	struct seen_ranges seen;

	(void)state;
	assert_int_equal(read_it(), 0);
	image.hole_start = TABLE + 2 * 20;
	image.hole_end = TABLE + 2 * 20 + 1;
	assert_int_equal(read_map(&seen), MUSTER_E_CORRUPT);
	assert_int_equal(seen.count, 2);
}

static void put_node(uint64_t at, uint64_t next, uint32_t type, uint32_t length)
{
	put_64(at, next);
	put_32(at + 8, type);
	put_32(at + 12, length);
}

static void more_memory_in_setup_data(void **state)
{
	struct seen_ranges seen;

	(void)state;
	put_64(SETUP_DATA, NODE);
	put_node(NODE, NODE + 0x100, 9, 32); /* not ours */
	put_node(NODE + 0x100, 0, 1, 40);
	put_64(NODE + 0x110, 0x100000000);
	put_64(NODE + 0x118, 0x40000000);
	put_32(NODE + 0x120, 1);
	put_64(NODE + 0x124, 0x140000000);
	put_64(NODE + 0x12c, 0x2000);
	put_32(NODE + 0x134, 3);
	assert_int_equal(read_it(), 0);
	assert_int_equal(read_map(&seen), 11);
	assert_int_equal(seen.last_base, 0x140000000);
	assert_int_equal(seen.last_size, 0x2000);
	assert_int_equal(seen.last_type, 3);
	assert_string_equal(capture.text, "");
	/* A piece of an entry is named, and is none. */
	put_32(NODE + 0x10c, 39);
	assert_int_equal(read_it(), 0);
	assert_int_equal(read_map(&seen), 10);
	assert_true(capture_has("len: 39: must be a multiple of 20"));
}

static void setup_data_in_a_ring(void **state)
{
	struct seen_ranges seen;

	(void)state;
	put_64(SETUP_DATA, NODE);
	put_node(NODE, NODE + 0x100, 9, 0);
	put_node(NODE + 0x100, NODE, 9, 0);
	assert_int_equal(read_it(), 0);
	assert_int_equal(capture_count("more than 64 nodes"), 1);
	/* The same memory again and again: it ends, and what came first stands. */
	put_node(NODE + 0x100, NODE, 1, 20);
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.map_count, LINUX_BOOT_MAPS_MAX);
	assert_int_equal(read_map(&seen), 9 + LINUX_BOOT_MAPS_MAX - 1);
}

static void setup_data_too_much(void **state)
{
	struct seen_ranges seen;

	(void)state;
	put_64(SETUP_DATA, NODE);
	put_node(NODE, 0, 1, 20 * 1000);
	assert_int_equal(read_it(), 0);
	assert_true(capture_has("1000 entries: no room for all of them"));
	assert_int_equal(read_map(&seen), LINUX_BOOT_MEMORY_MAP_MAX);
}

static void setup_data_nowhere(void **state)
{
	struct seen_ranges seen;

	(void)state;
	put_64(SETUP_DATA, 8);
	assert_int_equal(read_it(), 0);
	assert_true(capture_has("setup_data: node 0 at 0x8: cannot be read"));
	put_64(SETUP_DATA, UINT64_MAX - 3);
	assert_int_equal(read_it(), 0);
	assert_true(capture_has("node 0 at 0xfffffffffffffffc"));
	/* Entries that are not there are found out when the map is walked. */
	put_64(SETUP_DATA, PARAMS + DUMP_ROOM - 16);
	put_node(PARAMS + DUMP_ROOM - 16, 0, 1, 20);
	assert_int_equal(read_it(), 0);
	assert_int_equal(read_map(&seen), MUSTER_E_CORRUPT);
	assert_int_equal(seen.count, 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kexec_tools),
		TEST(a_wrong_signature_is_refused),
		TEST(an_old_protocol_is_refused),
		TEST(what_cannot_be_read_is_refused),
		TEST(addresses_above_4_gib),
		TEST(a_sentinel_forbids_upper_halves),
		TEST(a_ramdisk_that_wraps_is_left_out),
		TEST(an_efi_of_64_bits),
		TEST(more_entries_than_there_is_room),
		TEST(no_entries),
		TEST(an_entry_that_cannot_be_read),
		TEST(more_memory_in_setup_data),
		TEST(setup_data_in_a_ring),
		TEST(setup_data_too_much),
		TEST(setup_data_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
