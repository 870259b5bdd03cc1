/* SPDX-License-Identifier: MIT */
/*
 * What `muster bench` measures, and the table that comes of it. Whatever could not be measured says so
 * in words and is never a number.
 */
#ifndef TOOL_BENCH_H
#define TOOL_BENCH_H

#include "tool/report.h"

#include <stdio.h>

#define BENCH_GUESTS_MAX 8
#define BENCH_NOTE_SIZE	 256
#define BENCH_PARTS_MAX	 32

/* A figure, or why there is none. */
struct bench_figure {
	bool known;
	double value;
	char note[BENCH_NOTE_SIZE]; /* known: more about it, or ""; else: why not */
};

/* A part of something, by name. */
struct bench_part {
	char name[REPORT_WORD_MAX + 1];
	double bytes;
};

/* Bring-up of one guest: from the first PREPARE step to the last CPU online. */
struct bench_guest {
	uint64_t cpus;
	bool known;
	char note[BENCH_NOTE_SIZE];
	/* Instructions of the boot CPU, by phase; and of the other CPUs. */
	uint64_t prepare, start, arrive, boot_waits;
	double each, each_waits; /* mean; 0 with one CPU */
	uint64_t each_max;
	uint64_t total;				   /* of all CPUs, without waits */
	struct bench_figure wall;		   /* entry to all online, ns, without the plugin */
	struct bench_part owners[BENCH_PARTS_MAX]; /* RAM in all */
	size_t owner_count;
	struct bench_part stacks[BENCH_PARTS_MAX]; /* of the last CPU */
	size_t stack_count;
};

/* An image: bytes in the file by what they are for, and those that are only in memory. */
struct bench_image {
	char name[64];
	bool known;
	char note[BENCH_NOTE_SIZE];
	uint64_t text, rodata, data, bss;
};

struct bench_peer {
	bool known;
	char note[BENCH_NOTE_SIZE]; /* what it is, or why it was not measured */
	char what[BENCH_NOTE_SIZE]; /* one sentence: what it does that we do not */
	uint64_t cpus;
	double seconds;			/* Linux */
	double each_least, each_mean;	/* kvm-unit-tests: instructions of one AP */
	double slope_total, slope_boot; /* a CPU more, between two counts of CPUs */
	uint64_t slope_from, slope_to;
};

/* A call to the hypervisor that a CPU more costs: how often, in which step. */
struct bench_call {
	char step[REPORT_WORD_MAX + 1];
	char call[REPORT_WORD_MAX + 1];
	double count;
};
#define BENCH_CALLS_MAX 32

/* Bring-up by a clock that counts instructions, and Linux's by the same: repeats, whatever else runs. */
struct bench_virtual {
	uint64_t cpus;
	struct bench_figure
		time; /* ns: on PAPR from the first start of another CPU, else from entry, to
				   * all online */
	struct bench_peer linux_kernel;
};
#define BENCH_VIRTUAL 3

/* Bring-up under a hypervisor, and Linux's on the same one. */
struct bench_hypervised {
	char profile[32];
	uint64_t cpus;
	struct bench_figure wall; /* entry to all online, ns */
	struct bench_peer linux_kernel;
	struct bench_virtual counted; /* the same by the other clock, maybe with more CPUs */
	struct bench_call calls[BENCH_CALLS_MAX];
	size_t call_count;
	char calls_note[BENCH_NOTE_SIZE]; /* why there are none, or "" */
};
#define BENCH_HYPERVISED 2

/* CPUs that waited in the park page while one kernel went on to another. Instructions. */
struct bench_park {
	uint64_t cpus;
	struct bench_figure
		wake; /* of the boot CPU, from the decision to wake until the store is made */
	struct bench_figure
		online;		  /* of all CPUs, without waits, from START until all are online */
	struct bench_figure cold; /* the same where they are started cold */
};
#define BENCH_PARKS 3

struct bench {
	bool quick;
	struct bench_guest guests[BENCH_GUESTS_MAX]; /* by number of CPUs, ascending */
	size_t guest_count;
	struct bench_park parks[BENCH_PARKS]; /* by number of CPUs, ascending */
	struct bench_image hello, muster;
	struct bench_figure percpu_alloc; /* ns */
	struct bench_figure increment;	  /* instructions */
	struct bench_peer linux_kernel, kvm_unit_tests;
	struct bench_hypervised xen[BENCH_HYPERVISED]; /* xen-pv, xen-pvh */
	struct bench_virtual papr[BENCH_VIRTUAL];      /* 4, 16, 64 CPUs */
};

/* The guest with so many CPUs, or NULL if there is none or it was not measured. */
const struct bench_guest *bench_guest_of(const struct bench *bench, uint64_t cpus);

/* What one CPU more costs, between two of them: instructions of all, and of the boot CPU. */
struct bench_slope {
	double total, boot;
};
struct bench_slope bench_slope(const struct bench_guest *less, const struct bench_guest *more);

/*
 * RAM that one CPU more takes between two of them, by owner: those parts that do not stay the same.
 * Returns how many parts.
 */
size_t bench_memory(const struct bench_guest *less, const struct bench_guest *more,
		    struct bench_part parts[BENCH_PARTS_MAX]);

/* The instructions of the boot CPU without waits. */
uint64_t bench_boot_work(const struct bench_guest *guest);

#endif
