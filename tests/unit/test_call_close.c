// SPDX-License-Identifier: MIT
/*
 * Calls to CPUs that go: what is in a queue when it is closed is served, what comes later is
 * refused, and no caller waits for what will not be. Also built with ThreadSanitizer
 * (make/tsan.mk).
 */
#include "mock_guest.h"
#include "mock_work.h"

#include <muster/call.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS   5
#define REPEAT 4000

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

static void count(void *unused)
{
	(void)unused;
	__atomic_fetch_add(percpu_ptr(served, cpu_this()), 1, __ATOMIC_RELAXED);
}

static void be_busy(void *unused)
{
	(void)unused;
	sem_post(&busy);
	sem_wait(&release);
}

static uint32_t order[8], ordered;

static void append(void *number)
{
	order[ordered++] = (uint32_t)(uintptr_t)number;
}

static int work_result;

static void call_boot_cpu(cpu_t cpu)
{
	(void)cpu;
	work_result = cpu_call(boot, count, NULL);
}

/* What stands behind a function that does not return is served when the queue is closed. */
static void go(void *unused)
{
	(void)unused;
	bringup_leave();
}

static void closing_serves_the_rest(void **state)
{
	static struct cpu_call_request requests[8];

	(void)state;
	memset(requests, 0, sizeof(requests));
	bring_up();
	ordered = 0;
	assert_int_equal(cpu_call_async(cpu_1, &requests[0], be_busy, NULL), 0);
	sem_wait(&busy);
	for (uint32_t i = 1; i < 8; i++)
		assert_int_equal(cpu_call_async(cpu_1, &requests[i], i == 3 ? go : append,
						(void *)(uintptr_t)i),
				 0);
	sem_post(&release);
	assert_true(guest_reaches(cpu_1, CPU_HELD));
	assert_int_equal(ordered, 6);
	for (uint32_t i = 1; i < 8; i++)
		assert_int_equal(cpu_call_done(&requests[i]), i != 3);
	assert_int_equal(order[2], 4);
	assert_int_equal(cpu_call(cpu_1, count, NULL), MUSTER_E_OFFLINE);
	/* And it comes up with a queue like new. */
	assert_int_equal(cpu_up(cpu_1), 0);
	assert_int_equal(cpu_call(cpu_1, count, NULL), 0);
	work_on(cpu_1, call_boot_cpu);
	work_end();
	assert_int_equal(work_result, 0);
}

static void call_all(cpu_t cpu)
{
	(void)cpu;
	work_result = cpus_call(count, NULL, true);
}

/* A CPU that leaves has not done yet what it was called for: who waits for all waits for it. */
static void waits_for_one_that_leaves(void **state)
{
	static struct cpu_call_request requests[2];
	const struct timespec moment = { 0, 30000000 };

	(void)state;
	memset(requests, 0, sizeof(requests));
	bring_up();
	guest.stuck_row = "quiet";
	guest.stuck_cpu = 1;
	assert_int_equal(cpu_call_async(cpu_1, &requests[0], be_busy, NULL), 0);
	sem_wait(&busy);
	assert_int_equal(cpu_call_async(cpu_1, &requests[1], go, NULL), 0);
	/* The last is called last; then all have been. */
	work_on(cpu_2, call_all);
	while (!__atomic_load_n(percpu_ptr(served, cpu_from_number(CPUS - 1)), __ATOMIC_RELAXED))
		cpu_relax();
	/* It waits for the boot CPU until CPU 1 is on its way. */
	sem_post(&release);
	assert_true(guest_reaches(cpu_1, CPU_LEAVING));
	call_queue_serve();
	nanosleep(&moment, NULL);
	assert_int_equal(__atomic_load_n(&guest_calling, __ATOMIC_ACQUIRE), 1);
	guest_let_go(cpu_1);
	work_end();
	assert_int_equal(work_result, CPUS);
	assert_true(guest_reaches(cpu_1, CPU_HELD));
}

static uint32_t accepted, done;

static void count_done(void *unused)
{
	(void)unused;
	__atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
}

static void call_the_one_that_goes(cpu_t cpu)
{
	int result = cpu_call(cpu_1, count_done, NULL);

	(void)cpu;
	if (!result)
		__atomic_fetch_add(&accepted, 1, __ATOMIC_RELAXED);
	else if (result != MUSTER_E_OFFLINE)
		abort();
}

/* A call is refused or done, whenever the target goes. */
static void no_call_is_lost(void **state)
{
	(void)state;
	accepted = done = 0;
	bring_up();
	work_begin(2, call_the_one_that_goes, REPEAT);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(cpu_down(cpu_1), 0);
		assert_int_equal(cpu_up(cpu_1), 0);
	}
	work_end();
	assert_int_equal(accepted, done);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closing_serves_the_rest),
		TEST(waits_for_one_that_leaves),
		TEST(no_call_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
