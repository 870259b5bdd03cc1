// SPDX-License-Identifier: MIT
/*
 * Questions about a report that has been read: is all of it there, which CPU was last seen where,
 * how many failed. Called by whoever judges or shows a run. Must never change the report, but for
 * the mark that the guest was asked.
 */
#include "tool/report.h"

#include <string.h>

bool report_is_complete(const struct guest_report *report)
{
	return report->has_end && !report->panic.known;
}

void report_asked(struct guest_report *report)
{
	report->asked = true;
}

static bool is_for_another(const struct report_place *place)
{
	return !strcmp(place->where, "PREPARE") || !strcmp(place->where, "START");
}

/* A guest may keep what it says for later, and then say all of it when it is asked. */
static const struct report_place *newest_of(const struct guest_report *report,
					    const struct report_place *at)
{
	const struct report_place *newest = at;

	for (size_t i = 0; i < report->answer_count; i++)
		if (report->answers[i].cpu == at->cpu)
			newest = &report->answers[i];
	return newest;
}

/*
 * A CPU whose step is PREPARE or START has not done it itself: the boot CPU is at work on it, so
 * that is where the boot CPU is. Else, when the boot CPU said that it waits, the one it waits for
 * is meant. Else the step it said last that it began. What the answers to the NMI add is that they
 * are newer.
 */
bool report_last_seen(const struct guest_report *report, struct report_place *place)
{
	const struct report_place *answer = NULL;

	for (size_t i = 0; i < report->answer_count; i++) {
		const struct report_place *one = &report->answers[i];

		if (is_for_another(one) ||
		    (report->waiting.known && one->cpu == report->waiting.cpu && !answer))
			answer = one;
	}
	if (answer)
		*place = *answer;
	else if (report->waiting.known)
		*place = report->waiting;
	else if (report->at.known)
		*place = *newest_of(report, &report->at);
	else if (report->answer_count)
		*place = report->answers[report->answer_count - 1];
	else
		return false;
	return true;
}

/* A CPU can fail more than once; it counts once. */
uint32_t report_failed_count(const struct guest_report *report)
{
	bool failed[REPORT_CPUS_MAX + 1] = { false };
	uint32_t count = 0;

	for (size_t i = 0; i < report->cpu_count; i++)
		failed[report->cpus[i].cpu] |= !strcmp(report->cpus[i].state, "failed");
	for (size_t i = 0; !report->has_end && i < report->failure_count; i++)
		failed[report->failures[i].cpu] = true;
	if (report->panic.known)
		failed[report->panic.cpu] = true;
	for (size_t i = 0; i <= REPORT_CPUS_MAX; i++)
		count += failed[i];
	return count;
}
