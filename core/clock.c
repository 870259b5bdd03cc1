// SPDX-License-Identifier: MIT
/*
 * Ticks, nanoseconds and limits. The counter is the architecture's; how fast it runs is measured
 * once, in step `clock`. Before that a limit counts polls, so that an early wait ends too.
 */
#include "core/clock_store.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>

#define NANOSECONDS 1000000000u
/* Polls that stand for a millisecond while the frequency is unknown: generous on any machine. */
#define POLLS_PER_MILLISECOND 100000u
#define CPU_LIMIT_DEFAULT     5000u

static uint64_t frequency;
static uint64_t cpu_limit = CPU_LIMIT_DEFAULT;

void clock_frequency_set(uint64_t ticks_per_second)
{
	frequency = ticks_per_second;
}

uint64_t *clock_cpu_limit_store(void)
{
	return &cpu_limit;
}

uint64_t clock_ticks(void)
{
	return counter_read();
}

uint64_t clock_frequency(void)
{
	return frequency;
}

uint64_t clock_nanoseconds(uint64_t ticks)
{
	if (!frequency)
		return 0;
	/* Whole seconds and the rest apart: the rest times 10^9 fits for any counter below 18 GHz. */
	return ticks / frequency * NANOSECONDS + ticks % frequency * NANOSECONDS / frequency;
}

struct clock_limit clock_limit_begin(uint32_t milliseconds)
{
	struct clock_limit limit = { .start = counter_read() };

	limit.span = frequency / 1000 * milliseconds;
	limit.polls = (uint64_t)milliseconds * POLLS_PER_MILLISECOND;
	return limit;
}

bool clock_limit_over(struct clock_limit *limit)
{
	if (limit->span)
		return counter_read() - limit->start > limit->span;
	if (limit->polls)
		limit->polls--;
	return !limit->polls;
}

uint32_t clock_cpu_limit(void)
{
	return (uint32_t)cpu_limit;
}
