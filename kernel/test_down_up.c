// SPDX-License-Identifier: MIT
/*
 * Self-tests of taking CPUs down and up: the same path as the first time, no memory lost, and with
 * a failure ordered at every step the undo is complete and the next try succeeds.
 */
#include "kernel/tests.h"

static PERCPU(uint32_t, touched);

static void touch(void *unused)
{
	(void)unused;
	this_cpu(touched)++;
}

static bool works(cpu_t cpu)
{
	return cpu_is_online(cpu) && !cpu_call(cpu, touch, NULL) && *percpu_ptr(touched, cpu);
}

bool test_down_is_held(void)
{
	const struct bringup_table *table = bringup_table_current();

	for (size_t i = 0; i < table->count; i++) {
		const struct bringup_step *step = &table->steps[i];

		if (step->where != WHERE_BOOT && step->where != WHERE_LEAVE &&
		    (step->undo_kind == UNDO_NONE || step->undo_kind == UNDO_WHOLE_GUEST))
			return true;
	}
	return false;
}

/* What a CPU that is down has: nothing, or, where it is held, all. */
static bool is_down(cpu_t cpu, uint64_t free_before)
{
	if (cpu_is_online(cpu) || cpu_call(cpu, touch, NULL) != MUSTER_E_OFFLINE)
		return false;
	if (test_down_is_held())
		return cpu_state(cpu) == CPU_HELD && percpu_unit(cpu) &&
		       mem_free_total() == free_before;
	return cpu_state(cpu) == CPU_PRESENT && !percpu_unit(cpu) && mem_free_total() > free_before;
}

static bool down_and_up(cpu_t cpu)
{
	uint64_t free_before = mem_free_total();
	uint32_t expected = test_down_is_held() ? *percpu_ptr(touched, cpu) + 1 : 1;

	if (cpu_down(cpu) || !is_down(cpu, free_before))
		return false;
	/* Fresh memory: what it had counted is gone; kept memory: it goes on. */
	if (cpu_up(cpu) || !works(cpu) || *percpu_ptr(touched, cpu) != expected)
		return false;
	return mem_free_total() == free_before;
}

void test_down_up(struct ktap *ktap)
{
	uint32_t wrong = 0;

	if (cpu_present_count() < 2) {
		ktap_skip(ktap, "down and up", "there is one CPU");
		return;
	}
	for_each_cpu (cpu)
		wrong += cpu.number && cpu_state(cpu) == CPU_ONLINE && !down_and_up(cpu);
	ktap_result(ktap, !wrong, "down and up: every CPU but the boot CPU");
	ktap_result(ktap, cpu_down(cpu_from_number(0)) == MUSTER_E_INVALID,
		    "down and up: the boot CPU stays");
	ktap_result(ktap, cpu_up(cpu_from_number(1)) == MUSTER_E_EXISTS,
		    "down and up: what is up is not brought up");
	ktap_result(ktap, cpus_call(touch, NULL, true) == (int)cpu_online_count(),
		    "down and up: all answer again");
}

/* Down, up with a failure, the state and memory as before the try, up again. */
static bool fails_and_recovers(const struct bringup_step *step, cpu_t cpu)
{
	uint64_t free_down;

	if (cpu_down(cpu))
		return false;
	free_down = mem_free_total();
	if (bringup_inject_failure(step->name, cpu))
		return false;
	if (cpu_up(cpu) != MUSTER_E_INJECTED)
		return false;
	if (cpu_state(cpu) != (test_down_is_held() ? CPU_HELD : CPU_FAILED))
		return false;
	if (mem_free_total() != free_down || !percpu_unit(cpu) == test_down_is_held())
		return false;
	return !cpu_up(cpu) && works(cpu);
}

void test_failures(struct ktap *ktap)
{
	const struct bringup_table *table = bringup_table_current();
	const uint32_t tried[] = { 1, test_last_cpu().number };

	if (cpu_present_count() < 2) {
		ktap_skip(ktap, "failures", "there is one CPU");
		return;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct bringup_step *step = &table->steps[i];

		if (step->where == WHERE_BOOT || step->where == WHERE_LEAVE)
			continue;
		/* What cannot be undone is not done a second time. */
		if (step->where == WHERE_PREPARE && test_down_is_held())
			continue;
		for (size_t j = 0; j < sizeof(tried) / sizeof(tried[0]); j++)
			ktap_result(ktap, fails_and_recovers(step, cpu_from_number(tried[j])),
				    "failures: %s on CPU %u is undone, and the next try succeeds",
				    step->name, tried[j]);
	}
}
