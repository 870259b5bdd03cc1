// SPDX-License-Identifier: MIT
/*
 * A report as a table for people. Called by run. Every CPU has a row, and one that is not online says
 * which step it finished last.
 */
#include "tool/report_show.h"

#include <inttypes.h>
#include <string.h>

#define AREA_LINES_MAX 16

#define GREEN	       "\033[32m"
#define RED	       "\033[31m"
#define YELLOW	       "\033[33m"
#define NORMAL	       "\033[0m"

static const char *colour_of(const char *state)
{
	if (!strcmp(state, "online"))
		return GREEN;
	return strcmp(state, "failed") ? YELLOW : RED;
}

static const char *number(struct report_number value, char *text, size_t size)
{
	if (!value.known)
		return "-";
	snprintf(text, size, "%" PRIu64, value.value);
	return text;
}

static void write_row(const struct report_cpu *cpu, FILE *file, bool colour)
{
	char hwid[24], fwid[24], vcpu_id[24], node[24], unit[24] = "-", online[24] = "-";
	bool is_online = !strcmp(cpu->state, "online");

	snprintf(hwid, sizeof(hwid), "0x%" PRIx64, cpu->hwid);
	if (cpu->unit)
		snprintf(unit, sizeof(unit), "0x%" PRIx64, cpu->unit);
	if (cpu->online_ns.known)
		snprintf(online, sizeof(online), "%.1f", (double)cpu->online_ns.value / 1000);
	fprintf(file, "%5" PRIu32 "  %6s  %6s  %6s  %4s  %-18s  %s%-8s%s  %12s", cpu->cpu, hwid,
		number(cpu->fwid, fwid, sizeof(fwid)),
		number(cpu->vcpu_id, vcpu_id, sizeof(vcpu_id)),
		number(cpu->node, node, sizeof(node)), unit, colour ? colour_of(cpu->state) : "",
		cpu->state, colour ? NORMAL : "", online);
	if (!is_online)
		fprintf(file, "  last finished step: %s", cpu->step);
	fputc('\n', file);
}

/* Is this row the first of its kind, size and told? Those after it are counted with it. */
static bool same_kind(const struct report_area *a, const struct report_area *b)
{
	return !strcmp(a->kind, b->kind) && a->size == b->size && a->told == b->told;
}

static size_t count_areas(const struct guest_report *report, const struct report_area *like,
			  const char *state)
{
	size_t count = 0;

	for (size_t i = 0; i < report->area_count; i++)
		count += same_kind(&report->areas[i], like) &&
			 !strcmp(report->areas[i].state, state);
	return count;
}

/* One line a kind; a guest with more kinds than any has gets no more lines. */
static void write_areas(const struct guest_report *report, FILE *file)
{
	const struct report_area *seen[AREA_LINES_MAX];
	size_t lines = 0;

	for (size_t i = 0; i < report->area_count && lines < AREA_LINES_MAX; i++) {
		const struct report_area *area = &report->areas[i];
		size_t line = 0;

		while (line < lines && !same_kind(seen[line], area))
			line++;
		if (line < lines)
			continue;
		seen[lines++] = area;
		fprintf(file,
			"area %s: %" PRIu64 " bytes used, %" PRIu64 " told; shared %zu, "
			"kept %zu, made %zu\n",
			area->kind, area->size, area->told, count_areas(report, area, "shared"),
			count_areas(report, area, "kept"), count_areas(report, area, "made"));
	}
}

void report_write_table(const struct guest_report *report, FILE *file, bool colour)
{
	if (!report->cpu_count)
		return;
	if (report->guest.entry[0])
		fprintf(file, "boot CPU entered by %s\n", report->guest.entry);
	fprintf(file, "%5s  %6s  %6s  %6s  %4s  %-18s  %-8s  %12s\n", "CPU", "hwid", "fwid", "vcpu",
		"node", "unit", "state", "us to online");
	for (size_t i = 0; i < report->cpu_count; i++)
		write_row(&report->cpus[i], file, colour);
	write_areas(report, file);
}
