/* SPDX-License-Identifier: MIT */
/* x86-64: see muster/arch/cpu.h. Instructions: Intel SDM vol. 2. */
#ifndef MUSTER_ARCH_X86_64_CPU_H
#define MUSTER_ARCH_X86_64_CPU_H

#include <muster/arch/x86/cpu.h>

#define CPU_ALWAYS_TRANSLATES 1
#define CPU_STACK_KINDS	      7u /* main, NMI, fatal */

static inline void words_clear(void *at, uint64_t words)
{
	__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(0) : "memory");
}

static inline void words_copy(void *to, const void *from, uint64_t words)
{
	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words)::"memory");
}

#endif
