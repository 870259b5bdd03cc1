// SPDX-License-Identifier: MIT
/*
 * Self-tests of NMIs that the host sends: every CPU counts them, at work and idle, and none of them
 * loses what it was doing. The guest asks for each, and for the next when all have had that one, because
 * two that come together count once.
 */
#include "kernel/tests.h"

#include <muster/arch/cpu.h>

#define NMIS  8
#define WORD  UINT64_C(6364136223846793005) /* any odd factor will do */
#define BLOCK 4096

static uint32_t stop;

struct nmi_work {
	uint64_t nmis_before;
	uint64_t done;
	uint64_t result;
	struct cpu_call_request request;
};
static PERCPU_DYNAMIC(struct nmi_work) nmi_work;

/* What a CPU is at, in registers, on its stack and in its unit: all of it shows in the result. */
static void work(void *unused)
{
	uint64_t blocks = 0;
	uint64_t value = 1;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		for (uint32_t i = 0; i < BLOCK; i++)
			value *= WORD;
		this_cpu_of(nmi_work).done++;
		blocks++;
		cpu_relax();
	}
	this_cpu_of(nmi_work).result = value;
	if (blocks != this_cpu_of(nmi_work).done)
		this_cpu_of(nmi_work).result = ~value;
}

/* The same with nobody to disturb it. */
static uint64_t expected_result(uint64_t blocks)
{
	uint64_t factor = WORD, value = 1;

	for (uint64_t left = blocks * BLOCK; left; left >>= 1, factor *= factor)
		if (left & 1)
			value *= factor;
	return value;
}

static void counts_remember(void)
{
	for_each_cpu (cpu)
		if (cpu_is_online(cpu))
			percpu_ptr_of(nmi_work, cpu)->nmis_before = nmi_count_read(cpu);
}

/* An online CPU that has had none since; none: all have. */
static cpu_t without_nmi(void)
{
	for_each_cpu (cpu)
		if (cpu_is_online(cpu) &&
		    nmi_count_read(cpu) == percpu_ptr_of(nmi_work, cpu)->nmis_before)
			return cpu;
	return cpu_from_number(CPU_NONE_NUMBER);
}

static bool all_have_one(void)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	cpu_t cpu;

	while (!cpu_is_none(cpu = without_nmi())) {
		if (clock_limit_over(&limit)) {
			console_print("muster: CPU %u: no NMI within %u ms\n", cpu.number,
				      clock_cpu_limit());
			return false;
		}
		cpu_relax();
	}
	return true;
}

/* One after the other, each seen by all. Returns how many were. */
static uint32_t nmis_to_all(void)
{
	uint32_t seen = 0;

	while (seen < NMIS) {
		counts_remember();
		ask_for_nmi();
		if (!all_have_one())
			break;
		seen++;
	}
	return seen;
}

static bool test_at_work(struct ktap *ktap)
{
	struct clock_limit limit;
	uint32_t seen, idle = 0, wrong = 0;

	for_each_cpu (cpu)
		if (cpu.number && cpu_is_online(cpu))
			(void)cpu_call_async(cpu, &percpu_ptr_of(nmi_work, cpu)->request, work,
					     NULL);
	seen = nmis_to_all();
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	limit = clock_limit_begin(clock_cpu_limit());
	for_each_cpu (cpu) {
		if (!cpu.number || !cpu_is_online(cpu))
			continue;
		while (!cpu_call_done(&percpu_ptr_of(nmi_work, cpu)->request) &&
		       !clock_limit_over(&limit))
			cpu_relax();
		idle += !percpu_ptr_of(nmi_work, cpu)->done;
		wrong += percpu_ptr_of(nmi_work, cpu)->result !=
			 expected_result(percpu_ptr_of(nmi_work, cpu)->done);
	}
	ktap_result(ktap, seen == NMIS, "nmi: %u of %d, at work: every CPU had each", seen, NMIS);
	if (cpu_online_count() > 1)
		ktap_result(ktap, !idle && !wrong,
			    "nmi: what they were at is as if there had been none");
	return seen == NMIS;
}

static bool watched;

static void wake(void *unused)
{
	(void)unused;
	watched = true;
}

/* On another CPU, while the boot CPU idles too: nobody else could wake that if no NMI came. */
static void watch(void *seen)
{
	static struct cpu_call_request request;

	*(uint32_t *)seen = nmis_to_all();
	(void)cpu_call_async(cpu_from_number(0), &request, wake, NULL);
}

static void test_idle(struct ktap *ktap)
{
	static struct cpu_call_request request;
	uint32_t seen = 0;
	cpu_t watcher = test_last_cpu();

	ktap_result(ktap, nmis_to_all() == NMIS, "nmi: %d, idle: every CPU had each", NMIS);
	if (!watcher.number) {
		ktap_skip(ktap, "nmi: the boot CPU idle", "there is one CPU");
		return;
	}
	if (!cpu_call_async(watcher, &request, watch, &seen))
		while (!watched)
			cpu_idle();
	ktap_result(ktap, seen == NMIS, "nmi: %u of %d, the boot CPU idle: every CPU had each",
		    seen, NMIS);
}

void test_nmi(struct ktap *ktap)
{
	if (percpu_new(nmi_work)) {
		ktap_result(ktap, false, "nmi: no per-CPU memory");
		return;
	}
	/* Where none come there is nothing to wait for again. */
	if (test_at_work(ktap))
		test_idle(ktap);
}
