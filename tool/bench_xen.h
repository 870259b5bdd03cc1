/* SPDX-License-Identifier: MIT */
/* Bring-up as a guest of Xen: time beside Linux's on the same Xen, and calls to it for each CPU. */
#ifndef TOOL_BENCH_XEN_H
#define TOOL_BENCH_XEN_H

#include "tool/bench_guest.h"

/* setup: its profile is one with a hypervisor, its linux_cpus the CPUs of both. In turns. */
void xen_measure(const struct bench_setup *setup, struct bench_hypervised *hypervised);

/* The one in the middle, of an even number the lower of two; values are sorted. Tested by itself. */
double xen_median(double *values, size_t count);

/* What each CPU more costs in calls, between the reports of two guests; tested by itself. */
void xen_calls(const struct guest_report *less, const struct guest_report *more,
	       struct bench_hypervised *hypervised);

#endif
