// SPDX-License-Identifier: MIT
/*
 * EFI's memory descriptors and its way from the system table to ACPI, good and wrong. By offsets, as
 * the UEFI Specification 2.10 draws them.
 */
#include "firmware/efi.h"
#include "tests/unit/console_capture.h"
#include "tests/unit/memory_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE 0x10000u
#define ROOM 0x1000u

static struct memory_image image;
static struct firmware_reader reader = { memory_image_read, &image };

static void put_32(uint64_t at, uint32_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_64(uint64_t at, uint64_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = BASE, .size = ROOM };
	image.bytes = calloc(1, ROOM);
	assert_non_null(image.bytes);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	return 0;
}

static void put_descriptor(uint64_t at, uint32_t type, uint64_t base, uint64_t pages,
			   uint64_t attribute)
{
	put_32(at, type);
	put_64(at + 8, base);
	put_64(at + 24, pages);
	put_64(at + 32, attribute);
}

static void efi_types(void **state)
{
	/* UEFI 2.10, 7.2.1, and what each is to us. */
	static const uint32_t expected[] = { 2, 1, 1, 1, 1, 2, 2, 1, 5, 3, 4, 2, 2, 2, 2 };
	struct efi_range range;

	(void)state;
	for (uint32_t type = 0; type < 15; type++) {
		put_descriptor(BASE, type, 0x100000, 3, 0xf);
		assert_true(efi_range_read(&reader, BASE, &range));
		assert_int_equal(range.base, 0x100000);
		assert_int_equal(range.size, 0x3000);
		assert_int_equal(range.type, expected[type]);
	}
	/* EFI_MEMORY_SP: RAM that somebody else has plans for. */
	put_descriptor(BASE, 7, 0x100000, 3, 0x4000f);
	assert_true(efi_range_read(&reader, BASE, &range));
	assert_int_equal(range.type, 2);
}

static void efi_ranges_that_wrap(void **state)
{
	struct efi_range range;

	(void)state;
	put_descriptor(BASE, 7, 0x100000, UINT64_C(1) << 52, 0);
	assert_true(efi_range_read(&reader, BASE, &range));
	assert_int_equal(range.size, 0);
	put_descriptor(BASE, 7, UINT64_MAX - 0xfff, 2, 0);
	assert_true(efi_range_read(&reader, BASE, &range));
	assert_int_equal(range.size, 0);
	assert_int_equal(capture_count("must not wrap"), 2);
	assert_false(efi_range_read(&reader, BASE + ROOM - 39, &range));
}

#define TABLE  (BASE + 0x100)
#define CONFIG (BASE + 0x200)

static const uint8_t guid_2[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
				    0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const uint8_t guid_1[16] = { 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
				    0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };

static void put_system_table(uint64_t count)
{
	memory_image_put(&image, TABLE, "IBI SYST", 8);
	put_64(TABLE + 104, count);
	put_64(TABLE + 112, CONFIG);
}

static void efi_names_acpi(void **state)
{
	(void)state;
	put_system_table(3);
	memory_image_put(&image, CONFIG + 24, guid_1, 16);
	put_64(CONFIG + 40, 0x1111);
	assert_int_equal(efi_rsdp_find(&reader, TABLE), 0x1111);
	memory_image_put(&image, CONFIG + 48, guid_2, 16);
	put_64(CONFIG + 64, 0x2222);
	assert_int_equal(efi_rsdp_find(&reader, TABLE), 0x2222);
	assert_string_equal(capture.text, "");
	/* Behind the last one. */
	put_64(TABLE + 104, 2);
	assert_int_equal(efi_rsdp_find(&reader, TABLE), 0x1111);
	put_64(TABLE + 104, 1);
	assert_int_equal(efi_rsdp_find(&reader, TABLE), 0);
	assert_true(capture_has("names no ACPI table"));
}

static void efi_tables_that_are_none(void **state)
{
	(void)state;
	put_system_table(UINT64_MAX);
	put_64(TABLE + 112, BASE + ROOM - 30);
	assert_int_equal(efi_rsdp_find(&reader, TABLE), 0);
	assert_true(capture_has("only the first 256"));
	assert_true(capture_has("entry 1 cannot be read"));
	put_64(TABLE, 1);
	assert_int_equal(efi_rsdp_find(&reader, TABLE), 0);
	assert_true(capture_has("signature: 0x1: must be"));
	assert_int_equal(efi_rsdp_find(&reader, 8), 0);
	assert_int_equal(efi_rsdp_find(&reader, UINT64_MAX - 3), 0);
	assert_int_equal(capture_count("system table at 0xfffffffffffffffc: cannot be read"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(efi_types),
		TEST(efi_ranges_that_wrap),
		TEST(efi_names_acpi),
		TEST(efi_tables_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
