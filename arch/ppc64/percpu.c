// SPDX-License-Identifier: MIT
/*
 * The per-CPU base on ppc64, r13. Called by both entry codes before any C that could use per-CPU data,
 * so nothing here may use it.
 */
#include "arch/ppc64/percpu.h"

#include "arch/ppc64/offsets.h"
#include "core/unit.h"

void percpu_base_set(uintptr_t unit)
{
	__asm__ volatile("mr 13, %0" ::"r"(unit + UNIT_BIAS) : "memory");
}

void percpu_base_load(cpu_t cpu)
{
	percpu_base_set(percpu_unit(cpu));
}
