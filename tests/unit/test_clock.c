// SPDX-License-Identifier: MIT
/*
 * Time: ticks to nanoseconds without overflow, and limits that end, before and after the frequency
 * is known.
 */
#include "core/clock_store.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND	    UINT64_C(1000000000) /* the hosted counter counts nanoseconds */
#define MILLISECOND UINT64_C(1000000)
#define YEAR	    (365 * 24 * 3600 * SECOND)

/* ticks * SECOND / frequency, digit by digit: nine of them, none of which overflows. */
static uint64_t scaled(uint64_t ticks, uint64_t frequency)
{
	uint64_t result = ticks / frequency, rest = ticks % frequency;

	for (int digit = 0; digit < 9; digit++) {
		rest *= 10;
		result = result * 10 + rest / frequency;
		rest %= frequency;
	}
	return result;
}

static void default_limit(void **state)
{
	(void)state;
	assert_int_equal(clock_cpu_limit(), 5000);
	*clock_cpu_limit_store() = 77;
	assert_int_equal(clock_cpu_limit(), 77);
}

static void nanoseconds(void **state)
{
	/* Slow and fast counters, and one that does not divide a second. */
	const uint64_t frequencies[] = {
		1, 1000, 3579545, 24000000, SECOND, 2999999999, 17999999999
	};

	(void)state;
	clock_frequency_set(0);
	assert_int_equal(clock_frequency(), 0);
	assert_int_equal(clock_nanoseconds(12345), 0);
	for (size_t i = 0; i < sizeof(frequencies) / sizeof(frequencies[0]); i++) {
		uint64_t frequency = frequencies[i];
		uint64_t years = UINT64_MAX / frequency / (365 * 24 * 3600);

		clock_frequency_set(frequency);
		assert_int_equal(clock_frequency(), frequency);
		assert_int_equal(clock_nanoseconds(0), 0);
		assert_int_equal(clock_nanoseconds(frequency), SECOND);
		assert_int_equal(clock_nanoseconds(3 * frequency), 3 * SECOND);
		if (years > 499)
			years = 499;
		assert_int_equal(clock_nanoseconds(years * 365 * 24 * 3600 * frequency),
				 years * YEAR);
		for (uint64_t ticks = 1; ticks < 1u << 30; ticks = ticks * 7 + 1)
			assert_int_equal(clock_nanoseconds(ticks), scaled(ticks, frequency));
		/* The largest remainder is where a product would overflow. */
		assert_int_equal(clock_nanoseconds(frequency - 1),
				 scaled(frequency - 1, frequency));
	}
}

static uint64_t polls_until_over(uint32_t milliseconds)
{
	struct clock_limit limit = clock_limit_begin(milliseconds);
	uint64_t polls = 1;

	while (!clock_limit_over(&limit))
		polls++;
	/* What is over stays over. */
	assert_true(clock_limit_over(&limit));
	assert_true(clock_limit_over(&limit));
	return polls;
}

static void polls_stand_for_time(void **state)
{
	(void)state;
	/* Not known, and too slow to count milliseconds with. */
	for (uint64_t frequency = 0; frequency < 1000; frequency += 999) {
		clock_frequency_set(frequency);
		assert_int_equal(polls_until_over(0), 1);
		assert_int_equal(polls_until_over(1), 100000);
		assert_int_equal(polls_until_over(3), 300000);
	}
}

static void limits_are_time(void **state)
{
	uint64_t start;

	(void)state;
	clock_frequency_set(SECOND);
	assert_int_equal(polls_until_over(0), 1);
	start = counter_read();
	polls_until_over(20);
	assert_true(counter_read() - start > 20 * MILLISECOND);
	assert_true(clock_ticks() >= start + 20 * MILLISECOND);
	/* Not before its time, however often it is asked. */
	for (struct clock_limit limit = clock_limit_begin(60000);
	     counter_read() - start < 40 * MILLISECOND;)
		assert_false(clock_limit_over(&limit));
}

/* The longest limit that can be asked for does not wrap into a short one. */
static void long_limits(void **state)
{
	const uint64_t frequencies[] = { SECOND, 17999999999 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct clock_limit limit;

		clock_frequency_set(frequencies[i]);
		limit = clock_limit_begin(UINT32_MAX);
		assert_int_equal(limit.span, frequencies[i] / 1000 * UINT32_MAX);
		assert_false(clock_limit_over(&limit));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_limit),	cmocka_unit_test(nanoseconds),
		cmocka_unit_test(polls_stand_for_time), cmocka_unit_test(limits_are_time),
		cmocka_unit_test(long_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
