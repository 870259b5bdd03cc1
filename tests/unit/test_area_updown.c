// SPDX-License-Identifier: MIT
/*
 * vCPU areas in a bring-up table that the runner runs, each CPU a thread: all come up, go and come
 * while the others look at everybody's areas, and fail at every step. Built with ThreadSanitizer too.
 */
#include "mock_area_guest.h"
#include "mock_work.h"

#include <muster/report.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 6

static int begin(void **state)
{
	(void)state;
	area_guest_begin(CPUS);
	return 0;
}

static int end(void **state)
{
	guest_end(state);
	areas_forget();
	return 0;
}

static void expect_shared(cpu_t cpu, bool shared)
{
	for (size_t i = 0; i < MOCK_GIVEN; i++) {
		struct area_info info = area_info(cpu, i);

		assert_int_equal(info.state == AREA_SHARED, shared);
		assert_int_equal(info.state == AREA_SHARED || info.state == AREA_KEPT,
				 hypervisor.holds[cpu.number][i].held);
		assert_int_equal((uintptr_t)area_ptr_or_poison(cpu, i) == AREA_POISON, !shared);
	}
	if (hypervisor.broken)
		fail_msg("%s", hypervisor.why);
}

static void test_all_up(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	for_each_cpu (cpu)
		expect_shared(cpu, true);
	mock_scribble();
	host_log_clear();
	report_send(NULL, 0);
	for_each_cpu (cpu) {
		char line[160];

		snprintf(
			line, sizeof(line),
			"@muster 1 area cpu=%u kind=vpa addr=0x%llx size=640 told=1024 state=shared\n",
			cpu.number, (unsigned long long)area_info(cpu, MOCK_VPA).physical);
		assert_true(host_log_has(line));
	}
}

/* What the others do meanwhile: they must see an area or the poison, and never a half of one. */
static void look_at_areas(cpu_t here)
{
	for_each_cpu (cpu) {
		/* And the tables, which must hold still, or move in one piece. */
		if (!cpu_equal(cpu_by_hwid(cpu_hwid(cpu)), cpu) ||
		    cpu_online_count() > cpu_possible_count() ||
		    (unsigned int)cpu_state(cpu) > CPU_FAILED || !bringup_step_now(cpu)[0])
			abort();
		for (size_t i = 0; i < MOCK_GIVEN; i++) {
			uintptr_t pointer = (uintptr_t)area_ptr_or_poison(cpu, i);
			uint64_t at = machine_get()->physical(pointer);

			if (pointer != AREA_POISON && at % mock_kinds[i].align)
				abort();
			if (cpu_equal(cpu, here) && pointer == AREA_POISON)
				abort();
		}
	}
}

static void test_up_and_down_while_others_look(void **state)
{
	const cpu_t cpu = cpu_from_number(1);

	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	work_begin(2, look_at_areas, 400);
	for (int round = 0; round < 30; round++) {
		assert_int_equal(cpu_down(cpu), 0);
		expect_shared(cpu, false);
		mock_scribble();
		assert_int_equal(cpu_up(cpu), 0);
		expect_shared(cpu, true);
	}
	work_end();
	assert_int_equal(hypervisor.holds[1][MOCK_INFO].attaches, 1);
	assert_int_equal(hypervisor.holds[1][MOCK_STEAL].attaches, 1);
	assert_int_equal(hypervisor.holds[1][MOCK_VPA].attaches, 31);
}

/* A CPU that fails any step has given back what could be, and comes up after that. */
static void test_failure_at_every_step(void **state)
{
	static const char *const steps[] = { "unit",	    "stack",
					     "area-memory", "descriptor-tables",
					     "areas",	    "call-queue" };
	const cpu_t cpu = cpu_from_number(2);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		begin(NULL);
		assert_int_equal(guest_bring_up(), 0);
		assert_int_equal(cpu_down(cpu), 0);
		assert_int_equal(bringup_inject_failure(steps[i], cpu), 0);
		assert_int_equal(cpu_up(cpu), MUSTER_E_INJECTED);
		mock_scribble();
		expect_shared(cpu, false);
		assert_int_equal(area_info(cpu, MOCK_VPA).state, AREA_NONE);
		assert_int_equal(cpu_up(cpu), 0);
		expect_shared(cpu, true);
		end(NULL);
	}
}

/* One that is refused does not come up, and the others do. */
static void test_refused(void **state)
{
	(void)state;
	hypervisor.fail_call_at = MOCK_GIVEN + 2; /* behind the boot CPU's: the first other CPU's */
	assert_int_equal(guest_bring_up(), 1);
	assert_int_equal(cpu_state(cpu_from_number(1)), CPU_FAILED);
	expect_shared(cpu_from_number(1), false);
	expect_shared(cpu_from_number(2), true);
	assert_true(host_log_has("area clock of CPU 1, vCPU 101"));
	assert_true(host_log_has("CPU 1: step area-memory failed: busy"));
}

/* The rows must be ours as a pair. */
static void test_rows_that_would_lose_areas(void **state)
{
	(void)state;
	guest_step("areas")->undo = areas_undo;
	assert_true(guest_bring_up() < 0);
	assert_true(host_log_has("step areas: makes areas, and its undo is not theirs"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_all_up),
		TEST(test_up_and_down_while_others_look),
		TEST(test_failure_at_every_step),
		TEST(test_refused),
		TEST(test_rows_that_would_lose_areas),
	};

	(void)mock_table;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
