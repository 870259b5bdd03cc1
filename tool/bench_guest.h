/* SPDX-License-Identifier: MIT */
/* Boots of guests for bench: muster under the plugin and without it, and peers. */
#ifndef TOOL_BENCH_GUEST_H
#define TOOL_BENCH_GUEST_H

#include "tool/bench.h"
#include "tool/bench_counts.h"
#include "tool/profile.h"

/* How bench boots: the profile, folders, and the limit of one boot. */
struct bench_setup {
	const struct profile *profile;
	const char *given;    /* the build folder that the user named, or NULL: boot_order's */
	const char *build;    /* where image and plugin are */
	const char *peers;    /* where Linux is */
	const char *profiles; /* the folder that the user named, or NULL */
	const char *kvm_unit_tests; /* a built checkout, or NULL */
	uint64_t timeout;
	uint64_t memory;	/* MiB; 0: the profile's */
	char *const *qemu_args; /* more words for QEMU, where there are no others; or NULL */
	uint64_t linux_cpus;
};

/* Boot muster with so many CPUs, once counted and `boots` times for the wall time. */
void guest_measure(const struct bench_setup *setup, uint64_t cpus, unsigned int boots,
		   struct bench_guest *guest);

/*
 * Boot it once, with more words for QEMU or none. Returns 0, or -1 with a line in note (BENCH_NOTE_SIZE
 * bytes); the result is to be freed either way.
 */
struct boot_result;
int guest_boot(const struct bench_setup *setup, uint64_t cpus, char *const *words,
	       struct boot_result *result, char *note);
/* When the last CPU of a guest that came up as a whole was online: ns from its first C code. */
double guest_last_online(const struct guest_report *report);

/*
 * From its first C code to its last CPU online, ns: the least of some boots. last: zeroed; what became of the
 * last boot, to be freed either way. Returns 0, or -1 with a line in the figure's note.
 */
int guest_wall(const struct bench_setup *setup, uint64_t cpus, unsigned int boots,
	       struct bench_figure *wall, struct boot_result *last);

/* Where the plugin writes for one guest, and what it did write. Zeroed: nothing to end. */
struct counted {
	char *path;
	char *words[3]; /* for QEMU */
};

/*
 * Begin: a file, and QEMU's words; arguments: more of the plugin's, each with a comma before it, or "".
 * Returns 0, or -1 with a line in note. counted_read() reads what was written; counted_end() either way.
 */
int counted_begin(struct counted *counted, const char *build, const char *arguments, char *note,
		  size_t size);
int counted_read(const struct counted *counted, struct counts *counts, char *note, size_t size);
void counted_end(struct counted *counted);

/* The sums that make a guest's rows, from counts and report; tested by themselves. */
void guest_sum(struct bench_guest *guest, const struct counts *counts);
void guest_take_report(struct bench_guest *guest, const struct guest_report *report);

#endif
