// SPDX-License-Identifier: MIT
/*
 * Self-test `calls`: from every CPU at once thousands of calls to all others in turn. A call is answered
 * by a call back, and only then comes the next: what gets lost once is missed.
 */
#include "kernel/tests.h"

#include <muster/arch/cpu.h>

#define CALLS	  10000u
#define PAIRS_MAX 8u /* CPUs for which each pair is counted */

struct caller {
	struct cpu_call_request out, back;
	uint32_t number; /* of the CPU that calls */
	uint32_t target; /* the last one that was called */
	uint32_t sent;
};

static PERCPU_DYNAMIC(struct caller) callers;
static uint32_t arrived, finished, broken;
static uint32_t pairs[PAIRS_MAX][PAIRS_MAX]; /* from, to */

static void call_next(void *caller_of_this_cpu);

/* The next online CPU behind that one, round about, but for the caller, unless it is alone. */
static uint32_t next_target(const struct caller *caller)
{
	uint32_t number = caller->target;

	do
		number = (number + 1) % cpu_possible_count();
	while (!cpu_is_online(cpu_from_number(number)) ||
	       (number == caller->number && cpu_online_count() > 1));
	return number;
}

/* On the target. The caller may not have come out of the function that it called us from. */
static void answer(void *of)
{
	struct caller *caller = of;

	if (cpu_this().number != caller->target)
		__atomic_fetch_add(&broken, 1, __ATOMIC_RELAXED);
	if (caller->number < PAIRS_MAX && caller->target < PAIRS_MAX)
		__atomic_fetch_add(&pairs[caller->number][caller->target], 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
	while (!cpu_call_done(&caller->back))
		cpu_relax();
	if (cpu_call_async(cpu_from_number(caller->number), &caller->back, call_next, caller))
		__atomic_fetch_add(&broken, 1, __ATOMIC_RELAXED);
}

/* On the caller. The target may not have said yet that it is done with the request. */
static void call_next(void *of)
{
	struct caller *caller = of;

	if (caller->sent == CALLS) {
		__atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
		return;
	}
	while (!cpu_call_done(&caller->out))
		cpu_relax();
	caller->sent++;
	caller->target = next_target(caller);
	if (cpu_call_async(cpu_from_number(caller->target), &caller->out, answer, caller))
		__atomic_fetch_add(&broken, 1, __ATOMIC_RELAXED);
}

static void nothing(void *unused)
{
	(void)unused;
}

/* As long as calls go on arriving there is no hurry. Interrupts are on. */
static bool wait_for_all(uint32_t callers_in_all)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	uint32_t seen = 0;

	while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) != callers_in_all) {
		uint32_t now = __atomic_load_n(&arrived, __ATOMIC_ACQUIRE);

		if (now != seen)
			limit = clock_limit_begin(clock_cpu_limit());
		else if (clock_limit_over(&limit))
			return false;
		seen = now;
		cpu_relax();
	}
	return true;
}

static bool call_from_all(void)
{
	uint32_t number = 0;

	for_each_cpu (cpu) {
		struct caller *caller;

		if (!cpu_is_online(cpu))
			continue;
		caller = percpu_ptr_of(callers, cpu);
		caller->number = caller->target = cpu.number;
		/* Begun by the request that answers come with: the first is nobody's answer. */
		if (cpu_call_async(cpu, &caller->back, call_next, caller))
			return false;
		number++;
	}
	return wait_for_all(number);
}

/* Of CALLS calls in turn to all others each of these gets as many as each, or one more. */
static bool pairs_are_right(void)
{
	uint32_t others = cpu_online_count() - 1;

	for_each_cpu (from) {
		uint32_t sum = 0;

		for_each_cpu (to) {
			uint32_t calls = pairs[from.number][to.number];
			bool called = !others || from.number != to.number;

			if (others && called && calls - CALLS / others > 1)
				return false;
			if (!called && calls)
				return false;
			sum += calls;
		}
		if (cpu_is_online(from) && sum != CALLS)
			return false;
	}
	return true;
}

void test_many_calls(struct ktap *ktap)
{
	uint32_t online = cpu_online_count();
	bool came;

	if (percpu_new(callers)) {
		ktap_result(ktap, false, "calls: no memory for %u callers", online);
		return;
	}
	came = call_from_all();
	ktap_result(ktap, came && !broken && arrived == CALLS * online,
		    "calls: %u from each of %u CPUs to the others in turn: %u arrived", CALLS,
		    online, arrived);
	if (cpu_possible_count() > PAIRS_MAX || online != cpu_possible_count())
		ktap_skip(ktap, "calls: from each to each", "counted for up to 8 CPUs, all online");
	else
		ktap_result(ktap, pairs_are_right(), "calls: from each of %u CPUs to each other",
			    online);
	/* Requests are their targets' until these have said that they are done; a call to all comes behind. */
	if (came && cpus_call(nothing, NULL, true) >= 0)
		(void)percpu_delete(callers);
}
