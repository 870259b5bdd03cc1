/* SPDX-License-Identifier: MIT */
/*
 * The guest's report record (docs/report.md), read line by line off its console. Any bytes may
 * come; what is kept is bounded, and all that is kept is as docs/report.md says it must be.
 */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_LINE_MAX	  512
#define REPORT_WORD_MAX	  63
#define REPORT_CPUS_MAX	  4096
#define REPORT_ROWS_MAX	  131072 /* areas, stacks, steps: of each kind */
#define REPORT_OWNERS_MAX 256
#define REPORT_PARTS_MAX  64
#define REPORT_FAULT_SIZE 160
#define REPORT_ASKS_MAX	  1024 /* things that a guest may ask of its host in one run */

/* A number for which the guest may say `-`. */
struct report_number {
	bool known;
	uint64_t value;
};

struct report_cpu {
	uint32_t cpu;
	uint64_t hwid;
	struct report_number fwid, vcpu_id, node;
	uint64_t unit; /* 0: none */
	struct report_number online_ns;
	char state[REPORT_WORD_MAX + 1];
	char step[REPORT_WORD_MAX + 1]; /* finished last */
};

struct report_area {
	uint32_t cpu;
	uint64_t addr, size, told;
	char kind[REPORT_WORD_MAX + 1];
	char state[REPORT_WORD_MAX + 1];
};

struct report_stack {
	uint32_t cpu;
	uint64_t size, used;
	char kind[REPORT_WORD_MAX + 1];
};

struct report_step {
	uint32_t cpu;
	uint64_t start_ns;
	struct report_number end_ns;
	char name[REPORT_WORD_MAX + 1];
	char where[REPORT_WORD_MAX + 1];
};

/* What one owner of RAM has. */
struct report_memory {
	char owner[REPORT_WORD_MAX + 1];
	uint64_t bytes;
};

/* A part of the address space. */
struct report_part {
	char part[REPORT_WORD_MAX + 1];
	char owner[REPORT_WORD_MAX + 1]; /* "-": none */
	uint64_t first, last;
};

/* How often a call to the hypervisor was made in a step, by all CPUs. */
struct report_hypercall {
	char step[REPORT_WORD_MAX + 1];
	char call[REPORT_WORD_MAX + 1];
	uint64_t count;
};

/* Where a CPU was, by its own account or by that of the CPU that waits for it. */
struct report_place {
	bool known;
	uint32_t cpu;
	char step[REPORT_WORD_MAX + 1];	 /* "none": it has not arrived */
	char where[REPORT_WORD_MAX + 1]; /* "": not said */
};

/* A CPU that failed a step. */
struct report_failure {
	uint32_t cpu;
	char step[REPORT_WORD_MAX + 1];
	char error[REPORT_WORD_MAX + 1];
};

/* Something that the guest asks its host for. */
struct report_ask {
	char action[REPORT_WORD_MAX + 1]; /* nmi, machine-check, cpu-add, cpu-remove */
	struct report_number hwid, fwid;  /* of the CPU that is meant, if one is */
};

/* The handover by which the kernel that speaks came. */
struct report_handed {
	bool known;
	uint64_t generation, online, parked, left;
	uint64_t parked_least;	       /* of all handovers, the fewest */
	uint64_t nmis, machine_checks; /* of all handovers together */
	struct report_number free;     /* bytes of memory; from an older kernel: not told */
	uint64_t
		free_changed; /* the first generation that has other than the one right before it; 0: none */
};

struct report_guest {
	char platform[REPORT_WORD_MAX + 1];
	char arch[REPORT_WORD_MAX + 1];
	char hypervisor[REPORT_WORD_MAX + 1];
	char entry[REPORT_WORD_MAX + 1]; /* "": not said */
	uint32_t possible, present, online;
	uint64_t left_out;
};

struct guest_report {
	/* Said on the way. */
	struct report_place at;	     /* the last `at` before the guest was asked */
	struct report_place waiting; /* the last `waiting` since, if any */
	uint32_t waiting_online;     /* as said by `waiting` */
	bool asked;		     /* an NMI was sent: what CPUs say now are answers */
	struct report_place *answers;
	size_t answer_count;
	struct report_failure *failures;
	size_t failure_count;
	struct report_place panic;
	struct report_handed handed; /* the last */
	struct report_ask *asks;
	size_t ask_count;

	/* Said at the end. */
	bool has_guest;
	struct report_guest guest;
	struct report_cpu *cpus; /* ascending, without gaps */
	size_t cpu_count;
	struct report_area *areas;
	size_t area_count;
	struct report_stack *stacks;
	size_t stack_count;
	struct report_step *steps;
	size_t step_count;
	struct report_memory *memory;
	size_t memory_count;
	struct report_part *parts;
	size_t part_count;
	struct report_hypercall *hypercalls;
	size_t hypercall_count;
	bool has_tests;
	uint64_t tests_passed, tests_failed;
	bool has_end;
	uint64_t status;
	uint64_t records; /* of the closing report, read so far */

	/* The first record that was refused, or the first thing that does not fit; "" for none. */
	char fault[REPORT_FAULT_SIZE];
	uint64_t refused;
};

/* What a line was. */
enum report_line {
	REPORT_TEXT,	/* not a record */
	REPORT_RECORD,	/* taken, or of a kind that is not known */
	REPORT_REFUSED, /* a record that is not as it must be; why is in fault, if it is the first
			 */
};

/* Begin with a zeroed one. Read one line, without its end. */
enum report_line report_read_line(struct guest_report *report, const char *line, size_t length);
void report_free(struct guest_report *report);

/* The guest was asked where it is: from now on `at` records are answers. */
void report_asked(struct guest_report *report);

/* Complete: `end` was read, everything before it was, and nothing contradicts. */
bool report_is_complete(const struct guest_report *report);

/*
 * Of a guest that hangs: the CPU and the step it was last seen in. Returns false when it never said
 * anything.
 */
bool report_last_seen(const struct guest_report *report, struct report_place *place);

/* The CPUs that failed a step or panicked, or are `failed` at the end: how many. */
uint32_t report_failed_count(const struct guest_report *report);

#endif
