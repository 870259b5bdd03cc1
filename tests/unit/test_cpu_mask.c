// SPDX-License-Identifier: MIT
/*
 * Sets of CPUs, against one byte a CPU: every function at sizes on both sides of a word's edge, up to
 * 100,000 CPUs; and many CPUs at once (built with ThreadSanitizer too).
 */
#include "host_machine.h"

#include <muster/cpu_mask.h>
#include <muster/memory.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint32_t sizes[] = { 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 255, 4096, 100000 };
#define SIZES	  (sizeof(sizes) / sizeof(sizes[0]))
#define CPUS_MOST 100000

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)((random_state >> 33) % limit);
}

/* Storage of just the size, so that the sanitizer sees a word too far. */
static struct cpu_mask make(uint32_t cpus)
{
	struct cpu_mask mask;
	void *storage = malloc(cpu_mask_bytes(cpus));

	assert_non_null(storage);
	memset(storage, 0xa5, cpu_mask_bytes(cpus));
	cpu_mask_begin(&mask, storage, cpus);
	return mask;
}

/* The set is what the bytes say, however it is asked. */
static void compare(const struct cpu_mask *mask, const unsigned char *in)
{
	uint32_t count = 0, walked = 0, last = CPU_NONE_NUMBER;

	for (uint32_t i = 0; i < mask->cpus; i++) {
		assert_int_equal(cpu_mask_test(mask, cpu_from_number(i)), in[i]);
		assert_int_equal(cpu_mask_test_atomic(mask, cpu_from_number(i)), in[i]);
		count += in[i];
	}
	for_each_cpu_in (cpu, mask) {
		assert_true(cpu.number < mask->cpus && in[cpu.number]);
		assert_true(last == CPU_NONE_NUMBER || cpu.number > last);
		last = cpu.number;
		walked++;
	}
	assert_int_equal(cpu_mask_count(mask), count);
	assert_int_equal(walked, count);
	assert_int_equal(cpu_mask_is_empty(mask), !count);
}

static void test_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		size_t bytes = cpu_mask_bytes(sizes[i]);

		assert_true(bytes * 8 >= sizes[i]);
		assert_true(bytes * 8 < sizes[i] + 8 * sizeof(unsigned long));
		assert_int_equal(bytes % sizeof(unsigned long), 0);
	}
	assert_true(cpu_mask_bytes(UINT32_MAX) >= (UINT32_MAX >> 3));
}

static void test_empty_and_fill(void **state)
{
	static unsigned char in[CPUS_MOST];

	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct cpu_mask mask = make(sizes[i]), same = make(sizes[i]);

		memset(in, 0, sizeof(in));
		compare(&mask, in);
		assert_true(cpu_is_none(cpu_mask_first(&mask)));
		cpu_mask_fill(&mask);
		memset(in, 1, sizeof(in));
		compare(&mask, in);
		/* Equal to one that was filled by hand: no bit beyond the last CPU. */
		for (uint32_t n = 0; n < sizes[i]; n++)
			cpu_mask_set(&same, cpu_from_number(n));
		assert_true(cpu_mask_equal(&mask, &same));
		cpu_mask_empty(&mask);
		memset(in, 0, sizeof(in));
		compare(&mask, in);
		free(mask.words);
		free(same.words);
	}
}

static void test_random_changes(void **state)
{
	static unsigned char in[CPUS_MOST];

	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct cpu_mask mask = make(sizes[i]);

		memset(in, 0, sizeof(in));
		for (int n = 0; n < 3000; n++) {
			cpu_t cpu = cpu_from_number(random_below(sizes[i]));
			unsigned char before = in[cpu.number];

			switch (random_below(4)) {
			case 0:
				cpu_mask_set(&mask, cpu);
				in[cpu.number] = 1;
				break;
			case 1:
				cpu_mask_clear(&mask, cpu);
				in[cpu.number] = 0;
				break;
			case 2:
				assert_int_equal(cpu_mask_set_atomic(&mask, cpu), before);
				in[cpu.number] = 1;
				break;
			default:
				assert_int_equal(cpu_mask_clear_atomic(&mask, cpu), before);
				in[cpu.number] = 0;
			}
			if (n % 300 == 0)
				compare(&mask, in);
		}
		compare(&mask, in);
		free(mask.words);
	}
}

static void test_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct cpu_mask mask = make(sizes[i]);
		uint32_t last = sizes[i] - 1;

		cpu_mask_set(&mask, cpu_from_number(last));
		assert_int_equal(cpu_mask_first(&mask).number, last);
		assert_int_equal(cpu_mask_next(&mask, cpu_from_number(0)).number,
				 last ? last : CPU_NONE_NUMBER);
		assert_true(cpu_is_none(cpu_mask_next(&mask, cpu_from_number(last))));
		assert_true(cpu_is_none(cpu_mask_next(&mask, cpu_from_number(sizes[i]))));
		assert_true(cpu_is_none(cpu_mask_next(&mask, cpu_from_number(CPU_NONE_NUMBER))));
		/* The one that is looked at may be taken out. */
		cpu_mask_fill(&mask);
		for_each_cpu_in (cpu, &mask)
			cpu_mask_clear(&mask, cpu);
		assert_true(cpu_mask_is_empty(&mask));
		free(mask.words);
	}
}

static void test_two_sets(void **state)
{
	static unsigned char a_in[CPUS_MOST], b_in[CPUS_MOST], in[CPUS_MOST];

	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct cpu_mask a = make(sizes[i]), b = make(sizes[i]), mask = make(sizes[i]);

		for (uint32_t n = 0; n < sizes[i]; n++) {
			a_in[n] = random_below(2) != 0;
			b_in[n] = random_below(2) != 0;
			if (a_in[n])
				cpu_mask_set(&a, cpu_from_number(n));
			if (b_in[n])
				cpu_mask_set(&b, cpu_from_number(n));
		}
		for (int what = 0; what < 3; what++) {
			cpu_mask_copy(&mask, &a);
			compare(&mask, a_in);
			assert_true(cpu_mask_equal(&mask, &a));
			if (what == 0)
				cpu_mask_and(&mask, &b);
			else if (what == 1)
				cpu_mask_or(&mask, &b);
			else
				cpu_mask_and_not(&mask, &b);
			for (uint32_t n = 0; n < sizes[i]; n++)
				in[n] = what == 0   ? a_in[n] & b_in[n]
					: what == 1 ? a_in[n] | b_in[n]
						    : a_in[n] & !b_in[n];
			compare(&mask, in);
		}
		cpu_mask_copy(&mask, &a);
		if (cpu_mask_test(&mask, cpu_from_number(sizes[i] - 1)))
			cpu_mask_clear(&mask, cpu_from_number(sizes[i] - 1));
		else
			cpu_mask_set(&mask, cpu_from_number(sizes[i] - 1));
		assert_false(cpu_mask_equal(&mask, &a));
		free(a.words);
		free(b.words);
		free(mask.words);
	}
}

static void test_what_does_not_fit(void **state)
{
	struct cpu_mask small = make(64), large = make(65);
	const cpu_t cpu = cpu_from_number(64);

	(void)state;
	assert_false(cpu_mask_test(&small, cpu));
	assert_false(cpu_mask_test_atomic(&small, cpu_from_number(CPU_NONE_NUMBER)));
	assert_string_equal(host_panic_of(cpu_mask_set(&small, cpu)),
			    "CPU number 64: the set has room for 64 CPUs");
	assert_non_null(host_panic_of(cpu_mask_clear(&small, cpu)));
	assert_non_null(host_panic_of((void)cpu_mask_set_atomic(&small, cpu)));
	assert_non_null(host_panic_of((void)cpu_mask_clear_atomic(&small, cpu)));
	assert_string_equal(host_panic_of(cpu_mask_and(&small, &large)),
			    "sets of CPUs: one has room for 64 and one for 65");
	assert_non_null(host_panic_of(cpu_mask_or(&small, &large)));
	assert_non_null(host_panic_of(cpu_mask_and_not(&small, &large)));
	assert_non_null(host_panic_of(cpu_mask_copy(&small, &large)));
	assert_non_null(host_panic_of((void)cpu_mask_equal(&small, &large)));
	free(small.words);
	free(large.words);
}

static void test_memory(void **state)
{
	struct cpu_mask mask;
	uint64_t before;

	(void)state;
	host_begin(1000);
	before = mem_free_total();
	assert_int_equal(cpu_mask_create(&mask), 0);
	assert_int_equal(mask.cpus, 1000);
	assert_int_equal(mem_owned_by("cpu mask"), cpu_mask_bytes(1000));
	cpu_mask_fill(&mask);
	assert_int_equal(cpu_mask_count(&mask), 1000);
	cpu_mask_destroy(&mask);
	assert_int_equal(mem_free_total(), before);
	while (mem_alloc(4096, 4096, .owner = "everything"))
		;
	while (mem_alloc(8, 8, .owner = "everything"))
		;
	assert_int_not_equal(cpu_mask_create(&mask), 0);
}

#define THREADS 4
#define ROUNDS	20000

static struct cpu_mask shared;
static uint32_t plain[THREADS]; /* each written by who has the CPU's bit */

/* Every thread takes bits of one word and gives them back; who got one is alone with it. */
static void *taker(void *argument)
{
	uint32_t seed = (uint32_t)(uintptr_t)argument + 1;
	uintptr_t won = 0;

	for (int i = 0; i < ROUNDS; i++) {
		cpu_t cpu;

		seed = seed * 1664525 + 1013904223;
		cpu = cpu_from_number((seed >> 16) % THREADS);
		if (cpu_mask_set_atomic(&shared, cpu))
			continue;
		plain[cpu.number]++;
		won++;
		if (cpu_mask_count(&shared) > THREADS || !cpu_mask_test_atomic(&shared, cpu))
			abort();
		if (!cpu_mask_clear_atomic(&shared, cpu))
			abort();
	}
	return (void *)won;
}

static void test_many_at_once(void **state)
{
	pthread_t threads[THREADS];
	uintptr_t won = 0, sum = 0;

	(void)state;
	shared = make(65);
	memset(plain, 0, sizeof(plain));
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, taker, (void *)i), 0);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		won += (uintptr_t)result;
	}
	for (int i = 0; i < THREADS; i++)
		sum += plain[i];
	assert_int_equal(sum, won);
	assert_true(won > ROUNDS / 10);
	assert_true(cpu_mask_is_empty(&shared));
	free(shared.words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),	       cmocka_unit_test(test_empty_and_fill),
		cmocka_unit_test(test_random_changes), cmocka_unit_test(test_next),
		cmocka_unit_test(test_two_sets),       cmocka_unit_test(test_what_does_not_fit),
		cmocka_unit_test(test_memory),	       cmocka_unit_test(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
