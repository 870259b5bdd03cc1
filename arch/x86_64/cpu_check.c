// SPDX-License-Identifier: MIT
/*
 * Step `cpu-check`: an AP whose control registers differ from the boot CPU's fails here, by name,
 * and not later in a way that nobody understands.
 */
#include "arch/x86_64/cpu_check.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"

#include <muster/console.h>
#include <muster/error.h>

#define CPUID_TOPOLOGY 0xb /* Intel SDM vol. 2A, CPUID, leaf 0Bh: EDX is the x2APIC id */

static struct control_registers boot_registers;

hwid_t x86_hwid_this(void)
{
	if (cpuid_read(0, 0).eax >= CPUID_TOPOLOGY) {
		struct cpuid_leaf leaf = cpuid_read(CPUID_TOPOLOGY, 0);

		if (leaf.ebx)
			return hwid_from_value(leaf.edx);
	}
	return hwid_from_value(cpuid_read(1, 0).ebx >> 24);
}

int cpu_check_step(cpu_t cpu)
{
	struct control_registers found = {
		.cr0 = cr0_read(),
		.cr4 = cr4_read(),
		.efer = CPU_HAS_EFER ? msr_read(MSR_EFER) : 0,
		.pat = msr_read(MSR_PAT),
		.hwid = x86_hwid_this().value,
	};
	struct control_registers expected;
	uint64_t expected_value, found_value;
	const char *name;

	if (!cpu.number)
		boot_registers = found;
	expected = boot_registers;
	expected.hwid = cpu_hwid(cpu).value;
	name = control_registers_differ(&expected, &found, &expected_value, &found_value);
	if (!name)
		return 0;
	console_print("muster: CPU %u: %s is %#jx, expected %#jx\n", cpu.number, name, found_value,
		      expected_value);
	return MUSTER_E_MISMATCH;
}
