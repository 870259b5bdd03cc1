/* SPDX-License-Identifier: MIT */
/* The address that this CPU's per-CPU base is, as the processor has it: for kernels that test it. */
#ifndef TESTS_BOOT_PERCPU_BASE_H
#define TESTS_BOOT_PERCPU_BASE_H

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"

#include <stddef.h>

#ifdef __i386__
/* Which table the processor looks segments up in. */
static inline const uint64_t *gdt_read(void)
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) pointer;

	__asm__ volatile("sgdt %0" : "=m"(pointer));
	return (const uint64_t *)(uintptr_t)pointer.base;
}

/* The base of the descriptor that %fs names: Intel SDM vol. 3A, figure 3-8. */
static inline uint64_t percpu_base_read(void)
{
	uint64_t descriptor;
	uint32_t selector;

	__asm__ volatile("movl %%fs, %0" : "=r"(selector));
	descriptor = gdt_read()[(selector & 0xffff) / 8];
	return (descriptor >> 16 & 0xffffff) | (descriptor >> 56) << 24;
}
#else
static inline uint64_t percpu_base_read(void)
{
	return msr_read(MSR_GS_BASE);
}
#endif

#endif
