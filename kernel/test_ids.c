// SPDX-License-Identifier: MIT
/* Self-tests of the id table: every CPU is there once, under every name, and is who it should be.
 */
#include "kernel/tests.h"

static PERCPU(uint32_t, told_number);

static void tell_number(void *unused)
{
	(void)unused;
	this_cpu(told_number) = cpu_this().number + 1;
}

cpu_t test_last_cpu(void)
{
	cpu_t last = cpu_from_number(0);

	for_each_cpu (cpu)
		if (cpu_is_online(cpu))
			last = cpu;
	return last;
}

static void test_lookups(struct ktap *ktap)
{
	uint32_t wrong = 0;

	for_each_cpu (cpu) {
		if (!cpu_equal(cpu_by_hwid(cpu_hwid(cpu)), cpu))
			wrong++;
		if (cpu_fwid(cpu).value != FWID_UNKNOWN_VALUE &&
		    !cpu_equal(cpu_by_fwid(cpu_fwid(cpu)), cpu))
			wrong++;
		if (cpu_vcpu_id_known(cpu) && !cpu_equal(cpu_by_vcpu_id(cpu_vcpu_id(cpu)), cpu))
			wrong++;
	}
	ktap_result(ktap, !wrong, "ids: every id leads back to its CPU");
	ktap_result(ktap, cpu_is_none(cpu_by_hwid(hwid_from_value(UINT64_MAX - 1))),
		    "ids: an id of nobody finds nobody");
}

void test_ids(struct ktap *ktap)
{
	uint32_t wrong = 0;

	ktap_result(ktap, cpu_online_count() == cpu_present_count(),
		    "ids: %u of %u present CPUs are online", cpu_online_count(),
		    cpu_present_count());
	ktap_result(ktap, !cpu_this().number, "ids: the boot CPU is CPU 0");
	test_lookups(ktap);

	(void)cpus_call(tell_number, NULL, true);
	for_each_cpu (cpu)
		if (cpu_is_online(cpu) && *percpu_ptr(told_number, cpu) != cpu.number + 1)
			wrong++;
	ktap_result(ktap, !wrong, "ids: each CPU knows its own number");
}
