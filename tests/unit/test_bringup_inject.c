// SPDX-License-Identifier: MIT
/*
 * Failures on order: how fail= and hang= are read, what is refused, and that an order is taken
 * once, by the step and CPU that it names.
 */
#include "mock_guest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 5

static const cpu_t cpu_1 = { 1 };
static const cpu_t cpu_2 = { 2 };

/* A table is known; nothing has run. */
static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	progress_begin(&guest.table);
	return 0;
}

static void take_back(void)
{
	bringup_inject_failure(NULL, cpu_1);
}

static size_t row_of(const char *name)
{
	return (size_t)(guest_step(name) - guest.steps);
}

static void good_orders(void **state)
{
	const struct {
		const char *text;
		const char *row;
		uint32_t cpu;
	} good[] = {
		{ "console@0", "console", 0 },	   { "unit@1", "unit", 1 },
		{ "stack@4", "stack", 4 },	   { "start@2", "start", 2 },
		{ "online@0", "online", 0 },	   { "call-queue@3", "call-queue", 3 },
		{ "farewell@004", "farewell", 4 }, { "online@999999999", "online", 999999999 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size_t row = row_of(good[i].row);

		assert_int_equal(injection_read(good[i].text, false), 0);
		assert_true(injection_pending(row));
		assert_false(injection_pending(row + 1));
		assert_false(injection_due(row, cpu_from_number(good[i].cpu + 1)));
		assert_false(injection_due(row + 1, cpu_from_number(good[i].cpu)));
		assert_true(injection_due(row, cpu_from_number(good[i].cpu)));
		/* Once. */
		assert_false(injection_due(row, cpu_from_number(good[i].cpu)));
		assert_false(injection_pending(row));
	}
	assert_string_equal(host_log(), "");
}

static void bad_orders(void **state)
{
	const struct {
		const char *text;
		const char *rule;
	} bad[] = {
		{ "", "not of the form STEP@CPU" },
		{ "unit", "not of the form STEP@CPU" },
		{ "unit@", "not of the form STEP@CPU" },
		{ "unit@x", "not of the form STEP@CPU" },
		{ "unit@1x", "not of the form STEP@CPU" },
		{ "unit@-1", "not of the form STEP@CPU" },
		{ "unit@1@2", "not of the form STEP@CPU" },
		{ "unit@0x1", "not of the form STEP@CPU" },
		{ "unit@4294967297", "not of the form STEP@CPU" },
		{ "@1", "platform mock has no such step" },
		{ "uni@1", "platform mock has no such step" },
		{ "unitt@1", "platform mock has no such step" },
		{ "Unit@1", "platform mock has no such step" },
		{ "unit@0", "this step never runs for CPU 0" },
		{ "start@0", "this step never runs for CPU 0" },
		{ "console@1", "this step never runs for CPU 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char line[128];

		host_log_clear();
		assert_int_equal(injection_read(bad[i].text, i % 2), MUSTER_E_INVALID);
		snprintf(line, sizeof(line), "muster: command line: %s=%s: %s",
			 i % 2 ? "hang" : "fail", bad[i].text, bad[i].rule);
		assert_memory_equal(host_log(), line, strlen(line));
		for (size_t row = 0; row < guest.table.count; row++)
			assert_false(injection_pending(row));
	}
}

static void one_order_at_a_time(void **state)
{
	(void)state;
	assert_int_equal(injection_read("unit@1", false), 0);
	assert_int_equal(injection_read("online@2", true), MUSTER_E_INVALID);
	assert_true(host_log_has("hang=online@2: one fail= or hang= at a time"));
	assert_true(injection_pending(row_of("unit")));
	take_back();
	assert_false(injection_pending(row_of("unit")));
}

static void by_call(void **state)
{
	(void)state;
	assert_int_equal(bringup_inject_failure("unit", cpu_1), 0);
	/* The last one counts. */
	assert_int_equal(bringup_inject_failure("stack", cpu_2), 0);
	assert_false(injection_due(row_of("unit"), cpu_1));
	assert_true(injection_due(row_of("stack"), cpu_2));
	assert_int_equal(bringup_inject_failure("nothing", cpu_1), MUSTER_E_NOT_FOUND);
	assert_int_equal(bringup_inject_failure("", cpu_1), MUSTER_E_NOT_FOUND);
	assert_int_equal(bringup_inject_failure("unit", cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(bringup_inject_hang("start", cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(bringup_inject_failure("console", cpu_1), MUSTER_E_INVALID);
	assert_int_equal(bringup_inject_failure("unit", cpu_from_number(CPUS)), MUSTER_E_INVALID);
	assert_int_equal(bringup_inject_hang("areas", cpu_2), 0);
	assert_int_equal(bringup_inject_hang(NULL, cpu_2), 0);
	assert_false(injection_due(row_of("areas"), cpu_2));
	/* Before there is a table no step is known. */
	progress_begin(NULL);
	assert_int_equal(bringup_inject_failure("unit", cpu_1), MUSTER_E_NOT_FOUND);
}

/* Whether the CPU is there is known only later. */
static void cpu_that_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(injection_check(), 0);
	guest.fail_text = "unit@5";
	assert_int_equal(guest_bring_up(), MUSTER_E_INVALID);
	assert_true(host_log_has("muster: command line: fail at CPU 5: it is not present\n"));
	assert_string_equal(guest.trace[0], "console command-line memory-map cpu-ids boot-unit "
					    "-boot-unit -memory-map -command-line");
	/* Possible, not present, and one with a higher number is. */
	begin(state);
	cpu_record(cpu_2)->present = 0;
	cpu_state_set(cpu_2, CPU_POSSIBLE);
	assert_int_equal(injection_read("unit@2", true), 0);
	assert_int_equal(injection_check(), MUSTER_E_INVALID);
	assert_true(host_log_has("hang at CPU 2: it is not present"));
	take_back();
	assert_int_equal(injection_read("unit@4", false), 0);
	assert_int_equal(injection_check(), 0);
}

static void overdue(void **state)
{
	(void)state;
	assert_int_equal(injection_overdue(3), STEP_NONE);
	assert_int_equal(injection_read("memory-map@0", false), 0);
	assert_int_equal(injection_overdue(1), STEP_NONE);
	assert_int_equal(injection_overdue(2), 2);
	assert_int_equal(injection_overdue(3), 2);
	take_back();
	/* Another CPU's are never: it has run nothing. */
	assert_int_equal(injection_read("unit@1", false), 0);
	assert_int_equal(injection_overdue(guest.table.count), STEP_NONE);
}

static void bad_order_stops_the_boot(void **state)
{
	(void)state;
	guest.fail_text = "nothing@1";
	assert_int_equal(guest_bring_up(), MUSTER_E_INVALID);
	assert_string_equal(bringup_step_failed(cpu_from_number(0)), "command-line");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_orders),
		TEST(bad_orders),
		TEST(one_order_at_a_time),
		TEST(by_call),
		TEST(cpu_that_is_not_there),
		TEST(overdue),
		TEST(bad_order_stops_the_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
