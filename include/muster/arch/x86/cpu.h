/* SPDX-License-Identifier: MIT */
/* What of muster/arch/cpu.h is the same on i386 and x86-64. Instructions: Intel SDM vol. 2; a stack instruction
 * without a suffix is as wide as the mode. */
#ifndef MUSTER_ARCH_X86_CPU_H
#define MUSTER_ARCH_X86_CPU_H

#include <stdint.h>

#define X86_RFLAGS_IF (1u << 9)

/*
 * The interrupt flag where it is not the processor's: a PV guest of Xen has it in memory, and its cli
 * and sti do nothing; one that runs in another ring may have to ask for it. NULL: it is the processor's. Set before the first function of core runs.
 */
struct x86_interrupt_flag {
	void (*on)(void);
	void (*off)(void);
	uint64_t (*save_off)(void); /* as interrupts_save_off(): X86_RFLAGS_IF if it was on */
};
extern const struct x86_interrupt_flag *x86_interrupt_flag;

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void interrupts_on(void)
{
	if (__builtin_expect(!!x86_interrupt_flag, 0))
		x86_interrupt_flag->on();
	else
		__asm__ volatile("sti" ::: "memory");
}

static inline void interrupts_off(void)
{
	if (__builtin_expect(!!x86_interrupt_flag, 0))
		x86_interrupt_flag->off();
	else
		__asm__ volatile("cli" ::: "memory");
}

static inline uint64_t interrupts_save_off(void)
{
	uintptr_t flags;

	if (__builtin_expect(!!x86_interrupt_flag, 0))
		return x86_interrupt_flag->save_off();
	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags)::"memory");
	return flags;
}

static inline void interrupts_restore(uint64_t flags)
{
	if (flags & X86_RFLAGS_IF)
		interrupts_on();
}

static inline uint64_t counter_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
