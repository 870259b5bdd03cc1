/* SPDX-License-Identifier: MIT */
/*
 * Stacks. Every CPU has a main stack and, where the architecture can switch stacks on its own, one
 * for each kind of interruption that can come at any moment. Each has at least 4 KiB and an
 * unmapped page below it, so that running over is a trap that names the CPU and the stack.
 */
#ifndef MUSTER_STACK_H
#define MUSTER_STACK_H

#include <muster/cpu.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum stack_kind {
	STACK_MAIN,  /* what the CPU runs on, interrupts included */
	STACK_NMI,   /* non-maskable interrupt */
	STACK_FATAL, /* x86 #DF and #MC: the stack that was in use is not to be trusted, and nobody
		      * returns, so the two need not have one each */
	STACK_KINDS,
};

#define STACK_MARK_DISTANCE 64

/* One lower-case word ("main"). Never NULL. */
const char *stack_kind_name(enum stack_kind kind);

/* Usable bytes of one stack of this kind. 0: this architecture has no such stack. */
size_t stack_size(enum stack_kind kind);

/* Address just above the stack, where it begins; 0 while the CPU has none. Needs
 * CAP_STACK. */
uintptr_t stack_top(cpu_t cpu, enum stack_kind kind);

/*
 * The most bytes of the stack that were ever in use since the CPU marked it (step `stack-marks`), to
 * the next STACK_MARK_DISTANCE; 0 if it has no such stack. Marks stand that far apart: writing more
 * of them would be most of a CPU's way to being online. Something that was in use and never written
 * to does not show. 0 for STACK_FATAL, whose users do not live to be asked. May be asked from any CPU; then it is a lower bound.
 */
size_t stack_high_water(cpu_t cpu, enum stack_kind kind);

/*
 * Whose stack, or guard page below it, an address lies in. Returns true and fills in what it found.
 * For traps: reads only tables that are written before a CPU starts.
 */
bool stack_find(uintptr_t address, cpu_t *cpu, enum stack_kind *kind, bool *guard);

#ifdef __cplusplus
}
#endif

#endif
