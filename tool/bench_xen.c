// SPDX-License-Identifier: MIT
/*
 * Measures muster and Linux as the first guest of the same Xen, with the same CPUs, in turns; and from
 * muster's reports what a CPU more costs in calls to Xen. Called by bench for each kind of guest.
 */
#include "tool/bench_xen.h"

#include "tool/bench_linux.h"
#include "tool/boot.h"

#include <string.h>

#define LESS  4u
#define BOOTS 3u

static uint64_t count_of(const struct guest_report *report, const char *step, const char *call)
{
	for (size_t i = 0; i < report->hypercall_count; i++)
		if (!strcmp(report->hypercalls[i].step, step) &&
		    !strcmp(report->hypercalls[i].call, call))
			return report->hypercalls[i].count;
	return 0;
}

void xen_calls(const struct guest_report *less, const struct guest_report *more,
	       struct bench_hypervised *hypervised)
{
	const double cpus = (double)more->guest.online - (double)less->guest.online;

	hypervised->call_count = 0;
	for (size_t i = 0; i < more->hypercall_count && cpus > 0; i++) {
		const struct report_hypercall *row = &more->hypercalls[i];
		const uint64_t before = count_of(less, row->step, row->call);
		struct bench_call *call = &hypervised->calls[hypervised->call_count];

		if (row->count <= before || hypervised->call_count == BENCH_CALLS_MAX)
			continue;
		memcpy(call->step, row->step, sizeof(call->step));
		memcpy(call->call, row->call, sizeof(call->call));
		call->count = (double)(row->count - before) / cpus;
		hypervised->call_count++;
	}
}

void xen_measure(const struct bench_setup *setup, struct bench_hypervised *hypervised)
{
	struct boot_result less = { 0 }, more = { 0 };

	*hypervised = (struct bench_hypervised){ .cpus = setup->linux_cpus };
	snprintf(hypervised->profile, sizeof(hypervised->profile), "%s", setup->profile->name);
	if (!guest_wall(setup, hypervised->cpus, BOOTS, &hypervised->wall, &more) &&
	    !guest_boot(setup, LESS, NULL, &less, hypervised->calls_note))
		xen_calls(&less.report, &more.report, hypervised);
	boot_result_free(&less);
	boot_result_free(&more);
	if (!boot_interrupted())
		linux_measure_hypervised(setup, &hypervised->linux_kernel);
}
