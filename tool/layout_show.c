// SPDX-License-Identifier: MIT
/*
 * A guest's address space as a drawing: one box a part, the highest first, and what is nobody's between them.
 * Called by run. The guest may say anything of its parts: they may overlap, be missing, or be there twice.
 */
#include "tool/report_show.h"

#include <inttypes.h>
#include <string.h>

#define BOX "+--------------------------------------------+"

/* What a part is, for people. */
static const char *meaning_of(const struct report_part *part)
{
	static const struct {
		const char *part, *meaning;
	} known[] = {
		{ "user", "user space" },    { "direct", "direct map of memory" },
		{ "image", "kernel image" }, { "windows", "windows of the CPUs" },
		{ "fixmap", "fixmap" },	     { "hole", "hole" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].part, part->part))
			return known[i].meaning;
	return part->part;
}

/* In the largest unit that divides it, so that nothing is rounded. */
static void write_size(char *text, size_t size, uint64_t first, uint64_t last)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	uint64_t bytes = last - first + 1;
	size_t unit = 0;

	if (!bytes) {
		snprintf(text, size, "16 EiB");
		return;
	}
	for (; unit + 1 < sizeof(units) / sizeof(units[0]) && !(bytes & 1023); unit++)
		bytes >>= 10;
	snprintf(text, size, "%" PRIu64 " %s", bytes, units[unit]);
}

static void write_line(FILE *file, const char *what, const char *owner, uint64_t first,
		       uint64_t last)
{
	char name[40], size[32];

	snprintf(name, sizeof(name), "%s%s%.20s", what, *owner ? " of " : "", owner);
	write_size(size, sizeof(size), first, last);
	fprintf(file, "%20s| %-26.26s %15s |\n", "", name, size);
}

static void write_edge(FILE *file, uint64_t address)
{
	fprintf(file, " 0x%016" PRIx64 " %s\n", address, BOX);
}

static bool is_drawn_alone(const struct report_part *part)
{
	return strcmp(part->part, "all") != 0;
}

/* Does b lie within a, and is it not the same? Then it is written in a's box. */
static bool lies_in(const struct report_part *b, const struct report_part *a)
{
	return a != b && is_drawn_alone(a) && b->first >= a->first && b->last <= a->last &&
	       (b->first != a->first || b->last != a->last);
}

static bool lies_in_another(const struct guest_report *report, const struct report_part *part)
{
	for (size_t i = 0; i < report->part_count; i++)
		if (lies_in(part, &report->parts[i]))
			return true;
	return false;
}

/* The highest part that ends below `limit` (inclusive end); NULL: there is none. */
static const struct report_part *next_below(const struct guest_report *report, uint64_t limit)
{
	const struct report_part *next = NULL;

	for (size_t i = 0; i < report->part_count; i++) {
		const struct report_part *part = &report->parts[i];

		if (is_drawn_alone(part) && !lies_in_another(report, part) && part->last <= limit &&
		    (!next || part->last > next->last))
			next = part;
	}
	return next;
}

static void write_part(const struct guest_report *report, const struct report_part *part,
		       FILE *file)
{
	write_line(file, meaning_of(part), strcmp(part->owner, "-") != 0 ? part->owner : "",
		   part->first, part->last);
	for (size_t i = 0; i < report->part_count; i++) {
		const struct report_part *inner = &report->parts[i];
		char text[64];

		if (!lies_in(inner, part))
			continue;
		snprintf(text, sizeof(text), "  %s, at %#" PRIx64, meaning_of(inner), inner->first);
		fprintf(file, "%20s| %-42.42s |\n", "", text);
	}
}

static uint64_t last_of_all(const struct guest_report *report)
{
	uint64_t last = 0;

	for (size_t i = 0; i < report->part_count; i++)
		if (report->parts[i].last > last)
			last = report->parts[i].last;
	return last;
}

void report_write_layout(const struct guest_report *report, FILE *file)
{
	uint64_t limit = last_of_all(report); /* the last address that is not drawn yet */
	const struct report_part *part;

	if (!report->part_count) {
		fprintf(file, "address space: the guest has not said how it is laid out\n");
		return;
	}
	fprintf(file, "address space, the lowest address of each part at its lower edge\n");
	write_edge(file, limit);
	for (; (part = next_below(report, limit)); limit = part->first - 1) {
		if (part->last != limit) {
			write_line(file, "nobody's", "", part->last + 1, limit);
			write_edge(file, part->last + 1);
		}
		write_part(report, part, file);
		write_edge(file, part->first);
		if (!part->first)
			return;
	}
	write_line(file, "nobody's", "", 0, limit);
	write_edge(file, 0);
}
