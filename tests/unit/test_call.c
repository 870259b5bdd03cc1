// SPDX-License-Identifier: MIT
/*
 * Calls between CPUs, which threads play: where and in which order functions run, what is refused,
 * and limits. Queues that close are test_call_close.c. Also built with ThreadSanitizer
 * (make/tsan.mk), so a CPU's own counters are plain variables: only that CPU may touch them.
 */
#include "mock_guest.h"
#include "mock_work.h"

#include <muster/call.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS   5
#define REPEAT 600
#define ROUNDS 120 /* in which everybody calls everybody */

static PERCPU(uint32_t, served);

static const cpu_t boot = { 0 };
static const cpu_t cpu_1 = { 1 };
static const cpu_t cpu_2 = { 2 };

static sem_t busy, release;

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	sem_init(&busy, 0, 0);
	sem_init(&release, 0, 0);
	return 0;
}

static void bring_up(void)
{
	assert_int_equal(guest_bring_up(), 0);
}

static void note_cpu(void *number)
{
	*(uint32_t *)number = cpu_this().number;
}

static void count(void *unused)
{
	(void)unused;
	this_cpu(served)++;
}

static void be_busy(void *unused)
{
	(void)unused;
	sem_post(&busy);
	sem_wait(&release);
}

static void runs_on_the_target(void **state)
{
	(void)state;
	bring_up();
	for_each_cpu (cpu) {
		uint32_t number = UINT32_MAX;

		assert_int_equal(cpu_call(cpu, note_cpu, &number), 0);
		assert_int_equal(number, cpu.number);
	}
}

static void nobody_there(void **state)
{
	struct cpu_call_request request = { 0 };

	(void)state;
	bring_up();
	assert_int_equal(cpu_call(cpu_from_number(CPUS), count, NULL), MUSTER_E_INVALID);
	assert_int_equal(cpu_call_async(cpu_from_number(UINT32_MAX), &request, count, NULL),
			 MUSTER_E_INVALID);
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(cpu_call(cpu_2, count, NULL), MUSTER_E_OFFLINE);
	assert_int_equal(cpu_call_async(cpu_2, &request, count, NULL), MUSTER_E_OFFLINE);
	assert_true(cpu_call_done(&request));
	assert_int_equal(cpus_call(count, NULL, true), CPUS - 1);
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_int_equal(cpu_call(cpu_2, count, NULL), 0);
	assert_int_equal(cpus_call(count, NULL, true), CPUS);
}

static void request_is_the_callers(void **state)
{
	struct cpu_call_request request = { 0 };
	uint32_t number = UINT32_MAX;

	(void)state;
	bring_up();
	assert_int_equal(cpu_call_async(cpu_1, &request, be_busy, NULL), 0);
	sem_wait(&busy);
	assert_false(cpu_call_done(&request));
	assert_int_equal(cpu_call_async(cpu_1, &request, note_cpu, &number), MUSTER_E_BUSY);
	assert_int_equal(cpu_call_async(cpu_2, &request, note_cpu, &number), MUSTER_E_BUSY);
	sem_post(&release);
	while (!cpu_call_done(&request))
		cpu_relax();
	assert_int_equal(number, UINT32_MAX);
	assert_int_equal(cpu_call_async(cpu_2, &request, note_cpu, &number), 0);
	while (!cpu_call_done(&request))
		cpu_relax();
	assert_int_equal(number, 2);
}

static uint32_t order[REPEAT], ordered;

static void append(void *number)
{
	order[ordered++] = (uint32_t)(uintptr_t)number;
}

static void in_the_order_of_posting(void **state)
{
	static struct cpu_call_request requests[REPEAT];

	(void)state;
	bring_up();
	ordered = 0;
	for (uint32_t i = 0; i < REPEAT; i++)
		assert_int_equal(cpu_call_async(cpu_1, &requests[i], append, (void *)(uintptr_t)i),
				 0);
	/* A call that waits comes behind them all. */
	assert_int_equal(cpu_call(cpu_1, count, NULL), 0);
	for (uint32_t i = 0; i < REPEAT; i++)
		assert_true(cpu_call_done(&requests[i]) && order[i] == i);
	/* One interrupt is enough for all that were posted before it was taken. */
	assert_int_equal(cpu_call_async(cpu_1, &requests[0], be_busy, NULL), 0);
	sem_wait(&busy);
	host.kicks = 0;
	ordered = 0;
	for (uint32_t i = 1; i <= 100; i++)
		assert_int_equal(cpu_call_async(cpu_1, &requests[i], append, (void *)(uintptr_t)i),
				 0);
	assert_int_equal(host.kicks, 1);
	sem_post(&release);
	assert_int_equal(cpu_call(cpu_1, count, NULL), 0);
	assert_int_equal(ordered, 100);
}

static int inner[4];

static void call_within(void *unused)
{
	static struct cpu_call_request request;

	(void)unused;
	inner[0] = cpu_call(cpu_2, count, NULL);
	inner[1] = cpu_call(cpu_this(), count, NULL);
	inner[2] = cpus_call(count, NULL, true);
	inner[3] = cpu_call_async(cpu_2, &request, count, NULL);
}

static void no_waiting_within_a_call(void **state)
{
	(void)state;
	bring_up();
	for (uint32_t n = 0; n < 2; n++) {
		memset(inner, 0, sizeof(inner));
		assert_int_equal(cpu_call(cpu_from_number(n), call_within, NULL), 0);
		for (int i = 0; i < 3; i++)
			assert_int_equal(inner[i], MUSTER_E_ORDER);
		assert_int_equal(inner[3], 0);
		/* It is over with the call. */
		assert_int_equal(cpu_call(cpu_2, count, NULL), 0);
	}
	assert_int_equal(*percpu_ptr(served, cpu_2), 4);
}

static void limit(void **state)
{
	(void)state;
	bring_up();
	*clock_cpu_limit_store() = 100;
	assert_int_equal(cpu_call(cpu_1, be_busy, NULL), MUSTER_E_TIMED_OUT);
	assert_true(host_log_has("muster: CPU 1: a call from CPU 0 was not done within 100 ms; its "
				 "last step: online\n"));
	/* The one request for calls that wait is under way still. */
	assert_int_equal(cpu_call(cpu_2, count, NULL), MUSTER_E_BUSY);
	assert_int_equal(cpu_call(boot, count, NULL), 0);
	assert_int_equal(cpus_call(count, NULL, true), MUSTER_E_TIMED_OUT);
	/* Nobody else was left out. */
	assert_int_equal(*percpu_ptr(served, cpu_2), 1);
	*clock_cpu_limit_store() = 10000;
	sem_post(&release);
	assert_int_equal(cpus_call(count, NULL, true), CPUS);
	assert_int_equal(cpu_call(cpu_1, count, NULL), 0);
	assert_int_equal(*percpu_ptr(served, cpu_1), 3);
}

static void to_all_without_waiting(void **state)
{
	struct cpu_call_request request = { 0 };

	(void)state;
	bring_up();
	assert_int_equal(cpu_call_async(cpu_1, &request, be_busy, NULL), 0);
	sem_wait(&busy);
	assert_int_equal(cpus_call(count, NULL, false), CPUS);
	assert_int_equal(*percpu_ptr(served, boot), 1);
	/* The next waits for the one before, and says so when that is in vain. */
	*clock_cpu_limit_store() = 100;
	assert_int_equal(cpus_call(count, NULL, false), MUSTER_E_TIMED_OUT);
	*clock_cpu_limit_store() = 10000;
	sem_post(&release);
	assert_int_equal(cpus_call(count, NULL, true), CPUS);
	assert_int_equal(*percpu_ptr(served, cpu_1), 2);
}

static void idle_serves(void **state)
{
	struct cpu_call_request request = { 0 };

	(void)state;
	bring_up();
	assert_int_equal(cpu_call_async(boot, &request, count, NULL), 0);
	assert_false(cpu_call_done(&request));
	cpu_idle();
	assert_true(cpu_call_done(&request));
	assert_int_equal(this_cpu(served), 1);
}

static void call_the_other(cpu_t cpu)
{
	uint32_t number = UINT32_MAX;
	cpu_t other = cpu_from_number((cpu.number ^ 1) < CPUS ? cpu.number ^ 1 : 0);

	if (cpu_call(other, note_cpu, &number) || number != other.number)
		abort();
}

/* 2 and 3 call each other, 1 and the boot CPU's busy self, 4 too. */
static void two_call_each_other(void **state)
{
	(void)state;
	bring_up();
	work_begin(1, call_the_other, REPEAT);
	work_end();
}

static void call_everybody(cpu_t cpu)
{
	for_each_cpu (other)
		if (!cpu_equal(other, cpu) && cpu_call(other, count, NULL))
			abort();
	if (guest_todo[cpu.number] % 4 == 0 && cpus_call(count, NULL, true) != CPUS)
		abort();
}

static void everybody_calls_everybody(void **state)
{
	uint32_t total;

	(void)state;
	bring_up();
	work_begin(1, call_everybody, ROUNDS);
	work_end();
	/* Each is called by the others that call, and by all for all. */
	for_each_cpu (cpu) {
		total = (CPUS - 1 - (cpu.number != 0)) * ROUNDS + (CPUS - 1) * ROUNDS / 4;
		assert_int_equal(*percpu_ptr(served, cpu), total);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(runs_on_the_target),	TEST(nobody_there),
		TEST(request_is_the_callers),	TEST(in_the_order_of_posting),
		TEST(no_waiting_within_a_call), TEST(limit),
		TEST(to_all_without_waiting),	TEST(idle_serves),
		TEST(two_call_each_other),	TEST(everybody_calls_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
