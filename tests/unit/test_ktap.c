// SPDX-License-Identifier: MIT
/*
 * Self-test results: the lines as KTAP version 1 wants them, and the counts.
 */
#include "tests/unit/console_capture.h"

#include <muster/ktap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int begin(void **state)
{
	(void)state;
	capture_begin();
	return 0;
}

static void a_planned_run(void **state)
{
	struct ktap ktap = { .failed = 99 };

	(void)state;
	ktap_begin(&ktap, 3);
	assert_true(ktap_result(&ktap, 7, "cpu %d has its unit", 3));
	ktap_note(&ktap, "CPU %d: %s", 2, "late");
	assert_false(ktap_result(&ktap, 0, "all online"));
	ktap_skip(&ktap, "x2apic", "the machine has none");
	assert_int_equal(ktap_end(&ktap), 1);
	assert_string_equal(capture.text, "KTAP version 1\n"
					  "1..3\n"
					  "ok 1 cpu 3 has its unit\n"
					  "# CPU 2: late\n"
					  "not ok 2 all online\n"
					  "ok 3 x2apic # SKIP the machine has none\n"
					  "# totals: pass:1 fail:1 skip:1\n");
	assert_int_equal(ktap.run, 3);
	assert_int_equal(ktap.passed, 1);
	assert_int_equal(ktap.skipped, 1);
}

static void the_plan_may_come_last(void **state)
{
	struct ktap ktap;

	(void)state;
	ktap_begin(&ktap, 0);
	ktap_result(&ktap, 1, "one");
	ktap_result(&ktap, 1, "two");
	assert_int_equal(ktap_end(&ktap), 0);
	assert_string_equal(capture.text, "KTAP version 1\nok 1 one\nok 2 two\n1..2\n"
					  "# totals: pass:2 fail:0 skip:0\n");
}

static void missing_tests_have_failed(void **state)
{
	struct ktap ktap;

	(void)state;
	ktap_begin(&ktap, 5);
	ktap_result(&ktap, 1, "one");
	ktap_result(&ktap, 0, "two");
	assert_int_equal(ktap_end(&ktap), 4);
	assert_int_equal(ktap.failed, 4);
	assert_true(capture_has("# planned 5 tests, ran 2: the missing ones count as failed\n"));
}

static void unplanned_tests_have_failed(void **state)
{
	struct ktap ktap;

	(void)state;
	ktap_begin(&ktap, 1);
	ktap_result(&ktap, 1, "one");
	ktap_result(&ktap, 1, "two");
	assert_int_equal(ktap_end(&ktap), 1);
	assert_true(capture_has("# planned 1 tests, ran 2: those not planned count as failed\n"));
}

static void a_long_name_stays_on_its_line(void **state)
{
	struct ktap ktap;

	(void)state;
	ktap_begin(&ktap, 1);
	ktap_result(&ktap, 1, "%500s", "end");
	assert_int_equal(ktap_end(&ktap), 0);
	assert_true(capture_has("ok 1  "));
	assert_false(capture_has("end"));
	assert_int_equal(capture_count("\n"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_planned_run, begin),
		cmocka_unit_test_setup(the_plan_may_come_last, begin),
		cmocka_unit_test_setup(missing_tests_have_failed, begin),
		cmocka_unit_test_setup(unplanned_tests_have_failed, begin),
		cmocka_unit_test_setup(a_long_name_stays_on_its_line, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
