// SPDX-License-Identifier: MIT
/*
 * XIVE with a model of the hypervisor on the other side: events that come while others are being taken, queues
 * that wrap, both ways to end an interrupt, CPUs that go and come, and answers that are wrong.
 */
#include "tests/unit/console_capture.h"
#include "tests/unit/mock_xive.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ENTRIES ((1u << MOCK_SHIFT) / 4)

static uint32_t memory[2][ENTRIES] __attribute__((aligned(1 << MOCK_SHIFT)));
static struct xive_cpu own, other;

static const struct xive_description good = {
	.thread_page = MOCK_THREAD,
	.source_first = MOCK_FIRST,
	.source_count = MOCK_SOURCES,
	.queue_shift = MOCK_SHIFT,
	.reserved_priority = MOCK_PRIORITY + 1,
};

static struct xive_cpu cpu_make(uint32_t number)
{
	struct xive_cpu cpu = { .target = number,
				.queue = memory[number],
				.queue_physical = (uintptr_t)memory[number] };
	struct xive_pages pages;

	assert_int_equal(xive_source_find(number, &cpu.source, &pages), 0);
	cpu.manage = pages.manage;
	cpu.trigger = pages.trigger;
	cpu.store_eoi = pages.store_eoi;
	return cpu;
}

static void begin_with(bool store_eoi, bool one_page)
{
	capture_begin();
	memset(&mock, 0, sizeof(mock));
	memset(memory, 0, sizeof(memory));
	mock.store_eoi = store_eoi;
	mock.one_page = one_page;
	assert_int_equal(xive_begin(&mock_calls, &good), 0);
	xive_thread_page_set(MOCK_THREAD);
	own = cpu_make(0);
	other = cpu_make(1);
}

static int begin(void **state)
{
	(void)state;
	begin_with(false, false);
	return 0;
}

static void enable(void)
{
	assert_int_equal(xive_enable(&own), 0);
	assert_int_equal(xive_enable(&other), 0);
}

static enum xive_interrupt take(void)
{
	uint32_t number;

	return xive_take(&own, &number);
}

static void it_begins_with_a_reset(void **state)
{
	(void)state;
	assert_int_equal(mock.resets, 1);
	assert_int_equal(own.source, MOCK_FIRST);
	assert_int_equal(other.source, MOCK_FIRST + 1);
}

static void an_ipi_arrives_once(void **state)
{
	(void)state;
	enable();
	assert_int_equal(take(), XIVE_NOTHING);
	xive_send(&own);
	assert_true(mock_interrupted());
	assert_int_equal(take(), XIVE_IPI);
	assert_false(mock_interrupted());
	assert_int_equal(mock.cppr, 0xff);
	assert_int_equal(take(), XIVE_NOTHING);
}

static void many_before_it_is_taken_are_two_at_most(void **state)
{
	uint32_t taken = 0;

	(void)state;
	enable();
	for (uint32_t i = 0; i < 100; i++)
		xive_send(&own);
	while (mock_interrupted() && taken < 100)
		taken += take() == XIVE_IPI;
	assert_in_range(taken, 1, 2);
	/* The second for those that came while the first was under way: none of them is lost. */
	assert_int_equal(own.next, 2);
	assert_false(mock.sources[0].p || mock.sources[0].q);
}

static void another_ones_does_not_disturb(void **state)
{
	(void)state;
	enable();
	xive_send(&other);
	assert_false(mock_interrupted());
	assert_int_equal(take(), XIVE_NOTHING);
	assert_int_equal(__builtin_bswap32(memory[1][0]) >> 31, 1);
}

/* Generations change with each turn, and old entries are never taken for new ones. */
static void queues_wrap(void **state)
{
	(void)state;
	enable();
	for (uint32_t i = 0; i < 5 * ENTRIES + 3; i++) {
		assert_int_equal(take(), XIVE_NOTHING);
		xive_send(&own);
		assert_int_equal(take(), XIVE_IPI);
	}
	assert_int_equal(own.next, 3);
}

static void each_kind_of_pages(void **state)
{
	(void)state;
	for (uint32_t kind = 0; kind < 4; kind++) {
		begin_with(kind & 1, kind & 2);
		enable();
		for (uint32_t i = 0; i < 3; i++) {
			xive_send(&own);
			xive_send(&own);
			assert_int_equal(take(), XIVE_IPI);
			/* What was sent in between comes again, if it was not taken with the first. */
			if (mock_interrupted())
				(void)take();
			assert_false(mock.sources[0].p || mock.sources[0].q);
			assert_false(mock_interrupted());
		}
	}
}

static void a_source_that_is_nobodys_is_told(void **state)
{
	uint32_t number = 0;

	(void)state;
	enable();
	mock.sources[5] = (struct mock_source){ .targeted = true, .number = 77 };
	mock_fire(&mock.sources[5]);
	assert_int_equal(xive_take(&own, &number), XIVE_OTHER);
	assert_int_equal(number, 77);
	/* An IPI with it is ended too, whichever came first. */
	mock.sources[5].p = false;
	xive_send(&own);
	mock_fire(&mock.sources[5]);
	assert_int_equal(xive_take(&own, &number), XIVE_OTHER);
	assert_false(mock.sources[0].p);
	mock.sources[5].p = false;
	mock_fire(&mock.sources[5]);
	xive_send(&own);
	assert_int_equal(xive_take(&own, &number), XIVE_OTHER);
	assert_false(mock.sources[0].p);
	assert_false(mock_interrupted());
}

/* A queue full of nonsense is read once around at most. */
static void a_queue_without_an_end_ends(void **state)
{
	uint32_t number = 0;

	(void)state;
	enable();
	for (uint32_t i = 0; i < ENTRIES; i++)
		memory[0][i] = __builtin_bswap32(0x80000000u | i << 4);
	mock.wanted = true;
	assert_int_equal(xive_take(&own, &number), XIVE_OTHER);
	assert_int_equal(own.next, 0);
	assert_int_equal(own.generation, 0);
}

static void disabled_the_hypervisor_has_nothing(void **state)
{
	(void)state;
	enable();
	xive_send(&own);
	xive_disable(&own);
	assert_int_equal(mock.cppr, 0);
	assert_null(mock.queues[0].at);
	assert_false(mock.sources[0].targeted);
	memset(memory, 0, sizeof(memory));
	xive_send(&own);
	assert_false(mock_interrupted());
	assert_int_equal(memory[0][0], 0);
	/* The other has its own still. */
	assert_non_null(mock.queues[1].at);
	/* And again. */
	assert_int_equal(xive_enable(&own), 0);
	assert_int_equal(take(), XIVE_NOTHING);
	xive_send(&own);
	assert_int_equal(take(), XIVE_IPI);
}

static void taken_away_from_one_that_is_gone(void **state)
{
	(void)state;
	enable();
	xive_take_away(&other);
	assert_null(mock.queues[1].at);
	assert_false(mock.sources[1].targeted);
	/* This CPU's own page was not touched. */
	assert_int_equal(mock.cppr, 0xff);
	/* What has been given back already is not given back again. */
	mock_refuse("queue_config", MOCK_REFUSED, 1);
	xive_take_away(&other);
	assert_int_equal(capture.used, 0);
}

static void refused_while_enabling_nothing_is_left(void **state)
{
	static const char *const calls[] = { "queue_config", "queue_info", "source_config" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin_with(false, false);
		mock_refuse(calls[i], MOCK_REFUSED, 1);
		assert_int_equal(xive_enable(&own), MUSTER_E_INVALID);
		assert_int_equal(capture_count("status -4\n"), 1);
		assert_null(mock.queues[0].at);
		assert_false(own.in_use);
		assert_int_equal(mock.cppr, 0);
	}
}

static void refused_while_disabling_is_named(void **state)
{
	(void)state;
	enable();
	mock_refuse("queue_config", MOCK_REFUSED, 1);
	xive_disable(&own);
	assert_true(capture_has("xive: H_INT_SET_QUEUE_CONFIG, none for 0: status -4"));
}

static void busy_is_asked_again(void **state)
{
	(void)state;
	mock_refuse("queue_config", 1, 3);
	assert_int_equal(xive_enable(&own), 0);
	mock_refuse("source_config", 9903, 3);
	assert_int_equal(xive_enable(&other), 0);
	assert_int_equal(capture.used, 0);
}

static void busy_for_ever_is_named(void **state)
{
	(void)state;
	mock_refuse("reset", 9900, UINT32_MAX);
	assert_int_equal(xive_begin(&mock_calls, &good), MUSTER_E_NOT_SUPPORTED);
	assert_true(capture_has("xive: H_INT_RESET for 0: status 9900"));
}

static void bad_descriptions(void **state)
{
	struct xive_description description;

	(void)state;
#define WRONG(field, value)                                                                \
	do {                                                                               \
		capture_begin();                                                           \
		description = good;                                                        \
		description.field = value;                                                 \
		assert_int_equal(xive_begin(&mock_calls, &description), MUSTER_E_INVALID); \
		assert_int_equal(capture_count("muster: xive: device tree: "), 1);         \
	} while (0)
	WRONG(thread_page, 0);
	WRONG(thread_page, MOCK_THREAD + 8);
	WRONG(queue_shift, 0);
	WRONG(queue_shift, 11);
	WRONG(queue_shift, 25);
	WRONG(queue_shift, UINT32_MAX);
	WRONG(source_count, 0);
#undef WRONG
}

/* Nothing said of priorities: all but 7's are ours; one below 7: the one below that. */
static void priorities(void **state)
{
	struct xive_description description = good;

	(void)state;
	description.reserved_priority = 3;
	assert_int_equal(xive_begin(&mock_calls, &description), 0);
	assert_int_equal(xive_enable(&own), 0);
	/* The model has no priority above its last. */
	description.reserved_priority = 0;
	assert_int_equal(xive_begin(&mock_calls, &description), 0);
	assert_int_equal(xive_enable(&own), 0);
	description.reserved_priority = 200;
	assert_int_equal(xive_begin(&mock_calls, &description), 0);
	assert_int_equal(xive_enable(&own), 0);
}

static void bad_answers(void **state)
{
	static uint64_t wrong[][4] = {
		{ 4, MOCK_PAGES, MOCK_PAGES, 16 },	    /* a level */
		{ 0, UINT64_MAX, MOCK_PAGES, 16 },	    /* no page */
		{ 0, MOCK_PAGES, UINT64_MAX, 16 },	    /* none to trigger */
		{ 0, MOCK_PAGES, 0, 16 },		    /* the same */
		{ 0, MOCK_PAGES + 0x1000, MOCK_PAGES, 16 }, /* not aligned */
		{ 0, MOCK_PAGES, MOCK_PAGES + 8, 16 },
		{ 0, MOCK_PAGES, MOCK_PAGES, 11 },
		{ 0, MOCK_PAGES, MOCK_PAGES, 64 },
		{ 0, 0, 0, 0 },
	};
	struct xive_pages pages;
	uint64_t source;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		capture_begin();
		mock.answer = wrong[i];
		assert_int_equal(xive_source_find(2, &source, &pages), MUSTER_E_CORRUPT);
		assert_int_equal(capture_count("H_INT_GET_SOURCE_INFO for 0x6: "), 1);
	}
	wrong[0][0] = 8;
	mock.answer = wrong[0];
	assert_int_equal(xive_source_find(2, &source, &pages), MUSTER_E_NOT_SUPPORTED);
	assert_true(capture_has("wants a hypercall for each access"));
}

static void more_cpus_than_sources(void **state)
{
	struct xive_pages pages;
	uint64_t source;

	(void)state;
	assert_int_equal(xive_source_find(MOCK_SOURCES, &source, &pages), MUSTER_E_NOT_FOUND);
	assert_true(capture_has("CPU 8: there are 8 sources for IPIs"));
	mock_refuse("source_info", -55, 1);
	assert_int_equal(xive_source_find(1, &source, &pages), MUSTER_E_NOT_SUPPORTED);
	assert_true(capture_has("H_INT_GET_SOURCE_INFO for 0x5: status -55"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_begins_with_a_reset, begin),
		cmocka_unit_test_setup(an_ipi_arrives_once, begin),
		cmocka_unit_test_setup(many_before_it_is_taken_are_two_at_most, begin),
		cmocka_unit_test_setup(another_ones_does_not_disturb, begin),
		cmocka_unit_test_setup(queues_wrap, begin),
		cmocka_unit_test_setup(each_kind_of_pages, begin),
		cmocka_unit_test_setup(a_source_that_is_nobodys_is_told, begin),
		cmocka_unit_test_setup(a_queue_without_an_end_ends, begin),
		cmocka_unit_test_setup(disabled_the_hypervisor_has_nothing, begin),
		cmocka_unit_test_setup(taken_away_from_one_that_is_gone, begin),
		cmocka_unit_test_setup(refused_while_enabling_nothing_is_left, begin),
		cmocka_unit_test_setup(refused_while_disabling_is_named, begin),
		cmocka_unit_test_setup(busy_is_asked_again, begin),
		cmocka_unit_test_setup(busy_for_ever_is_named, begin),
		cmocka_unit_test_setup(bad_descriptions, begin),
		cmocka_unit_test_setup(priorities, begin),
		cmocka_unit_test_setup(bad_answers, begin),
		cmocka_unit_test_setup(more_cpus_than_sources, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
