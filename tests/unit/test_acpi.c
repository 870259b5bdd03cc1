// SPDX-License-Identifier: MIT
/*
 * Finding ACPI's root and tables: where the RSDP may be, which root table is taken, and everything
 * that can be broken about pointers, lengths and checksums.
 */
#include "firmware/acpi.h"
#include "tests/unit/acpi_builder.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct acpi_builder built;
static struct acpi_root root;
static struct acpi_table table;
static uint64_t fadt, madt, second_madt, rsdt, xsdt;

/* Three tables, the last two with the same signature, in an RSDT and an XSDT. */
static int begin(void **state)
{
	(void)state;
	builder_begin(&built);
	fadt = builder_table(&built, "FACP", 3, "fixed description", 17);
	madt = builder_table(&built, "APIC", 3, "first", 5);
	second_madt = builder_table(&built, "APIC", 4, "second one", 10);
	rsdt = builder_root_table(&built, false);
	xsdt = builder_root_table(&built, true);
	builder_rsdp(&built, BUILDER_RSDP, rsdt, xsdt);
	return 0;
}

static int end(void **state)
{
	(void)state;
	builder_end(&built);
	return 0;
}

static int find_root(uint64_t hint)
{
	return acpi_root_find(&built.reader, hint, &root);
}

static int find_table(const char *signature)
{
	return acpi_table_find(&built.reader, &root, signature, &table);
}

static void the_hint_is_taken(void **state)
{
	(void)state;
	/* Not where a search would look. */
	builder_rsdp(&built, 0x8003, rsdt, xsdt);
	memset(memory_image_at(&built.image, BUILDER_RSDP), 0, 36);
	assert_int_equal(find_root(0x8003), 0);
	assert_true(root.extended);
	assert_int_equal(root.count, 3);
	assert_int_equal(root.table.physical, xsdt);
	assert_string_equal(root.table.signature, "XSDT");
	assert_string_equal(capture.text, "");
}

static void tables_are_found(void **state)
{
	(void)state;
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(find_table("FACP"), 0);
	assert_int_equal(table.physical, fadt);
	assert_int_equal(table.length, 36 + 17);
	assert_int_equal(table.revision, 3);
	assert_string_equal(table.signature, "FACP");
	assert_int_equal(find_table("APIC"), 0);
	assert_int_equal(table.physical, madt);
	assert_int_equal(find_table("MCFG"), MUSTER_E_NOT_FOUND);
	assert_string_equal(capture.text, "");
}

static void without_a_hint_the_bios_area_is_searched(void **state)
{
	(void)state;
	assert_int_equal(find_root(0), 0);
	assert_int_equal(root.table.physical, xsdt);
	/* The very last place that it fits in. */
	memset(memory_image_at(&built.image, BUILDER_RSDP), 0, 36);
	builder_rsdp(&built, 0xfffd0, rsdt, xsdt);
	assert_int_equal(find_root(0), 0);
	assert_string_equal(capture.text, "");
}

static void the_search_is_in_steps_of_16(void **state)
{
	(void)state;
	memset(memory_image_at(&built.image, BUILDER_RSDP), 0, 36);
	builder_rsdp(&built, BUILDER_RSDP + 8, rsdt, xsdt);
	assert_int_equal(find_root(0), MUSTER_E_NOT_FOUND);
	assert_true(capture_has("muster: acpi: no RSDP"));
}

static void the_ebda_is_searched_first(void **state)
{
	(void)state;
	builder_put(&built, 0x40e, 0x9fc0, 2);
	builder_rsdp(&built, 0x9fff0 - 0x20, rsdt, 0);
	assert_int_equal(find_root(0), 0);
	assert_int_equal(root.table.physical, rsdt);
	/* One byte beyond the KiB is not the EBDA any more. */
	memset(memory_image_at(&built.image, 0x9fc00), 0, 0x400);
	builder_rsdp(&built, 0x9fc00, rsdt, 0);
	builder_put(&built, 0x40e, 0x9f80, 2);
	assert_int_equal(find_root(0), 0);
	assert_int_equal(root.table.physical, xsdt);
}

static void a_mad_ebda_segment_does_no_harm(void **state)
{
	static const uint16_t segments[] = { 0, 1, 0x4f, 0x9fc1, 0xa000, 0xf000, 0xffff };

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		builder_put(&built, 0x40e, segments[i], 2);
		assert_int_equal(find_root(0), 0);
		assert_int_equal(root.table.physical, xsdt);
	}
}

static void a_wrong_hint_is_logged_and_searched_for(void **state)
{
	static const uint64_t hints[] = { 1, 0x8000, BUILDER_MEMORY - 19, UINT64_MAX - 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		assert_int_equal(find_root(hints[i]), 0);
		assert_int_equal(root.table.physical, xsdt);
	}
	assert_int_equal(capture_count("where the boot protocol says: none, searching\n"), 4);
	assert_true(capture_has("RSDP at 0xfffffffffffffffc, where"));
}

static void a_broken_rsdp_is_passed_over(void **state)
{
	(void)state;
	builder_rsdp(&built, 0xe0000, rsdt, 0);
	builder_put(&built, 0xe0010, 0x12345678, 4);
	assert_int_equal(find_root(0), 0);
	assert_int_equal(root.table.physical, xsdt);
	assert_true(
		capture_has("RSDP at 0xe0000: checksum: its first 20 bytes must add up to 0\n"));
	/* When there is no other one, that is what is said. */
	memset(memory_image_at(&built.image, BUILDER_RSDP), 0, 36);
	assert_int_equal(find_root(0), MUSTER_E_CORRUPT);
	assert_int_equal(find_root(0xe0000), MUSTER_E_CORRUPT);
	assert_int_equal(root.count, 0);
}

static void nothing_at_all_is_not_found(void **state)
{
	(void)state;
	memset(built.image.bytes, 0, BUILDER_MEMORY);
	assert_int_equal(find_root(0), MUSTER_E_NOT_FOUND);
	built.image.size = 0;
	assert_int_equal(find_root(0), MUSTER_E_NOT_FOUND);
	assert_int_equal(find_root(BUILDER_RSDP), MUSTER_E_NOT_FOUND);
	assert_int_equal(find_table("APIC"), MUSTER_E_NOT_FOUND);
}

/* ACPI 1.0: 20 bytes, and memory may end behind them. */
static void an_old_rsdp_has_an_rsdt(void **state)
{
	(void)state;
	builder_put(&built, BUILDER_RSDP + 15, 0, 1);
	builder_sum(&built, BUILDER_RSDP, 20, 8);
	built.image.size = BUILDER_RSDP + 20;
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_false(root.extended);
	assert_int_equal(root.count, 3);
	assert_int_equal(root.table.physical, rsdt);
	assert_int_equal(find_table("APIC"), 0);
	assert_int_equal(table.physical, madt);
	assert_string_equal(capture.text, "");
}

static void a_broken_extension_leaves_the_rsdt(void **state)
{
	static const uint32_t lengths[] = { 0, 20, 35, ACPI_TABLE_MAX + 1, UINT32_MAX };

	(void)state;
	builder_put(&built, BUILDER_RSDP + 33, 0x55, 1); /* a reserved byte: only the second sum */
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.table.physical, rsdt);
	assert_true(capture_has("extended checksum: its 36 bytes must add up to 0\n"));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		builder_put(&built, BUILDER_RSDP + 20, lengths[i], 4);
		assert_int_equal(find_root(BUILDER_RSDP), 0);
		assert_int_equal(root.table.physical, rsdt);
	}
	assert_true(capture_has("length 4294967295: must be 36 to 1048576\n"));
	/* An extension that cannot be read. */
	builder_put(&built, BUILDER_RSDP + 20, 36, 4);
	built.image.hole_start = BUILDER_RSDP + 35;
	built.image.hole_end = BUILDER_RSDP + 36;
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.table.physical, rsdt);
	assert_true(capture_has("revision 2: cannot be read to its end\n"));
}

static void a_longer_rsdp_is_right(void **state)
{
	(void)state;
	builder_put(&built, BUILDER_RSDP + 20, 700, 4);
	builder_put(&built, BUILDER_RSDP + 690, 0x99, 1);
	builder_seal_rsdp(&built, BUILDER_RSDP);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.table.physical, xsdt);
	assert_string_equal(capture.text, "");
}

static void assert_falls_back_to_rsdt(const char *why)
{
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.table.physical, rsdt);
	assert_false(root.extended);
	assert_true(capture_has(why));
	assert_true(capture_has("not usable, trying the RSDT\n"));
	assert_int_equal(find_table("APIC"), 0);
	capture_begin();
}

/* As Xen makes one for its dom0 where the firmware has none. */
static void an_xsdt_without_its_signature(void **state)
{
	(void)state;
	builder_rsdp(&built, BUILDER_RSDP, 0, xsdt);
	builder_put(&built, xsdt, 0xf000ff53, 4);
	builder_seal(&built, xsdt);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_true(root.extended);
	assert_int_equal(root.count, 3);
	assert_string_equal(root.table.signature, "XSDT");
	assert_true(capture_has("must begin with that signature"));
	assert_true(capture_has("adds up, and there is no RSDT: it is taken as it is"));
	assert_int_equal(find_table("APIC"), 0);
	assert_int_equal(table.physical, madt);
	/* With an RSDT beside it there is no need to. */
	builder_rsdp(&built, BUILDER_RSDP, rsdt, xsdt);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_false(root.extended);
	/* And only if it adds up. */
	builder_rsdp(&built, BUILDER_RSDP, 0, xsdt);
	builder_put(&built, xsdt + 40, 1, 1);
	assert_int_equal(find_root(BUILDER_RSDP), MUSTER_E_CORRUPT);
	assert_int_equal(root.count, 0);
}

static void a_broken_xsdt_leaves_the_rsdt(void **state)
{
	(void)state;
	builder_put(&built, xsdt + BUILDER_CHECKSUM, builder_get(&built, xsdt + 9, 1) + 1, 1);
	assert_falls_back_to_rsdt(": bytes add up to 0x1: must be 0\n");
	builder_put(&built, xsdt + BUILDER_LENGTH, 35, 4);
	builder_seal(&built, xsdt);
	assert_falls_back_to_rsdt(": length 35: must be 36 to 1048576\n");
	builder_put(&built, xsdt + BUILDER_LENGTH, ACPI_TABLE_MAX + 1, 4);
	assert_falls_back_to_rsdt(": length 1048577: must be 36 to 1048576\n");
	builder_put(&built, xsdt + BUILDER_LENGTH, BUILDER_MEMORY - 1, 4);
	assert_falls_back_to_rsdt(": cannot be read to its end\n");
	memory_image_put(&built.image, xsdt, "RSDT", 4);
	assert_falls_back_to_rsdt(": must begin with that signature\n");
	builder_rsdp(&built, BUILDER_RSDP, rsdt, UINT64_MAX - 8);
	assert_falls_back_to_rsdt("XSDT at 0xfffffffffffffff7: cannot be read\n");
}

static void both_broken_is_corrupt(void **state)
{
	(void)state;
	builder_put(&built, xsdt + 20, 0xff, 1);
	builder_put(&built, rsdt + 20, 0xff, 1);
	assert_int_equal(find_root(BUILDER_RSDP), MUSTER_E_CORRUPT);
	assert_int_equal(root.count, 0);
	builder_rsdp(&built, BUILDER_RSDP, 0, 0);
	assert_int_equal(find_root(BUILDER_RSDP), MUSTER_E_CORRUPT);
	assert_true(capture_has("RSDT at 0: cannot be read\n"));
	assert_int_equal(find_table("APIC"), MUSTER_E_NOT_FOUND);
}

static void a_root_with_too_many_entries_is_refused(void **state)
{
	uint64_t large;

	(void)state;
	while (built.count < ACPI_ENTRIES_MAX)
		built.tables[built.count++] = fadt;
	large = builder_root_table(&built, true);
	builder_rsdp(&built, BUILDER_RSDP, 0, large);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.count, ACPI_ENTRIES_MAX);
	assert_int_equal(find_table("MCFG"), MUSTER_E_NOT_FOUND);
	built.tables[built.count++] = fadt;
	large = builder_root_table(&built, true);
	builder_rsdp(&built, BUILDER_RSDP, 0, large);
	assert_int_equal(find_root(BUILDER_RSDP), MUSTER_E_CORRUPT);
	assert_true(capture_has(": 257 entries: at most 256 are taken\n"));
}

static void a_piece_of_an_entry_is_left_out(void **state)
{
	(void)state;
	builder_put(&built, xsdt + BUILDER_LENGTH, 36 + 3 * 8 - 1, 4);
	builder_seal(&built, xsdt);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.count, 2);
	assert_true(capture_has("ends within an entry"));
	builder_put(&built, xsdt + BUILDER_LENGTH, 36, 4);
	builder_seal(&built, xsdt);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(root.count, 0);
	assert_int_equal(find_table("APIC"), MUSTER_E_NOT_FOUND);
}

static void a_broken_table_gives_way_to_the_next(void **state)
{
	(void)state;
	builder_put(&built, madt + 36, 'F', 1);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(find_table("APIC"), 0);
	assert_int_equal(table.physical, second_madt);
	assert_int_equal(capture_count("muster: acpi: APIC at "), 1);
	/* Once each: not again when it is looked for again. */
	assert_int_equal(find_table("APIC"), 0);
	assert_int_equal(capture_count("muster: acpi: APIC at "), 1);
	builder_put(&built, second_madt + 36, 'F', 1);
	assert_int_equal(find_table("APIC"), MUSTER_E_CORRUPT);
	assert_int_equal(find_table("APIC"), MUSTER_E_CORRUPT);
	assert_int_equal(capture_count("muster: acpi: APIC at "), 2);
	assert_int_equal(find_table("FACP"), 0);
	/* A new root is a new beginning. */
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(find_table("APIC"), MUSTER_E_CORRUPT);
	assert_int_equal(capture_count("muster: acpi: APIC at "), 4);
}

static void entries_that_lead_nowhere_are_skipped(void **state)
{
	(void)state;
	builder_put(&built, xsdt + 36, 0, 8);
	builder_put(&built, xsdt + 36 + 8, UINT64_MAX - 35, 8);
	builder_seal(&built, xsdt);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(find_table("APIC"), 0);
		assert_int_equal(table.physical, second_madt);
		assert_int_equal(find_table("FACP"), MUSTER_E_NOT_FOUND);
	}
	assert_string_equal(
		capture.text,
		"muster: acpi: XSDT entry 0: table at 0: cannot be read, left out\n"
		"muster: acpi: XSDT entry 1: table at 0xffffffffffffffdc: cannot be read, left out\n");
}

/* A table that lists itself, or the root, is a table like another. */
static void a_root_that_lists_itself_ends(void **state)
{
	(void)state;
	builder_put(&built, xsdt + 36, xsdt, 8);
	builder_put(&built, xsdt + 36 + 8, BUILDER_RSDP, 8);
	builder_seal(&built, xsdt);
	assert_int_equal(find_root(BUILDER_RSDP), 0);
	assert_int_equal(find_table("APIC"), 0);
	assert_int_equal(find_table("XSDT"), 0);
	assert_int_equal(table.physical, xsdt);
}

/* Every size, so that the last, shorter piece of a sum is tried at every length. */
static void every_byte_counts_in_the_checksum(void **state)
{
	static uint8_t body[600];

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(255 - i % 7);
	for (size_t size = 1; size < sizeof(body); size += size < 300 ? 1 : 37) {
		uint64_t at = builder_loose_table(&built, "TEST", 1, body, size);
		uint64_t last = at + 36 + size - 1;

		built.tables[0] = at;
		built.count = 1;
		builder_rsdp(&built, BUILDER_RSDP, 0, builder_root_table(&built, true));
		assert_int_equal(find_root(BUILDER_RSDP), 0);
		assert_int_equal(find_table("TEST"), 0);
		builder_put(&built, last, builder_get(&built, last, 1) ^ 0x80, 1);
		assert_int_equal(find_root(BUILDER_RSDP), 0);
		assert_int_equal(find_table("TEST"), MUSTER_E_CORRUPT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_hint_is_taken),
		TEST(tables_are_found),
		TEST(without_a_hint_the_bios_area_is_searched),
		TEST(the_search_is_in_steps_of_16),
		TEST(the_ebda_is_searched_first),
		TEST(a_mad_ebda_segment_does_no_harm),
		TEST(a_wrong_hint_is_logged_and_searched_for),
		TEST(a_broken_rsdp_is_passed_over),
		TEST(nothing_at_all_is_not_found),
		TEST(an_old_rsdp_has_an_rsdt),
		TEST(a_broken_extension_leaves_the_rsdt),
		TEST(a_longer_rsdp_is_right),
		TEST(an_xsdt_without_its_signature),
		TEST(a_broken_xsdt_leaves_the_rsdt),
		TEST(both_broken_is_corrupt),
		TEST(a_root_with_too_many_entries_is_refused),
		TEST(a_piece_of_an_entry_is_left_out),
		TEST(a_broken_table_gives_way_to_the_next),
		TEST(entries_that_lead_nowhere_are_skipped),
		TEST(a_root_that_lists_itself_ends),
		TEST(every_byte_counts_in_the_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
