// SPDX-License-Identifier: MIT
/*
 * CPUs that come into the machine and go from it: which state allows what, what is given back, and
 * that nobody waits for ever for one that is gone, whatever it was at.
 */
#include "mock_guest.h"
#include "mock_work.h"

#include <muster/call.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS	5
#define PRESENT 3
#define LIMIT	200 /* milliseconds */

static const cpu_t cpu_1 = { 1 };
static const cpu_t cpu_2 = { 2 };
static const cpu_t cpu_3 = { 3 };

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	host_cpus_begin_with(CPUS, PRESENT);
	return 0;
}

static void bring_up(int missing)
{
	assert_int_equal(guest_bring_up(), missing);
	guest_trace_clear();
}

static void check_counts(uint32_t present, uint32_t online)
{
	assert_int_equal(cpu_possible_count(), CPUS);
	assert_int_equal(cpu_present_count(), present);
	assert_int_equal(cpu_online_count(), online);
}

static void count(void *counter)
{
	__atomic_fetch_add((unsigned int *)counter, 1, __ATOMIC_RELAXED);
}

static void check_all_answer(void)
{
	unsigned int calls = 0;

	assert_int_equal(cpus_call(count, &calls, true), cpu_online_count());
	assert_int_equal(calls, cpu_online_count());
}

/* Its thread ends where it is, as a CPU does that is pulled. */
static void pull(cpu_t cpu)
{
	pthread_cancel(guest.threads[cpu.number]);
	guest_join(cpu.number);
}

/* It comes again, and is as any other. */
static void check_comes_again(cpu_t cpu)
{
	*clock_cpu_limit_store() = 10000;
	assert_int_equal(cpu_state(cpu), CPU_POSSIBLE);
	assert_int_equal(percpu_unit(cpu), 0);
	assert_string_equal(bringup_step_now(cpu), "none");
	guest_trace_clear();
	assert_int_equal(cpu_up(cpu), MUSTER_E_NOT_FOUND);
	assert_int_equal(cpu_appear(cpu), 0);
	assert_int_equal(cpu_up(cpu), 0);
	assert_string_equal(guest.trace[cpu.number], guest_way(cpu, NULL));
	check_all_answer();
	assert_int_equal(cpu_down(cpu), 0);
	assert_int_equal(cpu_vanish(cpu), 0);
	assert_int_equal(cpu_state(cpu), CPU_POSSIBLE);
}

static void round_trips(void **state)
{
	uint64_t free;

	(void)state;
	bring_up(0);
	check_counts(PRESENT, PRESENT);
	free = mem_free_total();
	for (int i = 0; i < 10; i++) {
		assert_int_equal(cpu_appear(cpu_3), 0);
		assert_int_equal(cpu_state(cpu_3), CPU_PRESENT);
		check_counts(PRESENT + 1, PRESENT);
		assert_int_equal(mem_free_total(), free);
		assert_int_equal(cpu_up(cpu_3), 0);
		check_counts(PRESENT + 1, PRESENT + 1);
		check_all_answer();
		assert_int_equal(cpu_down(cpu_3), 0);
		assert_int_equal(cpu_vanish(cpu_3), 0);
		assert_int_equal(cpu_state(cpu_3), CPU_POSSIBLE);
		check_counts(PRESENT, PRESENT);
		assert_int_equal(mem_free_total(), free);
	}
	/* One that was there from the start can go too, and one can come and go unused. */
	assert_int_equal(cpu_down(cpu_1), 0);
	assert_int_equal(cpu_vanish(cpu_1), 0);
	check_counts(PRESENT - 1, PRESENT - 1);
	assert_int_equal(cpu_appear(cpu_3), 0);
	assert_int_equal(cpu_vanish(cpu_3), 0);
	check_counts(PRESENT - 1, PRESENT - 1);
	check_comes_again(cpu_1);
}

static void what_is_not_there_is_not_prepared(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_state(cpu_3), CPU_POSSIBLE);
	assert_string_equal(guest.trace[3], "");
	assert_string_equal(guest.trace[4], "");
	assert_int_equal(cpu_up(cpu_3), MUSTER_E_NOT_FOUND);
	assert_int_equal(cpu_down(cpu_3), MUSTER_E_OFFLINE);
	assert_string_equal(guest.trace[3], "");
	check_counts(PRESENT, PRESENT);
}

static int results[2];

static void change_elsewhere(void *unused)
{
	(void)unused;
	results[0] = cpu_appear(cpu_3);
	results[1] = cpu_vanish(cpu_1);
}

static void wrong_orders(void **state)
{
	(void)state;
	bring_up(0);
	assert_int_equal(cpu_appear(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(cpu_vanish(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(cpu_appear(cpu_from_number(CPUS)), MUSTER_E_INVALID);
	assert_int_equal(cpu_vanish(cpu_from_number(CPUS)), MUSTER_E_INVALID);
	assert_int_equal(cpu_vanish(cpu_3), MUSTER_E_NOT_FOUND);
	assert_int_equal(cpu_appear(cpu_1), MUSTER_E_EXISTS);
	assert_int_equal(cpu_vanish(cpu_1), MUSTER_E_BUSY);
	assert_int_equal(cpu_state(cpu_1), CPU_ONLINE);
	assert_int_equal(cpu_down(cpu_1), 0);
	assert_int_equal(cpu_appear(cpu_1), MUSTER_E_EXISTS);
	assert_int_equal(cpu_call(cpu_2, change_elsewhere, NULL), 0);
	assert_int_equal(results[0], MUSTER_E_ORDER);
	assert_int_equal(results[1], MUSTER_E_ORDER);
	assert_int_equal(cpu_call(cpu_from_number(0), change_elsewhere, NULL), 0);
	assert_int_equal(results[0], MUSTER_E_ORDER);
	assert_int_equal(results[1], MUSTER_E_ORDER);
	check_counts(PRESENT, PRESENT - 1);
}

/* A failed try leaves nothing behind that would have to go. */
static void one_that_failed(void **state)
{
	uint64_t free;

	(void)state;
	bring_up(0);
	free = mem_free_total();
	assert_int_equal(cpu_appear(cpu_3), 0);
	assert_int_equal(bringup_inject_failure("areas", cpu_3), 0);
	assert_int_equal(cpu_up(cpu_3), MUSTER_E_INJECTED);
	assert_int_equal(cpu_state(cpu_3), CPU_FAILED);
	assert_int_equal(cpu_vanish(cpu_3), 0);
	assert_int_equal(mem_free_total(), free);
	check_comes_again(cpu_3);
}

/* Given up on, it kept its memory; gone, it does not. */
static void one_that_never_arrived(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = LIMIT;
	guest.never[2] = true;
	bring_up(1);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_BUSY);
	assert_true(percpu_unit(cpu_2));
	assert_int_equal(cpu_vanish(cpu_2), 0);
	assert_string_equal(guest.trace[2], "-stack -unit");
	check_counts(PRESENT - 1, PRESENT - 1);
	guest.never[2] = false;
	check_comes_again(cpu_2);
}

static void one_that_hangs_on_its_way_in(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = LIMIT;
	guest.hang_text = "areas@2";
	guest.hangs[2] = true;
	bring_up(1);
	pull(cpu_2);
	assert_int_equal(cpu_vanish(cpu_2), 0);
	guest.hangs[2] = false;
	check_comes_again(cpu_2);
}

/* It was said to be gone, and turns up: it finds nothing to claim. */
static void one_that_comes_all_the_same(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = LIMIT;
	guest.late[2] = true;
	bring_up(1);
	assert_int_equal(cpu_vanish(cpu_2), 0);
	guest_let_go(cpu_2);
	guest_join(2);
	check_comes_again(cpu_2);
}

static void one_that_came_late(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = LIMIT;
	guest.late[2] = true;
	bring_up(1);
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	assert_int_equal(cpu_vanish(cpu_2), 0);
	assert_string_equal(guest.trace[2], "-stack -unit");
	check_comes_again(cpu_2);
}

/* What cannot be undone for one CPU keeps it in the table, named. */
static void one_that_keeps_something(void **state)
{
	(void)state;
	guest_keep("areas", UNDO_WHOLE_GUEST);
	bring_up(0);
	assert_int_equal(cpu_down(cpu_1), 0);
	assert_int_equal(cpu_state(cpu_1), CPU_HELD);
	assert_int_equal(cpu_vanish(cpu_1), MUSTER_E_NOT_SUPPORTED);
	assert_true(host_log_has("muster: CPU 1: it is gone, and what step areas did for it cannot "
				 "be undone: it stays held\n"));
	assert_int_equal(cpu_state(cpu_1), CPU_HELD);
	assert_true(percpu_unit(cpu_1));
	check_counts(PRESENT, PRESENT - 1);
	assert_int_equal(cpu_up(cpu_1), 0);
}

/* Of one that was given up on nobody knows how far it came. */
static void one_that_may_keep_something(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = LIMIT;
	guest_keep("areas", UNDO_NONE);
	guest.hang_text = "call-queue@2";
	guest.hangs[2] = true;
	bring_up(1);
	assert_int_equal(cpu_vanish(cpu_2), MUSTER_E_NOT_SUPPORTED);
	assert_true(host_log_has("it stays failed\n"));
	assert_true(percpu_unit(cpu_2));
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_BUSY);
}

/* One that never claimed its record has run no row: there is nothing that it could keep. */
static void one_that_never_came_keeps_nothing(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = LIMIT;
	guest_keep("areas", UNDO_NONE);
	guest.never[2] = true;
	bring_up(1);
	assert_int_equal(cpu_vanish(cpu_2), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_POSSIBLE);
	assert_int_equal(percpu_unit(cpu_2), 0);
}

static sem_t busy, release;

static void be_busy(void *unused)
{
	(void)unused;
	sem_post(&busy);
	sem_wait(&release);
}

/* Pulled in the middle of a call, with more behind it: all of them are over, none is done. */
static void one_that_is_called(void **state)
{
	struct cpu_call_request zeroth = { 0 }, first = { 0 }, second = { 0 }, third = { 0 };
	unsigned int calls = 0;

	(void)state;
	sem_init(&busy, 0, 0);
	sem_init(&release, 0, 0);
	bring_up(0);
	/* It takes the next two together, and does not get to the second of them. */
	assert_int_equal(cpu_call_async(cpu_2, &zeroth, be_busy, NULL), 0);
	sem_wait(&busy);
	assert_int_equal(cpu_call_async(cpu_2, &first, be_busy, NULL), 0);
	assert_int_equal(cpu_call_async(cpu_2, &second, count, &calls), 0);
	sem_post(&release);
	sem_wait(&busy);
	assert_int_equal(cpu_call_async(cpu_2, &third, count, &calls), 0);
	*clock_cpu_limit_store() = LIMIT;
	assert_int_equal(cpu_call(cpu_2, count, &calls), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_call(cpu_1, count, &calls), MUSTER_E_BUSY);
	assert_int_equal(cpu_down(cpu_2), MUSTER_E_TIMED_OUT);
	pull(cpu_2);
	assert_false(cpu_call_done(&first) || cpu_call_done(&second) || cpu_call_done(&third));
	assert_int_equal(cpu_vanish(cpu_2), 0);
	assert_true(cpu_call_done(&first) && cpu_call_done(&second) && cpu_call_done(&third));
	assert_int_equal(calls, 0);
	/* And who waited for it in vain may call again. */
	assert_int_equal(cpu_call(cpu_1, count, &calls), 0);
	check_comes_again(cpu_2);
}

static void hang_on_cpu_2(void *unused)
{
	if (cpu_this().number == 2)
		be_busy(unused);
}

static void call_all(cpu_t cpu)
{
	(void)cpu;
	(void)cpus_call(hang_on_cpu_2, NULL, true);
}

/* Pulled while it has the lock of calls to all. */
static void one_that_calls_all(void **state)
{
	unsigned int calls = 0;

	(void)state;
	sem_init(&busy, 0, 0);
	sem_init(&release, 0, 0);
	bring_up(0);
	work_on(cpu_2, call_all);
	sem_wait(&busy);
	*clock_cpu_limit_store() = LIMIT;
	assert_int_equal(cpu_down(cpu_2), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpus_call(count, &calls, true), MUSTER_E_TIMED_OUT);
	assert_int_equal(calls, 0);
	__atomic_store_n(&guest.idle, NULL, __ATOMIC_RELAXED);
	pull(cpu_2);
	assert_int_equal(cpu_vanish(cpu_2), 0);
	check_all_answer();
	check_comes_again(cpu_2);
}

/* Who does not answer may still use what the one that is gone had. */
static void others_do_not_answer(void **state)
{
	struct cpu_call_request request = { 0 };

	(void)state;
	sem_init(&busy, 0, 0);
	sem_init(&release, 0, 0);
	guest.never[2] = true;
	*clock_cpu_limit_store() = LIMIT;
	bring_up(1);
	assert_int_equal(cpu_call_async(cpu_1, &request, be_busy, NULL), 0);
	sem_wait(&busy);
	assert_int_equal(cpu_vanish(cpu_2), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_true(percpu_unit(cpu_2));
	check_counts(PRESENT, PRESENT - 1);
	sem_post(&release);
	*clock_cpu_limit_store() = 10000;
	assert_int_equal(cpu_vanish(cpu_2), 0);
	guest.never[2] = false;
	check_comes_again(cpu_2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trips),
		TEST(what_is_not_there_is_not_prepared),
		TEST(wrong_orders),
		TEST(one_that_failed),
		TEST(one_that_never_arrived),
		TEST(one_that_hangs_on_its_way_in),
		TEST(one_that_comes_all_the_same),
		TEST(one_that_came_late),
		TEST(one_that_keeps_something),
		TEST(one_that_may_keep_something),
		TEST(one_that_never_came_keeps_nothing),
		TEST(one_that_is_called),
		TEST(one_that_calls_all),
		TEST(others_do_not_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
