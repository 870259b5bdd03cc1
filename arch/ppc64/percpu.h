/* SPDX-License-Identifier: MIT */
/* Loading the per-CPU base; the entry codes call these. Access: muster/percpu.h. */
#ifndef ARCH_PPC64_PERCPU_H
#define ARCH_PPC64_PERCPU_H

#include <muster/cpu.h>

/* Load the base of that CPU, which is the one that runs; nothing else (H2). */
void percpu_base_load(cpu_t cpu);
/* The same with the unit's address, while the boot CPU moves. */
void percpu_base_set(uintptr_t unit);

#endif
