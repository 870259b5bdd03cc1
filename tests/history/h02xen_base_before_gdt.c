// SPDX-License-Identifier: MIT
/*
 * H2 on a real Xen: where the bug came from. A PV guest has its per-CPU base by hypercall long before it can
 * load a GDT, which takes memory, page tables and a frame that Xen makes read-only. A kernel (linked
 * with --wrap for both steps) in which the boot CPU uses per-CPU data while the processor does not know its
 * segments yet, every other CPU before it loads them, and in which loading them leaves the base alone.
 */
#include "arch/x86_64/offsets.h"
#include "tests/boot/percpu_base.h"

#include <muster/muster.h>

#define RING 3u /* a 64-bit PV guest's kernel runs at privilege level 3: public/arch-x86/xen.h */

static PERCPU(uint32_t, before_tables);

int __real_pv_gdt_boot_step(cpu_t cpu);
int __wrap_pv_gdt_boot_step(cpu_t cpu);
int __real_pv_segments_step(cpu_t cpu);
int __wrap_pv_segments_step(cpu_t cpu);

/* Does the GDT in force have our data segment? LAR says so without a fault: Intel SDM vol. 2A. */
static bool has_our_segment(void)
{
	uint32_t rights;
	bool valid;

	__asm__ volatile("larl %2, %0" : "=r"(rights), "=@ccz"(valid) : "r"(SELECTOR_DATA | RING));
	return valid;
}

static uint32_t data_segment(void)
{
	uint32_t selector;

	__asm__ volatile("movl %%ds, %0" : "=r"(selector));
	return selector & 0xffff;
}

int __wrap_pv_gdt_boot_step(cpu_t cpu)
{
	uint64_t base = percpu_base_read();
	int error;

	if (has_our_segment())
		muster_panic("H2: CPU %u has a GDT already", cpu.number);
	this_cpu(before_tables) = cpu.number + 1;
	error = __real_pv_gdt_boot_step(cpu);
	if (percpu_base_read() != base || !has_our_segment())
		muster_panic("H2: loading the GDT of CPU %u changed its base", cpu.number);
	return error;
}

int __wrap_pv_segments_step(cpu_t cpu)
{
	uint64_t base = percpu_base_read();
	int error;

	if (data_segment() == (SELECTOR_DATA | RING))
		muster_panic("H2: CPU %u has its segments already", cpu.number);
	if (cpu.number)
		this_cpu(before_tables) = cpu.number + 1;
	error = __real_pv_segments_step(cpu);
	if (percpu_base_read() != base || data_segment() != (SELECTOR_DATA | RING))
		muster_panic("H2: loading the segments of CPU %u changed its base", cpu.number);
	return error;
}

int muster_main(void)
{
	uint32_t right = 0;

	if (muster_bring_up(NULL))
		return 1;
	for_each_cpu (cpu)
		right += *percpu_ptr(before_tables, cpu) == cpu.number + 1;
	console_print("history: H2: %u of %u CPUs used per-CPU data before their segments\n", right,
		      cpu_online_count());
	report_send(NULL, 0);
	return right == cpu_present_count() ? 0 : 2;
}
