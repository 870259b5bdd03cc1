// SPDX-License-Identifier: MIT
/*
 * Measures muster and Linux as the first guest of the same Xen, with the same CPUs, in turns; and from
 * muster's reports what a CPU more costs in calls to Xen. Called by bench for each kind of guest.
 */
#include "tool/bench_xen.h"

#include "tool/bench_linux.h"
#include "tool/boot.h"

#include <stdlib.h>
#include <string.h>

#define LESS  4u
#define TURNS 5u
#define SLOW  10 /* from so many seconds of Linux's on one turn says enough */

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

static int by_size(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double xen_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[(count - 1) / 2];
}

/* What came of all turns: values in seconds, of which *out gets the median, times `unit`. */
static void conclude(double *values, size_t count, double unit, double *out, char *note)
{
	char before[BENCH_NOTE_SIZE];

	*out = xen_median(values, count) * unit;
	snprintf(before, sizeof(before), "%.100s", note);
	snprintf(note, BENCH_NOTE_SIZE, "%s%sthe median of %zu boots, from %.1f to %.1f ms", before,
		 *before ? ", " : "", count, values[0] * 1e3, values[count - 1] * 1e3);
}

static void take_turns(const struct bench_setup *setup, struct bench_hypervised *hypervised,
		       struct boot_result *last)
{
	struct bench_peer *peer = &hypervised->linux_kernel;
	struct bench_figure *wall = &hypervised->wall;
	double ours[TURNS], theirs[TURNS];
	size_t turns = 0;
	bool peer_known = true;

	do {
		if (boot_interrupted() || guest_wall(setup, hypervised->cpus, 1, wall, last)) {
			wall->known = false;
			return;
		}
		ours[turns] = wall->value / 1e9;
		/* One that cannot be booted is not tried again. */
		peer_known = peer_known && !linux_boot_hypervised(setup, NULL, peer);
		theirs[turns] = peer->seconds;
	} while (++turns < TURNS && peer->seconds < SLOW);
	wall->note[0] = '\0';
	conclude(ours, turns, 1e9, &wall->value, wall->note);
	if (peer_known)
		conclude(theirs, turns, 1, &peer->seconds, peer->note);
}

void xen_measure(const struct bench_setup *setup, struct bench_hypervised *hypervised)
{
	struct boot_result less = { 0 }, more = { 0 };

	*hypervised = (struct bench_hypervised){ .cpus = setup->linux_cpus };
	snprintf(hypervised->profile, sizeof(hypervised->profile), "%s", setup->profile->name);
	take_turns(setup, hypervised, &more);
	if (hypervised->wall.known && !boot_interrupted() &&
	    !guest_boot(setup, LESS, NULL, &less, hypervised->calls_note))
		xen_calls(&less.report, &more.report, hypervised);
	boot_result_free(&less);
	boot_result_free(&more);
}
