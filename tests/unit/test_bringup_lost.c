// SPDX-License-Identifier: MIT
/*
 * Start-ups that get lost: sent once more, to that CPU alone, after a reset that ends whatever it may
 * be at; never to one that has arrived; and what becomes of a CPU that does not come then either.
 */
#include "mock_guest.h"

#include "core/machine.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS  5
#define LIMIT 400 /* milliseconds */

static const cpu_t cpu_2 = { 2 };
static const cpu_t cpu_3 = { 3 };
static uint32_t resets[CPUS];
static int reset_error;
static uint64_t reset_ticks;

/* A CPU that has not claimed its record is gone after this. One that has would be torn from its work:
 * the runner must never ask for that. */
static int reset(cpu_t cpu)
{
	enum cpu_state state = cpu_state(cpu);

	resets[cpu.number]++;
	reset_ticks = counter_read();
	assert_true(state == CPU_PREPARED || state == CPU_FAILED);
	if (reset_error)
		return reset_error;
	if (__atomic_exchange_n(&guest.late[cpu.number], false, __ATOMIC_RELAXED))
		sem_post(&guest.let_go[cpu.number]);
	guest_join(cpu.number);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	((struct machine *)machine_get())->reset = reset;
	*clock_cpu_limit_store() = LIMIT;
	memset(resets, 0, sizeof(resets));
	reset_error = 0;
	bringup_inject_loss(cpu_from_number(0), 0);
	return 0;
}

static int end(void **state)
{
	*clock_cpu_limit_store() = 10000;
	return guest_end(state);
}

static void comes_by_the_second(void **state)
{
	(void)state;
	assert_int_equal(injection_read_lost("1@2"), 0);
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_ONLINE);
	assert_int_equal(resets[2], 1);
	assert_int_equal(resets[1] + resets[3] + resets[4], 0);
	assert_true(host_log_has("CPU 2 (hardware id"));
	assert_true(host_log_has("start-up is sent once more"));
	assert_string_equal(bringup_step_finished(cpu_2), "online");
	/* Its memory can be taken back like anybody's. */
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(cpu_up(cpu_2), 0);
}

/* All were started at once, and the start-up of two got lost: each is sent again by itself. */
static void two_of_a_broadcast(void **state)
{
	(void)state;
	guest.start_all = true;
	guest.late[2] = guest.late[3] = true;
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(guest.started_all, 1);
	assert_int_equal(guest.started_one, 2);
	assert_int_equal(resets[2] + resets[3], 2);
	assert_int_equal(cpu_online_count(), CPUS);
}

static void fails_after_the_second(void **state)
{
	(void)state;
	assert_int_equal(injection_read_lost("2@2"), 0);
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_int_equal(resets[2], 1);
	assert_true(host_log_has("CPU 2 (hardware id"));
	assert_true(host_log_has("did not arrive within 400 ms"));
	assert_int_equal(cpu_online_count(), CPUS - 1);
	/* It never claimed its record, so a reset is enough to try it again. */
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_int_equal(resets[2], 2);
	assert_int_equal(cpu_state(cpu_2), CPU_ONLINE);
	/* Not before the reset has had its time: until then it might claim its record. */
	assert_true(bringup_stamp(phase_begin(WHERE_START), cpu_2).start >=
		    reset_ticks + 10 * UINT64_C(1000000));
	assert_int_equal(cpu_down(cpu_2), 0);
	/* And by cpu_up() alone: lost once, lost twice, not lost. */
	assert_int_equal(bringup_inject_loss(cpu_2, 1), 0);
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(bringup_inject_loss(cpu_2, 2), 0);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_up(cpu_2), 0);
}

/* One that arrived and does not get on is not reset: it may hold a lock. */
static void at_work_is_left_alone(void **state)
{
	(void)state;
	guest.stuck_row = "areas";
	guest.stuck_cpu = 2;
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(resets[2], 0);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_BUSY);
	assert_int_equal(resets[2], 0);
	pthread_mutex_lock(&guest.lock);
	guest.stuck_row = NULL;
	pthread_mutex_unlock(&guest.lock);
	sem_post(&guest.let_go[2]);
	guest_join(2);
	assert_int_equal(cpu_state(cpu_2), CPU_HELD);
}

static void machine_that_cannot_reset(void **state)
{
	(void)state;
	((struct machine *)machine_get())->reset = NULL;
	guest.never[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(guest.started_one, CPUS - 1);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_BUSY);
	end(state);

	/* It can, but not now: no second start-up without a reset, which would hit a CPU at work. */
	begin(state);
	reset_error = MUSTER_E_TIMED_OUT;
	guest.never[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(resets[2], 1);
	assert_int_equal(guest.started_one, CPUS - 1);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_TIMED_OUT);
}

static void second_start_up_fails(void **state)
{
	(void)state;
	guest.never[3] = true;
	guest.start_all = true;
	guest.bad_row = "start";
	guest.bad_cpu = 3;
	guest.bad_error = MUSTER_E_NOT_SUPPORTED;
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(resets[3], 1);
	assert_int_equal(cpu_state(cpu_3), CPU_FAILED);
	assert_int_equal(cpu_online_count(), CPUS - 1);
}

static void orders_that_are_wrong(void **state)
{
	static const char *const bad[] = { "",	  "2",	  "@2",	  "1@",	  "1@0",	  "x@2",
					   "1@x", "-1@2", "1@2@", "1 @2", "99999999999@2" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(injection_read_lost(bad[i]), MUSTER_E_INVALID);
		assert_false(injection_loses());
	}
	assert_true(host_log_has("lose=1@0: not of the form COUNT@CPU"));
	assert_int_equal(bringup_inject_loss(cpu_from_number(0), 1), MUSTER_E_INVALID);
	assert_int_equal(injection_read_lost("1@77"), 0);
	assert_int_equal(guest_bring_up(), MUSTER_E_INVALID);
	assert_true(host_log_has("lose at CPU 77: it is not present"));
	assert_int_equal(bringup_inject_loss(cpu_from_number(CPUS), 1), MUSTER_E_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(comes_by_the_second),	 TEST(two_of_a_broadcast),
		TEST(fails_after_the_second),	 TEST(at_work_is_left_alone),
		TEST(machine_that_cannot_reset), TEST(second_start_up_fails),
		TEST(orders_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
