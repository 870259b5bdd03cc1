// SPDX-License-Identifier: MIT
/*
 * Self-tests of a kernel that another has handed over to: everybody who waited in the park page is online
 * and has left it, nothing of memory is missing, and nobody writes to what the hypervisor has given back.
 */
#include "kernel/handover.h"
#include "kernel/tests.h"

#include <muster/arch/cpu.h>

#define WATCH_MILLISECONDS 20

void handover_say(void)
{
	struct handover_arrival arrival;

	if (handover_arrived(&arrival) && arrival.good)
		console_print("@muster 1 handed generation=%u online=%u parked=%u left=%u nmis=%ju "
			      "machine_checks=%ju free=%ju\n",
			      arrival.generation, arrival.online, arrival.parked, arrival.left,
			      arrival.nmis, arrival.machine_checks, mem_free_total());
}

void test_handover(struct ktap *ktap, uint64_t free_now)
{
	struct handover_arrival arrival;
	uint64_t bytes;
	int changed;

	if (!handover_arrived(&arrival))
		return;
	ktap_result(ktap, arrival.good, "handover: its park page and record can be used");
	if (!arrival.good)
		return;
	ktap_result(ktap, arrival.left == arrival.parked,
		    "handover %u: %u CPUs waited in the park page, %u have left it",
		    arrival.generation, arrival.parked, arrival.left);
	ktap_result(ktap, cpu_online_count() == arrival.online,
		    "handover: %u CPUs were online before it, %u are now", arrival.online,
		    cpu_online_count());
	changed = handover_watch(WATCH_MILLISECONDS, &bytes);
	ktap_result(ktap, !changed, "handover: nobody writes to %ju bytes that were given back",
		    bytes);
	/* The first kernel was told of its memory by somebody else. */
	if (arrival.generation > 1)
		ktap_result(
			ktap, free_now == arrival.free_bytes,
			"handover: %ju bytes of memory are free, as many as in the kernel before "
			"(%ju)",
			free_now, arrival.free_bytes);
}
