// SPDX-License-Identifier: MIT
/*
 * The payload of a handover: a good ELF file, alone and in an archive, and everything wrong in turn. And what
 * park= says.
 */
#include "handover/payload.h"
#include "tests/unit/console_capture.h"
#include "tests/unit/memory_image.h"

#include <muster/error.h>
#include <muster/handover.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BASE	  0x10000u
#define SIZE	  0x4000u
#define MACHINE	  62u
#define LIMIT	  (UINT64_C(4) << 30)
#define HEADERS	  64u /* of the ELF file: two to load, one of notes */
#define NOTES	  0x200u
#define FIRST	  0x300u
#define SECOND	  0x400u
#define FILE_SIZE 0x800u

static struct memory_image image;
static const struct firmware_reader reader = { memory_image_read, &image };
static struct payload payload;
static uint64_t elf; /* where the file is */

static void put(uint64_t at, uint64_t value, uint32_t width)
{
	memory_image_put(&image, elf + at, &value, width);
}

static void put_header(uint32_t i, uint32_t type, uint64_t offset, uint64_t address,
		       uint64_t file_size, uint64_t memory_size)
{
	uint64_t at = HEADERS + 56 * i;

	put(at, type, 4);
	put(at + 8, offset, 8);
	put(at + 24, address, 8);
	put(at + 32, file_size, 8);
	put(at + 40, memory_size, 8);
}

static void put_note(uint64_t at, const char *name, uint32_t type, uint64_t value, uint32_t width)
{
	put(at, 4, 4);
	put(at + 4, width, 4);
	put(at + 8, type, 4);
	memory_image_put(&image, elf + at + 12, name, 4);
	put(at + 16, value, width);
}

static void put_elf(uint64_t at)
{
	elf = at;
	memory_image_put(&image, elf,
			 "\x7f"
			 "ELF\2\1\1",
			 8);
	put(16, 2, 2);
	put(18, MACHINE, 2);
	put(20, 1, 4);
	put(24, 0x200010, 8);
	put(32, HEADERS, 8);
	put(52, 64, 2);
	put(54, 56, 2);
	put(56, 3, 2);
	put_header(0, 1, FIRST, 0x200000, 0x100, 0x100);
	put_header(1, 1, SECOND, 0x201000, 0x200, 0x5000);
	put_header(2, 4, NOTES, 0x201000, 40, 40);
	put_note(NOTES, "GNU", 18, 0x999999, 4);
	put_note(NOTES + 20, "Xen", 18, 0x200020, 4);
}

static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = BASE, .size = SIZE };
	image.bytes = calloc(1, SIZE);
	assert_non_null(image.bytes);
	put_elf(BASE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	return 0;
}

static int read_module(uint64_t size)
{
	int error = payload_parts_read(&reader, BASE, size, &payload);

	return error ? error : payload_elf_read(&reader, MACHINE, LIMIT, &payload);
}

static void a_good_file_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_module(FILE_SIZE), 0);
	assert_int_equal(capture_count("muster:"), 0);
	assert_int_equal(payload.entry, 0x200020);
	assert_int_equal(payload.segment_count, 2);
	assert_int_equal(payload.segments[1].from, BASE + SECOND);
	assert_int_equal(payload.segments[1].file_size, 0x200);
	assert_int_equal(payload.segments[1].to, 0x201000);
	assert_int_equal(payload.segments[1].memory_size, 0x5000);
	assert_int_equal(payload.initrd.size, 0);
	assert_int_equal(payload.append.size, 0);
}

static void an_entry_of_64_bits_is_read(void **state)
{
	(void)state;
	put_header(2, 4, NOTES, 0, 24, 24);
	put_note(NOTES, "Xen", 18, 0x2000ff, 8);
	assert_int_equal(read_module(FILE_SIZE), 0);
	assert_int_equal(payload.entry, 0x2000ff);
}

struct fault {
	uint64_t at, value;
	uint32_t width;
	const char *says;
};

#define FIRST_HEADER(field)  (HEADERS + (field))
#define SECOND_HEADER(field) (HEADERS + 56 + (field))
#define NOTE_HEADER(field)   (HEADERS + 112 + (field))

static void each_wrong_field_is_named(void **state)
{
	static const struct fault faults[] = {
		{ 0, 0x7e, 1, "first byte: 0x7e" },
		{ 4, 1, 1, "ELF class: 0x1" },
		{ 5, 2, 1, "byte order: 0x2" },
		{ 18, 21, 2, "machine: 0x15" },
		{ 16, 1, 2, "type: 0x1" },
		{ 54, 32, 2, "e_phentsize: 0x20" },
		{ 32, FILE_SIZE, 8, "e_phoff" },
		{ 32, UINT64_MAX, 8, "e_phoff" },
		{ 56, 0xffff, 2, "e_phoff" },
		{ 56, 0, 2, "there is nothing to load" },
		{ FIRST_HEADER(32), 0x101, 8, "p_filesz: 0x101" },
		{ FIRST_HEADER(8), FILE_SIZE - 0xff, 8, "p_offset" },
		{ FIRST_HEADER(8), UINT64_MAX, 8, "p_offset" },
		{ FIRST_HEADER(24), LIMIT - 0xff, 8, "cannot be reached" },
		{ FIRST_HEADER(24), UINT64_MAX - 8, 8, "cannot be reached" },
		{ FIRST_HEADER(40), UINT64_MAX, 8, "cannot be reached" },
		{ FIRST_HEADER(24), 0x201fff, 8, "lies over another" },
		{ FIRST_HEADER(24), 0x200fff, 8, "lies over another" },
		{ NOTE_HEADER(8), FILE_SIZE, 8, "notes' p_offset" },
		{ NOTE_HEADER(32), 39, 8, "reaches behind its segment" },
		{ NOTES + 4, UINT32_MAX, 4, "reaches behind its segment" },
		{ NOTES + 20 + 8, 17, 4, "none has a PVH entry" },
		{ NOTES + 20 + 4, 3, 4, "none has a PVH entry" },
		{ NOTES + 20 + 16, 0x200100, 4, "PVH entry: 0x200100" },
		{ NOTES + 20 + 16, 0x205000, 4, "PVH entry: 0x205000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		end(NULL);
		begin(NULL);
		put(faults[i].at, faults[i].value, faults[i].width);
		assert_int_equal(read_module(FILE_SIZE), MUSTER_E_CORRUPT);
		assert_true(capture_has(faults[i].says));
	}
}

static void a_truncated_file_is_refused(void **state)
{
	(void)state;
	/* The last byte that is loaded is that of the second segment. */
	for (uint64_t size = 0; size < SECOND + 0x200; size++)
		assert_int_equal(read_module(size), MUSTER_E_CORRUPT);
	assert_int_equal(read_module(SECOND + 0x200), 0);
}

static void too_many_segments_are_refused(void **state)
{
	(void)state;
	put(32, 0x1000, 8);
	put(56, 65, 2);
	for (uint32_t i = 0; i < 65; i++) {
		uint64_t at = 0x1000 + 56 * i;

		put(at, 1, 4);
		put(at + 24, 0x200000 + 0x1000 * i, 8);
		put(at + 40, 0x1000, 8);
	}
	assert_int_equal(read_module(SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("segments: 0x40"));
}

static uint64_t member(uint64_t at, const char *name, uint64_t size)
{
	char header[111];
	uint64_t data;

	snprintf(header, sizeof(header), "070701%048u%08lx%032u%08zx%08u", 0, (unsigned long)size,
		 0, strlen(name) + 1, 0);
	memory_image_put(&image, at, header, 110);
	memory_image_put(&image, at + 110, name, strlen(name) + 1);
	data = BASE + ((at - BASE + 110 + strlen(name) + 1 + 3) & ~UINT64_C(3));
	return data;
}

static uint64_t next(uint64_t data, uint64_t size)
{
	return BASE + ((data - BASE + size + 3) & ~UINT64_C(3));
}

/* payload, something unknown, initrd, append. Returns the size. */
static uint64_t put_archive(void)
{
	uint64_t data;

	memset(image.bytes, 0, SIZE);
	data = member(BASE, "payload", FILE_SIZE);
	put_elf(data);
	data = member(next(data, FILE_SIZE), "a-name-that-is-longer-than-any", 3);
	data = member(next(data, 3), "initrd", 5);
	memory_image_put(&image, data, "hello", 5);
	data = member(next(data, 5), "append", 7);
	memory_image_put(&image, data, "park=on", 7);
	data = member(next(data, 7), "TRAILER!!!", 0);
	return data - BASE;
}

static void an_archive_is_read(void **state)
{
	uint64_t size = put_archive();

	(void)state;
	assert_int_equal(read_module(size), 0);
	assert_int_equal(payload.file.base, elf);
	assert_int_equal(payload.file.size, FILE_SIZE);
	assert_int_equal(payload.segments[0].from, elf + FIRST);
	assert_int_equal(payload.initrd.size, 5);
	assert_memory_equal(memory_image_at(&image, payload.initrd.base), "hello", 5);
	assert_int_equal(payload.append.size, 7);
	assert_memory_equal(memory_image_at(&image, payload.append.base), "park=on", 7);
}

static void a_truncated_archive_is_refused(void **state)
{
	uint64_t size = put_archive();

	(void)state;
	for (uint64_t shorter = 0; shorter < size; shorter++)
		assert_int_equal(read_module(shorter), MUSTER_E_CORRUPT);
}

static void a_bad_archive_is_named(void **state)
{
	(void)state;
	(void)put_archive();
	memcpy(image.bytes + 54, "zzzzzzzz", 8);
	assert_int_equal(read_module(SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("its sizes are no numbers"));
	(void)put_archive();
	memcpy(image.bytes + 54, "ffffffff", 8);
	assert_int_equal(read_module(SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("reaches behind the archive's end"));
	(void)put_archive();
	memcpy(image.bytes + 94, "00000000", 8);
	assert_int_equal(read_module(SIZE), MUSTER_E_CORRUPT);
	(void)put_archive();
	memcpy(image.bytes + 110, "Payload", 7);
	assert_int_equal(read_module(SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("none of them is called payload"));
	(void)put_archive();
	memcpy(image.bytes, "070799", 6);
	assert_int_equal(read_module(SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("has no newc header"));
}

static void the_wish_is_read(void **state)
{
	static const struct {
		const char *text;
		enum park_mode mode;
		bool has_address;
		uint64_t address;
	} good[] = {
		{ "all", PARK_MODE_ALL, false, 0 },
		{ "no-sibling", PARK_MODE_NO_SIBLING, false, 0 },
		{ "off", PARK_MODE_OFF, false, 0 },
		{ "all@0x10000000", PARK_MODE_ALL, true, 0x10000000 },
		{ "no-sibling@4096", PARK_MODE_NO_SIBLING, true, 4096 },
		{ "all@0xffffffffffffffff", PARK_MODE_ALL, true, UINT64_MAX },
	};
	static const char *const bad[] = { "",
					   "al",
					   "alls",
					   "all@",
					   "all@0x",
					   "all@1g",
					   "all@0x1ffffffffffffffff",
					   "@1",
					   "all@18446744073709551616" };
	struct park_wish wish;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(park_wish_read(good[i].text, &wish), 0);
		assert_int_equal(wish.mode, good[i].mode);
		assert_int_equal(wish.has_address, good[i].has_address);
		assert_true(wish.address == good[i].address);
	}
	assert_int_equal(capture_count("muster:"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		capture_begin();
		assert_int_equal(park_wish_read(bad[i], &wish), MUSTER_E_INVALID);
		assert_true(capture_has("must be all, no-sibling or off"));
	}
}

/* Of POWER: entered where the header says, by the address that it is linked at; and it may be moved. */
static int read_power(void)
{
	int error = payload_parts_read(&reader, BASE, FILE_SIZE, &payload);

	return error ? error : payload_elf_read(&reader, 21, LIMIT, &payload);
}

static void put_power(uint16_t type)
{
	put(16, type, 2);
	put(18, 21, 2);
	put(24, UINT64_C(0xc000000000001010), 8);
	put(HEADERS + 16, UINT64_C(0xc000000000000000), 8);
	put(HEADERS + 56 + 16, UINT64_C(0xc000000000001000), 8);
}

static void a_power_file_is_read(void **state)
{
	(void)state;
	put_power(3);
	assert_int_equal(read_power(), 0);
	assert_int_equal(capture_count("muster:"), 0);
	assert_int_equal(payload.entry, 0x201010);
	assert_true(payload.movable);
	put_power(2);
	/* Notes are not looked at. */
	put_header(2, 4, NOTES, 0x201000, FILE_SIZE, 40);
	assert_int_equal(read_power(), 0);
	assert_false(payload.movable);
}

static void a_power_file_that_is_wrong_is_named(void **state)
{
	static const struct fault faults[] = {
		{ 5, 2, 1, "byte order: 0x2: must be 1: little-endian" },
		{ 18, 62, 2, "machine: 0x3e: is not this one" },
		{ 24, 0x201010, 8, "e_entry: 0x201010: is not within a segment" },
		{ 24, UINT64_C(0xc000000000001200), 8, "e_entry: 0xc000000000001200" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		end(NULL);
		begin(NULL);
		put_power(3);
		put(faults[i].at, faults[i].value, faults[i].width);
		assert_int_equal(read_power(), MUSTER_E_CORRUPT);
		assert_true(capture_has(faults[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_file_is_read, begin, end),
		cmocka_unit_test_setup_teardown(an_entry_of_64_bits_is_read, begin, end),
		cmocka_unit_test_setup_teardown(each_wrong_field_is_named, begin, end),
		cmocka_unit_test_setup_teardown(a_truncated_file_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_power_file_is_read, begin, end),
		cmocka_unit_test_setup_teardown(a_power_file_that_is_wrong_is_named, begin, end),
		cmocka_unit_test_setup_teardown(too_many_segments_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(an_archive_is_read, begin, end),
		cmocka_unit_test_setup_teardown(a_truncated_archive_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_bad_archive_is_named, begin, end),
		cmocka_unit_test_setup_teardown(the_wish_is_read, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
