// SPDX-License-Identifier: MIT
/*
 * The park page and the handover record that another kernel left: a good one, and every field wrong in turn.
 */
#include "firmware/park_read.h"
#include "tests/unit/console_capture.h"
#include "tests/unit/memory_image.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* By the offsets of docs/park.md, and not by the C types, which are what the code under test uses. */
#define BASE	0x100000u
#define SIZE	0x4000u
#define SLOTS	0x101000u
#define SLOT	512u
#define RECORD	0x103000u
#define ENTRIES 2u
#define BYTES	(64u + 32u * ENTRIES)
#define MACHINE 62u

static struct memory_image image;
static const struct firmware_reader reader = { memory_image_read, &image };
static struct park_found found;

static void put_16(uint64_t at, uint16_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_32(uint64_t at, uint32_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

static void put_64(uint64_t at, uint64_t value)
{
	memory_image_put(&image, at, &value, sizeof(value));
}

/* FNV-1a, as published. */
static uint64_t sum_of(uint64_t at, size_t size)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ *memory_image_at(&image, at + i)) * UINT64_C(1099511628211);
	return sum;
}

static void sum_page(void)
{
	put_64(BASE + 72, sum_of(BASE, 72));
}

static void sum_record(void)
{
	put_64(RECORD + 48, 0);
	put_64(RECORD + 48, sum_of(RECORD, BYTES));
}

static void put_slot(uint32_t i, uint64_t hwid, uint32_t state)
{
	put_64(SLOTS + i * SLOT, hwid);
	put_32(SLOTS + i * SLOT + 8, state);
}

static void put_entry(uint32_t i, uint32_t kind, uint64_t hwid, uint64_t address, uint64_t size)
{
	put_32(RECORD + 64 + 32 * i, kind);
	put_64(RECORD + 64 + 32 * i + 8, hwid);
	put_64(RECORD + 64 + 32 * i + 16, address);
	put_64(RECORD + 64 + 32 * i + 24, size);
}

/* A region with four slots, three CPUs in them, and a record of two entries. */
static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = BASE, .size = SIZE };
	image.bytes = calloc(1, SIZE);
	assert_non_null(image.bytes);
	memory_image_put(&image, BASE, "MUSTPARK", 8);
	put_16(BASE + 8, 1);
	put_16(BASE + 10, 1);
	put_32(BASE + 12, MACHINE);
	put_64(BASE + 16, BASE);
	put_64(BASE + 24, SIZE);
	put_64(BASE + 32, UINT64_C(1) << 32);
	put_64(BASE + 40, RECORD);
	put_32(BASE + 48, BYTES);
	put_32(BASE + 52, 4);
	put_64(BASE + 56, SLOTS);
	put_32(BASE + 64, SLOT);
	sum_page();
	put_32(BASE + 256, 0x80000003);
	put_32(BASE + 384, 3);
	put_slot(0, 6, 1);
	put_slot(1, 2, 1);
	put_slot(2, 4, 1);
	memory_image_put(&image, RECORD, "MUSTHAND", 8);
	put_16(RECORD + 8, 1);
	put_16(RECORD + 10, 1);
	put_32(RECORD + 12, BYTES);
	put_32(RECORD + 16, ENTRIES);
	put_32(RECORD + 20, 32);
	put_32(RECORD + 24, 7);
	put_32(RECORD + 28, 5);
	put_64(RECORD + 40, 12345);
	put_entry(0, 1, 6, 0x7000, 64);
	put_entry(1, 2, UINT64_MAX, 0x8000, 4096);
	sum_record();
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
	return park_read(&reader, BASE, SIZE, MACHINE, &found);
}

static void a_good_one_is_read(void **state)
{
	struct handover_entry entry;
	struct park_slot slot;

	(void)state;
	assert_int_equal(read_it(), 0);
	assert_int_equal(capture_count("muster:"), 0);
	assert_int_equal(found.parked, 3);
	assert_true(found.has_record);
	assert_int_equal(found.record.generation, 7);
	assert_int_equal(found.record.online, 5);
	assert_int_equal(found.record.free_bytes, 12345);
	assert_true(park_read_slot(&reader, &found, 2, &slot));
	assert_int_equal(slot.hwid, 4);
	assert_int_equal(slot.state, PARK_SLOT_PARKED);
	assert_false(park_read_slot(&reader, &found, 4, &slot));
	assert_true(park_read_entry(&reader, &found, 1, &entry));
	assert_int_equal(entry.kind, HANDOVER_XEN_SHARED_INFO);
	assert_true(entry.hwid == HANDOVER_NO_CPU);
	assert_int_equal(entry.address, 0x8000);
	assert_int_equal(entry.size, 4096);
	assert_false(park_read_entry(&reader, &found, 2, &entry));
}

static void one_without_a_record_is_read(void **state)
{
	struct handover_entry entry;

	(void)state;
	put_64(BASE + 40, 0);
	sum_page();
	assert_int_equal(read_it(), 0);
	assert_false(found.has_record);
	assert_false(park_read_entry(&reader, &found, 0, &entry));
}

static void a_later_revision_that_is_compatible_is_read(void **state)
{
	(void)state;
	put_16(BASE + 8, 9);
	sum_page();
	put_16(RECORD + 8, 9);
	sum_record();
	assert_int_equal(read_it(), 0);
}

struct fault {
	uint64_t at;
	uint32_t width;
	uint64_t value;
	const char *says;
};

static void put(const struct fault *fault)
{
	if (fault->width == 2)
		put_16(fault->at, (uint16_t)fault->value);
	else if (fault->width == 4)
		put_32(fault->at, (uint32_t)fault->value);
	else
		put_64(fault->at, fault->value);
}

static void each_wrong_field_is_named(void **state)
{
	static const struct fault faults[] = {
		{ BASE, 8, 0, "magic" },
		{ BASE + 10, 2, 2, "compatible: 0x2" },
		{ BASE + 8, 2, 0, "compatible: 0x1" },
		{ BASE + 12, 4, 21, "machine: 0x15" },
		{ BASE + 16, 8, 0x200000, "base: 0x200000" },
		{ BASE + 24, 8, 0x5000, "size: 0x5000" },
		{ BASE + 32, 8, BASE + SIZE - 1, "identity_end" },
		{ BASE + 64, 4, 63, "slot_size: 0x3f" },
		{ BASE + 64, 4, 68, "slot_size: 0x44" },
		{ BASE + 64, 4, 8192, "slot_size: 0x2000" },
		{ BASE + 52, 4, 0x100001, "slot_count" },
		{ BASE + 52, 4, 25, "slots: 0x101000" },
		{ BASE + 56, 8, SLOTS + 4, "slots: 0x101004" },
		{ BASE + 56, 8, BASE, "slots: 0x100000" },
		{ BASE + 56, 8, UINT64_MAX - 7, "slots: 0xfffffffffffffff8" },
		{ BASE + 40, 8, RECORD + 1, "record: 0x103001" },
		{ BASE + 40, 8, BASE, "record: 0x100000" },
		{ BASE + 40, 8, BASE + SIZE - 64, "record: 0x103fc0" },
		{ BASE + 48, 4, 63, "record: 0x103000" },
		{ BASE + 48, 4, 0xffffffff, "record: 0x103000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		end(NULL);
		begin(NULL);
		put(&faults[i]);
		sum_page();
		assert_int_equal(read_it(), MUSTER_E_CORRUPT);
		assert_true(capture_has(faults[i].says));
	}
}

static void each_wrong_word_is_named(void **state)
{
	static const struct fault faults[] = {
		{ BASE + 72, 8, 0, "sum" },	     { BASE + 128, 8, 0x9000, "release: 0x9000" },
		{ BASE + 512, 4, 1, "left: 0x1" },   { BASE + 256, 4, 3, "entered: 0x3" },
		{ BASE + 384, 4, 2, "parked: 0x2" }, { SLOTS + 8, 4, 2, "parked: 0x3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		end(NULL);
		begin(NULL);
		put(&faults[i]);
		assert_int_equal(read_it(), MUSTER_E_CORRUPT);
		assert_true(capture_has(faults[i].says));
	}
}

static void each_wrong_field_of_the_record_is_named(void **state)
{
	static const struct fault faults[] = {
		{ RECORD, 8, 0, "record's magic" },
		{ RECORD + 10, 2, 2, "record's compatible: 0x2" },
		{ RECORD + 12, 4, BYTES + 8, "record's size" },
		{ RECORD + 20, 4, 24, "record's entry_size: 0x18" },
		{ RECORD + 20, 4, 36, "record's entry_size: 0x24" },
		{ RECORD + 16, 4, 3, "record's entry_size: 0x20" },
		{ RECORD + 16, 4, 0xffffffff, "record's entry_size" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		end(NULL);
		begin(NULL);
		put(&faults[i]);
		sum_record();
		assert_int_equal(read_it(), MUSTER_E_CORRUPT);
		assert_true(capture_has(faults[i].says));
	}
}

/* Any one byte of what the sums cover. */
static void every_byte_counts(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 80; i++) {
		*memory_image_at(&image, BASE + i) ^= 0x10;
		assert_int_equal(read_it(), MUSTER_E_CORRUPT);
		*memory_image_at(&image, BASE + i) ^= 0x10;
	}
	for (uint32_t i = 0; i < BYTES; i++) {
		*memory_image_at(&image, RECORD + i) ^= 0x10;
		assert_int_equal(read_it(), MUSTER_E_CORRUPT);
		*memory_image_at(&image, RECORD + i) ^= 0x10;
	}
	assert_int_equal(read_it(), 0);
}

static void a_region_that_cannot_be_one_is_refused(void **state)
{
	(void)state;
	assert_int_equal(park_read(&reader, BASE + 8, SIZE, MACHINE, &found), MUSTER_E_CORRUPT);
	assert_int_equal(park_read(&reader, BASE, SIZE + 1, MACHINE, &found), MUSTER_E_CORRUPT);
	assert_int_equal(park_read(&reader, BASE, 0, MACHINE, &found), MUSTER_E_CORRUPT);
	assert_int_equal(park_read(&reader, UINT64_MAX - 4095, 8192, MACHINE, &found),
			 MUSTER_E_CORRUPT);
	assert_int_equal(park_read(&reader, BASE + SIZE, SIZE, MACHINE, &found), MUSTER_E_CORRUPT);
	assert_true(capture_has("cannot be read"));
}

static void what_cannot_be_read_is_named(void **state)
{
	(void)state;
	image.hole_start = SLOTS + SLOT;
	image.hole_end = image.hole_start + 8;
	assert_int_equal(read_it(), MUSTER_E_CORRUPT);
	image.hole_start = RECORD;
	image.hole_end = RECORD + 8;
	assert_int_equal(read_it(), MUSTER_E_CORRUPT);
	image.hole_start = RECORD + 100;
	image.hole_end = RECORD + 101;
	assert_int_equal(read_it(), MUSTER_E_CORRUPT);
}

/* ppc64 says where system resets and machine checks go: within the region, for we send CPUs there. */
static void the_traps_of_ppc64_lie_in_the_region(void **state)
{
	static const uint64_t outside[] = { 0, BASE, BASE + SIZE, BASE + SIZE - 3, UINT64_MAX };

	(void)state;
	put_32(BASE + 12, 21);
	put_64(BASE + 80, BASE + 0x1000);
	put_64(BASE + 88, BASE + SIZE - 4);
	sum_page();
	assert_int_equal(park_read(&reader, BASE, SIZE, 21, &found), 0);
	for (size_t i = 0; i < 2 * sizeof(outside) / sizeof(outside[0]); i++) {
		uint64_t at = BASE + (i % 2 ? 80 : 88);

		put_64(at, outside[i / 2]);
		assert_int_equal(park_read(&reader, BASE, SIZE, 21, &found), MUSTER_E_CORRUPT);
		assert_true(capture_has("machine_check must lie in the region"));
		put_64(at, BASE + 0x1000);
	}
	assert_int_equal(park_read(&reader, BASE, SIZE, 21, &found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_one_is_read, begin, end),
		cmocka_unit_test_setup_teardown(one_without_a_record_is_read, begin, end),
		cmocka_unit_test_setup_teardown(a_later_revision_that_is_compatible_is_read, begin,
						end),
		cmocka_unit_test_setup_teardown(each_wrong_field_is_named, begin, end),
		cmocka_unit_test_setup_teardown(each_wrong_word_is_named, begin, end),
		cmocka_unit_test_setup_teardown(each_wrong_field_of_the_record_is_named, begin,
						end),
		cmocka_unit_test_setup_teardown(every_byte_counts, begin, end),
		cmocka_unit_test_setup_teardown(a_region_that_cannot_be_one_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_named, begin, end),
		cmocka_unit_test_setup_teardown(the_traps_of_ppc64_lie_in_the_region, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
