/* SPDX-License-Identifier: MIT */
/* The instructions that C has no words for. Power ISA 3.0 B; each is one function, no more. */
#ifndef ARCH_PPC64_REGISTERS_H
#define ARCH_PPC64_REGISTERS_H

#include "arch/ppc64/offsets.h"

#include <stdbool.h>
#include <stdint.h>

#define spr_read(number)                                                           \
	({                                                                         \
		uint64_t spr_value_;                                               \
		__asm__ volatile("mfspr %0, %1" : "=r"(spr_value_) : "i"(number)); \
		spr_value_;                                                        \
	})
#define spr_write(number, value) \
	__asm__ volatile("mtspr %0, %1" ::"i"(number), "r"((uint64_t)(value)) : "memory")

/* Nobody above us: hypervisor state (MSR[HV]), as a machine's own firmware leaves. A guest never has it, and a
 * hypercall from it would come to our own vector. */
static inline bool hypervisor_state(void)
{
	uint64_t msr;

	__asm__ volatile("mfmsr %0" : "=r"(msr));
	return msr & MSR_HV;
}

/* The address of the unit that r13 leads to. */
static inline uintptr_t base_read(void)
{
	uintptr_t base;

	__asm__ volatile("mr %0, 13" : "=r"(base));
	return base - UNIT_BIAS;
}

/* The decrementer: an interrupt when it gets below 0. Bits that it does not have are dropped. */
static inline void decrementer_set(int64_t ticks)
{
	spr_write(22, ticks);
}

static inline int64_t decrementer_get(void)
{
	return (int64_t)spr_read(22);
}

/* The line of the data cache that an address is in: all zeroes (book II, 4.3.2). */
static inline void line_clear(uintptr_t at)
{
	__asm__ volatile("dcbz 0, %0" ::"r"(at) : "memory");
}

/* What was written in [start, end) is read as code from now on. Blocks of 32 bytes at the least. */
static inline void code_written(const void *start, const void *end)
{
	for (uintptr_t at = (uintptr_t)start & ~(uintptr_t)31; at < (uintptr_t)end; at += 32)
		__asm__ volatile("dcbst 0, %0" ::"r"(at) : "memory");
	__asm__ volatile("sync" ::: "memory");
	for (uintptr_t at = (uintptr_t)start & ~(uintptr_t)31; at < (uintptr_t)end; at += 32)
		__asm__ volatile("icbi 0, %0" ::"r"(at) : "memory");
	__asm__ volatile("sync; isync" ::: "memory");
}

#endif
