/* SPDX-License-Identifier: MIT */
/*
 * Booting one guest: QEMU as a child, its console, QMP, a limit in time, and what became of it.
 */
#ifndef TOOL_BOOT_H
#define TOOL_BOOT_H

#include "tool/host_actions.h"
#include "tool/payload.h"
#include "tool/profile.h"
#include "tool/report.h"
#include "tool/vcpu_places.h"

#include <stdio.h>

#define BOOT_MESSAGE_SIZE 256

struct boot_order {
	const struct profile *profile;
	const char *build;	/* the folder that the image is in; NULL: beside this program */
	const char *image;	/* instead of the profile's; NULL: the profile's */
	const char *option_rom; /* the same */
	uint64_t cpus;
	uint64_t memory;	      /* MiB */
	const char *append;	      /* or NULL */
	struct payload_order payload; /* file NULL: none */
	uint64_t random_nmis;	      /* so many, at random moments, from the first record on */
	char *const
		*qemu_args; /* the user's own, which come last and win; NULL-terminated, or NULL */
	uint64_t timeout;   /* seconds */
	bool host_actions;  /* what the guest asks of its host is done */
	/* Each line of the console, without its end, and what it was. May be NULL. */
	void (*line)(void *context, const char *line, size_t length, enum report_line what);
	/* After each record. May be NULL. */
	void (*progress)(void *context, const struct guest_report *report);
	void *context;
	/* Set by line() or progress(): enough was seen, QEMU is to end. May be NULL. */
	const bool *enough;
};

enum boot_end {
	BOOT_ENDED,	  /* QEMU ended by itself, or when enough was seen */
	BOOT_TIMED_OUT,	  /* stopped at the limit */
	BOOT_PANICKED,	  /* said that it panics, and did not end: stopped soon after */
	BOOT_INTERRUPTED, /* the user stopped us */
	BOOT_NOT_STARTED, /* QEMU could not be run, or refused what it was told; `message` says why */
};

struct boot_result {
	enum boot_end end;
	int qemu_status; /* QEMU's exit status, or 128 + the signal that ended it */
	double seconds;
	struct guest_report report;
	uint64_t random_nmis;	  /* that were sent */
	struct host_tally host;	  /* what was done because the guest asked */
	struct vcpu_places vcpus; /* where they were when the guest was stopped at the limit */
	char *errors;		  /* what QEMU said to its stderr; never NULL */
	char message[BOOT_MESSAGE_SIZE]; /* one line: why it did not end by itself */
};

/* Boot it and see it to its end. No child is left behind, whatever happens. */
void boot_run(const struct boot_order *order, struct boot_result *result);
void boot_result_free(struct boot_result *result);

/* How many CPUs the guest must have; 0: any number, because the user's own words for QEMU say how many
 * the machine has. */
uint64_t boot_expected_cpus(const struct boot_order *order);

/*
 * NULL if all is as it must be: it ended by itself with status 0, its report is whole, `expected` CPUs
 * are present (0: any number) and all of them online, and no self-test failed. Else one line, in
 * message, that says what is not.
 */
const char *boot_failure(const struct boot_result *result, const struct profile *profile,
			 uint64_t expected, char *message, size_t size);

/*
 * The same for a guest that was to hand over: what is good is a report of the kernel that came, with all CPUs
 * online.
 */
const char *boot_payload_failure(const struct boot_result *result, const struct profile *profile,
				 uint64_t expected, char *message, size_t size);

/* The status that the guest gave, by the way its profile names; -1: none. */
int boot_guest_status(const struct boot_result *result, const struct profile *profile);

/* Did the user stop us (SIGINT, SIGTERM)? boot_signals_catch() begins to watch. */
void boot_signals_catch(void);
bool boot_interrupted(void);

#endif
