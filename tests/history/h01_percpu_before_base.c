// SPDX-License-Identifier: MIT
/*
 * H1: per-CPU data read before its base is loaded. A kernel (linked with --wrap=percpu_base_load)
 * whose way in runs C that reads a per-CPU variable one call too early, on the boot CPU or, with
 * -DHAZARD_CPU=n, on another. It must die there, naming the CPU and the way in; a kernel without
 * the base that faults would read somebody else's memory and go on.
 */
#include <muster/muster.h>

#ifndef HAZARD_CPU
#define HAZARD_CPU 0
#endif

static PERCPU(uint32_t, read_too_early) = 7;

void __real_percpu_base_load(cpu_t cpu);
void __wrap_percpu_base_load(cpu_t cpu);

void __wrap_percpu_base_load(cpu_t cpu)
{
	if (cpu.number == HAZARD_CPU)
		this_cpu(read_too_early)++;
	__real_percpu_base_load(cpu);
}

int muster_main(void)
{
	int missing = muster_bring_up(NULL);

	console_print("history: H1: survived, which it must not\n");
	return missing ? 1 : 2;
}
