// SPDX-License-Identifier: MIT
/*
 * The payload of a handover on i386, an ELF file of 32 bits: a good one, everything wrong in turn, and each class where
 * the other is wanted. Archives, and what park= says: test_payload.c.
 */
#include "handover/payload.h"
#include "tests/unit/console_capture.h"
#include "tests/unit/memory_image.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* By the System V ABI's figures, and not by the C types, which are what the code under test uses. */
#define BASE	  0x10000u
#define SIZE	  0x2000u
#define I386	  3u
#define X86_64	  62u
#define LIMIT	  (UINT64_C(4) << 30)
#define HEADERS	  52u /* of the ELF file: two to load, one of notes */
#define HEADER	  32u
#define NOTES	  0x200u
#define FIRST	  0x300u
#define SECOND	  0x400u
#define FILE_SIZE 0x800u

static struct memory_image image;
static const struct firmware_reader reader = { memory_image_read, &image };
static struct payload payload;

static void put(uint32_t at, uint64_t value, uint32_t width)
{
	memory_image_put(&image, BASE + at, &value, width);
}

static void put_header(uint32_t i, uint32_t type, uint32_t offset, uint32_t address,
		       uint32_t file_size, uint32_t memory_size)
{
	uint32_t at = HEADERS + HEADER * i;

	put(at, type, 4);
	put(at + 4, offset, 4);
	put(at + 8, address + 0xc0000000, 4);
	put(at + 12, address, 4);
	put(at + 16, file_size, 4);
	put(at + 20, memory_size, 4);
}

static int begin(void **state)
{
	(void)state;
	capture_begin();
	image = (struct memory_image){ .base = BASE, .size = SIZE };
	image.bytes = calloc(1, SIZE);
	assert_non_null(image.bytes);
	memory_image_put(&image, BASE,
			 "\x7f"
			 "ELF\1\1\1",
			 8);
	put(16, 2, 2);
	put(18, I386, 2);
	put(20, 1, 4);
	put(24, 0x200010, 4);
	put(28, HEADERS, 4);
	put(40, 52, 2);
	put(42, HEADER, 2);
	put(44, 3, 2);
	put_header(0, 1, FIRST, 0x200000, 0x100, 0x100);
	put_header(1, 1, SECOND, 0x201000, 0x200, 0x5000);
	put_header(2, 4, NOTES, 0x201000, 20, 20);
	put(NOTES, 4, 4);
	put(NOTES + 4, 4, 4);
	put(NOTES + 8, 18, 4);
	memory_image_put(&image, BASE + NOTES + 12, "Xen", 4);
	put(NOTES + 16, 0x200020, 4);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(image.bytes);
	return 0;
}

static int read_as(uint32_t machine, uint64_t size)
{
	int error = payload_parts_read(&reader, BASE, size, &payload);

	return error ? error : payload_elf_read(&reader, machine, LIMIT, &payload);
}

static void a_good_file_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_as(I386, FILE_SIZE), 0);
	assert_int_equal(capture_count("muster:"), 0);
	assert_int_equal(payload.entry, 0x200020);
	assert_false(payload.movable);
	assert_int_equal(payload.segment_count, 2);
	assert_int_equal(payload.segments[0].from, BASE + FIRST);
	assert_int_equal(payload.segments[0].to, 0x200000);
	assert_int_equal(payload.segments[0].linked, 0xc0200000);
	assert_int_equal(payload.segments[1].from, BASE + SECOND);
	assert_int_equal(payload.segments[1].file_size, 0x200);
	assert_int_equal(payload.segments[1].to, 0x201000);
	assert_int_equal(payload.segments[1].memory_size, 0x5000);
}

static void it_may_reach_up_to_4_gib(void **state)
{
	(void)state;
	put_header(1, 1, SECOND, 0xffffb000, 0x200, 0x5000);
	assert_int_equal(read_as(I386, FILE_SIZE), 0);
	assert_int_equal(payload.segments[1].to, 0xffffb000);
}

struct fault {
	uint32_t at;
	uint64_t value;
	uint32_t width;
	const char *says;
};

#define FIRST_HEADER(field) (HEADERS + (field))
#define NOTE_HEADER(field)  (HEADERS + 2 * HEADER + (field))

static void each_wrong_field_is_named(void **state)
{
	static const struct fault faults[] = {
		{ 0, 0x7e, 1, "first byte: 0x7e" },
		{ 4, 2, 1, "ELF class: 0x2: must be 1: 32 bits" },
		{ 4, 0, 1, "ELF class: 0" },
		{ 5, 2, 1, "byte order: 0x2" },
		{ 18, X86_64, 2, "machine: 0x3e: is not this one" },
		{ 16, 1, 2, "type: 0x1" },
		{ 42, 56, 2, "e_phentsize: 0x38: must be 32" },
		{ 28, FILE_SIZE, 4, "e_phoff" },
		{ 28, UINT32_MAX, 4, "e_phoff" },
		{ 44, 0xffff, 2, "e_phoff" },
		{ 44, 0, 2, "there is nothing to load" },
		{ FIRST_HEADER(16), 0x101, 4, "p_filesz: 0x101" },
		{ FIRST_HEADER(4), FILE_SIZE - 0xff, 4, "p_offset" },
		{ FIRST_HEADER(4), UINT32_MAX, 4, "p_offset" },
		{ FIRST_HEADER(12), 0xffffff01, 4, "cannot be reached" },
		{ FIRST_HEADER(20), UINT32_MAX, 4, "cannot be reached" },
		{ FIRST_HEADER(12), 0x201fff, 4, "lies over another" },
		{ FIRST_HEADER(12), 0x200fff, 4, "lies over another" },
		{ NOTE_HEADER(4), FILE_SIZE, 4, "notes' p_offset" },
		{ NOTE_HEADER(16), 19, 4, "reaches behind its segment" },
		{ NOTES + 4, UINT32_MAX, 4, "reaches behind its segment" },
		{ NOTES + 8, 17, 4, "none has a PVH entry" },
		{ NOTES + 16, 0x200100, 4, "PVH entry: 0x200100" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		end(NULL);
		begin(NULL);
		put(faults[i].at, faults[i].value, faults[i].width);
		assert_int_equal(read_as(I386, FILE_SIZE), MUSTER_E_CORRUPT);
		if (!capture_has(faults[i].says))
			fail_msg("\"%s\" is not in what was said", faults[i].says);
	}
}

static void a_truncated_file_is_refused(void **state)
{
	(void)state;
	for (uint32_t size = 0; size < SECOND + 0x200; size++)
		assert_int_equal(read_as(I386, size), MUSTER_E_CORRUPT);
	assert_int_equal(read_as(I386, SECOND + 0x200), 0);
}

static void others_refuse_it(void **state)
{
	(void)state;
	assert_int_equal(read_as(X86_64, FILE_SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("ELF class: 0x1: must be 2: 64 bits"));
	assert_int_equal(read_as(21, FILE_SIZE), MUSTER_E_CORRUPT);
	assert_int_equal(capture_count("ELF class: 0x1"), 2);
	/* One that only says that it is. */
	put(4, 2, 1);
	assert_int_equal(read_as(X86_64, FILE_SIZE), MUSTER_E_CORRUPT);
	assert_true(capture_has("machine: 0x3: is not this one"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_file_is_read, begin, end),
		cmocka_unit_test_setup_teardown(it_may_reach_up_to_4_gib, begin, end),
		cmocka_unit_test_setup_teardown(each_wrong_field_is_named, begin, end),
		cmocka_unit_test_setup_teardown(a_truncated_file_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(others_refuse_it, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
