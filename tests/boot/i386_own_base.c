// SPDX-License-Identifier: MIT
/*
 * No per-CPU base is right by accident. A kernel in which every CPU looks at what its processor has for a
 * base: a descriptor of a table that lies in that CPU's own unit, whose base is that unit's address and
 * nobody else's. And the addresses that variables have without a base are nobody's: a kernel that used
 * a flat segment would find out.
 */
#include "tests/boot/percpu_base.h"

#include <muster/muster.h>

static PERCPU(uint64_t, base);
static PERCPU(uintptr_t, table);
static PERCPU(uint32_t, flat_faults);

static void look(void *unused)
{
	uint32_t faults = 0;

	(void)unused;
	this_cpu(base) = percpu_base_read();
	this_cpu(table) = (uintptr_t)gdt_read();
	for (uintptr_t offset = 0; offset < percpu_image_size(); offset += 64)
		faults += fault_on_read(offset) && fault_on_write(offset);
	this_cpu(flat_faults) = faults;
}

static bool is_own(cpu_t cpu)
{
	uintptr_t unit = percpu_unit(cpu), of = *percpu_ptr(table, cpu);

	if (*percpu_ptr(base, cpu) != unit || of < unit || of >= unit + percpu_image_size())
		return false;
	for_each_cpu (other)
		if (other.number != cpu.number && *percpu_ptr(base, other) == unit)
			return false;
	return *percpu_ptr(flat_faults, cpu) == (percpu_image_size() + 63) / 64;
}

int muster_main(void)
{
	uint32_t own = 0;

	if (muster_bring_up(NULL))
		return 1;
	(void)cpus_call(look, NULL, true);
	for_each_cpu (cpu)
		own += is_own(cpu);
	console_print("own base: %u of %u CPUs have the one that is theirs\n", own,
		      cpu_online_count());
	report_send(NULL, 0);
	return own == cpu_present_count() ? 0 : 2;
}
