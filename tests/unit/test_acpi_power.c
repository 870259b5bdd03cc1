// SPDX-License-Identifier: MIT
/*
 * The FADT of every age, and \_S5 in the DSDT: as it is written by real firmware, at every place,
 * and broken.
 */
#include "firmware/acpi.h"
#include "tests/unit/acpi_builder.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Offsets in the FADT, 5.2.9. */
#define DSDT	      40
#define PM1A_CONTROL  64
#define PM1B_CONTROL  68
#define PM_TIMER      76
#define PM_TIMER_LEN  91
#define FLAGS	      112
#define X_DSDT	      140
#define X_PM1A	      172
#define X_PM1B	      184
#define X_PM_TIMER    208
#define SLEEP_CONTROL 244
#define REDUCED	      (1u << 20)

/* \_S5 as QEMU's q35 has it, and as another common compiler of tables writes it. */
static const uint8_t s5_zero[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0, 0, 0, 0 };
static const uint8_t s5_seven[] = { 0x08, '\\', '_',  'S',  '5',  '_', 0x12, 0x08,
				    0x04, 0x0a, 0x07, 0x0a, 0x05, 0,   0 };

static struct acpi_builder built;
static struct acpi_power power;
static uint8_t fadt[276 - BUILDER_HEADER + 100];

static void put(size_t offset, uint64_t value, size_t size)
{
	memcpy(fadt + offset - BUILDER_HEADER, &value, size);
}

static void put_address(size_t offset, uint8_t space, uint64_t address)
{
	put(offset, space, 1);
	put(offset + 1, 16, 1);
	put(offset + 4, address, 8);
}

static uint64_t add_dsdt(const void *aml, size_t size)
{
	return builder_loose_table(&built, "DSDT", 2, aml, size);
}

/* A machine like QEMU's q35, with a DSDT that has s5_zero. */
static int begin(void **state)
{
	(void)state;
	builder_begin(&built);
	memset(fadt, 0, sizeof(fadt));
	put(DSDT, add_dsdt(s5_zero, sizeof(s5_zero)), 4);
	put(PM1A_CONTROL, 0x604, 4);
	put(PM_TIMER, 0x608, 4);
	put(PM_TIMER_LEN, 4, 1);
	put(FLAGS, 0x4a5, 4);
	return 0;
}

static int end(void **state)
{
	(void)state;
	builder_end(&built);
	return 0;
}

/* Build the table, with `length` bytes of it, and read it. */
static int read_fadt(uint8_t revision, uint32_t length)
{
	struct acpi_table table = { .signature = "FACP", .revision = revision };

	table.physical =
		builder_loose_table(&built, "FACP", revision, fadt, length - BUILDER_HEADER);
	table.length = length;
	memset(memory_image_at(&built.image, table.physical + length), 0xcc, 300);
	return acpi_power_read(&built.reader, &table, &power);
}

static void an_ordinary_machine(void **state)
{
	(void)state;
	assert_int_equal(read_fadt(1, 116), 0);
	assert_true(power.can_power_off);
	assert_int_equal(power.pm1a_control, 0x604);
	assert_int_equal(power.pm1b_control, 0);
	assert_int_equal(power.sleep_type_a, 0);
	assert_int_equal(power.sleep_type_b, 0);
	assert_false(power.reduced);
	assert_int_equal(power.pm_timer_port, 0x608);
	assert_false(power.pm_timer_32);
	assert_int_equal(power.sleep_control_port, 0);
	assert_string_equal(capture.text, "");
}

/* Whatever the length: a field that the table ends within is not there. */
static void every_length_of_table(void **state)
{
	(void)state;
	put(PM1B_CONTROL, 0x1604, 4);
	put(FLAGS, 0x5a5, 4);
	put_address(X_PM1A, 1, 0x2604);
	put_address(X_PM1B, 1, 0x3604);
	put_address(X_PM_TIMER, 1, 0x2608);
	put(X_DSDT, add_dsdt(s5_seven, sizeof(s5_seven)), 8);
	for (uint32_t length = 36; length <= 276 + 60; length++) {
		int expected = length < PM1A_CONTROL + 4 ? MUSTER_E_CORRUPT : 0;

		capture_begin();
		built.next = BUILDER_TABLES + 0x1000;
		assert_int_equal(read_fadt(3, length), expected);
		if (expected) {
			assert_true(capture_has("must be 68 at least, and readable\n"));
			assert_int_equal(power.pm1a_control, 0);
			assert_false(power.can_power_off);
			continue;
		}
		assert_string_equal(capture.text, "");
		assert_true(power.can_power_off);
		assert_int_equal(power.pm1a_control, length < X_PM1A + 12 ? 0x604 : 0x2604);
		assert_int_equal(power.pm1b_control, length < PM1B_CONTROL + 4 ? 0
						     : length < X_PM1B + 12    ? 0x1604
									       : 0x3604);
		assert_int_equal(power.pm_timer_port, length < PM_TIMER_LEN + 1	 ? 0
						      : length < X_PM_TIMER + 12 ? 0x608
										 : 0x2608);
		assert_int_equal(power.pm_timer_32, length >= FLAGS + 4);
		assert_int_equal(power.sleep_type_a, length < X_DSDT + 8 ? 0 : 7);
		assert_int_equal(power.sleep_type_b, length < X_DSDT + 8 ? 0 : 5);
	}
}

static void extended_fields_that_are_no_ports(void **state)
{
	(void)state;
	put_address(X_PM1A, 0, 0xfed00000);
	put_address(X_PM_TIMER, 1, 0x10000);
	assert_int_equal(read_fadt(6, 276), 0);
	assert_int_equal(power.pm1a_control, 0x604);
	assert_int_equal(power.pm_timer_port, 0x608);
	assert_true(capture_has("FACP: X_PM1a_CNT_BLK: 0xfed00000 in space 0: must be an I/O port, "
				"using PM1a_CNT_BLK\n"));
	assert_true(capture_has("X_PM_TMR_BLK: 0x10000 in space 1: "));
	/* An extended field without an address is not there, whatever its space says. */
	capture_begin();
	put_address(X_PM1A, 0, 0);
	put_address(X_PM_TIMER, 9, 0);
	assert_int_equal(read_fadt(6, 276), 0);
	assert_int_equal(power.pm1a_control, 0x604);
	assert_string_equal(capture.text, "");
}

static void old_fields_that_are_no_ports(void **state)
{
	(void)state;
	put(PM1A_CONTROL, 0x10604, 4);
	assert_int_equal(read_fadt(1, 116), 0);
	assert_int_equal(power.pm1a_control, 0);
	assert_false(power.can_power_off);
	assert_true(capture_has("FACP: PM1a_CNT_BLK: 0x10604: must be an I/O port, left out\n"));
	assert_true(capture_has("PM1a_CNT_BLK: none: cannot power off\n"));
}

static void no_timer_and_a_strange_timer(void **state)
{
	(void)state;
	put(PM_TIMER_LEN, 0, 1);
	assert_int_equal(read_fadt(1, 116), 0);
	assert_int_equal(power.pm_timer_port, 0);
	assert_string_equal(capture.text, "");
	put(PM_TIMER_LEN, 3, 1);
	put(FLAGS, 0x5a5, 4);
	assert_int_equal(read_fadt(1, 116), 0);
	assert_int_equal(power.pm_timer_port, 0);
	assert_false(power.pm_timer_32);
	assert_true(capture_has("PM_TMR_LEN: 3: must be 0 or 4, timer left out\n"));
}

static void a_reduced_machine(void **state)
{
	(void)state;
	put(DSDT, 0, 4);
	put(FLAGS, REDUCED, 4);
	put_address(SLEEP_CONTROL, 0, 0xfef00000);
	assert_int_equal(read_fadt(5, 268), 0);
	assert_true(power.reduced && power.can_power_off);
	assert_true(power.sleep_control_memory == 0xfef00000);
	assert_int_equal(power.sleep_control_port, 0);
	assert_int_equal(power.sleep_type_a, 5);
	/* Its fixed registers are to be ignored. */
	assert_int_equal(power.pm1a_control, 0);
	assert_int_equal(power.pm_timer_port, 0);

	put_address(SLEEP_CONTROL, 1, 0x600);
	put(X_DSDT, add_dsdt(s5_seven, sizeof(s5_seven)), 8);
	assert_int_equal(read_fadt(5, 268), 0);
	assert_true(power.can_power_off);
	assert_int_equal(power.sleep_control_port, 0x600);
	assert_int_equal(power.sleep_control_memory, 0);
	assert_int_equal(power.sleep_type_a, 7);
	/* Before ACPI 5.0 the flag was reserved. */
	assert_int_equal(read_fadt(4, 268), 0);
	assert_false(power.reduced);
	assert_int_equal(power.pm1a_control, 0x604);
}

static void a_reduced_machine_without_a_register(void **state)
{
	(void)state;
	put(FLAGS, REDUCED, 4);
	assert_int_equal(read_fadt(5, 268), 0);
	assert_true(power.reduced);
	assert_false(power.can_power_off);
	assert_true(capture_has("SLEEP_CONTROL_REG: none: cannot power off\n"));
	put_address(SLEEP_CONTROL, 2, 0x600);
	assert_int_equal(read_fadt(5, 268), 0);
	assert_false(power.can_power_off);
	assert_true(capture_has("SLEEP_CONTROL_REG: 0x600 in space 2: must be memory or an I/O"));
	put_address(SLEEP_CONTROL, 1, 0x10000);
	assert_int_equal(read_fadt(5, 268), 0);
	assert_false(power.can_power_off);
}

static void the_extended_dsdt_is_preferred(void **state)
{
	uint64_t extended = add_dsdt(s5_seven, sizeof(s5_seven));

	(void)state;
	put(X_DSDT, extended, 8);
	assert_int_equal(read_fadt(3, 244), 0);
	assert_int_equal(power.sleep_type_a, 7);
	assert_int_equal(power.sleep_type_b, 5);
	/* When it is broken the old one is there. */
	builder_put(&built, extended + 36, 0xff, 1);
	assert_int_equal(read_fadt(3, 244), 0);
	assert_int_equal(power.sleep_type_a, 0);
	assert_true(power.can_power_off);
	assert_true(capture_has("DSDT at "));
	/* And when that is broken too there is none. */
	put(DSDT, extended, 4);
	capture_begin();
	assert_int_equal(read_fadt(3, 244), 0);
	assert_false(power.can_power_off);
	assert_int_equal(capture_count("bytes add up to"), 1);
	assert_true(capture_has("none that is right\n"));
	put(X_DSDT, 0, 8);
	put(DSDT, 0, 4);
	assert_int_equal(read_fadt(3, 244), 0);
	assert_true(capture_has("FACP: DSDT at 0: none that is right\n"));
}

/* Scan a DSDT with these bytes of AML. */
static bool scan(const void *aml, size_t size)
{
	put(DSDT, add_dsdt(aml, size), 4);
	assert_int_equal(read_fadt(1, 116), 0);
	return power.can_power_off;
}

/* Wherever it stands: chunks have ends, and so has the table. */
static void s5_at_every_place(void **state)
{
	static uint8_t aml[600];

	(void)state;
	for (size_t before = 0; before < 560; before++) {
		for (size_t after = 0; after < 2; after++) {
			built.next = BUILDER_TABLES;
			memset(aml, '_', sizeof(aml));
			memcpy(aml + before, s5_zero, sizeof(s5_zero));
			assert_true(scan(aml, before + sizeof(s5_zero) + after));
			built.next = BUILDER_TABLES;
			memset(aml, 'S', sizeof(aml));
			memcpy(aml + before, s5_seven, sizeof(s5_seven));
			assert_true(scan(aml, before + sizeof(s5_seven) + after));
			assert_int_equal(power.sleep_type_a, 7);
			assert_int_equal(power.sleep_type_b, 5);
		}
	}
}

/* Cut anywhere, it is not there: not even when what is missing lies behind the table. */
static void s5_cut_off(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(s5_seven); size++) {
		uint64_t dsdt = add_dsdt(s5_seven, sizeof(s5_seven));

		capture_begin();
		builder_put(&built, dsdt + BUILDER_LENGTH, BUILDER_HEADER + size, 4);
		builder_seal(&built, dsdt);
		put(DSDT, dsdt, 4);
		assert_int_equal(read_fadt(1, 116), 0);
		assert_false(power.can_power_off);
		assert_true(capture_has("no \\_S5 that is a package of constants\n"));
	}
	assert_true(scan(s5_seven, sizeof(s5_seven)));
}

static void every_way_to_write_a_constant(void **state)
{
	static const uint8_t one[] = { 8, '_', 'S', '5', '_', 0x12, 0x05, 2, 0x01, 0x0a, 0x06 };
	static const uint8_t wide[] = { 8,    '_', 'S', '5',  '_', 0x12, 0x0a, 2,
					0x0b, 3,   0,	0x0c, 4,   0,	 0,    0 };
	/* Package lengths of two, three and four bytes. */
	static const uint8_t two[] = { 8, '_', 'S', '5', '_', 0x12, 0x45, 0, 2, 1, 0 };
	static const uint8_t three[] = { 8, '_', 'S', '5', '_', 0x12, 0x86, 0, 0, 2, 1, 0 };
	static const uint8_t four[] = { 8, '_', 'S', '5', '_', 0x12, 0xc7, 0, 0, 0, 2, 1, 0 };
	/* 74 bytes, to the last one of the table. */
	static const uint8_t large[5 + 1 + 74] = { 8, '_', 'S', '5', '_', 0x12, 0x4a, 4, 2, 1, 0 };
	/* Both in one element. */
	static const uint8_t single[] = { 8, '_', 'S', '5', '_', 0x12, 0x05, 1, 0x0b, 0x05, 0x03 };

	(void)state;
	assert_true(scan(one, sizeof(one)));
	assert_int_equal(power.sleep_type_a, 1);
	assert_int_equal(power.sleep_type_b, 6);
	assert_true(scan(wide, sizeof(wide)));
	assert_int_equal(power.sleep_type_a, 3);
	assert_int_equal(power.sleep_type_b, 4);
	assert_true(scan(two, sizeof(two)));
	assert_int_equal(power.sleep_type_a, 1);
	assert_true(scan(three, sizeof(three)));
	assert_int_equal(power.sleep_type_a, 1);
	assert_true(scan(four, sizeof(four)));
	assert_int_equal(power.sleep_type_a, 1);
	assert_true(scan(large, sizeof(large)));
	assert_int_equal(power.sleep_type_a, 1);
	assert_false(scan(large, sizeof(large) - 1));
	assert_true(scan(single, sizeof(single)));
	assert_int_equal(power.sleep_type_a, 5);
	assert_int_equal(power.sleep_type_b, 3);
}

static void what_only_looks_like_s5(void **state)
{
	static const uint8_t wrong[][16] = {
		{ 0x14, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0 },	    /* no NameOp */
		{ 0x08, '^', '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0 },  /* not the root's */
		{ 0x14, '\\', '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0 }, /* no NameOp */
		{ 0x08, '_', 'S', '5', '_', 0x13, 6, 4, 0, 0, 0, 0 },	    /* no package */
		{ 0x08, '_', 'S', '5', '_', 0x12, 6, 0, 0, 0, 0, 0 },	    /* an empty one */
		{ 0x08, '_', 'S', '5', '_', 0x12, 2, 4, 0, 0, 0, 0 },	    /* shorter than that */
		{ 0x08, '_', 'S', '5', '_', 0x12, 3, 4, 0, 0, 0, 0 },	    /* ... in the second */
		{ 0x08, '_', 'S', '5', '_', 0x12, 0x4f, 0xff, 4, 0, 0, 0, 0 }, /* longer than all */
		{ 0x08, '_', 'S', '5', '_', 0x12, 0, 4, 0, 0, 0, 0 },	       /* length 0 */
		{ 0x08, '_', 'S', '5', '_', 0x12, 0xff, 0xff, 0xff, 0xff },    /* 256 MiB */
		{ 0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 8, 0, 0 },       /* over three bits */
		{ 0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0x0a, 8, 0 },       /* the second one */
		{ 0x08, '_', 'S', '5', '_', 0x12, 7, 2, 0x0b, 0, 1, 0, 0 },    /* 256 */
		{ 0x08, '_', 'S', '5', '_', 0x12, 5, 1, 0x0b, 5, 8, 0 },       /* both in one */
		{ 0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0xff, 0, 0, 0 },       /* Ones */
		{ 0x08, '_', 'S', '5', '_', 0x12, 6, 4, 'A', 'B', 'C', 'D' },  /* a name */
		{ 0x08, '_', 'S', '4', '_', 0x12, 6, 4, 0, 0, 0, 0 },	       /* another state */
	};
	uint8_t aml[sizeof(wrong) + sizeof(s5_seven)];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		capture_begin();
		assert_false(scan(wrong[i], sizeof(wrong[i])));
		assert_int_equal(capture_count("no \\_S5 that is a package of constants\n"), 1);
	}
	/* A real one behind all of them is found. */
	memcpy(aml, wrong, sizeof(wrong));
	memcpy(aml + sizeof(wrong), s5_seven, sizeof(s5_seven));
	assert_true(scan(aml, sizeof(aml)));
	assert_int_equal(power.sleep_type_a, 7);
}

static void a_table_that_goes_away_is_corrupt(void **state)
{
	struct acpi_table table = { .signature = "FACP", .physical = BUILDER_MEMORY - 100 };

	(void)state;
	table.length = 116;
	assert_int_equal(acpi_power_read(&built.reader, &table, &power), MUSTER_E_CORRUPT);
	table.physical = UINT64_MAX - 20;
	assert_int_equal(acpi_power_read(&built.reader, &table, &power), MUSTER_E_CORRUPT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_machine),
		TEST(every_length_of_table),
		TEST(extended_fields_that_are_no_ports),
		TEST(old_fields_that_are_no_ports),
		TEST(no_timer_and_a_strange_timer),
		TEST(a_reduced_machine),
		TEST(a_reduced_machine_without_a_register),
		TEST(the_extended_dsdt_is_preferred),
		TEST(s5_at_every_place),
		TEST(s5_cut_off),
		TEST(every_way_to_write_a_constant),
		TEST(what_only_looks_like_s5),
		TEST(a_table_that_goes_away_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
