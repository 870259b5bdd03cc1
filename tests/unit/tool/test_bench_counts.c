// SPDX-License-Identifier: MIT
/*
 * What the plugin writes is read, and what is no whole output of it is refused; and the sums over it.
 */
#include "tool/bench_counts.h"
#include "tool/bench_guest.h"
#include "tool/bench_park.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOOD                                                 \
	"instructions 1 vcpu=0 phase=1 work=100 waits=0\n"   \
	"instructions 1 vcpu=0 phase=2 work=20 waits=5\n"    \
	"instructions 1 vcpu=0 phase=3 work=3 waits=7\n"     \
	"instructions 1 vcpu=0 phase=4 work=999 waits=999\n" \
	"instructions 1 vcpu=1 phase=0 work=12345 waits=0\n" \
	"instructions 1 vcpu=1 phase=3 work=40 waits=1\n"    \
	"instructions 1 vcpu=2 phase=3 work=50 waits=2\n"
#define END "instructions 1 end vcpus=3 strange=0\n"

static char message[256];

/* A copy of just that size, so that the sanitizer sees a read behind its end. */
static int parse(const char *text, size_t size, struct counts *counts)
{
	char *copy = malloc(size ? size : 1);
	int error;

	assert_non_null(copy);
	memcpy(copy, text, size);
	message[0] = '\0';
	error = counts_parse(copy, size, counts, message, sizeof(message));
	free(copy);
	return error;
}

static void all_of_it(void **state)
{
	struct counts counts;

	(void)state;
	assert_int_equal(parse(GOOD END, strlen(GOOD END), &counts), 0);
	assert_int_equal(counts.vcpus, 3);
	assert_int_equal(counts.at[0].work[1], 100);
	assert_int_equal(counts.at[0].waits[2], 5);
	assert_int_equal(counts.at[1].work[0], 12345);
	assert_int_equal(counts.at[2].work[3], 50);
	assert_int_equal(counts.at[2].work[1], 0);
	counts_free(&counts);
	assert_null(counts.at);
}

static void sums(void **state)
{
	struct bench_guest guest = { .cpus = 3 };
	struct counts counts;

	(void)state;
	assert_int_equal(parse(GOOD END, strlen(GOOD END), &counts), 0);
	guest_sum(&guest, &counts);
	assert_int_equal(bench_boot_work(&guest), 123);
	assert_int_equal(guest.boot_waits, 12);
	assert_true(guest.each == 45);
	assert_true(guest.each_waits == 1.5);
	assert_int_equal(guest.each_max, 50);
	assert_int_equal(guest.total, 213);
	counts_free(&counts);
}

static void one_cpu_alone(void **state)
{
	static const char text[] = "instructions 1 vcpu=0 phase=1 work=9 waits=0\n"
				   "instructions 1 end vcpus=1 strange=0\n";
	struct bench_guest guest = { .cpus = 1 };
	struct counts counts;

	(void)state;
	assert_int_equal(parse(text, strlen(text), &counts), 0);
	guest_sum(&guest, &counts);
	assert_true(guest.each == 0);
	assert_int_equal(guest.total, 9);
	counts_free(&counts);
}

/* Wherever it is cut, it is not whole. */
static void a_file_that_was_cut(void **state)
{
	const size_t size = strlen(GOOD END);

	(void)state;
	for (size_t length = 0; length < size; length++) {
		struct counts counts;

		if (!parse(GOOD END, length, &counts))
			fail_msg("whole at %zu of %zu bytes", length, size);
		assert_true(message[0]);
		counts_free(&counts);
	}
}

static void what_is_not_of_the_form(void **state)
{
	static const char *const texts[] = {
		"hello\n" END,
		GOOD END "instructions 1 vcpu=1 phase=5 work=1 waits=1\n",
		GOOD END END,
		GOOD "instructions 2 end vcpus=3 strange=0\n",
		GOOD "instructions 1 end vcpus=2 strange=0\n",
		GOOD "instructions 1 end vcpus=0 strange=0\n",
		GOOD "instructions 1 end vcpus=3 strange=1\n",
		GOOD "instructions 1 end vcpus=3 strange=0 more=1\n",
		GOOD "instructions 1 end vcpus=4097 strange=0\n",
		GOOD "instructions 1 vcpu=1 phase=3 work=1 waits=1\n" END,
		"instructions 1 vcpu=4096 phase=3 work=1 waits=1\n" END,
		"instructions 1 vcpu=0 phase=16 work=1 waits=1\n" END,
		"instructions 1 vcpu=0 phase=-1 work=1 waits=1\n" END,
		"instructions 1 vcpu=0 phase=1 work=18446744073709551616 waits=1\n" END,
		"instructions 1 vcpu=0 phase=1 work= waits=1\n" END,
		"instructions 1 vcpu=0 phase=1 work=1\n" END,
		"instructions 1 vcpu=0 phase=1 waits=1 work=1\n" END,
		"instructions 1 vcpu=0 phase=1 work=1 waits=1 more=1\n" END,
		"instructions 1 vcpu=0  phase=1 work=1 waits=1\n" END,
		"instructions 1 \n" END,
		"instructions 1\n" END,
		"\n" END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct counts counts;

		if (!parse(texts[i], strlen(texts[i]), &counts))
			fail_msg("taken: %s", texts[i]);
		assert_true(message[0]);
		counts_free(&counts);
	}
}

/* A byte of it changed to any other never makes it read outside, and a zero byte is refused. */
static void any_byte_changed(void **state)
{
	char text[] = GOOD END;
	const size_t size = strlen(text);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		for (unsigned int byte = 0; byte < 256; byte += 5) {
			char kept = text[i];
			struct counts counts;
			int error;

			text[i] = (char)byte;
			error = parse(text, size, &counts);
			if (!byte)
				assert_int_not_equal(error, 0);
			counts_free(&counts);
			text[i] = kept;
		}
	}
}

/* One kernel after the other: of the second of the first guest only what is left over. */
static void parked_and_cold(void **state)
{
	struct counts_vcpu parked_at[2] = { { .work = { [2] = 500, [3] = 50, [15] = 16 } },
					    { .work = { [0] = 7, [3] = 300, [4] = 9 } } };
	struct counts_vcpu cold_at[2] = { { .work = { [2] = 900, [3] = 100 } },
					  { .work = { [3] = 400 } } };
	const struct counts parked = { parked_at, 2 }, cold = { cold_at, 2 };
	struct bench_park park = { .cpus = 2 };

	(void)state;
	park_sum(&parked, &cold, &park);
	assert_true(park.wake.known && park.wake.value == 16);
	assert_true(park.cold.known && park.cold.value == 700);
	assert_true(park.online.known && park.online.value == 166);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parked_and_cold),
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(sums),
		cmocka_unit_test(one_cpu_alone),
		cmocka_unit_test(a_file_that_was_cut),
		cmocka_unit_test(what_is_not_of_the_form),
		cmocka_unit_test(any_byte_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
