// SPDX-License-Identifier: MIT
/*
 * The first C code on the boot CPU. Called by the entry code with the per-CPU base loaded and early
 * traps reported; hands core its machine and goes to the kernel's muster_main().
 */
#include "arch/x86_64/start.h"

#include "arch/x86_64/cpu_check.h"
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"
#include "core/runner.h"
#include "core/stack_area.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

#define CPUID_1_EDX_MCE	       (1u << 7) /* Intel SDM vol. 2A, CPUID, leaf 1 */
#define CPUID_1_EDX_PAT	       (1u << 16)
#define CPUID_1_ECX_HYPERVISOR (1u << 31) /* never set by a processor: AMD APM vol. 3, E.3.2 */
#define CPUID_HYPERVISOR       0x40000000

extern char boot_stack[];

static struct boot_source source;

const struct boot_source *boot_source(void)
{
	return &source;
}

static void wait_for_interrupt(void)
{
	/* sti holds interrupts off for one more instruction, so none comes before the hlt. */
	__asm__ volatile("sti; hlt; cli" ::: "memory");
}

static void halt_for_good(void) __attribute__((noreturn));
static void halt_for_good(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void halt(int status) __attribute__((noreturn));
static void halt(int status)
{
	(void)status;
	halt_for_good();
}

/* From the caller on: what its frame pointer was is at the start of our frame. */
static void backtrace_here(void)
{
	backtrace_print((uintptr_t)__builtin_return_address(0),
			*(const uintptr_t *)__builtin_frame_address(0));
}

struct machine x86_machine = {
	.architecture = ARCHITECTURE_NAME,
	.emergency_console = x86_emergency_console,
	.map = page_table_map,
	.map_pages = page_table_map_pages,
	.unmap = page_table_unmap,
	.direct = page_table_direct,
	.physical = page_table_physical,
	.table_behind = page_table_behind,
	.flush_translations = page_table_flush,
	.percpu_base_load = percpu_base_set,
	.wait_for_interrupt = wait_for_interrupt,
	.stop_this_cpu = x86_stop_this_cpu,
	.halt = halt_for_good,
	.exit = halt,
	.backtrace = backtrace_here,
	.hwid_this = x86_hwid_this,
};

const char *x86_hypervisor(void)
{
	static const struct {
		char signature[13];
		const char *name;
	} known[] = {
		{ "TCGTCGTCGTCG", "tcg" },    { "KVMKVMKVM\0\0\0", "kvm" },
		{ "XenVMMXenVMM", "xen" },    { "Microsoft Hv", "hyper-v" },
		{ "VMwareVMware", "vmware" }, { "bhyve bhyve ", "bhyve" },
	};
	struct cpuid_leaf leaf;

	if (!(cpuid_read(1, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return "none";
	leaf = cpuid_read(CPUID_HYPERVISOR, 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!memcmp(known[i].signature, &leaf.ebx, 4) &&
		    !memcmp(known[i].signature + 4, &leaf.ecx, 4) &&
		    !memcmp(known[i].signature + 8, &leaf.edx, 4))
			return known[i].name;
	return "other";
}

void x86_features_enable(void)
{
	uint32_t features = cpuid_read(1, 0).edx;

	if (features & CPUID_1_EDX_MCE)
		cr4_write(cr4_read() | CR4_MCE);
	/* A loader may have changed it, and page tables name its entries by number. */
	if (features & CPUID_1_EDX_PAT)
		msr_write(MSR_PAT, PAT_POWER_ON);
}

const char *x86_way_name(uint64_t way)
{
	static const char *const names[WAYS] = {
		[WAY_PVH] = "pvh",
		[WAY_SECONDARY] = "secondary",
		[WAY_MULTIBOOT2] = "multiboot2",
		[WAY_LINUX] = "linux",
		[WAY_XEN_PV] = "xen-pv",
	};

	return way < WAYS ? names[way] : "unknown";
}

void x86_begin(uint32_t way, uint64_t physical)
{
	bringup_entry_mark();
	source = (struct boot_source){ (enum boot_protocol)way, physical };
	x86_machine.entry = x86_way_name(way);
	machine_set(&x86_machine);
	stack_adopt((uintptr_t)boot_stack, BOOT_STACK_SIZE);
}

void x86_start(uint32_t way, uint64_t physical)
{
	x86_begin(way, physical);
	x86_features_enable();
	muster_exit(muster_main());
}
