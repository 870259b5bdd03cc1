// SPDX-License-Identifier: MIT
/* Which of the processors that a MADT does not enable are believed to be able to come. */
#include "firmware/acpi_spare.h"
#include "tests/unit/console_capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct acpi_spares spares;

static int begin(void **state)
{
	(void)state;
	capture_begin();
	memset(&spares, 0, sizeof(spares));
	return 0;
}

static void see(uint32_t uid, uint32_t apic_id, bool enabled)
{
	const struct acpi_processor processor = {
		.uid = uid, .apic_id = apic_id, .enabled = enabled, .online_capable = !enabled
	};

	acpi_spares_see(&spares, &processor);
}

static void ids_of_their_own(void **state)
{
	(void)state;
	see(0, 0, true);
	see(1, 9, false);
	see(2, 1, true);
	see(3, 4, false);
	see(4, ACPI_SPARE_ID_MAX, false);
	assert_int_equal(acpi_spares_choose(&spares), 3);
	assert_int_equal(spares.at[0].uid, 1);
	assert_int_equal(spares.at[1].uid, 3);
	assert_int_equal(spares.at[2].uid, 4);
	assert_string_equal(capture.text, "");
}

/* As real firmware has it: more entries than sockets, all with the id of the first. */
static void copies_of_one_in_use(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		see(i, i, true);
	for (uint32_t i = 8; i < 24; i++)
		see(i, 0, false);
	assert_int_equal(acpi_spares_choose(&spares), 0);
	assert_true(capture_has("APIC: 16 processors that are not enabled are left out: "));
	assert_int_equal(capture_count("\n"), 1);
}

/* The entry that is enabled may stand behind its copy. */
static void copies_before_it(void **state)
{
	(void)state;
	see(0, 7, false);
	see(1, 8, false);
	see(2, 7, true);
	assert_int_equal(acpi_spares_choose(&spares), 1);
	assert_int_equal(spares.at[0].uid, 1);
}

static void copies_of_each_other(void **state)
{
	(void)state;
	see(0, 0, true);
	see(1, 0x80, false);
	see(2, 0x80, false);
	see(3, 0x81, false);
	assert_int_equal(acpi_spares_choose(&spares), 1);
	assert_int_equal(spares.at[0].uid, 3);
	assert_int_equal(spares.left_out, 2);
}

static void ids_out_of_reach(void **state)
{
	(void)state;
	see(0, 0, true);
	see(1, 255, false);
	see(2, 0x100, false);
	see(3, UINT32_MAX, false);
	see(4, UINT32_MAX, true);
	see(5, 5, false);
	assert_int_equal(acpi_spares_choose(&spares), 1);
	assert_int_equal(spares.at[0].uid, 5);
	assert_int_equal(spares.left_out, 3);
}

/* A table of any length. */
static void many_more_than_ids(void **state)
{
	(void)state;
	for (uint32_t i = 0; i <= ACPI_SPARE_ID_MAX; i++)
		see(i, i, false);
	assert_int_equal(acpi_spares_choose(&spares), ACPI_SPARE_ID_MAX + 1);
	begin(state);
	for (uint32_t i = 0; i < 10000; i++)
		see(i, i % (ACPI_SPARE_ID_MAX + 1), false);
	assert_int_equal(acpi_spares_choose(&spares), 0);
	assert_int_equal(spares.left_out, 10000);
	assert_int_equal(capture_count("\n"), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids_of_their_own),	    TEST(copies_of_one_in_use), TEST(copies_before_it),
		TEST(copies_of_each_other), TEST(ids_out_of_reach),	TEST(many_more_than_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
