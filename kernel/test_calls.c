// SPDX-License-Identifier: MIT
/* Self-tests of calls: from everywhere to everywhere, in order, crossing each other. */
#include "kernel/tests.h"

#include <muster/arch/cpu.h>

#define ASYNC_CALLS 16

static uint32_t total;
static PERCPU_DYNAMIC(struct cpu_call_request) chained;
static PERCPU(uint32_t, order_wrong);
static PERCPU(uint32_t, last_seen);

static void add_one(void *unused)
{
	(void)unused;
	__atomic_fetch_add(&total, 1, __ATOMIC_RELAXED);
}

static void refuse_nesting(void *result)
{
	*(int *)result = cpu_call(cpu_from_number(0), add_one, NULL);
}

/* The online CPU behind this one, round about. */
static cpu_t next_online(cpu_t cpu)
{
	do
		cpu = cpu_from_number((cpu.number + 1) % cpu_possible_count());
	while (!cpu_is_online(cpu));
	return cpu;
}

/* On each CPU: post to every other without waiting. A wait is not allowed in a called function. */
static void post_to_next(void *unused)
{
	cpu_t here = cpu_this();
	cpu_t next = next_online(here);

	(void)unused;
	(void)cpu_call_async(next, percpu_ptr_of(chained, here), add_one, NULL);
}

static void see(void *number)
{
	uint32_t seen = (uint32_t)(uintptr_t)number;

	if (seen != this_cpu(last_seen) + 1)
		this_cpu(order_wrong)++;
	this_cpu(last_seen) = seen;
}

/* Interrupts are on. Not in cpu_idle(): the last call to run may be another CPU's, and that wakes
 * nobody here. */
static bool wait_for_total(uint32_t wanted)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	while (__atomic_load_n(&total, __ATOMIC_ACQUIRE) != wanted) {
		if (clock_limit_over(&limit))
			return false;
		cpu_relax();
	}
	return true;
}

static bool in_order_to(cpu_t cpu)
{
	static struct cpu_call_request requests[ASYNC_CALLS];
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	*percpu_ptr(last_seen, cpu) = 0;
	for (uintptr_t i = 0; i < ASYNC_CALLS; i++)
		if (cpu_call_async(cpu, &requests[i], see, (void *)(i + 1)))
			return false;
	for (uint32_t i = 0; i < ASYNC_CALLS; i++)
		while (!cpu_call_done(&requests[i])) {
			if (clock_limit_over(&limit))
				return false;
			cpu_relax();
		}
	return !*percpu_ptr(order_wrong, cpu) && *percpu_ptr(last_seen, cpu) == ASYNC_CALLS;
}

void test_calls(struct ktap *ktap)
{
	uint32_t online = cpu_online_count();
	uint32_t failed = 0;
	int nested = 0;

	for_each_cpu (cpu)
		failed += cpu_is_online(cpu) && cpu_call(cpu, add_one, NULL);
	ktap_result(ktap, !failed && total == online, "calls: one to each of %u CPUs, waiting",
		    online);

	total = 0;
	ktap_result(ktap, cpus_call(add_one, NULL, true) == (int)online && total == online,
		    "calls: to all %u CPUs at once", online);

	total = 0;
	ktap_result(ktap,
		    !percpu_new(chained) && cpus_call(post_to_next, NULL, true) == (int)online &&
			    wait_for_total(online),
		    "calls: each CPU to the next, without waiting");
	/* A request is its target's until the target has said that it is done. */
	(void)cpus_call(add_one, NULL, true);
	(void)percpu_delete(chained);

	failed = 0;
	for_each_cpu (cpu)
		failed += cpu.number && cpu_is_online(cpu) && !in_order_to(cpu);
	ktap_result(ktap, !failed, "calls: %d from one CPU arrive in order", ASYNC_CALLS);

	(void)cpu_call(test_last_cpu(), refuse_nesting, &nested);
	ktap_result(ktap, nested == MUSTER_E_ORDER, "calls: waiting inside a call is refused");
	ktap_result(ktap,
		    cpu_call(cpu_from_number(cpu_possible_count()), add_one, NULL) ==
			    MUSTER_E_INVALID,
		    "calls: a CPU that does not exist is refused");
}
