/* SPDX-License-Identifier: MIT */
/*
 * One guest: QEMU as a child, its console, QMP, a limit in time, and what became of it.
 */
#ifndef TOOL_GUEST_H
#define TOOL_GUEST_H

#include "tool/profile.h"
#include "tool/report.h"

struct guest_order {
	const struct profile *profile;
	const char *build; /* directory of the image */
	uint32_t cpus;
	const char *memory;
	const char *append;	/* may be NULL */
	char *const *qemu_args; /* the user's own, last; NULL-terminated, may be NULL */
	uint32_t timeout;	/* seconds */
	FILE *log;		/* gets the whole console; may be NULL */
	/* Called for every console line that is no record; and after each record. May be NULL. */
	void (*line)(void *context, const char *line, size_t length);
	void (*progress)(void *context, const struct report *report);
	void *context;
};

enum guest_end {
	GUEST_ENDED,	   /* QEMU ended by itself */
	GUEST_TIMED_OUT,   /* stopped at the limit */
	GUEST_PANICKED,	   /* said `panic` and did not end: stopped soon after */
	GUEST_INTERRUPTED, /* we got SIGINT or SIGTERM */
	GUEST_NOT_STARTED, /* QEMU could not be run; message says why */
};

struct guest_result {
	enum guest_end end;
	int qemu_status; /* exit status, or 128 + signal */
	double seconds;
	struct report report;
	char *tail;	   /* the last lines of the console, escaped; never NULL */
	char *qemu_errors; /* what QEMU wrote to stderr; never NULL */
	char message[256]; /* "" or why it failed, one line, no newline */
};

/* Run it to its end, whatever that is; never leaves a child behind. */
void guest_run(const struct guest_order *order, struct guest_result *result);
void guest_result_free(struct guest_result *result);

/*
 * NULL if all is as it must be: ended by itself with status 0, report whole, every present CPU
 * online, `expected` CPUs present (0: any), no self-test failed. Else one line that says what is
 * not.
 */
const char *guest_failure(struct guest_result *result, const struct profile *profile,
			  uint32_t expected);

#endif
