/* SPDX-License-Identifier: MIT */
/* The two halves of a panic, for traps, which print registers in between. */
#ifndef CORE_PANIC_H
#define CORE_PANIC_H

#include <muster/cpu.h>

/* What a guest that panics exits with. */
#define PANIC_STATUS 63

/* Interrupts off, the console is ours, other CPUs that panic too are silenced. */
void panic_begin(cpu_t cpu);
/* The report's line, the backtrace, the end. */
void panic_end(cpu_t cpu) __attribute__((noreturn));

#endif
