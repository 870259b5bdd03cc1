// SPDX-License-Identifier: MIT
/*
 * What dynamic per-CPU memory keeps when most of it was given back, with bounds. The figures are in
 * docs/percpu.md; build/tests/bench/percpu_alloc prints them.
 */
#include "percpu_guest.h"
#include "tests/bench/percpu_fragments.h"

#define CPUS  2
#define SPARE 4 /* pages that are kept for the next */

static uint64_t free_at_start;

static int begin(void **state)
{
	(void)state;
	percpu_guest_begin(CPUS, FRAGMENTS_STRIDE);
	percpu_guest_units(CPUS);
	free_at_start = mem_free_total();
	return 0;
}

static void print(const struct fragments *result)
{
	print_message(
		"pages of a unit: %u at most, %u kept, %u touched, %u needed; %u when as much "
		"came again\n",
		result->peak_pages, result->kept_pages, result->touched_pages, result->needed_pages,
		result->refilled_pages);
}

static void check_end(void)
{
	percpu_guest_check();
	assert_int_equal(percpu_trim(), 0);
	percpu_guest_check();
	assert_int_equal(percpu_pages_count(), 0);
	assert_int_equal(mem_free_total(), free_at_start);
}

/* Groups that come and go as one: what is taken in a row lies in a row, so whole pages are free. */
static void test_groups(void **state)
{
	struct fragments result = fragments_measure(true);

	(void)state;
	print(&result);
	/* No page is kept in which nothing is left, but for the spare ones and the units' first. */
	assert_true(result.kept_pages <=
		    result.touched_pages + SPARE + percpu_unit_size() / MEMORY_PAGE_SIZE);
	assert_true(result.kept_pages * 10 <= result.needed_pages * 48);
	/* What was full to begin with is packed. */
	assert_true(result.peak_pages * 100 <= result.needed_pages * FRAGMENTS_OF * 102);
	/* And holes are used again before there are more pages. */
	assert_true(result.refilled_pages * 100 <= result.peak_pages * 105);
	check_end();
}

/* One by one there is something left in every page: a bound on everybody who cannot move it. */
static void test_one_by_one(void **state)
{
	struct fragments result = fragments_measure(false);

	(void)state;
	print(&result);
	assert_true(result.kept_pages <=
		    result.touched_pages + SPARE + percpu_unit_size() / MEMORY_PAGE_SIZE);
	assert_true(result.refilled_pages * 100 <= result.peak_pages * 105);
	check_end();
}

/* At random around half of the room. */
static void test_churn(void **state)
{
	uint32_t percent = fragments_churn(200000);

	(void)state;
	print_message("pages kept: %u %% of those needed\n", percent);
	assert_in_range(percent, 100, 130);
	check_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_groups, begin),
		cmocka_unit_test_setup(test_one_by_one, begin),
		cmocka_unit_test_setup(test_churn, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
