// SPDX-License-Identifier: MIT
/*
 * System resets of the boot CPU while it calls run-time services: each is counted, and no call notices. Called by
 * test_papr.c, on the boot CPU. Another CPU sends them (H_SIGNAL_SYS_RESET), each when the one before has been
 * counted: nothing else keeps it away, and of two none is survived.
 */
#include "kernel/papr_test.h"

#include <muster/arch/cpu.h>

#define H_SIGNAL_SYS_RESET 0x380u
#define RESETS		   1000u
#define STATE_NOT_STOPPED  2u

/* On the other CPU. */
struct resets {
	const struct papr_test *test;
	long status;
	uint32_t counted;
};

static bool send_one(struct resets *resets)
{
	cpu_t boot = resets->test->here;
	uint64_t before = nmi_count_read(boot);
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	resets->status = papr_hypercall(H_SIGNAL_SYS_RESET, server_of(boot), 0, 0, 0, NULL);
	while (!resets->status && nmi_count_read(boot) == before) {
		if (clock_limit_over(&limit))
			return false;
		cpu_relax();
	}
	return !resets->status && nmi_count_read(boot) == before + 1;
}

static void send_all(void *context)
{
	struct resets *resets = context;

	while (resets->counted < RESETS && send_one(resets))
		resets->counted++;
}

void papr_test_resets(struct papr_test *test)
{
	static struct cpu_call_request request;
	const uint32_t own = (uint32_t)server_of(test->here);
	struct resets resets = { .test = test };
	uint64_t calls = 0, wrong = 0, within = papr_resets_in_services();

	if (!has_another(test)) {
		papr_skip(test, "system resets within run-time services", "there is one CPU");
		return;
	}
	if (cpu_call_async(test->other, &request, send_all, &resets)) {
		papr_holds(test, "source", false, "no call to CPU %u", test->other.number);
		return;
	}
	while (!cpu_call_done(&request)) {
		uint32_t state = 0;

		wrong += papr_service("query-cpu-stopped-state", &own, 1, &state, 1) != 0 ||
			 state != STATE_NOT_STOPPED;
		calls++;
	}
	papr_rule(test, "H_SIGNAL_SYS_RESET", resets.status, H_SUCCESS,
		  "H_SIGNAL_SYS_RESET of a CPU that calls run-time services");
	papr_holds(test, "one for each", resets.counted == RESETS, "%u of %u were counted",
		   resets.counted, RESETS);
	within = papr_resets_in_services() - within;
	papr_holds(test, "survived there", within, "%llu of them came within a run-time service",
		   (unsigned long long)within);
	papr_holds(test, "calls come back", !wrong, "%llu calls meanwhile, %llu answered otherwise",
		   (unsigned long long)calls, (unsigned long long)wrong);
}
