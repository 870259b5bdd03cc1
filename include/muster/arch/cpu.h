/* SPDX-License-Identifier: MIT */
/*
 * The few instructions that portable code needs inline: waiting politely, interrupts, the counter.
 *
 *   cpu_relax()              in every polling loop: lets the other CPUs of a core or host run
 *   interrupts_save_off()    turn interrupts off, return what interrupts_restore() wants
 *   interrupts_restore(s)
 *   interrupts_on(), interrupts_off()
 *   counter_read()           clock_ticks(), inline
 *   words_clear(at, n)       clear n words of 8 bytes, in the fewest instructions
 *   words_copy(to, from, n)  copy n words of 8 bytes, in the fewest instructions; not overlapping
 *   CPU_ALWAYS_TRANSLATES    1: a kernel never runs without address translation; 0: it may
 *   CPU_STACK_KINDS          which stacks a CPU has: bit n for enum stack_kind n (muster/stack.h)
 */
#ifndef MUSTER_ARCH_CPU_H
#define MUSTER_ARCH_CPU_H

#if __STDC_HOSTED__
#include <muster/arch/host/cpu.h>
#elif defined(__x86_64__)
#include <muster/arch/x86_64/cpu.h>
#elif defined(__i386__)
#include <muster/arch/i386/cpu.h>
#elif defined(__powerpc64__)
#include <muster/arch/ppc64/cpu.h>
#else
#error "muster: no CPU header for this architecture"
#endif

#endif
