// SPDX-License-Identifier: MIT
/*
 * Measures the start of CPUs where the guest's clock counts executed instructions (QEMU's -icount), muster's
 * and Linux's in the same machine. Called by bench. One boot says it: the figure repeats.
 */
#include "tool/bench_virtual.h"

#include "tool/bench_linux.h"
#include "tool/boot.h"

#include <string.h>

int virtual_start_to_online(const struct guest_report *report, double *time, char *note)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (size_t i = 0; i < report->step_count; i++)
		if (!strcmp(report->steps[i].where, "START") && report->steps[i].start_ns < first)
			first = report->steps[i].start_ns;
	for (size_t i = 0; i < report->cpu_count; i++)
		if (report->cpus[i].online_ns.known && report->cpus[i].online_ns.value > last)
			last = report->cpus[i].online_ns.value;
	if (first >= last) {
		snprintf(note, BENCH_NOTE_SIZE,
			 "its report has no START step before the last CPU was online");
		return -1;
	}
	*time = (double)(last - first);
	return 0;
}

/* A figure from a report. Returns 0, or -1 with a line in note. */
typedef int time_of(const struct guest_report *report, double *time, char *note);

/* muster's part. words: for QEMU, that make its clock count. */
static void measure_muster(const struct bench_setup *setup, char *const *words, time_of *time_of,
			   struct bench_virtual *times)
{
	struct boot_result result = { 0 };
	struct bench_figure *time = &times->time;

	*times = (struct bench_virtual){ .cpus = setup->linux_cpus };
	time->known = !guest_boot(setup, times->cpus, words, &result, time->note) &&
		      !time_of(&result.report, &time->value, time->note);
	boot_result_free(&result);
}

static int entry_to_online(const struct guest_report *report, double *time, char *note)
{
	(void)note;
	*time = guest_last_online(report);
	return 0;
}

void virtual_measure(const struct bench_setup *setup, struct bench_virtual *times)
{
	static char option[] = "-icount", value[] = "shift=0,sleep=off";
	char *const words[] = { option, value, NULL };

	measure_muster(setup, words, virtual_start_to_online, times);
	if (!boot_interrupted())
		linux_measure_virtual(setup, words, &times->linux_kernel);
}

void virtual_measure_hypervised(const struct bench_setup *setup, struct bench_virtual *times)
{
	/* Four of its nanoseconds are an instruction: with one, Xen 4.17 on QEMU 7.2 waits for ever for its
	 * second CPU. */
	static char option[] = "-icount", value[] = "shift=2,sleep=off";
	char *const words[] = { option, value, NULL };

	measure_muster(setup, words, entry_to_online, times);
	if (!boot_interrupted())
		(void)linux_boot_hypervised(setup, words, &times->linux_kernel);
}
