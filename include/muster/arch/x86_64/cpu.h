/* SPDX-License-Identifier: MIT */
/* x86-64: see muster/arch/cpu.h. Instructions: Intel SDM vol. 2. */
#ifndef MUSTER_ARCH_X86_64_CPU_H
#define MUSTER_ARCH_X86_64_CPU_H

#include <stdint.h>

#define X86_RFLAGS_IF (1u << 9)

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void interrupts_on(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline void interrupts_off(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline uint64_t interrupts_save_off(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
	return flags;
}

static inline void interrupts_restore(uint64_t flags)
{
	if (flags & X86_RFLAGS_IF)
		interrupts_on();
}

static inline void words_clear(void *at, uint64_t words)
{
	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0) : "memory");
}

static inline void words_copy(void *to, const void *from, uint64_t words)
{
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words)::"memory");
}

static inline uint64_t counter_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
