/* SPDX-License-Identifier: MIT */
/* i386: see muster/arch/cpu.h. Instructions: Intel SDM vol. 2. A Pentium Pro at the least. */
#ifndef MUSTER_ARCH_I386_CPU_H
#define MUSTER_ARCH_I386_CPU_H

#include <muster/arch/x86/cpu.h>

/* Main and fatal: an NMI runs on the stack that is in use, which in this kernel is always a good one. */
#define CPU_STACK_KINDS	      5u

#define CPU_ALWAYS_TRANSLATES 1

/* Words of 8 bytes; the string instructions have 4. */
static inline void words_clear(void *at, uint64_t words)
{
	uint32_t count = (uint32_t)words * 2;

	__asm__ volatile("rep stosl" : "+D"(at), "+c"(count) : "a"(0) : "memory");
}

static inline void words_copy(void *to, const void *from, uint64_t words)
{
	uint32_t count = (uint32_t)words * 2;

	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(count)::"memory");
}

#endif
