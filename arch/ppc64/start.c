// SPDX-License-Identifier: MIT
/*
 * The first C code on the boot CPU. Called by the entry code with the per-CPU base loaded; hands core its
 * machine and goes to the kernel's muster_main().
 */
#include "arch/ppc64/start.h"

#include "arch/ppc64/page_table.h"
#include "arch/ppc64/percpu.h"
#include "arch/ppc64/registers.h"
#include "arch/ppc64/trap.h"
#include "core/cpu_table.h"
#include "core/runner.h"
#include "core/stack_area.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

extern char boot_stack[];

static struct boot_source source;

/* Read by entry_secondary.S. */
const uint64_t secondary_record_size = sizeof(struct cpu_record);
uint64_t secondary_msr = MSR_SF | MSR_OURS_LOW;
uint64_t stopped_entry, stopped_arguments, stopped_base;

const struct boot_source *boot_source(void)
{
	return &source;
}

static void halt_for_good(void) __attribute__((noreturn));
static void halt_for_good(void)
{
	for (;;) {
		interrupts_off();
		cpu_relax();
	}
}

static void halt(int status) __attribute__((noreturn));
static void halt(int status)
{
	(void)status;
	halt_for_good();
}

/* From the caller on. */
static void backtrace_here(void)
{
	backtrace_print((uintptr_t)__builtin_return_address(0), 0,
			*(const uint64_t *)__builtin_frame_address(0));
}

static hwid_t hwid_this(void)
{
	return hwid_from_value(spr_read(SPR_PIR));
}

struct machine ppc64_machine = {
	.architecture = "ppc64le",
	.map = page_table_map,
	.map_pages = page_table_map_pages,
	.unmap = page_table_unmap,
	.direct = page_table_direct,
	.physical = page_table_physical,
	.table_behind = page_table_behind,
	.flush_translations = page_table_flush,
	.percpu_base_load = percpu_base_set,
	.stop_this_cpu = ppc64_stop_this_cpu,
	.halt = halt_for_good,
	.exit = halt,
	.backtrace = backtrace_here,
	.hwid_this = hwid_this,
	.emergency_console = ppc64_emergency_console,
};

const char *ppc64_way_name(uint64_t way)
{
	static const char *const names[WAYS] = {
		[WAY_OPENFIRMWARE] = "openfirmware",
		[WAY_FLATTENED] = "flattened",
		[WAY_SECONDARY] = "secondary",
	};

	return way < WAYS ? names[way] : "unknown";
}

/* Floating-point and vector registers: ours is compiled without, the distribution's libfdt need not be. It runs
 * on the boot CPU only, and nothing that could interrupt it uses them. */
static void vector_registers_on(void)
{
	__asm__ volatile("mtmsrd %0; isync" ::"r"(msr_get() | MSR_FP | MSR_VEC | MSR_VSX)
			 : "memory");
}

void ppc64_start(uint64_t way, uint64_t r3, uint64_t r4, uint64_t r5, uint64_t r8, uint64_t r9)
{
	vector_registers_on();
	bringup_entry_mark();
	source = (struct boot_source){ (uint32_t)way, r3, r4, r5, r8, r9 };
	ppc64_machine.entry = ppc64_way_name(way);
	machine_set(&ppc64_machine);
	stack_adopt((uintptr_t)boot_stack, BOOT_STACK_SIZE);
	muster_exit(muster_main());
}
