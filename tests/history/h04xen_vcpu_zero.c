// SPDX-License-Identifier: MIT
/*
 * H4 on a real Xen: a kernel (linked with --wrap=cpu_vcpu_id) in which every CPU has the vCPU id 0, as if
 * each were to store its own when it starts. What is set up for another CPU goes to vCPU 0, who has
 * it already: that must be refused by name, before such a CPU runs, and the boot CPU must not notice.
 */
#include <muster/muster.h>

vcpu_id_t __real_cpu_vcpu_id(cpu_t cpu);
vcpu_id_t __wrap_cpu_vcpu_id(cpu_t cpu);

vcpu_id_t __wrap_cpu_vcpu_id(cpu_t cpu)
{
	(void)cpu;
	return vcpu_id_from_value(0);
}

static void count(void *counter)
{
	++*(uint32_t *)counter;
}

int muster_main(void)
{
	uint32_t calls = 0;
	int missing = muster_bring_up(NULL);
	bool works = !cpu_call(cpu_from_number(0), count, &calls) && calls == 1;

	console_print("history: H4: %d CPUs of %u refused, the boot CPU %s\n", missing,
		      cpu_present_count(), works ? "works" : "does not work");
	report_send(NULL, 0);
	return works && missing == (int)cpu_present_count() - 1 ? 0 : 2;
}
