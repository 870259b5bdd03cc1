/* SPDX-License-Identifier: MIT */
/*
 * Time: a counter that every CPU can read, and limits for waits.
 */
#ifndef MUSTER_CLOCK_H
#define MUSTER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The counter now, in ticks. Usable from the first C function on; costs one or two instructions. */
uint64_t clock_ticks(void);

/* Ticks per second. Needs: step `clock`; 0 before. */
uint64_t clock_frequency(void);

/* Ticks to nanoseconds, rounded down; does not overflow for spans below 500 years. */
uint64_t clock_nanoseconds(uint64_t ticks);

/*
 * A limit for a wait:
 *	for (struct clock_limit limit = clock_limit_begin(1000); !done; cpu_relax())
 *		if (clock_limit_over(&limit)) ...
 * milliseconds: from now. Needs: step `clock`; before it a count of polls stands in for time.
 */
struct clock_limit {
	uint64_t start;
	uint64_t span;
	uint64_t polls;
};
struct clock_limit clock_limit_begin(uint32_t milliseconds);
bool clock_limit_over(struct clock_limit *limit);

/* The limit, in milliseconds, for one CPU to arrive, to leave or to answer a call (timeout=). */
uint32_t clock_cpu_limit(void);

#ifdef __cplusplus
}
#endif

#endif
