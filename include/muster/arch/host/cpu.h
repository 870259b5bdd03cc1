/* SPDX-License-Identifier: MIT */
/* A hosted program, for unit tests: see muster/arch/cpu.h. A thread plays a CPU. */
#ifndef MUSTER_ARCH_HOST_CPU_H
#define MUSTER_ARCH_HOST_CPU_H

#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define CPU_ALWAYS_TRANSLATES 0
#define CPU_STACK_KINDS	      7u /* main, NMI, fatal */

static inline void cpu_relax(void)
{
	sched_yield();
}

static inline void interrupts_on(void)
{
}

static inline void interrupts_off(void)
{
}

static inline uint64_t interrupts_save_off(void)
{
	return 0;
}

static inline void interrupts_restore(uint64_t flags)
{
	(void)flags;
}

static inline void words_clear(void *at, uint64_t words)
{
	memset(at, 0, words * sizeof(uint64_t));
}

static inline void words_copy(void *to, const void *from, uint64_t words)
{
	memcpy(to, from, words * sizeof(uint64_t));
}

static inline uint64_t counter_read(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
