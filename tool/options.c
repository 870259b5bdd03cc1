// SPDX-License-Identifier: MIT
/*
 * Reads the options of run, check and bench. Called by each. Must never guess: an option that is not known,
 * lacks its value, or has one out of range is refused by name.
 */
#include "tool/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum option_kind {
	FLAG,
	TEXT,
	NUMBER,
	MEMORY
};

struct option_row {
	const char *name;
	unsigned int of; /* set of enum options_of */
	enum option_kind kind;
	size_t place; /* offset in struct options */
	uint64_t min, max;
};

#define ALL (OPTIONS_OF_RUN | OPTIONS_OF_CHECK | OPTIONS_OF_BENCH)

static const struct option_row rows[] = {
	{ "--platform", OPTIONS_OF_RUN, TEXT, offsetof(struct options, platform), 0, 0 },
	{ "--cpus", OPTIONS_OF_RUN, NUMBER, offsetof(struct options, cpus), 0, UINT32_MAX },
	{ "--mem", OPTIONS_OF_RUN, MEMORY, offsetof(struct options, memory), MEMORY_MIN,
	  MEMORY_MAX },
	{ "--append", OPTIONS_OF_RUN, TEXT, offsetof(struct options, append), 0, 0 },
	{ "--timeout", OPTIONS_OF_RUN | OPTIONS_OF_BENCH, NUMBER, offsetof(struct options, timeout),
	  1, TIMEOUT_MAX },
	{ "--json", OPTIONS_OF_RUN | OPTIONS_OF_BENCH, TEXT, offsetof(struct options, json), 0, 0 },
	{ "--log", OPTIONS_OF_RUN, TEXT, offsetof(struct options, log), 0, 0 },
	{ "--verbose", OPTIONS_OF_RUN, FLAG, offsetof(struct options, verbose), 0, 0 },
	{ "--host-actions", OPTIONS_OF_RUN, FLAG, offsetof(struct options, host_actions), 0, 0 },
	{ "--layout", OPTIONS_OF_RUN, FLAG, offsetof(struct options, layout), 0, 0 },
	{ "--payload", OPTIONS_OF_RUN, TEXT, offsetof(struct options, payload), 0, 0 },
	{ "--initrd", OPTIONS_OF_RUN, TEXT, offsetof(struct options, initrd), 0, 0 },
	{ "--payload-append", OPTIONS_OF_RUN, TEXT, offsetof(struct options, payload_append), 0,
	  0 },
	{ "--park", OPTIONS_OF_RUN, TEXT, offsetof(struct options, park), 0, 0 },
	{ "-j", OPTIONS_OF_CHECK, NUMBER, offsetof(struct options, jobs), 1, JOBS_MAX },
	{ "--all", OPTIONS_OF_CHECK, FLAG, offsetof(struct options, all), 0, 0 },
	{ "--list", OPTIONS_OF_CHECK, FLAG, offsetof(struct options, list), 0, 0 },
	{ "--matrix", OPTIONS_OF_CHECK, TEXT, offsetof(struct options, matrix), 0, 0 },
	{ "--quick", OPTIONS_OF_BENCH, FLAG, offsetof(struct options, quick), 0, 0 },
	{ "--strict", OPTIONS_OF_BENCH, FLAG, offsetof(struct options, strict), 0, 0 },
	{ "--kut", OPTIONS_OF_BENCH, TEXT, offsetof(struct options, kut), 0, 0 },
	{ "--build", ALL, TEXT, offsetof(struct options, build), 0, 0 },
	{ "--profiles", ALL, TEXT, offsetof(struct options, profiles), 0, 0 },
};

static const struct option_row *row_of(const char *name, enum options_of of)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].of & of && !strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static int refuse(char *message, size_t size, const char *name, const char *value, const char *rule)
{
	char option[64], shown[64];

	text_show(option, sizeof(option), name, strlen(name));
	text_show(shown, sizeof(shown), value, strlen(value));
	snprintf(message, size, "%s%s%s: %s", option, *shown ? " " : "", shown, rule);
	return -1;
}

static int set_number(const struct option_row *row, uint64_t *place, const char *value,
		      char *message, size_t size)
{
	char rule[64];
	bool good = row->kind == MEMORY ? text_memory(value, place)
					: text_number(value, UINT64_MAX, place);

	if (good && *place >= row->min && *place <= row->max)
		return 0;
	snprintf(rule, sizeof(rule), "not between %" PRIu64 " and %" PRIu64 "%s", row->min,
		 row->max, row->kind == MEMORY ? " MiB, like 64, 512M or 2G" : "");
	return refuse(message, size, row->name, value, rule);
}

static int set_value(struct options *options, const struct option_row *row, const char *value,
		     char *message, size_t size)
{
	void *place = (char *)options + row->place;

	if (row->kind == NUMBER || row->kind == MEMORY)
		return set_number(row, place, value, message, size);
	*(const char **)place = value;
	return 0;
}

static int read_one(struct options *options, enum options_of of, char **argv, int left,
		    char *message, size_t size)
{
	const struct option_row *row = row_of(argv[0], of);

	if (!row && argv[0][0] != '-' && of == OPTIONS_OF_CHECK && !options->filter) {
		options->filter = argv[0];
		return 1;
	}
	if (!row)
		return refuse(message, size, argv[0], "",
			      "unknown; `muster help` lists the options");
	if (row->kind == FLAG) {
		*(bool *)((char *)options + row->place) = true;
		return 1;
	}
	if (left < 2)
		return refuse(message, size, argv[0], "", "needs a value");
	return set_value(options, row, argv[1], message, size) ? -1 : 2;
}

int options_read(struct options *options, enum options_of of, int argc, char **argv, char *message,
		 size_t size)
{
	*options = (struct options){ .platform = "pc",
				     .cpus = CPUS_OF_PROFILE,
				     .timeout = of == OPTIONS_OF_BENCH ? TIMEOUT_BENCH
								       : TIMEOUT_DEFAULT,
				     .jobs = 2 };
	for (int i = 1; i < argc;) {
		int used;

		if (of == OPTIONS_OF_RUN && !strcmp(argv[i], "--")) {
			options->qemu_args = argv + i + 1;
			return 0;
		}
		used = read_one(options, of, argv + i, argc - i, message, size);
		if (used < 0)
			return -1;
		i += used;
	}
	return 0;
}

bool options_qemu_has(char *const *qemu_args, const char *name)
{
	for (; qemu_args && *qemu_args; qemu_args++)
		if (!strcmp(*qemu_args, name))
			return true;
	return false;
}
