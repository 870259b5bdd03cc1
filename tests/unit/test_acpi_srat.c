// SPDX-License-Identifier: MIT
/*
 * SRAT and SLIT: every kind of entry, domains of 8 and of 32 bits, lengths that lie, and matrices
 * that break a rule.
 */
#include "firmware/acpi.h"
#include "tests/unit/acpi_builder.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SEEN_MAX 64

static struct acpi_builder built;
static uint8_t body[0x20000];
static size_t used; /* of body */
static struct acpi_processor_affinity processors[SEEN_MAX];
static struct acpi_memory_affinity memory[SEEN_MAX];
static uint32_t processor_count, memory_count;
static struct acpi_slit slit;

static int begin(void **state)
{
	(void)state;
	builder_begin(&built);
	used = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	builder_end(&built);
	return 0;
}

static void add(uint64_t value, size_t size)
{
	memset(body + used, 0, size);
	memcpy(body + used, &value, size < sizeof(value) ? size : sizeof(value));
	used += size;
}

static void add_header(void)
{
	add(1, 4);
	add(0, 8);
}

static void add_apic(uint32_t domain, uint8_t apic_id, uint32_t flags)
{
	add(0, 1);
	add(16, 1);
	add(domain & 0xff, 1);
	add(apic_id, 1);
	add(flags, 4);
	add(0xee, 1); /* SAPIC EID: nothing of ours */
	add(domain >> 8, 3);
	add(0xcccccccc, 4);
}

static void add_memory(uint32_t domain, uint64_t base, uint64_t size, uint32_t flags)
{
	add(1, 1);
	add(40, 1);
	add(domain, 4);
	add(0xffff, 2);
	add(base, 8);
	add(size, 8);
	add(0xeeeeeeee, 4);
	add(flags, 4);
	add(0, 8);
}

static void add_x2apic(uint32_t domain, uint32_t apic_id, uint32_t flags)
{
	add(2, 1);
	add(24, 1);
	add(0xffff, 2);
	add(domain, 4);
	add(apic_id, 4);
	add(flags, 4);
	add(0, 8);
}

static void see_processor(void *context, const struct acpi_processor_affinity *affinity)
{
	assert_ptr_equal(context, &used);
	assert_true(processor_count < SEEN_MAX);
	processors[processor_count++] = *affinity;
}

static void see_memory(void *context, const struct acpi_memory_affinity *affinity)
{
	assert_ptr_equal(context, &used);
	assert_true(memory_count < SEEN_MAX);
	memory[memory_count++] = *affinity;
}

static int read_srat(uint8_t revision)
{
	const struct acpi_srat_reader to = { see_processor, see_memory, &used };
	struct acpi_table table = { .signature = "SRAT", .revision = revision };

	table.physical = builder_loose_table(&built, "SRAT", revision, body, used);
	table.length = (uint32_t)(BUILDER_HEADER + used);
	/* What lies behind a table must not be taken for a part of it. */
	builder_put(&built, table.physical + table.length, 0x0100000000001000, 8);
	processor_count = memory_count = 0;
	return acpi_srat_read(&built.reader, &table, &to);
}

static void all_kinds(void **state)
{
	(void)state;
	add_header();
	add_apic(0x12345678, 0xfe, 1);
	add_x2apic(0x9abcdef0, 0x10000, 1);
	add(3, 1); /* GICC affinity: skipped */
	add(18, 1);
	add(0, 16);
	add_memory(2, 0x100000, 0x7ff00000, 1);
	add_memory(3, UINT64_C(1) << 32, UINT64_C(1) << 40, 7);
	assert_int_equal(read_srat(3), 0);
	assert_int_equal(processor_count, 2);
	assert_int_equal(processors[0].apic_id, 0xfe);
	assert_int_equal(processors[0].domain, 0x12345678);
	assert_int_equal(processors[1].apic_id, 0x10000);
	assert_int_equal(processors[1].domain, 0x9abcdef0);
	assert_int_equal(memory_count, 2);
	assert_true(memory[0].base == 0x100000 && memory[0].size == 0x7ff00000);
	assert_int_equal(memory[0].domain, 2);
	assert_false(memory[0].hot_pluggable || memory[0].non_volatile);
	assert_true(memory[1].base == UINT64_C(1) << 32 && memory[1].size == UINT64_C(1) << 40);
	assert_true(memory[1].hot_pluggable && memory[1].non_volatile);
	assert_string_equal(capture.text, "");
}

static void domains_had_eight_bits(void **state)
{
	(void)state;
	add_header();
	add_apic(0xabcdef05, 1, 1);
	add_memory(0xabcdef06, 0, 0x1000, 1);
	assert_int_equal(read_srat(1), 0);
	assert_int_equal(processors[0].domain, 5);
	assert_int_equal(memory[0].domain, 6);
	assert_int_equal(read_srat(2), 0);
	assert_int_equal(processors[0].domain, 0xabcdef05);
	assert_int_equal(memory[0].domain, 0xabcdef06);
}

static void disabled_ones_are_not_there(void **state)
{
	(void)state;
	add_header();
	add_apic(1, 1, 0);
	add_apic(1, 1, 0xfffffffe);
	add_x2apic(1, 1, 0);
	add_memory(1, 0, 0x1000, 6);
	add_memory(1, 0, 0, 0); /* empty, and nobody minds */
	assert_int_equal(read_srat(3), 0);
	assert_int_equal(processor_count + memory_count, 0);
	assert_string_equal(capture.text, "");
}

static void ranges_that_cannot_be(void **state)
{
	(void)state;
	add_header();
	add_memory(1, 0x1000, 0, 1);
	add_memory(1, UINT64_MAX - 0xfff, 0x1001, 1);
	add_memory(1, UINT64_MAX - 0xfff, 0x1000, 1); /* just fits */
	assert_int_equal(read_srat(3), 0);
	assert_int_equal(memory_count, 1);
	assert_true(capture_has("SRAT: entry at 48: memory at 0x1000, 0 bytes: must not be empty"));
	assert_true(capture_has("SRAT: entry at 88: memory at 0xfffffffffffff000, 0x1001 bytes: "
				"must not wrap, left out\n"));
	assert_int_equal(capture_count("\n"), 2);
}

static void lengths_that_lie_end_the_walk(void **state)
{
	static const struct {
		uint8_t type;
		uint8_t least;
	} kinds[] = { { 0, 16 }, { 1, 40 }, { 2, 24 }, { 3, 2 }, { 0xff, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (uint8_t length = 0; length < kinds[i].least; length++) {
			used = 0;
			add_header();
			add_apic(1, 1, 1);
			add(kinds[i].type, 1);
			add(length, 1);
			add(0x0101010101010101, 60);
			assert_int_equal(read_srat(3), MUSTER_E_CORRUPT);
			assert_int_equal(processor_count, 1);
			assert_int_equal(memory_count, 0);
			assert_int_equal(capture_count("\n"), 1);
			assert_true(capture_has("muster: acpi: SRAT: entry at 64: type "));
			capture_begin();
		}
	/* Over the end, by one byte, and with nothing but a type. */
	for (size_t cut = 1; cut < 16; cut++) {
		used = 0;
		add_header();
		add_apic(1, 1, 1);
		add_apic(2, 2, 1);
		used -= cut;
		assert_int_equal(read_srat(3), MUSTER_E_CORRUPT);
		assert_int_equal(processor_count, 1);
	}
}

static void tables_too_short_or_gone(void **state)
{
	(void)state;
	for (used = 0; used < 12; used++)
		assert_int_equal(read_srat(3), MUSTER_E_CORRUPT);
	assert_true(capture_has("length 47: must be 48 at least\n"));
	used = 0;
	add_header();
	assert_int_equal(read_srat(3), 0);
	add_apic(1, 1, 1);
	built.image.hole_start = built.next + 50;
	built.image.hole_end = built.next + 51;
	assert_int_equal(read_srat(3), MUSTER_E_CORRUPT);
	assert_int_equal(processor_count, 0);
	assert_true(capture_has("entry at 48: cannot be read\n"));
}

/* A SLIT of so many localities: 10 to itself, else `other`. */
static void add_slit(uint32_t count, uint8_t other)
{
	used = 0;
	add(count, 8);
	for (uint32_t i = 0; i < count * count; i++)
		add(i % (count + 1) ? other : 10, 1);
}

static int read_slit(void)
{
	struct acpi_table table = { .signature = "SLIT", .revision = 1 };

	built.next = BUILDER_TABLES;
	table.physical = builder_loose_table(&built, "SLIT", 1, body, used);
	table.length = (uint32_t)(BUILDER_HEADER + used);
	return acpi_slit_read(&built.reader, &table, &slit);
}

static void a_matrix(void **state)
{
	(void)state;
	add_slit(3, 20);
	body[8 + 1] = 254; /* from 0 to 1 */
	body[8 + 3] = 255; /* from 1 to 0 */
	body[8 + 5] = 10;  /* from 1 to 2: as near as itself */
	assert_int_equal(read_slit(), 0);
	assert_int_equal(slit.count, 3);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 0, 1), 254);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 1, 0), 255);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 1, 2), 10);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 2, 2), 10);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 2, 3), 0);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, UINT32_MAX, 0), 0);
	/* More than its localities need is no fault. */
	add(0, 3);
	assert_int_equal(read_slit(), 0);
	/* More than one piece of a row. */
	add_slit(300, 11);
	assert_int_equal(read_slit(), 0);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 299, 298), 11);
	assert_string_equal(capture.text, "");
}

static void assert_refused(const char *line)
{
	capture_begin();
	slit.count = 7;
	assert_int_equal(read_slit(), MUSTER_E_CORRUPT);
	assert_int_equal(slit.count, 0);
	assert_int_equal(acpi_slit_distance(&built.reader, &slit, 0, 0), 0);
	assert_int_equal(capture_count("\n"), 1);
	assert_true(capture_has(line));
}

static void matrices_that_break_a_rule(void **state)
{
	(void)state;
	add_slit(4, 20);
	body[8 + 15] = 11;
	assert_refused("SLIT: distance from 3 to 3: 11: must be 10, no distances taken\n");
	add_slit(4, 20);
	body[8 + 7] = 9;
	assert_refused("SLIT: distance from 1 to 3: 9: must be 10 or more, no distances taken\n");
	add_slit(300, 20);
	body[8 + 299] = 0;
	assert_refused("SLIT: distance from 0 to 299: 0: must be 10 or more");
	add_slit(4, 20);
	used--;
	assert_refused("SLIT: 4 localities: must be 1 or more, with their square in the table's 59 "
		       "bytes behind 44\n");
	add_slit(0, 0);
	assert_refused("SLIT: 0 localities: must be 1 or more");
	used = 0;
	add(UINT64_C(1) << 32, 8); /* whose square is 0 */
	assert_refused("SLIT: 4294967296 localities: ");
	used = 0;
	add(UINT64_MAX, 8);
	assert_refused("SLIT: 18446744073709551615 localities: ");
	used = 0;
	add(0, 7);
	assert_refused("length 43: must be 44 at least, and readable\n");
	add_slit(4, 20);
	built.image.hole_start = BUILDER_TABLES + 50;
	built.image.hole_end = BUILDER_TABLES + 51;
	assert_refused("SLIT: distances from 1: cannot be read\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_kinds),
		TEST(domains_had_eight_bits),
		TEST(disabled_ones_are_not_there),
		TEST(ranges_that_cannot_be),
		TEST(lengths_that_lie_end_the_walk),
		TEST(tables_too_short_or_gone),
		TEST(a_matrix),
		TEST(matrices_that_break_a_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
