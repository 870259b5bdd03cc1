// SPDX-License-Identifier: MIT
/* The smallest kernel: every CPU comes up, counts itself in its own memory, and says who it is. */
#include <muster/muster.h>

static PERCPU(unsigned int, greetings);

static void greet(void *unused)
{
	cpu_t cpu = cpu_this();

	(void)unused;
	this_cpu(greetings)++;
	console_print("CPU %u, hardware id %#llx: hello\n", cpu.number,
		      (unsigned long long)cpu_hwid(cpu).value);
}

int muster_main(void)
{
	if (muster_bring_up(NULL))
		return 1;
	return cpus_call(greet, NULL, true) == (int)cpu_present_count() ? 0 : 1;
}
