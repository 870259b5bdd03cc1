/* SPDX-License-Identifier: MIT */
/* Everything that a CPU must have before it runs, in one piece: its unit and its stacks. */
#ifndef CORE_CPU_MEMORY_H
#define CORE_CPU_MEMORY_H

#include <muster/cpu.h>

/*
 * Step `unit` of another CPU: unit (core/unit.h) and all stacks (core/stack_area.h), in one piece of
 * memory of its node. Returns 0 or what either of them returns; then nothing is left behind.
 */
int cpu_memory_create(cpu_t cpu);

/* Take it all back. Nothing if it has none. */
void cpu_memory_destroy(cpu_t cpu);

#if __STDC_HOSTED__
/* Unit tests only: sizes and layout are those of another machine now. */
void cpu_memory_forget(void);
#endif

#endif
