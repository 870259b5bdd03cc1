// SPDX-License-Identifier: MIT
/*
 * The MADT: every kind of entry that is read, those that are skipped, and lengths that lie.
 */
#include "firmware/acpi.h"
#include "tests/unit/acpi_builder.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SEEN_MAX 512

static struct acpi_builder built;
static uint8_t body[16384];
static size_t used; /* of body */
static struct acpi_madt madt;
static struct acpi_processor seen[SEEN_MAX];
static uint32_t seen_count;

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

/* Add a number of `size` bytes to the body; over 8, the rest are zeroes. */
static void add(uint64_t value, size_t size)
{
	memset(body + used, 0, size);
	memcpy(body + used, &value, size < sizeof(value) ? size : sizeof(value));
	used += size;
}

static void add_header(uint32_t local_apic, uint32_t flags)
{
	add(local_apic, 4);
	add(flags, 4);
}

static void add_entry(uint8_t type, uint8_t length)
{
	add(type, 1);
	add(length, 1);
}

static void add_local_apic(uint8_t uid, uint8_t apic_id, uint32_t flags)
{
	add_entry(0, 8);
	add(uid, 1);
	add(apic_id, 1);
	add(flags, 4);
}

static void add_x2apic(uint32_t uid, uint32_t apic_id, uint32_t flags)
{
	add_entry(9, 16);
	add(0, 2);
	add(apic_id, 4);
	add(flags, 4);
	add(uid, 4);
}

static void add_local_nmi(uint8_t uid, uint16_t flags, uint8_t lint)
{
	add_entry(4, 6);
	add(uid, 1);
	add(flags, 2);
	add(lint, 1);
}

static void see(void *context, const struct acpi_processor *processor)
{
	assert_ptr_equal(context, &seen_count);
	assert_true(seen_count < SEEN_MAX);
	seen[seen_count++] = *processor;
}

/* Build the table, and read it. */
static int read_table(uint8_t revision)
{
	struct acpi_table table = { .signature = "APIC", .revision = revision };

	table.physical = builder_loose_table(&built, "APIC", revision, body, used);
	table.length = (uint32_t)(BUILDER_HEADER + used);
	/* What lies behind a table must not be taken for a part of it. */
	builder_put(&built, table.physical + table.length, 0x0100aa0000000800, 8);
	seen_count = 0;
	return acpi_madt_read(&built.reader, &table, &madt, see, &seen_count);
}

static void assert_seen(uint32_t index, uint32_t uid, uint32_t apic_id, bool enabled)
{
	assert_true(index < seen_count);
	assert_int_equal(seen[index].uid, uid);
	assert_int_equal(seen[index].apic_id, apic_id);
	assert_int_equal(seen[index].enabled, enabled);
	assert_int_equal(seen[index].online_capable, !enabled);
}

static void an_ordinary_machine(void **state)
{
	(void)state;
	add_header(0xfee00000, 1);
	for (uint8_t i = 0; i < 4; i++)
		add_local_apic((uint8_t)(10 + i), (uint8_t)(2 * i), 1);
	add_entry(1, 12); /* I/O APIC: skipped */
	add(0xff, 10);
	add_entry(2, 10); /* interrupt source override: skipped */
	add(0, 8);
	add_local_nmi(0xff, 5, 1);
	assert_int_equal(read_table(1), 0);
	assert_int_equal(madt.local_apic, 0xfee00000);
	assert_true(madt.legacy_pics);
	assert_int_equal(madt.processors, 4);
	assert_int_equal(seen_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_seen(i, 10 + i, 2 * i, true);
		assert_false(seen[i].x2apic);
	}
	assert_int_equal(madt.nmi_count, 1);
	assert_true(madt.nmis[0].uid == ACPI_NMI_ALL);
	assert_int_equal(madt.nmis[0].lint, 1);
	assert_int_equal(madt.nmis[0].flags, 5);
	assert_string_equal(capture.text, "");
}

static void no_processors_is_no_fault(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	assert_int_equal(read_table(1), 0);
	assert_int_equal(madt.processors, 0);
	assert_int_equal(seen_count, 0);
	assert_false(madt.legacy_pics);
	add_local_nmi(0xff, 0, 1);
	assert_int_equal(read_table(1), 0);
	assert_int_equal(seen_count, 0);
	assert_int_equal(madt.nmi_count, 1);
}

static void a_large_machine_has_x2apic_entries(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_apic(0, 0, 1);
	for (uint32_t i = 0; i < 400; i++)
		add_x2apic(0x1000 + i, 0x100 + i, 1);
	add_x2apic(7, 0xff, 1);
	assert_int_equal(read_table(4), 0);
	assert_int_equal(madt.processors, 402);
	assert_false(seen[0].x2apic);
	assert_seen(400, 0x1000 + 399, 0x100 + 399, true);
	assert_true(seen[400].x2apic);
	/* 0xFF means nothing special where ids have 32 bits. */
	assert_seen(401, 7, 0xff, true);
}

static void only_enabled_or_online_capable_ones_count(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_apic(1, 1, 0);
	add_local_apic(2, 2, 2);
	add_local_apic(3, 3, 0xfffffffc);
	add_x2apic(4, 4, 2);
	add_x2apic(5, 5, 0);
	add_local_apic(6, 6, 3); /* both: the second bit must be 0 then, and counts for nothing */
	assert_int_equal(read_table(5), 0);
	assert_int_equal(seen_count, 3);
	assert_seen(0, 2, 2, false);
	assert_seen(1, 4, 4, false);
	assert_seen(2, 6, 6, true);
	/* Before ACPI 6.3 the second bit was reserved: any of them may come. */
	assert_int_equal(read_table(4), 0);
	assert_int_equal(seen_count, 6);
	for (uint32_t i = 0; i < 6; i++)
		assert_seen(i, i + 1, i + 1, i == 5);
	assert_string_equal(capture.text, "");
}

static void ids_that_mean_none_are_skipped(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_apic(1, 0xff, 1);
	add_local_apic(2, 0xff, 0);
	add_local_apic(3, 0xfe, 1);
	add_x2apic(4, UINT32_MAX, 1);
	assert_int_equal(read_table(5), 0);
	assert_int_equal(seen_count, 1);
	assert_int_equal(madt.processors, 1);
	assert_seen(0, 3, 0xfe, true);
	/* Nothing is said about one that is not there anyway. */
	assert_int_equal(capture_count("which means none: left out\n"), 2);
	assert_true(capture_has("entry at 44: processor 1 has APIC id 0xff, "));
	/* Nor before ACPI 6.3, where nobody can say whether it might come. */
	capture_begin();
	assert_int_equal(read_table(4), 0);
	assert_int_equal(seen_count, 1);
	assert_int_equal(capture_count("which means none: left out\n"), 2);
	assert_false(capture_has("processor 2 "));
}

static void duplicates_are_passed_on(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_apic(1, 5, 1);
	add_local_apic(1, 5, 1);
	add_x2apic(1, 5, 1);
	assert_int_equal(read_table(5), 0);
	assert_int_equal(seen_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_seen(i, 1, 5, true);
}

static void the_address_can_be_overridden(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_apic(1, 1, 1);
	add_entry(5, 12);
	add(0, 2);
	add(0x123456789a000, 8);
	assert_int_equal(read_table(1), 0);
	assert_true(madt.local_apic == 0x123456789a000);
	add_entry(5, 12);
	add(0, 2);
	add(0, 8);
	assert_int_equal(read_table(1), 0);
	assert_true(madt.local_apic == 0x123456789a000);
	assert_true(
		capture_has("entry at 64: local APIC address 0: must be an address, left out\n"));
}

static void nmis_of_both_kinds(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_nmi(0, 0xffff, 0);
	add_local_nmi(0xfe, 0, 1);
	add_entry(10, 12);
	add(0x000d, 2);
	add(0x12345678, 4);
	add(1, 4);
	add_entry(10, 12);
	add(0, 2);
	add(UINT32_MAX, 4);
	add(0, 4);
	assert_int_equal(read_table(1), 0);
	assert_int_equal(madt.nmi_count, 4);
	assert_int_equal(madt.nmis[0].uid, 0);
	assert_int_equal(madt.nmis[0].flags, 0xffff);
	assert_int_equal(madt.nmis[0].lint, 0);
	assert_int_equal(madt.nmis[1].uid, 0xfe);
	assert_int_equal(madt.nmis[1].lint, 1);
	assert_int_equal(madt.nmis[2].uid, 0x12345678);
	assert_int_equal(madt.nmis[2].flags, 0xd);
	assert_int_equal(madt.nmis[2].lint, 1);
	assert_true(madt.nmis[3].uid == ACPI_NMI_ALL);
	assert_string_equal(capture.text, "");
}

static void too_many_and_wrong_nmis_are_left_out(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_nmi(3, 0, 2);
	add_local_nmi(3, 0, 0xff);
	for (uint8_t i = 0; i < ACPI_NMIS_MAX + 2; i++)
		add_local_nmi(i, 0, 1);
	add_local_apic(1, 1, 1);
	assert_int_equal(read_table(1), 0);
	assert_int_equal(madt.nmi_count, ACPI_NMIS_MAX);
	assert_int_equal(madt.nmis[ACPI_NMIS_MAX - 1].uid, ACPI_NMIS_MAX - 1);
	assert_int_equal(seen_count, 1);
	assert_true(capture_has("entry at 44: NMI at LINT2: must be 0 or 1, left out\n"));
	assert_int_equal(capture_count("must be 0 or 1"), 2);
	assert_int_equal(capture_count("at most 16 are taken, left out\n"), 2);
}

/* Two good entries, then the one that the test has added: they stand, and the walk ends there. */
static void assert_ends_at_third(uint8_t type, uint8_t length)
{
	assert_int_equal(read_table(5), MUSTER_E_CORRUPT);
	assert_int_equal(seen_count, 2);
	assert_int_equal(madt.processors, 2);
	assert_int_equal(capture_count("\n"), 1);
	assert_true(capture_has("muster: acpi: APIC: entry at 60: "));
	if (length) {
		char what[40];

		snprintf(what, sizeof(what), "type %u: length %u: ", type, length);
		assert_true(capture_has(what));
	}
	capture_begin();
}

static void begin_with_two(void)
{
	used = 0;
	add_header(0xfee00000, 0);
	add_local_apic(1, 1, 1);
	add_local_apic(2, 2, 1);
}

static void entries_too_short_end_the_walk(void **state)
{
	static const struct {
		uint8_t type;
		uint8_t least;
	} kinds[] = {
		{ 0, 8 }, { 4, 6 },    { 5, 12 },   { 9, 16 },	{ 10, 12 },
		{ 1, 2 }, { 0x7f, 2 }, { 0xff, 2 }, { 16, 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (uint8_t length = 0; length < kinds[i].least; length++) {
			begin_with_two();
			add_entry(kinds[i].type, length);
			/* Enough behind it that only its own length is wrong. */
			for (int n = 0; n < 8; n++)
				add_local_apic(3, 3, 1);
			assert_int_equal(read_table(5), MUSTER_E_CORRUPT);
			assert_int_equal(seen_count, 2);
			assert_true(capture_has("muster: acpi: APIC: entry at 60: type "));
			assert_int_equal(capture_count("\n"), 1);
			capture_begin();
		}
	}
	begin_with_two();
	add_entry(0, 0);
	add(0, 30);
	assert_ends_at_third(0, 0);
}

static void entries_over_the_end_end_the_walk(void **state)
{
	(void)state;
	begin_with_two();
	add_entry(0, 8); /* needs six bytes more; behind the table there are some */
	add(0x0303, 2);
	assert_ends_at_third(0, 8);
	begin_with_two();
	add_entry(9, 16);
	add(0, 13);
	assert_ends_at_third(9, 16);
	begin_with_two();
	add_entry(0x80, 255);
	add(0, 8);
	assert_ends_at_third(0x80, 255);
	begin_with_two();
	add(0, 1); /* not even a length */
	assert_ends_at_third(0, 0);
}

static void entries_may_be_longer_than_known(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_entry(0, 12);
	add(0x0201, 2);
	add(1, 4);
	add(UINT32_MAX, 4);
	add_entry(0x80, 255); /* unknown, and as long as can be */
	used += 253;
	add_local_apic(3, 3, 1);
	assert_int_equal(read_table(5), 0);
	assert_int_equal(seen_count, 2);
	assert_seen(0, 1, 2, true);
	assert_seen(1, 3, 3, true);
}

static void a_table_too_short_is_corrupt(void **state)
{
	(void)state;
	for (used = 0; used < 8; used++)
		assert_int_equal(read_table(1), MUSTER_E_CORRUPT);
	assert_true(capture_has("length 43: must be 44 at least, and readable\n"));
	assert_int_equal(madt.processors, 0);
}

static void a_table_that_goes_away_is_corrupt(void **state)
{
	(void)state;
	begin_with_two();
	built.image.hole_start = BUILDER_TABLES + 69;
	built.image.hole_end = BUILDER_TABLES + 70;
	add_local_apic(3, 3, 1);
	add_local_apic(4, 4, 1);
	assert_int_equal(read_table(1), MUSTER_E_CORRUPT);
	/* Those before it may be copied together with what follows them, and fall with it. */
	assert_in_range(seen_count, 1, 3);
	assert_true(capture_has("cannot be read\n"));
}

/* A wakeup structure, 5.2.12.19; length 16 for one without a reset vector. */
static void add_wakeup(uint16_t version, uint8_t length, uint64_t mailbox, uint64_t reset_vector)
{
	add_entry(0x10, length);
	add(version, 2);
	add(0, 4);
	add(mailbox, 8);
	if (length >= 24)
		add(reset_vector, 8);
}

static void wakeup_of_both_versions(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	assert_int_equal(read_table(5), 0);
	assert_true(!madt.wakeup.mailbox && !madt.wakeup.reset_vector);
	add_wakeup(0, 16, 0x7ffff000, 0);
	add_local_apic(1, 1, 1);
	assert_int_equal(read_table(5), 0);
	assert_true(madt.wakeup.mailbox == 0x7ffff000);
	assert_true(!madt.wakeup.reset_vector && !madt.wakeup.version);
	assert_int_equal(seen_count, 1);
	used = 0;
	add_header(0xfee00000, 0);
	add_wakeup(1, 24, 0x123456789000, 0x12345678a123);
	assert_int_equal(read_table(5), 0);
	assert_true(madt.wakeup.mailbox == 0x123456789000);
	assert_true(madt.wakeup.reset_vector == 0x12345678a123);
	assert_int_equal(madt.wakeup.version, 1);
	/* In version 0 what is behind its 16 bytes means nothing. */
	used = 0;
	add_header(0xfee00000, 0);
	add_wakeup(0, 24, 0x1000, 0x2000);
	assert_int_equal(read_table(5), 0);
	assert_true(madt.wakeup.mailbox == 0x1000 && !madt.wakeup.reset_vector);
	assert_string_equal(capture.text, "");
}

static void wakeup_that_breaks_a_rule(void **state)
{
	static const uint64_t mailboxes[] = { 0, 1, 0xfff, 0x1008, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(mailboxes) / sizeof(mailboxes[0]); i++) {
		capture_begin();
		used = 0;
		add_header(0xfee00000, 0);
		add_wakeup(1, 24, mailboxes[i], 0x2000);
		assert_int_equal(read_table(5), 0);
		assert_true(!madt.wakeup.mailbox && !madt.wakeup.reset_vector);
		assert_int_equal(capture_count("must be a multiple of 4096 and not 0, left out\n"),
				 1);
	}
	/* The second one, also when the first was of no use. */
	add_wakeup(0, 16, 0x3000, 0);
	add_wakeup(0, 16, 0x4000, 0);
	assert_int_equal(read_table(5), 0);
	assert_true(madt.wakeup.mailbox == 0x3000);
	assert_true(capture_has("entry at 84: a second wakeup mailbox, at 0x4000: the first, at "
				"0x3000, stands\n"));
	/* Version 1 that has no reset vector. */
	for (uint8_t length = 16; length <= 24; length += 4) {
		capture_begin();
		used = 0;
		add_header(0xfee00000, 0);
		add_wakeup(1, length, 0x3000, 0);
		used = 8u + length;
		assert_int_equal(read_table(5), 0);
		assert_true(madt.wakeup.mailbox == 0x3000 && !madt.wakeup.reset_vector);
		assert_int_equal(madt.wakeup.version, 0);
		assert_int_equal(capture_count("taken as version 0\n"), 1);
	}
}

/* Type 9 is for ids from 255 on, and is passed on below that too: some hypervisors use no other. */
static void x2apic_entries_for_small_ids(void **state)
{
	(void)state;
	add_header(0xfee00000, 0);
	add_local_apic(0, 0, 1);
	add_x2apic(1, 1, 1);
	add_x2apic(2, 254, 1);
	add_x2apic(3, 0xfffffffe, 1);
	assert_int_equal(read_table(5), 0);
	assert_int_equal(seen_count, 4);
	assert_seen(1, 1, 1, true);
	assert_seen(2, 2, 254, true);
	assert_seen(3, 3, 0xfffffffe, true);
	assert_string_equal(capture.text, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_machine),
		TEST(no_processors_is_no_fault),
		TEST(a_large_machine_has_x2apic_entries),
		TEST(only_enabled_or_online_capable_ones_count),
		TEST(ids_that_mean_none_are_skipped),
		TEST(duplicates_are_passed_on),
		TEST(the_address_can_be_overridden),
		TEST(nmis_of_both_kinds),
		TEST(too_many_and_wrong_nmis_are_left_out),
		TEST(entries_too_short_end_the_walk),
		TEST(entries_over_the_end_end_the_walk),
		TEST(entries_may_be_longer_than_known),
		TEST(a_table_too_short_is_corrupt),
		TEST(a_table_that_goes_away_is_corrupt),
		TEST(wakeup_of_both_versions),
		TEST(wakeup_that_breaks_a_rule),
		TEST(x2apic_entries_for_small_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
