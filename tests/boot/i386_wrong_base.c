// SPDX-License-Identifier: MIT
/*
 * The function that loads the base takes the CPU number, and here it is given another's (it is linked with
 * --wrap=percpu_base_load): CPU 1 gets CPU 0's unit. It must not come up as CPU 0 a second time.
 */
#include <muster/muster.h>

void __real_percpu_base_load(cpu_t cpu);
void __wrap_percpu_base_load(cpu_t cpu);

void __wrap_percpu_base_load(cpu_t cpu)
{
	__real_percpu_base_load(cpu.number == 1 ? cpu_from_number(0) : cpu);
}

int muster_main(void)
{
	int missing = muster_bring_up(NULL);

	console_print("wrong base: survived, which it must not\n");
	return missing ? 1 : 2;
}
