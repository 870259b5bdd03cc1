/* SPDX-License-Identifier: MIT */
/* The two halves of a panic, for traps, which print registers in between. */
#ifndef CORE_PANIC_H
#define CORE_PANIC_H

#include <muster/cpu.h>

/* What a guest that panics exits with. */
#define PANIC_STATUS 63

/* Does some CPU panic? Then the others are to stop. */
bool panic_is_under_way(void);
/* Interrupts off, the console is ours, others that panic too are silenced. */
void panic_begin(cpu_t cpu);
/* The other CPUs stopped, the guest ended. */
void panic_exit(void) __attribute__((noreturn));
/* The report's line, the backtrace, and panic_exit(). */
void panic_end(cpu_t cpu) __attribute__((noreturn));

#endif
