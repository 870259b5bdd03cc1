// SPDX-License-Identifier: MIT
/*
 * H3, as far as a PC can show it: a kernel (linked with --wrap=unit_move_boot) that finds a
 * variable in the original area, moves, takes the area's pages from free memory and writes all over
 * them. Neither the boot CPU's data nor what other CPUs begin with may change.
 */
#include "core/machine.h"
#include "core/string.h"
#include "core/unit.h"

#include <muster/muster.h>

static PERCPU(uint32_t, kept) = 11;

static uint32_t *original;
static bool reused;

int __real_unit_move_boot(void);
int __wrap_unit_move_boot(void);

int __wrap_unit_move_boot(void)
{
	uintptr_t area = unit_boot_area();
	uint64_t physical = machine_get()->physical(area);
	int error;

	this_cpu(kept) = 12;
	original = percpu_boot_ptr(kept);
	if (*original != 12)
		muster_panic("H3: the boot area is not where percpu_boot_ptr() says");
	error = __real_unit_move_boot();
	if (error)
		return error;
	if (mem_claim(physical, MEMORY_PAGE_SIZE, "history"))
		muster_panic("H3: the boot area did not go back to free memory");
	memset((void *)area, 0xa5, MEMORY_PAGE_SIZE);
	reused = *original == 0xa5a5a5a5;
	return 0;
}

int muster_main(void)
{
	uint32_t right = 0;

	if (muster_bring_up(NULL))
		return 1;
	for_each_cpu (cpu)
		right += *percpu_ptr(kept, cpu) == (cpu.number ? 11 : 12);
	console_print("history: H3: boot area %s, %u of %u CPUs have what they should\n",
		      reused ? "reused" : "not reused", right, cpu_online_count());
	report_send(NULL, 0);
	return reused && right == cpu_present_count() ? 0 : 2;
}
