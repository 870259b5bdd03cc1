// SPDX-License-Identifier: MIT
/*
 * The 64-bit arithmetic that i386 kernels bring themselves, against a machine's own: every pair of odd
 * numbers around the powers of two, and random ones of every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder);
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);
uint64_t __ashldi3(uint64_t number, int count);
uint64_t __lshrdi3(uint64_t number, int count);
int64_t __ashrdi3(int64_t number, int count);

/* A quotient and a remainder are right if they are what was divided, and the remainder is the smaller: that
 * takes no division. */
static void check_unsigned(uint64_t a, uint64_t b)
{
	uint64_t rest = 0, quotient, product;

	if (!b)
		return;
	quotient = __udivmoddi4(a, b, &rest);
	assert_true(rest < b);
	assert_false(__builtin_mul_overflow(quotient, b, &product));
	assert_true(product <= a && a - product == rest);
	assert_true(__udivdi3(a, b) == quotient);
	assert_true(__umoddi3(a, b) == rest);
}

static void check_signed(int64_t a, int64_t b)
{
	int64_t quotient, rest;
	uint64_t size = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;

	if (!b || (a == INT64_MIN && b == -1))
		return;
	quotient = __divdi3(a, b);
	rest = __moddi3(a, b);
	/* Towards zero, and the remainder has the sign of what was divided (C17, 6.5.5). */
	assert_true((uint64_t)quotient * (uint64_t)b + (uint64_t)rest == (uint64_t)a);
	assert_true((rest < 0 ? 0 - (uint64_t)rest : (uint64_t)rest) < size);
	assert_true(!rest || (rest < 0) == (a < 0));
}

static void check(uint64_t a, uint64_t b)
{
	check_unsigned(a, b);
	check_signed((int64_t)a, (int64_t)b);
}

static uint64_t near_power(int i)
{
	return (i / 5 < 64 ? UINT64_C(1) << i / 5 : 0) + (uint64_t)(i % 5) - 2;
}

static void around_powers_of_two(void **state)
{
	(void)state;
	for (int i = 0; i < 65 * 5; i++)
		for (int j = 0; j < 65 * 5; j++)
			check(near_power(i), near_power(j));
}

static uint64_t random_number(void)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | (uint64_t)(rand() & 0xff);
	return number >> (rand() & 63);
}

static void random_numbers(void **state)
{
	(void)state;
	srand(20261121);
	for (int i = 0; i < 300000; i++)
		check(random_number(), random_number());
}

/* Bit by bit, so that the test does not shift by a variable either. */
static void shifts(void **state)
{
	(void)state;
	srand(20261121);
	for (int i = 0; i < 2000; i++) {
		uint64_t number = i ? random_number() : UINT64_MAX, left = number, right = number;
		int64_t arithmetic = (int64_t)number;

		for (int count = 0; count < 64; count++) {
			assert_true(__ashldi3(number, count) == left);
			assert_true(__lshrdi3(number, count) == right);
			assert_true(__ashrdi3((int64_t)number, count) == arithmetic);
			left <<= 1;
			right >>= 1;
			arithmetic >>= 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(around_powers_of_two),
		cmocka_unit_test(random_numbers),
		cmocka_unit_test(shifts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
