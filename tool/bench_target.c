// SPDX-License-Identifier: MIT
/*
 * The table of targets, the only place that has them, and what was measured beside each. Called by bench
 * when all is measured. Must never call a figure reached that there is not.
 */
#include "tool/bench_target.h"

#include <string.h>

#define SLOPE_FROM  16
#define SLOPE_TO    64
#define FLAT_TO	    255
#define FLAT_FACTOR 1.1 /* "within 10 %" */

typedef struct bench_figure figure_of(const struct bench *bench);

struct target {
	const char *name;
	double limit;
	bool below;
	const char *unit;
	const char *source;
	figure_of *figure;
	/* Flat: as good as reached if it is no more than FLAT_FACTOR times this figure. */
	figure_of *flat;
};

static struct bench_figure known(double value)
{
	return (struct bench_figure){ .known = true, .value = value };
}

static struct bench_figure unknown(const char *why)
{
	struct bench_figure figure = { .known = false };

	snprintf(figure.note, sizeof(figure.note), "%s", why);
	return figure;
}

/* Why a guest that a figure needs is not there. */
static struct bench_figure no_guest(const struct bench *bench, uint64_t cpus)
{
	for (size_t i = 0; i < bench->guest_count; i++)
		if (bench->guests[i].cpus == cpus)
			return unknown(bench->guests[i].note);
	return unknown(bench->quick ? "left out by --quick" : "no such guest was booted");
}

static struct bench_figure slope(const struct bench *bench, uint64_t from, uint64_t to, bool boot)
{
	const struct bench_guest *less = bench_guest_of(bench, from);
	const struct bench_guest *more = bench_guest_of(bench, to);
	struct bench_slope both;

	if (!less || !more)
		return no_guest(bench, less ? to : from);
	both = bench_slope(less, more);
	return known(boot ? both.boot : both.total);
}

static struct bench_figure slope_total(const struct bench *bench)
{
	return slope(bench, SLOPE_FROM, SLOPE_TO, false);
}

static struct bench_figure slope_boot(const struct bench *bench)
{
	return slope(bench, SLOPE_FROM, SLOPE_TO, true);
}

static struct bench_figure flat_total(const struct bench *bench)
{
	return slope(bench, SLOPE_TO, FLAT_TO, false);
}

static struct bench_figure flat_boot(const struct bench *bench)
{
	return slope(bench, SLOPE_TO, FLAT_TO, true);
}

/* A part of Linux's time. */
static struct bench_figure wall(const struct bench *bench)
{
	const struct bench_guest *guest = bench_guest_of(bench, SLOPE_TO);
	const struct bench_peer *peer = &bench->linux_kernel;

	if (!guest)
		return no_guest(bench, SLOPE_TO);
	if (!guest->wall.known)
		return guest->wall;
	if (!peer->known || peer->cpus != SLOPE_TO || peer->seconds <= 0)
		return unknown(peer->known ? "Linux had another number of CPUs" : peer->note);
	return known(guest->wall.value / 1e9 / peer->seconds);
}

static struct bench_figure hypervised(const struct bench_hypervised *of)
{
	if (!of->wall.known)
		return unknown(of->wall.note);
	if (!of->linux_kernel.known || of->linux_kernel.cpus != of->cpus ||
	    of->linux_kernel.seconds <= 0)
		return unknown(of->linux_kernel.known ? "Linux had another number of CPUs"
						      : of->linux_kernel.note);
	return known(of->wall.value / 1e9 / of->linux_kernel.seconds);
}

static struct bench_figure xen_pv(const struct bench *bench)
{
	return hypervised(&bench->xen[0]);
}

static struct bench_figure xen_pvh(const struct bench *bench)
{
	return hypervised(&bench->xen[1]);
}

static struct bench_figure virtual_of_linux(const struct bench_virtual *times)
{
	if (!times->time.known)
		return unknown(times->time.note);
	if (!times->linux_kernel.known || times->linux_kernel.cpus != times->cpus ||
	    times->linux_kernel.seconds <= 0)
		return unknown(times->linux_kernel.known ? "Linux had another number of CPUs"
							 : times->linux_kernel.note);
	return known(times->time.value / 1e9 / times->linux_kernel.seconds);
}

static struct bench_figure xen_pv_counted(const struct bench *bench)
{
	return virtual_of_linux(&bench->xen[0].counted);
}

static struct bench_figure xen_pvh_counted(const struct bench *bench)
{
	return virtual_of_linux(&bench->xen[1].counted);
}

static struct bench_figure papr_4(const struct bench *bench)
{
	const struct bench_figure *start = &bench->papr[0].time;

	return start->known ? known(start->value / 1e3) : unknown(start->note);
}

static struct bench_figure papr_16(const struct bench *bench)
{
	return virtual_of_linux(&bench->papr[1]);
}

static struct bench_figure papr_64(const struct bench *bench)
{
	return virtual_of_linux(&bench->papr[2]);
}

static double part_of(const struct bench_part *parts, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(parts[i].name, name))
			return parts[i].bytes;
	return 0;
}

/* What a CPU more takes as unit and as stacks; of those, the exception stacks are not always asked
 * for. */
static struct bench_figure unit_and_stacks(const struct bench *bench, bool exceptions)
{
	const struct bench_guest *less = bench_guest_of(bench, SLOPE_FROM);
	const struct bench_guest *more = bench_guest_of(bench, SLOPE_TO);
	struct bench_part parts[BENCH_PARTS_MAX];
	double all, exception_stacks = 0;
	size_t count;

	if (!less || !more)
		return no_guest(bench, less ? SLOPE_TO : SLOPE_FROM);
	count = bench_memory(less, more, parts);
	all = part_of(parts, count, "unit-and-stacks");
	for (size_t i = 0; i < more->stack_count; i++)
		if (strcmp(more->stacks[i].name, "main") != 0)
			exception_stacks += more->stacks[i].bytes;
	if (all <= 0)
		return unknown("the guest's report has no memory of owner unit-and-stacks");
	return known(all - (exceptions ? 0 : exception_stacks));
}

static struct bench_figure unit_and_main(const struct bench *bench)
{
	return unit_and_stacks(bench, false);
}

static struct bench_figure unit_and_all(const struct bench *bench)
{
	return unit_and_stacks(bench, true);
}

static struct bench_figure wake_few(const struct bench *bench)
{
	return bench->parks[0].wake;
}

static struct bench_figure wake_many(const struct bench *bench)
{
	return bench->parks[BENCH_PARKS - 1].wake;
}

static struct bench_figure woken_part(const struct bench *bench)
{
	const struct bench_park *park = &bench->parks[1];

	if (!park->online.known || park->cold.value <= 0)
		return park->online;
	return known(park->online.value / park->cold.value);
}

static struct bench_figure hello(const struct bench *bench)
{
	const struct bench_image *image = &bench->hello;

	if (!image->known)
		return unknown(image->note);
	return known((double)(image->text + image->rodata + image->data));
}

static struct bench_figure percpu(const struct bench *bench)
{
	return bench->percpu_alloc;
}

static struct bench_figure increment(const struct bench *bench)
{
	return bench->increment;
}

static const struct target targets[TARGETS] = {
	{ "instructions for each AP more, 16 to 64", 1500, false, "",
	  "kvm-unit-tests takes about 4,000", slope_total, NULL },
	{ "of these the boot CPU's", 400, false, "", "its work per CPU is small and constant",
	  slope_boot, NULL },
	{ "the same, 64 to 255", 1500, false, "", "flat: no more, or within 10 %", flat_total,
	  slope_total },
	{ "of these the boot CPU's", 400, false, "", "flat: no more, or within 10 %", flat_boot,
	  slope_boot },
	{ "entry to all of 64 online, part of Linux's SMP time", 1.0 / 40, false, "",
	  "Debian's Linux in the same run", wall, NULL },
	{ "unit and main stack of a CPU", 8192, false, "bytes", "kvm-unit-tests takes 12 KiB",
	  unit_and_main, NULL },
	{ "the same with exception stacks", 16384, false, "bytes", "four pages", unit_and_all,
	  NULL },
	{ "hello, bytes loaded from its file", 65536, true, "bytes",
	  "kvm-unit-tests' smptest takes 85 K", hello, NULL },
	{ "percpu_alloc and percpu_free", 100, true, "ns", "on the host", percpu, NULL },
	{ "xen/pv: entry to all of 16 online, of Linux's SMP part", 1.0 / 10, false, "",
	  "Debian's Linux on the same Xen, instructions", xen_pv_counted, NULL },
	{ "the same by the host's clock, which times translation", 1.0 / 10, false, "",
	  "Debian's Linux on the same Xen", xen_pv, NULL },
	{ "xen/pvh: entry to all of 16 online, of Linux's", 1.0 / 10, false, "",
	  "Debian's Linux on the same Xen, instructions", xen_pvh_counted, NULL },
	{ "the same by the host's clock, of 8", 1.0 / 10, false, "",
	  "Debian's Linux on the same Xen", xen_pvh, NULL },
	{ "papr: first start to all of 4 online, virtual time", 950, true, "us",
	  "kvm-unit-tests' start_cpus", papr_4, NULL },
	{ "papr: the same with 16, of Linux's SMP time", 1.0 / 100, false, "",
	  "Debian's Linux in the same machine", papr_16, NULL },
	{ "papr: the same with 64", 1.0 / 100, false, "", "Debian's Linux in the same machine",
	  papr_64, NULL },
	{ "parked: from the decision to wake to the store, of 2", 60, false, "",
	  "one store, whatever there is to wake", wake_few, NULL },
	{ "the same, of 255", 60, false, "", "one store, whatever there is to wake", wake_many,
	  NULL },
	{ "parked: START to all of 16 online, part of cold", 1.0 / 10, false, "",
	  "all CPUs' instructions, in the same run", woken_part, NULL },
	{ "this_cpu(n)++", 1, false, "instructions", "docs/design.md, section 5", increment, NULL },
};

static enum verdict judge(const struct target *target, const struct bench_figure *figure,
			  double limit)
{
	if (!figure->known)
		return VERDICT_NOT_MEASURED;
	return (target->below ? figure->value < limit : figure->value <= limit) ? VERDICT_REACHED
										: VERDICT_MISSED;
}

void targets_judge(const struct bench *bench, struct target_row rows[TARGETS])
{
	for (size_t i = 0; i < TARGETS; i++) {
		const struct target *target = &targets[i];
		struct bench_figure figure = target->figure(bench);
		double limit = target->limit;

		if (target->flat) {
			struct bench_figure before = target->flat(bench);

			if (before.known && before.value * FLAT_FACTOR > limit)
				limit = before.value * FLAT_FACTOR;
		}
		rows[i] = (struct target_row){ target->name,
					       target->unit,
					       target->source,
					       target->below,
					       limit,
					       figure,
					       judge(target, &figure, limit) };
	}
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "reached", "missed", "not measured" };

	return names[verdict];
}

size_t targets_count(const struct target_row rows[TARGETS], enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < TARGETS; i++)
		count += rows[i].verdict == verdict;
	return count;
}
