/* SPDX-License-Identifier: MIT */
/* The options of run, check and bench, read from the command line. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include "tool/text.h"

#define CPUS_OF_PROFILE UINT64_MAX
#define TIMEOUT_DEFAULT 30
#define TIMEOUT_BENCH	120
#define TIMEOUT_MAX	3600
#define MEMORY_MIN	16
#define MEMORY_MAX	1048576 /* MiB */
#define JOBS_MAX	64

struct options {
	const char *platform;
	uint64_t cpus;	 /* CPUS_OF_PROFILE: not given; the profile says which are allowed */
	uint64_t memory; /* MiB; 0: the profile's */
	const char *append, *json, *log, *build, *profiles, *matrix, *filter, *kut;
	uint64_t timeout;
	uint64_t jobs;
	const char *payload, *initrd, *payload_append, *park;
	bool verbose, all, list, quick, strict, host_actions, layout;
	char *const *qemu_args; /* what stood behind `--`; NULL: nothing */
};

/* Which options a subcommand takes. */
enum options_of {
	OPTIONS_OF_RUN = 1,
	OPTIONS_OF_CHECK = 2,
	OPTIONS_OF_BENCH = 4
};

/*
 * Read argv[1] ... Returns 0, or -1 and fills message (size bytes) with one line that names the
 * option, its value and its rule.
 */
int options_read(struct options *options, enum options_of of, int argc, char **argv, char *message,
		 size_t size);

/* Is there an option of that name (like "-smp") among QEMU's words? */
bool options_qemu_has(char *const *qemu_args, const char *name);

#endif
