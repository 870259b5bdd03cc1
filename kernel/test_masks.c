// SPDX-License-Identifier: MIT
/* Self-tests of sets of CPUs: all CPUs at once put themselves in, and take themselves out. */
#include "kernel/tests.h"

static struct cpu_mask mask;
static uint32_t twice;

static void come(void *unused)
{
	(void)unused;
	if (cpu_mask_set_atomic(&mask, cpu_this()))
		__atomic_fetch_add(&twice, 1, __ATOMIC_RELAXED);
}

static void go(void *unused)
{
	(void)unused;
	if (!cpu_mask_clear_atomic(&mask, cpu_this()))
		__atomic_fetch_add(&twice, 1, __ATOMIC_RELAXED);
}

static bool has_those_online(void)
{
	uint32_t count = 0;

	for_each_cpu_in (cpu, &mask) {
		if (!cpu_is_online(cpu))
			return false;
		count++;
	}
	return count == cpu_online_count() && count == cpu_mask_count(&mask);
}

void test_masks(struct ktap *ktap)
{
	int created = cpu_mask_create(&mask);

	ktap_result(ktap, !created, "a set has room for all possible CPUs");
	if (created)
		return;
	(void)cpus_call(come, NULL, true);
	ktap_result(ktap, has_those_online() && !twice, "every CPU put itself into a set, at once");
	(void)cpus_call(go, NULL, true);
	ktap_result(ktap, cpu_mask_is_empty(&mask) && !twice, "every CPU took itself out, at once");
	cpu_mask_destroy(&mask);
}
