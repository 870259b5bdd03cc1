/* SPDX-License-Identifier: MIT */
/* What it takes to wake CPUs that were parked, beside starting them cold, in the same run. */
#ifndef TOOL_BENCH_PARK_H
#define TOOL_BENCH_PARK_H

#include "tool/bench_guest.h"

/* Two guests that hand over to themselves: one parks its CPUs, one does not. */
void park_measure(const struct bench_setup *setup, uint64_t cpus, struct bench_park *park);

/* The sums: of the guest whose second kernel wakes its CPUs, and of the one both of whose kernels start theirs
 * cold. Tested by itself. */
void park_sum(const struct counts *parked, const struct counts *cold, struct bench_park *park);

#endif
