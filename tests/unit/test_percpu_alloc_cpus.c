// SPDX-License-Identifier: MIT
/*
 * Dynamic per-CPU memory with CPUs that run: all forget pages that are gone before the memory can
 * be somebody else's, they use what they have while others come and go, and cpu_down() and cpu_up()
 * take it along.
 */
#include "mock_guest.h"
#include "percpu_guest.h"

#include <muster/call.h>

#define CPUS 5
#define PAGE MEMORY_PAGE_SIZE

static uint32_t flushes[CPUS];

static void flush(void)
{
	cpu_t cpu = cpu_this();

	__atomic_fetch_add(&flushes[cpu.number], 1, __ATOMIC_RELAXED);
}

static int begin(void **state)
{
	struct machine *machine;

	(void)state;
	guest_begin(CPUS);
	machine = (struct machine *)machine_get();
	machine->flush_translations = flush;
	memset(flushes, 0, sizeof(flushes));
	assert_int_equal(unit_move_boot(), 0);
	assert_int_equal(guest_bring_up(), 0);
	return 0;
}

static void check_flushes(uint32_t wanted)
{
	for (uint32_t i = 0; i < CPUS; i++)
		assert_int_equal(__atomic_load_n(&flushes[i], __ATOMIC_RELAXED), wanted);
}

static void test_everybody_forgets(void **state)
{
	struct percpu_handle handles[6];

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		handles[i] = percpu_alloc(PAGE, PAGE);
	/* Nobody can remember what was not there. */
	check_flushes(0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(percpu_free(handles[i]), 0);
	check_flushes(0);
	/* Five pages at once, and one call to all. */
	assert_int_equal(percpu_free(handles[4]), 0);
	check_flushes(1);
	assert_int_equal(percpu_free(handles[5]), 0);
	check_flushes(1);
	assert_int_equal(percpu_trim(), 0);
	check_flushes(2);
	/* Nothing to give back. */
	assert_int_equal(percpu_trim(), 0);
	check_flushes(2);
}

/* Pages that some CPUs got, and lost because another could not get any. */
static void test_failure_is_forgotten(void **state)
{
	(void)state;
	host.map_fails_at = 3;
	assert_int_equal(percpu_error(percpu_alloc(PAGE, PAGE)), MUSTER_E_NO_MEMORY);
	check_flushes(1);
	assert_int_equal(mem_owned_by("percpu"), 0);
}

static PERCPU_DYNAMIC(uint64_t) counter;

static void count(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < 100; i++)
		this_cpu_of(counter)++;
}

/* CPUs use one variable while the boot CPU takes and gives others beside it. */
static void test_use_meanwhile(void **state)
{
	static struct cpu_call_request requests[CPUS];
	struct percpu_handle others[6];

	(void)state;
	assert_int_equal(percpu_new(counter), 0);
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 1; i < CPUS; i++)
			assert_int_equal(
				cpu_call_async(cpu_from_number(i), &requests[i], count, NULL), 0);
		for (uint32_t i = 0; i < 6; i++)
			others[i] = percpu_alloc(PAGE, 8);
		for (uint32_t i = 0; i < 6; i++)
			assert_int_equal(percpu_free(others[i]), 0);
		for (uint32_t i = 1; i < CPUS; i++)
			while (!cpu_call_done(&requests[i]))
				sched_yield();
	}
	for (uint32_t i = 1; i < CPUS; i++)
		assert_int_equal(*percpu_ptr_of(counter, cpu_from_number(i)), 50 * 100);
	assert_int_equal(percpu_delete(counter), 0);
}

static void test_down_and_up(void **state)
{
	struct percpu_handle large = percpu_alloc(2 * PAGE, 8), more;
	uint64_t free = mem_free_total();

	(void)state;
	assert_int_equal(percpu_new(counter), 0);
	assert_int_equal(cpus_call(count, NULL, true), CPUS);
	assert_int_equal(cpu_down(cpu_from_number(2)), 0);
	assert_int_equal(percpu_unit(cpu_from_number(2)), 0);
	/* Two CPUs' worth of pages and one less to give them to. */
	more = percpu_alloc(PAGE, PAGE);
	percpu_guest_check_page(more.offset, true);
	assert_int_equal(mem_owned_by("percpu"),
			 (uint64_t)percpu_pages_count() * PAGE * (CPUS - 1));
	/* The way up fails at its last page: no trace. */
	host.map_fails_at = 1 + percpu_pages_count();
	assert_int_equal(cpu_up(cpu_from_number(2)), MUSTER_E_NO_MEMORY);
	assert_int_equal(percpu_unit(cpu_from_number(2)), 0);
	assert_int_equal(mem_owned_by("percpu"),
			 (uint64_t)percpu_pages_count() * PAGE * (CPUS - 1));
	assert_int_equal(cpu_up(cpu_from_number(2)), 0);
	percpu_guest_check_page(more.offset, true);
	assert_int_equal(*percpu_ptr_of(counter, cpu_from_number(2)), 0);
	assert_int_equal(*percpu_ptr_of(counter, cpu_from_number(1)), 100);
	assert_int_equal(cpus_call(count, NULL, true), CPUS);
	assert_int_equal(*percpu_ptr_of(counter, cpu_from_number(2)), 100);
	assert_int_equal(percpu_free(more), 0);
	assert_int_equal(percpu_free(large), 0);
	assert_int_equal(percpu_delete(counter), 0);
	assert_int_equal(percpu_trim(), 0);
	assert_true(mem_free_total() > free);
	assert_int_equal(mem_owned_by("percpu"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everybody_forgets, begin, guest_end),
		cmocka_unit_test_setup_teardown(test_failure_is_forgotten, begin, guest_end),
		cmocka_unit_test_setup_teardown(test_use_meanwhile, begin, guest_end),
		cmocka_unit_test_setup_teardown(test_down_and_up, begin, guest_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
