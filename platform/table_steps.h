/* SPDX-License-Identifier: MIT */
/* Steps that are the same in every platform's table. */
#ifndef PLATFORM_TABLE_STEPS_H
#define PLATFORM_TABLE_STEPS_H

#include <muster/cpu.h>

/* `boot-unit`: the boot CPU's per-CPU memory moves to its unit. */
int boot_unit_step(cpu_t cpu);
/* `stack-marks`: what is unused of this CPU's stacks is marked, so that use can be seen. */
int stack_marks_step(cpu_t cpu);
/* `online`: the last step. MUSTER_E_TIMED_OUT for a CPU that was given up on. */
int online_step(cpu_t cpu);

#endif
