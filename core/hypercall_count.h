/* SPDX-License-Identifier: MIT */
/*
 * Calls to the hypervisor while CPUs are brought up, counted by step: what a CPU costs, in the unit that
 * matters on a real machine. A platform with a hypervisor counts each call that it makes; the report says
 * them (docs/report.md, record `hypercall`). Calls before the table runs and after bring-up are not
 * counted.
 */
#ifndef CORE_HYPERCALL_COUNT_H
#define CORE_HYPERCALL_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The calling CPU makes this call. On any CPU, in any context; waits for nobody. Needs the per-CPU base.
 * name: how the platform names its calls, each time the same: a word of report records, never NULL.
 * What finds no room (128 pairs of a step and a call) is counted together, as call 0 of no step.
 */
void hypercall_count(uint16_t call, const char *(*name)(uint16_t call));
/* The same for so many of them at once, all of one step. */
void hypercall_count_many(uint16_t call, uint32_t calls, const char *(*name)(uint16_t call));

/* A panic has begun: its calls are not counted, for the per-CPU base may be what is broken. */
void hypercall_count_stop(void);

/* One of what was counted. */
struct hypercall_counted {
	const char *step; /* "none": no step, or no room */
	const char *call;
	uint64_t count;
};

/* The next from *place on, which begins at 0 and is moved. False: there is none. */
bool hypercall_counted_next(size_t *place, struct hypercall_counted *counted);

#endif
