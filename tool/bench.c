// SPDX-License-Identifier: MIT
/*
 * Arithmetic on what bench has measured: what a CPU more costs. Called by what judges and what shows.
 * Must never divide two guests of the same size.
 */
#include "tool/bench.h"

#include <string.h>

const struct bench_guest *bench_guest_of(const struct bench *bench, uint64_t cpus)
{
	for (size_t i = 0; i < bench->guest_count; i++)
		if (bench->guests[i].cpus == cpus && bench->guests[i].known)
			return &bench->guests[i];
	return NULL;
}

uint64_t bench_boot_work(const struct bench_guest *guest)
{
	return guest->prepare + guest->start + guest->arrive;
}

/* Per CPU more. Both are counts: a difference may be negative. */
static double per_cpu(const struct bench_guest *less, const struct bench_guest *more, double a,
		      double b)
{
	return more->cpus > less->cpus ? (b - a) / (double)(more->cpus - less->cpus) : 0;
}

struct bench_slope bench_slope(const struct bench_guest *less, const struct bench_guest *more)
{
	return (struct bench_slope){
		per_cpu(less, more, (double)less->total, (double)more->total),
		per_cpu(less, more, (double)bench_boot_work(less), (double)bench_boot_work(more)),
	};
}

static double owned(const struct bench_guest *guest, const char *owner)
{
	for (size_t i = 0; i < guest->owner_count; i++)
		if (!strcmp(guest->owners[i].name, owner))
			return guest->owners[i].bytes;
	return 0;
}

size_t bench_memory(const struct bench_guest *less, const struct bench_guest *more,
		    struct bench_part parts[BENCH_PARTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < more->owner_count; i++) {
		const struct bench_part *owner = &more->owners[i];
		double bytes = per_cpu(less, more, owned(less, owner->name), owner->bytes);

		if (bytes <= 0)
			continue;
		parts[count] = *owner;
		parts[count++].bytes = bytes;
	}
	return count;
}
