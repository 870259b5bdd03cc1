/* SPDX-License-Identifier: MIT */
/* ppc64: see muster/arch/cpu.h. Instructions: Power ISA 3.0 B, books I and III. */
#ifndef MUSTER_ARCH_PPC64_CPU_H
#define MUSTER_ARCH_PPC64_CPU_H

#include <stdint.h>

#define PPC64_MSR_EE UINT64_C(0x8000)

/* Without radix translation a kernel runs in real mode. */
#define CPU_ALWAYS_TRANSLATES 0

/* Interrupts of all kinds run on the stack that is in use; what runs over it is told on a stack that all
 * CPUs share. */
#define CPU_STACK_KINDS 1u

/* Low priority, which a hypervisor may take as leave to run another thread, and back to medium. */
static inline void cpu_relax(void)
{
	__asm__ volatile("or 1, 1, 1; or 2, 2, 2" ::: "memory");
}

static inline uint64_t msr_get(void)
{
	uint64_t msr;

	__asm__ volatile("mfmsr %0" : "=r"(msr)::"memory");
	return msr;
}

/* Writes EE and RI, and nothing else: L = 1. */
static inline void interrupts_on(void)
{
	__asm__ volatile("mtmsrd %0, 1" ::"r"(msr_get() | PPC64_MSR_EE) : "memory");
}

static inline void interrupts_off(void)
{
	__asm__ volatile("mtmsrd %0, 1" ::"r"(msr_get() & ~PPC64_MSR_EE) : "memory");
}

static inline uint64_t interrupts_save_off(void)
{
	uint64_t msr = msr_get();

	if (msr & PPC64_MSR_EE)
		__asm__ volatile("mtmsrd %0, 1" ::"r"(msr & ~PPC64_MSR_EE) : "memory");
	return msr;
}

static inline void interrupts_restore(uint64_t state)
{
	if (state & PPC64_MSR_EE)
		interrupts_on();
}

/* The empty assembly keeps compilers from making calls of these loops. */
static inline void words_clear(void *at, uint64_t words)
{
	uint64_t *word = (uint64_t *)at;

	for (; words >= 8; words -= 8, word += 8) {
		word[0] = word[1] = word[2] = word[3] = 0;
		word[4] = word[5] = word[6] = word[7] = 0;
		__asm__ volatile("" ::: "memory");
	}
	for (; words; words--, word++) {
		*word = 0;
		__asm__ volatile("" ::: "memory");
	}
}

static inline void words_copy(void *to, const void *from, uint64_t words)
{
	uint64_t *word = (uint64_t *)to;
	const uint64_t *source = (const uint64_t *)from;

	for (; words >= 4; words -= 4, word += 4, source += 4) {
		uint64_t a = source[0], b = source[1], c = source[2], d = source[3];

		word[0] = a, word[1] = b, word[2] = c, word[3] = d;
		__asm__ volatile("" ::: "memory");
	}
	for (; words; words--, word++, source++) {
		*word = *source;
		__asm__ volatile("" ::: "memory");
	}
}

/* The time base, which all CPUs of a guest read alike. */
static inline uint64_t counter_read(void)
{
	uint64_t ticks;

	__asm__ volatile("mfspr %0, 268" : "=r"(ticks)::"memory");
	return ticks;
}

#endif
