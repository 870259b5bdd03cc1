// SPDX-License-Identifier: MIT
/*
 * How CPUs are started: all at once where the platform can and nobody would answer who is not
 * prepared, else one by one; again always one.
 */
#include "mock_guest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 5

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	return 0;
}

static void start_all_or_one_by_one(void **state)
{
	guest.start_all = true;
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(guest.started_all, 1);
	assert_int_equal(guest.started_one, 0);
	/* A resend is targeted. */
	assert_int_equal(cpu_down(cpu_from_number(1)), 0);
	assert_int_equal(cpu_up(cpu_from_number(1)), 0);
	assert_int_equal(guest.started_all, 1);
	assert_int_equal(guest.started_one, 1);

	/* The platform cannot. */
	guest_end(state);
	guest_begin(CPUS);
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(guest.started_all, 1);
	assert_int_equal(guest.started_one, CPUS - 1);

	/* It could, but somebody would answer who is not prepared. */
	guest_end(state);
	guest_begin(CPUS);
	guest.start_all = true;
	guest.fail_text = "stack@3";
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(guest.started_all, 0);
	assert_int_equal(guest.started_one, CPUS - 2);

	/* One is possible only: it may be there after all. */
	guest_end(state);
	guest_begin(CPUS);
	guest.start_all = true;
	cpu_state_set(cpu_from_number(3), CPU_POSSIBLE);
	cpu_record(cpu_from_number(3))->present = 0;
	guest_bring_up();
	assert_int_equal(guest.started_all, 0);
	assert_int_equal(cpu_online_count(), CPUS - 1);
	assert_string_equal(guest.trace[3], "");
	assert_int_equal(cpu_up(cpu_from_number(3)), MUSTER_E_NOT_FOUND);

	/* A failure is ordered for one. */
	guest_end(state);
	guest_begin(CPUS);
	guest.start_all = true;
	guest.fail_text = "start@3";
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(guest.started_all, 0);
}

static void one_cpu_and_two(void **state)
{
	for (uint32_t cpus = 1; cpus <= 2; cpus++) {
		guest_end(state);
		guest_begin(cpus);
		guest.start_all = true;
		assert_int_equal(guest_bring_up(), 0);
		assert_int_equal(cpu_online_count(), cpus);
		assert_int_equal(guest.started_all, cpus - 1);
		assert_int_equal(guest.started_one, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(start_all_or_one_by_one),
		TEST(one_cpu_and_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
