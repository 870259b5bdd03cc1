// SPDX-License-Identifier: MIT
/*
 * Self-tests of CPUs that come and go: the guest asks the host for each, sees it appear, brings it up,
 * works on it, takes it down when the host wants it back, and gives it back.
 */
#include "kernel/tests.h"

#include <muster/arch/cpu.h>

#define ROUNDS 2

static PERCPU(uint32_t, visits);
static PERCPU(uint32_t, untouched) = 0x636f6c64;

static void visit(void *unused)
{
	(void)unused;
	this_cpu(visits)++;
}

/* It has memory of its own, as new, and answers. */
static bool works(cpu_t cpu)
{
	return cpu_is_online(cpu) && *percpu_ptr(visits, cpu) == 0 &&
	       *percpu_ptr(untouched, cpu) == 0x636f6c64 && !cpu_call(cpu, visit, NULL) &&
	       *percpu_ptr(visits, cpu) == 1 &&
	       cpus_call(visit, NULL, true) == (int)cpu_online_count() &&
	       *percpu_ptr(visits, cpu) == 2;
}

/* The host says so, within the limit, and says nothing else first. */
static bool told(enum cpu_hotplug_kind kind, cpu_t cpu)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	struct cpu_hotplug_event event;
	int heard;

	while (!(heard = cpu_hotplug_poll(&event))) {
		if (clock_limit_over(&limit)) {
			console_print("muster: CPU %u: the host did not answer within %u ms\n",
				      cpu.number, clock_cpu_limit());
			return false;
		}
		cpu_relax();
	}
	return heard == 1 && event.kind == kind && cpu_equal(event.cpu, cpu);
}

static bool comes(cpu_t cpu)
{
	uint32_t present = cpu_present_count();

	ask_to_add(cpu);
	return told(CPU_HOTPLUG_APPEARED, cpu) && cpu_state(cpu) == CPU_PRESENT &&
	       cpu_present_count() == present + 1;
}

static bool goes(cpu_t cpu)
{
	uint32_t present = cpu_present_count();

	return !cpu_down(cpu) && !cpu_eject(cpu) && cpu_state(cpu) == CPU_POSSIBLE &&
	       cpu_present_count() == present - 1;
}

static cpu_t first_possible(void)
{
	for_each_cpu (cpu)
		if (cpu_state(cpu) == CPU_POSSIBLE)
			return cpu;
	return cpu_from_number(CPU_NONE_NUMBER);
}

static void test_absent(struct ktap *ktap, cpu_t cpu)
{
	uint64_t free_before = mem_free_total();

	ktap_result(ktap, cpu_up(cpu) == MUSTER_E_NOT_FOUND && cpu_state(cpu) == CPU_POSSIBLE,
		    "hotplug: CPU %u is not there, and is not brought up", cpu.number);
	ktap_result(ktap,
		    cpu_down(cpu) == MUSTER_E_OFFLINE && cpu_eject(cpu) == MUSTER_E_NOT_FOUND &&
			    cpu_call(cpu, visit, NULL) == MUSTER_E_OFFLINE,
		    "hotplug: nor taken down, given back or called");
	ktap_result(ktap, !percpu_unit(cpu) && mem_free_total() == free_before,
		    "hotplug: it has no memory");
}

/* Those that may come, in the order of the table, and all at work together. */
static void test_come(struct ktap *ktap, uint32_t wanted)
{
	uint32_t wrong = 0;

	for_each_cpu (cpu) {
		if (cpu_state(cpu) != CPU_POSSIBLE || cpu_present_count() == wanted)
			continue;
		if (!comes(cpu)) {
			ktap_result(ktap, false, "hotplug: CPU %u comes when asked for",
				    cpu.number);
			return;
		}
		wrong += cpu_up(cpu) || !works(cpu);
	}
	ktap_result(ktap, !wrong && cpu_online_count() == wanted,
		    "hotplug: until there are %u CPUs: each comes, and works", wanted);
}

static bool test_goes(struct ktap *ktap, cpu_t cpu)
{
	uint64_t free_before = mem_free_total();
	uint64_t unit = mem_owned_by("unit") / cpu_online_count();
	bool wanted;

	ask_to_remove(cpu);
	wanted = told(CPU_HOTPLUG_ASKED_BACK, cpu);
	ktap_result(ktap, wanted && cpu_is_online(cpu), "hotplug: the host wants CPU %u back",
		    cpu.number);
	ktap_result(ktap, cpu_eject(cpu) == MUSTER_E_BUSY,
		    "hotplug: it is not given back while it is online");
	if (!wanted)
		return false;
	ktap_result(ktap, goes(cpu) && cpu_up(cpu) == MUSTER_E_NOT_FOUND,
		    "hotplug: it goes down, and is gone");
	ktap_result(ktap, !percpu_unit(cpu) && unit && mem_free_total() >= free_before + unit,
		    "hotplug: its memory is back");
	return true;
}

static bool poll_is_silent(void)
{
	struct cpu_hotplug_event event;

	return cpu_hotplug_poll(&event) == 0;
}

void test_hotplug_come(struct ktap *ktap, bool all)
{
	struct cpu_hotplug_event event;
	cpu_t cpu = first_possible();
	int heard = cpu_hotplug_poll(&event);

	ktap_result(ktap, !heard, "hotplug: the machine can tell, and has nothing to say: %s",
		    muster_error_name(heard));
	ktap_result(ktap, !cpu_is_none(cpu), "hotplug: there is a CPU that may come");
	if (heard || cpu_is_none(cpu))
		return;
	test_absent(ktap, cpu);
	test_come(ktap, all ? cpu_possible_count() : cpu_present_count() + 1);
}

void test_hotplug_go(struct ktap *ktap, bool again)
{
	cpu_t cpu = test_last_cpu();
	uint64_t free_before = mem_free_total();

	if (!cpu.number || !poll_is_silent() || !test_goes(ktap, cpu))
		return;
	for (uint32_t round = 2; again && round <= ROUNDS; round++) {
		ktap_result(ktap, comes(cpu) && !cpu_up(cpu) && works(cpu),
			    "hotplug: round %u: it comes again, and works", round);
		ktap_result(ktap, mem_free_total() == free_before,
			    "hotplug: round %u: no memory is lost", round);
		if (!cpu_is_online(cpu) || !test_goes(ktap, cpu))
			return;
	}
	ktap_result(ktap, poll_is_silent(), "hotplug: and nothing more is said");
}
