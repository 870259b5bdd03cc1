// SPDX-License-Identifier: MIT
/*
 * CPUs that do not come in time, or do not go: they are named, keep their memory as long as they
 * may still be at work, are HELD when they turn up, and can go on then.
 */
#define _GNU_SOURCE /* memmem() */

#include "mock_guest.h"

#include <muster/call.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS  5
#define LIMIT 200 /* milliseconds */

static const cpu_t cpu_2 = { 2 };
static const cpu_t cpu_3 = { 3 };

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	*clock_cpu_limit_store() = LIMIT;
	return 0;
}

/* Limits for tests of those who are late are short; the others get time. */
static void give_time(void)
{
	*clock_cpu_limit_store() = 10000;
}

/* CPU 2 was given up on, keeps what it has, and is left alone. */
static void check_given_up(const char *trace)
{
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_true(percpu_unit(cpu_2));
	assert_string_equal(guest.trace[2], trace);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_BUSY);
	assert_int_equal(cpu_down(cpu_2), MUSTER_E_OFFLINE);
	assert_string_equal(guest.trace[2], trace);
	for_each_cpu (cpu)
		if (cpu.number != 2)
			assert_int_equal(cpu_state(cpu), CPU_ONLINE);
	assert_int_equal(cpu_online_count(), CPUS - 1);
}

static void check_comes_up(const char *trace)
{
	guest_trace_clear();
	give_time();
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_ONLINE);
	assert_string_equal(guest.trace[2], trace);
	assert_int_equal(cpu_online_count(), CPUS);
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_PRESENT);
	assert_int_equal(percpu_unit(cpu_2), 0);
	/* It is not late any more. */
	assert_int_equal(bringup_inject_failure("areas", cpu_2), 0);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_INJECTED);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_int_equal(percpu_unit(cpu_2), 0);
	assert_int_equal(cpu_up(cpu_2), 0);
}

static void never_arrives(void **state)
{
	(void)state;
	guest.never[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	check_given_up("unit stack start");
	assert_true(host_log_has("muster: CPU 2 (hardware id 0x1a): did not arrive within 200 ms; "
				 "last finished step: start\n"));
	assert_true(host_log_has("@muster 1 failed cpu=2 step=start error=timed-out\n"));
	assert_string_equal(bringup_step_finished(cpu_2), "start");
	assert_int_equal(bringup_online_ticks(cpu_2), 0);
	/* The others go down and up as ever. */
	give_time();
	assert_int_equal(cpu_down(cpu_3), 0);
	assert_int_equal(cpu_up(cpu_3), 0);
	check_given_up("unit stack start");
}

/* Started together with all others. */
static void never_arrives_of_all(void **state)
{
	(void)state;
	guest.never[2] = true;
	guest.start_all = true;
	assert_int_equal(guest_bring_up(), 1);
	check_given_up("unit stack start");
	assert_string_equal(bringup_step_finished(cpu_2), "start");
}

static void nobody_arrives(void **state)
{
	(void)state;
	for (int i = 1; i < CPUS; i++)
		guest.never[i] = true;
	assert_int_equal(guest_bring_up(), CPUS - 1);
	for (int i = 1; i < CPUS; i++) {
		char line[64];

		snprintf(line, sizeof(line), "@muster 1 failed cpu=%d step=start error=timed-out",
			 i);
		assert_true(host_log_has(line));
	}
}

static void arrives_late(void **state)
{
	(void)state;
	guest.late[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	check_given_up("unit stack start");
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	/* It ran nothing, and goes on with what it has. */
	assert_string_equal(guest.trace[2], "unit stack start");
	check_comes_up("start descriptor-tables areas call-queue online");
}

/* Late by so little that it arrives while the boot CPU says that it did not. */
static void (*write_log)(const char *text, size_t length);

static void let_go_when_named(const char *text, size_t length)
{
	write_log(text, length);
	if (memmem(text, length, "did not arrive", 14)) {
		guest_let_go(cpu_2);
		if (!guest_reaches(cpu_2, CPU_HELD))
			abort();
	}
}

static void arrives_a_little_late(void **state)
{
	struct machine *machine = (struct machine *)machine_get();

	(void)state;
	write_log = machine->console_write;
	machine->console_write = let_go_when_named;
	guest.late[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(cpu_state(cpu_2), CPU_HELD);
	assert_true(percpu_unit(cpu_2));
	assert_string_equal(guest.trace[2], "unit stack start");
	check_comes_up("start descriptor-tables areas call-queue online");
}

/* What START did is undone before it is done again. */
static void start_is_undone_for_a_late_one(void **state)
{
	(void)state;
	guest_step("start")->undo_kind = UNDO_STEP;
	guest_step("start")->undo = start_undo;
	guest.late[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	check_given_up("unit stack start");
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	check_comes_up("-start start descriptor-tables areas call-queue online");
	assert_non_null(strstr(guest.trace[2], "-descriptor-tables -start -stack -unit"));
}

/* CPU 2's start-up is reported as failed when that CPU is there already: an earlier one was late. */
static int start_fails_too_late(cpu_t cpu)
{
	int error = guest_start(cpu);

	if (cpu.number != 2)
		return error;
	return guest_reaches(cpu_2, CPU_ONLINE) ? MUSTER_E_TIMED_OUT : MUSTER_E_BUSY;
}

/* It is as good as started: its memory stays, and it goes down and up like any other. */
static void start_fails_yet_it_arrives(void **state)
{
	(void)state;
	give_time();
	guest_step("start")->run = start_fails_too_late;
	assert_int_equal(guest_bring_up(), 0);
	assert_true(host_log_has("muster: CPU 2: step start failed: timed out\n"));
	assert_int_equal(cpu_state(cpu_2), CPU_ONLINE);
	assert_true(percpu_unit(cpu_2));
	assert_int_equal(cpu_online_count(), CPUS);
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(percpu_unit(cpu_2), 0);
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_ONLINE);
}

static void stuck_in_each_online_row(void **state)
{
	const char *const rows[] = { "descriptor-tables", "areas", "call-queue", "online" };

	for (size_t i = 0; i < 4; i++) {
		char line[128];

		guest_end(state);
		begin(state);
		guest.stuck_row = rows[i];
		guest.stuck_cpu = 2;
		assert_int_equal(guest_bring_up(), 1);
		assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
		assert_true(host_log_has("muster: CPU 2 (hardware id 0x1a): not online within"));
		snprintf(line, sizeof(line), "@muster 1 failed cpu=2 step=%s error=timed-out\n",
			 rows[i]);
		assert_true(host_log_has(line));
		assert_string_equal(bringup_step_now(cpu_2), rows[i]);
		snprintf(line, sizeof(line), "last finished step: %s, began: %s\n",
			 i ? rows[i - 1] : "start", rows[i]);
		assert_true(host_log_has(line));
		assert_int_equal(cpu_up(cpu_2), MUSTER_E_BUSY);
		assert_true(percpu_unit(cpu_2));
		/* Late: it goes on to the row that says online, may not, undoes all, stops. */
		guest_let_go(cpu_2);
		assert_true(guest_reaches(cpu_2, CPU_HELD));
		assert_string_equal(guest.trace[2],
				    "unit stack start descriptor-tables areas call-queue online "
				    "-call-queue -areas -descriptor-tables");
		assert_int_equal(cpu_online_count(), CPUS - 1);
		assert_true(percpu_unit(cpu_2));
		check_comes_up("start descriptor-tables areas call-queue online");
	}
}

/* Given up on, and then it fails by itself: it is still late, and keeps its memory. */
static void stuck_and_fails(void **state)
{
	(void)state;
	guest.stuck_row = guest.bad_row = "areas";
	guest.stuck_cpu = guest.bad_cpu = 2;
	guest.bad_error = MUSTER_E_MISMATCH;
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	assert_true(percpu_unit(cpu_2));
	assert_string_equal(bringup_step_failed(cpu_2), "areas");
	guest.bad_row = NULL;
	check_comes_up("start descriptor-tables areas call-queue online");
}

static void late_in_cpu_up(void **state)
{
	(void)state;
	give_time();
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_down(cpu_2), 0);
	*clock_cpu_limit_store() = LIMIT;
	guest_trace_clear();
	guest.late[2] = true;
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_TIMED_OUT);
	check_given_up("unit stack start");
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	check_comes_up("start descriptor-tables areas call-queue online");
}

/* While it waits the boot CPU says for whom. */
static void waiting_is_announced(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = 600;
	guest.stuck_row = "areas";
	guest.stuck_cpu = 2;
	guest.never[3] = true;
	assert_int_equal(guest_bring_up(), 2);
	assert_true(host_log_has("@muster 1 waiting cpu=2 step=areas online=3 present=5\n"));
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	guest_end(state);
	guest_begin(CPUS);
	*clock_cpu_limit_store() = 600;
	guest.never[3] = true;
	assert_int_equal(guest_bring_up(), 1);
	assert_true(host_log_has("@muster 1 waiting cpu=3 step=none online=4 present=5\n"));
}

static void hang_on_order(void **state)
{
	(void)state;
	guest.hang_text = "areas@2";
	guest.hangs[2] = true;
	assert_int_equal(guest_bring_up(), 1);
	check_given_up("unit stack start descriptor-tables");
	/* For ever: another order does not end it. */
	assert_int_equal(bringup_inject_failure("stack", cpu_3), 0);
	assert_int_equal(bringup_inject_failure(NULL, cpu_3), 0);
	give_time();
	/* It may be about to use another's memory, so that is kept; nothing else is in its way. */
	assert_int_equal(cpu_down(cpu_3), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_state(cpu_3), CPU_HELD);
	assert_true(percpu_unit(cpu_3));
	assert_int_equal(cpu_up(cpu_3), 0);
	check_given_up("unit stack start descriptor-tables");
}

/* One that does not go. */
static void stuck_leaving(void **state)
{
	(void)state;
	give_time();
	assert_int_equal(guest_bring_up(), 0);
	*clock_cpu_limit_store() = LIMIT;
	guest_trace_clear();
	guest.stuck_row = "farewell";
	guest.stuck_cpu = 2;
	assert_int_equal(cpu_down(cpu_2), MUSTER_E_TIMED_OUT);
	assert_true(
		host_log_has("muster: CPU 2: did not leave within 200 ms; last step: farewell"));
	check_given_up("quiet");
	/* It is in nobody's way, but memory is kept that it may be about to use. */
	give_time();
	assert_int_equal(cpu_down(cpu_3), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_state(cpu_3), CPU_HELD);
	assert_true(percpu_unit(cpu_3));
	assert_int_equal(cpu_up(cpu_3), 0);
	guest_let_go(cpu_2);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	assert_string_equal(guest.trace[2], "quiet farewell -call-queue -areas -descriptor-tables");
	assert_true(percpu_unit(cpu_2));
	check_comes_up("start descriptor-tables areas call-queue online");
}

static sem_t busy, release;

static void be_busy(void *unused)
{
	(void)unused;
	sem_post(&busy);
	sem_wait(&release);
}

/* One that does not even hear that it is to go. */
static void too_busy_to_leave(void **state)
{
	struct cpu_call_request request = { 0 };

	(void)state;
	sem_init(&busy, 0, 0);
	sem_init(&release, 0, 0);
	give_time();
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_call_async(cpu_2, &request, be_busy, NULL), 0);
	sem_wait(&busy);
	*clock_cpu_limit_store() = LIMIT;
	guest_trace_clear();
	assert_int_equal(cpu_down(cpu_2), MUSTER_E_TIMED_OUT);
	check_given_up("");
	give_time();
	assert_int_equal(cpu_down(cpu_3), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_state(cpu_3), CPU_HELD);
	assert_int_equal(cpu_up(cpu_3), 0);
	sem_post(&release);
	assert_true(guest_reaches(cpu_2, CPU_HELD));
	assert_true(cpu_call_done(&request));
	assert_int_equal(cpu_online_count(), CPUS - 1);
	check_comes_up("start descriptor-tables areas call-queue online");
}

/* A CPU that does not answer may still look at the queue of the one that went. */
static void too_busy_to_say_so(void **state)
{
	struct cpu_call_request request = { 0 };

	(void)state;
	sem_init(&busy, 0, 0);
	sem_init(&release, 0, 0);
	give_time();
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_call_async(cpu_3, &request, be_busy, NULL), 0);
	sem_wait(&busy);
	*clock_cpu_limit_store() = LIMIT;
	assert_int_equal(cpu_down(cpu_2), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_state(cpu_2), CPU_HELD);
	assert_true(percpu_unit(cpu_2));
	sem_post(&release);
	check_comes_up("start descriptor-tables areas call-queue online");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(never_arrives),
		TEST(never_arrives_of_all),
		TEST(nobody_arrives),
		TEST(arrives_late),
		TEST(start_fails_yet_it_arrives),
		TEST(arrives_a_little_late),
		TEST(start_is_undone_for_a_late_one),
		TEST(stuck_in_each_online_row),
		TEST(stuck_and_fails),
		TEST(late_in_cpu_up),
		TEST(waiting_is_announced),
		TEST(hang_on_order),
		TEST(stuck_leaving),
		TEST(too_busy_to_leave),
		TEST(too_busy_to_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
