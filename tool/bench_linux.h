/* SPDX-License-Identifier: MIT */
/* The peer Linux: how long it takes for what muster does. */
#ifndef TOOL_BENCH_LINUX_H
#define TOOL_BENCH_LINUX_H

#include "tool/bench_guest.h"

/* What a line of Linux's log says of the part that is timed. */
enum linux_line {
	LINUX_OTHER,
	LINUX_BEGIN, /* "smp: Bringing up secondary CPUs ..." */
	LINUX_END    /* "smp: Brought up 1 node, 64 CPUs" */
};

/*
 * Of one line (length bytes, not trusted). *cpus is set with LINUX_END: how many it says. Only a line
 * of the kernel's, with or without a time stamp in front, counts.
 */
enum linux_line linux_line_of(const char *line, size_t length, uint64_t *cpus);

/*
 * The time stamp in front of such a line, "[    0.769896] ", in seconds of the guest's clock. False: it has
 * none.
 */
bool linux_stamp_of(const char *line, size_t length, double *seconds);

/* Boot the newest Linux in the folder of peers, in the same machine, with setup->linux_cpus CPUs. */
void linux_measure(const struct bench_setup *setup, struct bench_peer *peer);

/*
 * Boot the newest ppc64le Linux in the machine of setup->profile, with words for QEMU that make its clock
 * count instructions; timed by the stamps of its log.
 */
void linux_measure_virtual(const struct bench_setup *setup, char *const *words,
			   struct bench_peer *peer);

/* MiB of the machine that has a hypervisor, Linux's and muster's: with half of it Xen gives up on a PVH
 * guest. */
#define LINUX_MEMORY_HYPERVISED 2048

/*
 * Boot it once under the hypervisor of setup->profile, as its first guest. words: for QEMU, that make its clock
 * count instructions, and it is timed by the stamps of its log; NULL: by the host's clock. Returns 0 with the
 * seconds of its bring-up and the peer's CPUs and note, or -1 with a line in the note.
 */
int linux_boot_hypervised(const struct bench_setup *setup, char *const *words,
			  struct bench_peer *peer);

#endif
