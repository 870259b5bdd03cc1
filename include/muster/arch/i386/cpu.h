/* SPDX-License-Identifier: MIT */
/* i386: see muster/arch/cpu.h. Instructions: Intel SDM vol. 2. A Pentium Pro at the least. */
#ifndef MUSTER_ARCH_I386_CPU_H
#define MUSTER_ARCH_I386_CPU_H

#include <stdint.h>

#define X86_RFLAGS_IF (1u << 9)

/*
 * The interrupt flag where it is not the processor's: a guest whose hypervisor runs it in another ring may
 * have to ask for it. NULL: it is the processor's. Set before the first function of core runs.
 */
struct x86_interrupt_flag {
	void (*on)(void);
	void (*off)(void);
	uint64_t (*save_off)(void); /* as interrupts_save_off(): X86_RFLAGS_IF if it was on */
};
extern const struct x86_interrupt_flag *x86_interrupt_flag;

/* Main and fatal: an NMI runs on the stack that is in use, which in this kernel is always a good one. */
#define CPU_STACK_KINDS	      5u

#define CPU_ALWAYS_TRANSLATES 1

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
	uint32_t flags;

	if (__builtin_expect(!!x86_interrupt_flag, 0))
		return x86_interrupt_flag->save_off();
	__asm__ volatile("pushfl; popl %0; cli" : "=r"(flags)::"memory");
	return flags;
}

static inline void interrupts_restore(uint64_t flags)
{
	if (flags & X86_RFLAGS_IF)
		interrupts_on();
}

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

static inline uint64_t counter_read(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#endif
