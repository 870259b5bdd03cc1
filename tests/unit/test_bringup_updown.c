// SPDX-License-Identifier: MIT
/*
 * Taking CPUs down and bringing them up: the order of LEAVE and of what is undone, what is kept
 * where nothing can be undone, and other CPUs that call meanwhile.
 */
#include "mock_guest.h"

#include <muster/call.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 5

static const cpu_t cpu_1 = { 1 };
static const cpu_t cpu_2 = { 2 };

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	return 0;
}

static void bring_up(void)
{
	assert_int_equal(guest_bring_up(), 0);
	guest_trace_clear();
}

static void count(void *counter)
{
	__atomic_fetch_add((unsigned int *)counter, 1, __ATOMIC_RELAXED);
}

/* It is called, and calls others. */
static void check_works(cpu_t cpu)
{
	unsigned int calls = 0;

	assert_int_equal(cpu_call(cpu, count, &calls), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(cpus_call(count, &calls, true), cpu_online_count());
	assert_int_equal(calls, 1 + cpu_online_count());
}

static void round_trips(void **state)
{
	uint64_t free;

	(void)state;
	bring_up();
	free = mem_free_total();
	for (int i = 0; i < 25; i++) {
		for (uint32_t n = 1; n < CPUS; n++) {
			cpu_t cpu = cpu_from_number(n);

			guest_trace_clear();
			assert_int_equal(cpu_down(cpu), 0);
			assert_string_equal(guest.trace[n],
					    "quiet farewell -call-queue -areas -descriptor-tables "
					    "-stack -unit");
			assert_int_equal(cpu_state(cpu), CPU_PRESENT);
			assert_int_equal(cpu_online_count(), CPUS - 1);
			assert_int_equal(percpu_unit(cpu), 0);
			assert_true(mem_free_total() > free);
			guest_trace_clear();
			assert_int_equal(cpu_up(cpu), 0);
			assert_string_equal(guest.trace[n], guest_way(cpu, NULL));
			assert_int_equal(mem_free_total(), free);
			check_works(cpu);
		}
	}
}

static void several_down_at_a_time(void **state)
{
	(void)state;
	bring_up();
	for (uint32_t n = 1; n < CPUS; n++)
		assert_int_equal(cpu_down(cpu_from_number(n)), 0);
	assert_int_equal(cpu_online_count(), 1);
	assert_int_equal(mem_owned_by("unit"), 0);
	for (uint32_t n = CPUS - 1; n; n--)
		assert_int_equal(cpu_up(cpu_from_number(n)), 0);
	assert_int_equal(cpu_online_count(), CPUS);
	check_works(cpu_1);
}

static int results[2];

static void down_and_up_elsewhere(void *unused)
{
	(void)unused;
	results[0] = cpu_down(cpu_1);
	results[1] = cpu_up(cpu_1);
}

static void wrong_requests(void **state)
{
	(void)state;
	bring_up();
	assert_int_equal(cpu_down(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(cpu_down(cpu_from_number(CPUS)), MUSTER_E_INVALID);
	assert_int_equal(cpu_up(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(cpu_up(cpu_from_number(CPUS)), MUSTER_E_INVALID);
	assert_int_equal(cpu_up(cpu_1), MUSTER_E_EXISTS);
	assert_int_equal(cpu_call(cpu_2, down_and_up_elsewhere, NULL), 0);
	assert_int_equal(results[0], MUSTER_E_ORDER);
	assert_int_equal(results[1], MUSTER_E_ORDER);
	assert_int_equal(cpu_down(cpu_1), 0);
	assert_int_equal(cpu_down(cpu_1), MUSTER_E_OFFLINE);
	assert_int_equal(cpu_call(cpu_1, count, NULL), MUSTER_E_OFFLINE);
	assert_string_equal(guest.trace[0], "");
}

/* Each row failing when it is brought up again, by order: all undone, and the next try succeeds. */
static void every_row_fails_again(void **state)
{
	uint64_t free_down;

	(void)state;
	bring_up();
	for (size_t i = 0; i < guest.table.count; i++) {
		const char *name = guest.steps[i].name;

		if (guest.steps[i].where == WHERE_BOOT || guest.steps[i].where == WHERE_LEAVE)
			continue;
		assert_int_equal(cpu_down(cpu_2), 0);
		free_down = mem_free_total();
		guest_trace_clear();
		assert_int_equal(bringup_inject_failure(name, cpu_2), 0);
		assert_int_equal(cpu_up(cpu_2), MUSTER_E_INJECTED);
		assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
		assert_string_equal(bringup_step_failed(cpu_2), name);
		assert_string_equal(guest.trace[2], guest_way(cpu_2, name));
		assert_int_equal(mem_free_total(), free_down);
		guest_trace_clear();
		assert_int_equal(cpu_up(cpu_2), 0);
		assert_string_equal(guest.trace[2], guest_way(cpu_2, NULL));
		assert_string_equal(bringup_step_failed(cpu_2), "none");
		check_works(cpu_2);
	}
}

/* A LEAVE row that fails is named, and the CPU goes all the same. */
static void leave_row_fails(void **state)
{
	(void)state;
	bring_up();
	assert_int_equal(bringup_inject_failure("quiet", cpu_2), 0);
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_true(host_log_has("@muster 1 failed cpu=2 step=quiet error=injected-failure\n"));
	assert_string_equal(guest.trace[2],
			    "farewell -call-queue -areas -descriptor-tables -stack -unit");
	assert_int_equal(cpu_up(cpu_2), 0);
}

static void check_kept(const char *row, enum undo_kind kind, const char *down, const char *up,
		       const char *down_again)
{
	guest_end(NULL);
	guest_begin(CPUS);
	guest_keep(row, kind);
	bring_up();
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_HELD);
	assert_true(percpu_unit(cpu_2));
	assert_string_equal(guest.trace[2], down);
	for (int i = 0; i < 3; i++) {
		guest_trace_clear();
		assert_int_equal(cpu_up(cpu_2), 0);
		assert_string_equal(guest.trace[2], up);
		check_works(cpu_2);
		guest_trace_clear();
		assert_int_equal(cpu_down(cpu_2), 0);
		assert_string_equal(guest.trace[2], down_again);
		assert_int_equal(cpu_state(cpu_2), CPU_HELD);
	}
	/* It fails behind what is kept: the same. */
	assert_int_equal(bringup_inject_failure("online", cpu_2), 0);
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_INJECTED);
	assert_int_equal(cpu_state(cpu_2), CPU_HELD);
	guest_trace_clear();
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_string_equal(guest.trace[2], up);
}

static void what_has_no_undo_is_kept(void **state)
{
	const char *leave = "quiet farewell -call-queue";
	const char *all = "quiet farewell -call-queue -areas -descriptor-tables -stack";

	(void)state;
	check_kept("areas", UNDO_NONE, leave, "start call-queue online", leave);
	check_kept("areas", UNDO_WHOLE_GUEST, leave, "start call-queue online", leave);
	check_kept("descriptor-tables", UNDO_NONE, "quiet farewell -call-queue -areas",
		   "start areas call-queue online", "quiet farewell -call-queue -areas");
	check_kept("unit", UNDO_NONE, all, "stack start descriptor-tables areas call-queue online",
		   all);
	check_kept("unit", UNDO_WHOLE_GUEST, all,
		   "stack start descriptor-tables areas call-queue online", all);
	check_kept("stack", UNDO_NONE, "quiet farewell -call-queue -areas -descriptor-tables",
		   "start descriptor-tables areas call-queue online",
		   "quiet farewell -call-queue -areas -descriptor-tables");
}

/* The first of two START rows, as where a CPU's registers are set before it is started. */
static int context_run(cpu_t cpu)
{
	if (cpu.number == STEP_ALL_CPUS)
		return MUSTER_E_NOT_SUPPORTED;
	guest_trace(cpu, "", "context");
	return 0;
}

static void context_undo(cpu_t cpu)
{
	guest_trace(cpu, "-", "context");
}

static void add_context_row(enum undo_kind kind)
{
	struct bringup_step *start = guest_step("start");

	memmove(start + 1, start,
		sizeof(*start) * (guest.table.count++ - (size_t)(start - guest.steps)));
	*start = (struct bringup_step){ "context",
					CAP(UNIT),
					0,
					WHERE_START,
					kind,
					context_run,
					kind == UNDO_STEP ? context_undo : NULL };
}

static void start_rows_are_undone(void **state)
{
	(void)state;
	add_context_row(UNDO_STEP);
	guest.start_all = true;
	guest.fail_text = "start@2";
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(guest.started_all, 0);
	assert_int_equal(cpu_state(cpu_2), CPU_FAILED);
	assert_string_equal(guest.trace[2], "unit stack context -context -stack -unit");
	assert_int_equal(cpu_up(cpu_2), 0);
	guest_trace_clear();
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_string_equal(guest.trace[2], "quiet farewell -call-queue -areas -descriptor-tables "
					    "-context -stack -unit");
	/* And when a row behind START fails. */
	assert_int_equal(bringup_inject_failure("areas", cpu_2), 0);
	guest_trace_clear();
	assert_int_equal(cpu_up(cpu_2), MUSTER_E_INJECTED);
	assert_string_equal(guest.trace[2], "unit stack context start descriptor-tables "
					    "-descriptor-tables -context -stack -unit");
}

static void start_row_is_kept(void **state)
{
	(void)state;
	add_context_row(UNDO_NONE);
	bring_up();
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(cpu_state(cpu_2), CPU_HELD);
	assert_string_equal(guest.trace[2], "quiet farewell -call-queue -areas -descriptor-tables");
	guest_trace_clear();
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_string_equal(guest.trace[2], "start descriptor-tables areas call-queue online");
}

static unsigned int flushes;

static void flush(void)
{
	__atomic_fetch_add(&flushes, 1, __ATOMIC_RELAXED);
}

/* Every CPU forgets the memory that was given back. */
static void translations_are_flushed(void **state)
{
	(void)state;
	((struct machine *)machine_get())->flush_translations = flush;
	bring_up();
	flushes = 0;
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_int_equal(flushes, CPUS - 1);
	assert_int_equal(cpu_up(cpu_2), 0);
	assert_int_equal(flushes, CPUS - 1);
}

static unsigned int called, calling;

/* What every CPU does all the time: calls all others, and one. */
static void call_around(cpu_t cpu)
{
	const struct timespec moment = { 0, 100000 };
	int result;

	count(&calling);
	result = cpus_call(count, &called, true);
	if (result < 1)
		abort();
	result = cpu_call(cpu_from_number((cpu.number + 1) % CPUS), count, &called);
	if (result && result != MUSTER_E_OFFLINE)
		abort();
	__atomic_fetch_sub(&calling, 1, __ATOMIC_RELEASE);
	nanosleep(&moment, NULL); /* or nobody else gets the lock on a busy host */
}

/* A CPU that goes while it calls, and is called, leaves no lock and no waiter behind. */
static void down_and_up_under_calls(void **state)
{
	(void)state;
	*clock_cpu_limit_store() = 60000;
	guest.idle = call_around;
	bring_up();
	for (uint32_t i = 0; i < 100; i++) {
		cpu_t cpu = cpu_from_number(1 + i % (CPUS - 1));

		assert_int_equal(cpu_down(cpu), 0);
		assert_int_equal(cpu_up(cpu), 0);
	}
	assert_int_equal(cpu_online_count(), CPUS);
	assert_true(__atomic_load_n(&called, __ATOMIC_RELAXED) > 0);
	/* They call each other until the last is done. */
	__atomic_store_n(&guest.idle, NULL, __ATOMIC_RELAXED);
	for_each_cpu (cpu)
		assert_int_equal(cpu_call(cpu, count, &called), 0);
	while (__atomic_load_n(&calling, __ATOMIC_ACQUIRE))
		call_queue_serve();
	check_works(cpu_1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trips),
		TEST(several_down_at_a_time),
		TEST(wrong_requests),
		TEST(every_row_fails_again),
		TEST(leave_row_fails),
		TEST(what_has_no_undo_is_kept),
		TEST(start_rows_are_undone),
		TEST(start_row_is_kept),
		TEST(translations_are_flushed),
		TEST(down_and_up_under_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
