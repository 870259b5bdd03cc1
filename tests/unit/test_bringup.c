// SPDX-License-Identifier: MIT
/*
 * The runner: a whole table on threads that play CPUs; every row failing on every kind of CPU, and
 * how that is undone. How CPUs are started is test_bringup_start.c, CPUs that come late are
 * test_bringup_late.c.
 */
#include "mock_guest.h"

#include <muster/call.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 5

static const cpu_t boot = { 0 };

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	return 0;
}

static void check_online(cpu_t cpu)
{
	assert_int_equal(cpu_state(cpu), CPU_ONLINE);
	assert_string_equal(guest.trace[cpu.number], guest_way(cpu, NULL));
	assert_string_equal(bringup_step_finished(cpu), "online");
	/* The boot CPU started the others after that. */
	assert_string_equal(bringup_step_now(cpu),
			    !cpu.number && guest.cpus > 1 ? "start" : "online");
	assert_string_equal(bringup_step_failed(cpu), "none");
	assert_true(bringup_online_ticks(cpu) >= bringup_entry_ticks());
}

static void set(void *flag)
{
	*(bool *)flag = true;
}

static void all_come_online(void **state)
{
	bool called = false;

	(void)state;
	assert_string_equal(guest_way(cpu_from_number(1), NULL),
			    "unit stack start descriptor-tables areas call-queue online");
	assert_int_equal(guest_bring_up(), 0);
	assert_ptr_equal(bringup_table_current(), &guest.table);
	assert_int_equal(cpu_online_count(), CPUS);
	assert_true(bringup_is_over());
	for_each_cpu (cpu)
		check_online(cpu);
	for_each_cpu (cpu) {
		called = false;
		assert_int_equal(cpu_call(cpu, set, &called), 0);
		assert_true(called);
	}
	/* Announced: the boot CPU's rows, and PREPARE and START of the first other. */
	assert_true(host_log_has("@muster 1 at step=console where=BOOT cpu=0\n"));
	assert_true(host_log_has("@muster 1 at step=online where=ONLINE cpu=0\n"));
	assert_true(host_log_has("@muster 1 at step=stack where=PREPARE cpu=1\n"));
	assert_true(host_log_has("@muster 1 at step=start where=START cpu=1\n"));
	assert_false(host_log_has("where=ONLINE cpu=1"));
	assert_false(host_log_has("cpu=2"));
}

/* start <= end, both where the row ran and neither where it did not; each CPU's in order. */
static void check_stamps(cpu_t cpu)
{
	struct step_stamp last = { bringup_entry_ticks(), bringup_entry_ticks() };

	for (size_t i = 0; i < guest.table.count; i++) {
		struct step_stamp stamp = bringup_stamp(i, cpu);
		enum step_where where = guest.steps[i].where;
		bool ran = cpu.number ? where != WHERE_BOOT : where == WHERE_BOOT;

		if (where == WHERE_ONLINE || where == WHERE_LEAVE)
			ran = where == WHERE_ONLINE;
		if (!ran) {
			assert_int_equal(stamp.start, 0);
			assert_int_equal(stamp.end, 0);
			continue;
		}
		assert_true(stamp.start && stamp.start <= stamp.end);
		/* A CPU begins when it is started, which START may still be writing down. */
		if (i && guest.steps[i - 1].where != WHERE_START)
			assert_true(last.end <= stamp.start);
		last = stamp;
	}
}

static void stamps_are_where_rows_ran(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	for_each_cpu (cpu)
		check_stamps(cpu);
	assert_int_equal(bringup_stamp(guest.table.count, boot).start, 0);
	assert_int_equal(bringup_stamp(6, cpu_from_number(CPUS)).start, 0);
	assert_string_equal(bringup_step_now(cpu_from_number(CPUS)), "none");
	assert_int_equal(bringup_online_ticks(cpu_from_number(CPUS)), 0);

	/* All at once: one stamp for all. */
	guest_end(NULL);
	guest_begin(CPUS);
	guest.start_all = true;
	assert_int_equal(guest_bring_up(), 0);
	for_each_cpu (cpu)
		check_stamps(cpu);
	assert_int_equal(bringup_stamp(7, cpu_from_number(1)).start,
			 bringup_stamp(7, cpu_from_number(CPUS - 1)).start);
}

/* One CPU failed in that row, and all it did was undone; the others do not mind. */
static void check_failed(cpu_t failed, const char *row, const char *error)
{
	char line[128];

	for_each_cpu (cpu)
		if (!cpu_equal(cpu, failed))
			check_online(cpu);
	assert_int_equal(cpu_state(failed), CPU_FAILED);
	assert_string_equal(bringup_step_failed(failed), row);
	assert_string_equal(guest.trace[failed.number], guest_way(failed, row));
	assert_int_equal(percpu_unit(failed), 0);
	assert_int_equal(mem_owned_by("unit"), (CPUS - 2) * percpu_unit_size());
	snprintf(line, sizeof(line), "@muster 1 failed cpu=%u step=%s error=%s\n", failed.number,
		 row, error);
	assert_true(host_log_has(line));
	assert_int_equal(cpu_call(failed, set, NULL), MUSTER_E_OFFLINE);
	/* And the next try succeeds. */
	guest.bad_row = NULL;
	guest_trace_clear();
	assert_int_equal(cpu_up(failed), 0);
	check_online(failed);
}

static void every_row_fails_on_order(void **state)
{
	const uint32_t tried[] = { 1, 2, CPUS - 1 };
	char order[48];

	for (size_t i = 0; i < guest.table.count; i++) {
		enum step_where where = guest_steps[i].where;

		if (where == WHERE_BOOT || where == WHERE_LEAVE)
			continue;
		for (size_t j = 0; j < 3; j++) {
			guest_end(state);
			guest_begin(CPUS);
			snprintf(order, sizeof(order), "%s@%u", guest_steps[i].name, tried[j]);
			guest.fail_text = order;
			guest.start_all = true;
			assert_int_equal(guest_bring_up(), 1);
			check_failed(cpu_from_number(tried[j]), guest_steps[i].name,
				     "injected-failure");
		}
	}
}

/* By themselves, and one whose error is that it waited for something in vain: it did arrive. */
static void every_row_fails_by_itself(void **state)
{
	const struct {
		int error;
		const char *word;
	} errors[] = { { MUSTER_E_NO_MEMORY, "no-memory" }, { MUSTER_E_TIMED_OUT, "timed-out" } };

	for (size_t i = 0; i < guest.table.count; i++) {
		enum step_where where = guest_steps[i].where;

		if (where == WHERE_BOOT || where == WHERE_LEAVE)
			continue;
		for (size_t j = 0; j < 2; j++) {
			guest_end(state);
			guest_begin(CPUS);
			guest.bad_row = guest_steps[i].name;
			guest.bad_cpu = 2;
			guest.bad_error = errors[j].error;
			assert_int_equal(guest_bring_up(), 1);
			check_failed(cpu_from_number(2), guest_steps[i].name, errors[j].word);
		}
	}
}

static void several_fail(void **state)
{
	(void)state;
	guest.fail_text = "unit@1";
	guest.bad_row = "areas";
	guest.bad_cpu = 3;
	guest.bad_error = MUSTER_E_MISMATCH;
	assert_int_equal(guest_bring_up(), 2);
	assert_int_equal(cpu_online_count(), CPUS - 2);
	assert_string_equal(guest.trace[1], "");
	assert_string_equal(guest.trace[3], "unit stack start descriptor-tables -descriptor-tables "
					    "-stack -unit");
	assert_int_equal(cpu_state(cpu_from_number(1)), CPU_FAILED);
	assert_int_equal(cpu_state(cpu_from_number(3)), CPU_FAILED);
}

/* The boot CPU cannot go on: everything is undone, nobody else is touched. */
static void boot_cpu_fails(void **state)
{
	char order[48];

	for (size_t i = 0; i < guest.table.count; i++) {
		enum step_where where = guest_steps[i].where;

		if (where != WHERE_BOOT && where != WHERE_ONLINE)
			continue;
		for (int by_order = 0; by_order < 2; by_order++) {
			const char *name = guest_steps[i].name;

			/* Those which ran before the line was read: below. */
			if (by_order && i < 2)
				continue;
			guest_end(state);
			guest_begin(CPUS);
			snprintf(order, sizeof(order), "%s@0", name);
			guest.fail_text = by_order ? order : NULL;
			guest.bad_row = by_order ? NULL : name;
			guest.bad_error = MUSTER_E_CORRUPT;
			assert_int_equal(guest_bring_up(),
					 by_order ? MUSTER_E_INJECTED : MUSTER_E_CORRUPT);
			assert_string_equal(guest.trace[0], guest_way(boot, name));
			assert_string_equal(bringup_step_failed(boot), name);
			assert_string_equal(guest.trace[1], "");
			assert_int_equal(cpu_state(cpu_from_number(1)), CPU_PRESENT);
			assert_int_equal(cpu_online_count(), 0);
			assert_true(bringup_is_over());
		}
	}
}

/* What was ordered for a row that ran before the command line was read is due at once. */
static void overdue_failure(void **state)
{
	(void)state;
	guest.fail_text = "console@0";
	assert_int_equal(guest_bring_up(), MUSTER_E_INJECTED);
	assert_string_equal(guest.trace[0], "console command-line -command-line");
	assert_string_equal(bringup_step_failed(boot), "console");
	assert_true(host_log_has("@muster 1 failed cpu=0 step=console error=injected-failure\n"));
	guest_end(state);
	guest_begin(CPUS);
	guest.fail_text = "command-line@0";
	assert_int_equal(guest_bring_up(), MUSTER_E_INJECTED);
	assert_string_equal(guest.trace[0], "console command-line -command-line");
	assert_string_equal(bringup_step_failed(boot), "command-line");
}

/* What cannot be undone ends the undoing on the boot CPU too. */
static void boot_cpu_keeps_what_has_no_undo(void **state)
{
	(void)state;
	guest_keep("areas", UNDO_NONE);
	guest.fail_text = "online@0";
	assert_int_equal(guest_bring_up(), MUSTER_E_INJECTED);
	assert_string_equal(guest.trace[0], "console command-line memory-map cpu-ids boot-unit "
					    "descriptor-tables areas call-queue -call-queue");
	guest_end(state);
	guest_begin(CPUS);
	guest_keep("memory-map", UNDO_WHOLE_GUEST);
	guest.fail_text = "areas@0";
	assert_int_equal(guest_bring_up(), MUSTER_E_INJECTED);
	assert_string_equal(guest.trace[0], "console command-line memory-map cpu-ids boot-unit "
					    "descriptor-tables -descriptor-tables -boot-unit");
}

static void a_failing_cpu_keeps_what_has_no_undo(void **state)
{
	const cpu_t cpu = { 2 };

	(void)state;
	guest_keep("descriptor-tables", UNDO_NONE);
	guest.fail_text = "call-queue@2";
	assert_int_equal(guest_bring_up(), 1);
	/* Its memory stays: somebody may use it. */
	assert_int_equal(cpu_state(cpu), CPU_HELD);
	assert_string_equal(guest.trace[2], "unit stack start descriptor-tables areas -areas");
	assert_true(percpu_unit(cpu));
	guest_trace_clear();
	assert_int_equal(cpu_up(cpu), 0);
	assert_string_equal(guest.trace[2], "start areas call-queue online");

	/* The same before it was started. */
	guest_end(state);
	guest_begin(CPUS);
	guest_keep("unit", UNDO_NONE);
	guest.fail_text = "stack@2";
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(cpu_state(cpu), CPU_HELD);
	assert_string_equal(guest.trace[2], "unit");
	guest_trace_clear();
	assert_int_equal(cpu_up(cpu), 0);
	assert_string_equal(guest.trace[2],
			    "stack start descriptor-tables areas call-queue online");
}

static void no_memory_for_stamps(void **state)
{
	(void)state;
	while (mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "all"))
		;
	assert_int_equal(guest_bring_up(), MUSTER_E_NO_MEMORY);
	assert_string_equal(guest.trace[0], "console command-line memory-map cpu-ids boot-unit "
					    "-boot-unit -memory-map -command-line");
}

static void a_wrong_table_is_not_run(void **state)
{
	const char *message;

	(void)state;
	guest_step("unit")->needs |= CAP(SHARED_AREAS);
	message = host_panic_of(guest_bring_up());
	assert_non_null(message);
	assert_string_equal(message, "platform mock: step unit: needs what only a later step "
				     "gives: shared-areas");
	assert_string_equal(guest.trace[0], "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_come_online),
		TEST(stamps_are_where_rows_ran),
		TEST(every_row_fails_on_order),
		TEST(every_row_fails_by_itself),
		TEST(several_fail),
		TEST(boot_cpu_fails),
		TEST(overdue_failure),
		TEST(boot_cpu_keeps_what_has_no_undo),
		TEST(a_failing_cpu_keeps_what_has_no_undo),

		TEST(no_memory_for_stamps),
		TEST(a_wrong_table_is_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
