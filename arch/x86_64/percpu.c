// SPDX-License-Identifier: MIT
/*
 * The per-CPU base on x86-64. Called by both entry codes before any C that could use per-CPU data,
 * so nothing here may use it.
 */
#include "arch/x86_64/percpu.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"
#include "core/unit.h"

static void (*writer)(uintptr_t unit); /* NULL: the MSR */

void percpu_base_writer_set(void (*write)(uintptr_t unit))
{
	writer = write;
}

void percpu_base_set(uintptr_t unit)
{
	if (writer)
		writer(unit);
	else
		msr_write(MSR_GS_BASE, unit);
}

void percpu_base_load(cpu_t cpu)
{
	percpu_base_set(percpu_unit(cpu));
}
