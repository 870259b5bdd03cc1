// SPDX-License-Identifier: MIT
/*
 * H2: the per-CPU base and the descriptor tables are two functions. A kernel (linked with
 * --wrap=descriptor_tables_load) in which every CPU uses per-CPU data while it has no tables of its
 * own, and checks that loading them leaves the base alone.
 */
#include "tests/boot/percpu_base.h"

#include <muster/muster.h>

static PERCPU(uint32_t, before_tables);

int __real_descriptor_tables_load(cpu_t cpu);
int __wrap_descriptor_tables_load(cpu_t cpu);

static uint16_t task_register(void)
{
	uint16_t selector;

	__asm__ volatile("str %0" : "=r"(selector));
	return selector;
}

int __wrap_descriptor_tables_load(cpu_t cpu)
{
	uint64_t base = percpu_base_read();
	int error;

	if (task_register())
		muster_panic("H2: CPU %u has its tables already", cpu.number);
	this_cpu(before_tables) = cpu.number + 1;
	error = __real_descriptor_tables_load(cpu);
	if (percpu_base_read() != base || !task_register())
		muster_panic("H2: loading the tables of CPU %u changed its base", cpu.number);
	return error;
}

int muster_main(void)
{
	uint32_t right = 0;

	if (muster_bring_up(NULL))
		return 1;
	for_each_cpu (cpu)
		right += *percpu_ptr(before_tables, cpu) == cpu.number + 1;
	console_print("history: H2: %u of %u CPUs used per-CPU data before their tables\n", right,
		      cpu_online_count());
	report_send(NULL, 0);
	return right == cpu_present_count() ? 0 : 2;
}
