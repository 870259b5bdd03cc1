// SPDX-License-Identifier: MIT
/*
 * Any bytes as a guest's console, which it shares with a hypervisor when they begin with "(". Whatever
 * comes, the reader keeps its limits, and what it calls complete is so.
 */
#include "tool/mixed_lines.h"
#include "tool/report.h"

#include <string.h>

/* What libFuzzer calls; it has no header for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A rule of the reader's contract: breaking it is a finding. */
static void must(bool rule)
{
	if (!rule)
		__builtin_trap();
}

static void check_words(const char *word)
{
	size_t length = strnlen(word, REPORT_WORD_MAX + 1);

	must(length <= REPORT_WORD_MAX);
	for (size_t i = 0; i < length; i++)
		must(word[i] > ' ' && word[i] <= '~');
}

static void check_complete(const struct guest_report *report)
{
	uint32_t online = 0;

	must(report->has_guest && !report->panic.known);
	must(report->guest.online <= report->guest.present);
	must(report->guest.present <= report->guest.possible);
	must(report->cpu_count == report->guest.possible);
	for (size_t i = 0; i < report->cpu_count; i++)
		online += !strcmp(report->cpus[i].state, "online");
	must(online == report->guest.online);
}

static void check(const struct guest_report *report)
{
	struct report_place place = { .known = false };

	must(report->cpu_count <= report->guest.possible);
	must(!report->cpu_count || report->has_guest);
	must(report_failed_count(report) <= REPORT_CPUS_MAX + 1);
	must(!report->refused == !report->fault[0]);
	must(memchr(report->fault, 0, sizeof(report->fault)));
	for (size_t i = 0; i < report->cpu_count; i++) {
		must(report->cpus[i].cpu == i);
		check_words(report->cpus[i].state);
		check_words(report->cpus[i].step);
	}
	must(report->ask_count <= REPORT_ASKS_MAX);
	for (size_t i = 0; i < report->ask_count; i++) {
		check_words(report->asks[i].action);
		must(report->asks[i].fwid.known || !strcmp(report->asks[i].action, "nmi"));
	}
	for (size_t i = 0; i < report->step_count; i++)
		check_words(report->steps[i].name);
	for (size_t i = 0; i < report->area_count; i++) {
		const struct report_area *area = &report->areas[i];

		check_words(area->kind);
		must(area->size && area->told >= area->size);
		must(!strcmp(area->state, "made") || !strcmp(area->state, "shared") ||
		     !strcmp(area->state, "kept"));
	}
	if (report_last_seen(report, &place)) {
		check_words(place.step);
		check_words(place.where);
		must(place.cpu <= REPORT_CPUS_MAX);
	}
	if (report_is_complete(report))
		check_complete(report);
}

static void on_line(void *context, const char *line, size_t length, bool guest, bool piece)
{
	if (guest && !piece)
		(void)report_read_line(context, line, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest_report report = { .refused = 0 };
	struct mixed_lines lines = { .line = on_line, .context = &report };
	const char *text = (const char *)data;
	bool shared = size && *text == '(';

	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		/* So that answers to the NMI are met too. */
		if (length == 1 && *text == '?')
			report_asked(&report);
		if (shared)
			mixed_lines_take(&lines, text, length);
		else
			(void)report_read_line(&report, text, length);
		length += end ? 1 : 0;
		text += length;
		size -= length;
	}
	mixed_lines_end(&lines);
	check(&report);
	report_free(&report);
	return 0;
}
