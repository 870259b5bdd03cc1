// SPDX-License-Identifier: MIT
/*
 * Translation from the first moments on, where the processor has the radix tree and the hypervisor takes one: so
 * that the base that faults does fault, and traps are reported, before anything has been set up. A small tree that
 * maps the direct map's first half TiB, writable and executable all over, until step `page-tables`.
 *
 * Called by the entry code before there is a per-CPU base, so nothing here may use it. It must not fail: where
 * translation cannot be had the boot CPU goes on without.
 */
#include "arch/ppc64/page_table.h"

#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"

#include <muster/arch/cpu.h>
#include <muster/memory.h>

/* Versions of processors, in the PVR's upper half: those up to POWER8's have no radix tree. */
#define PVR_POWER8 0x4du

#define ROOT_BYTES 65536u
#define ENTRIES	   512u
#define GIB	   (UINT64_C(1) << 30)
#define LARGE	   (UINT64_C(1) << 21)

/* Tables, as page_table.c has them; the root at a multiple of its size. They are somebody else's memory one
 * day: boot_tables. */
struct boot_tables {
	uint64_t gib[ENTRIES], large[ENTRIES], small[ENTRIES], process[ENTRIES];
};
extern uint64_t boot_tables[];

static uint64_t *root_place(void)
{
	return (uint64_t *)(((uintptr_t)boot_tables + ROOT_BYTES - 1) &
			    ~(uintptr_t)(ROOT_BYTES - 1));
}

static uint64_t big(uint64_t value)
{
	return __builtin_bswap64(value);
}

static void fill(uint64_t *root, struct boot_tables *tables)
{
	extern char vectors[];

	root[0] = big(page_table_pointer_bits(physical_of(tables->gib)));
	for (uint64_t i = 0; i < ENTRIES; i++) {
		tables->gib[i] = big(page_table_any_bits(i * GIB));
		tables->large[i] = big(page_table_any_bits(i * LARGE));
		tables->small[i] = big(page_table_any_bits(i * MEMORY_PAGE_SIZE));
	}
	tables->gib[0] = big(page_table_pointer_bits(physical_of(tables->large)));
	tables->large[0] = big(page_table_pointer_bits(physical_of(tables->small)));
	/* Where a CPU looks for vectors. */
	for (uint64_t offset = 0; offset < VECTORS_SIZE; offset += MEMORY_PAGE_SIZE)
		tables->small[((VECTORS_VIRTUAL & ~(uint64_t)KERNEL_VIRTUAL) + offset) /
			      MEMORY_PAGE_SIZE] =
			big(page_table_any_bits(physical_of(vectors) + offset));
	tables->process[0] = big(page_table_process_bits(physical_of(root)));
}

void boot_translation_begin(void)
{
	uint64_t *root = root_place();
	struct boot_tables *tables = (struct boot_tables *)(root + ROOT_BYTES / sizeof(*root));

	/* Without a hypervisor there is nobody to take it. */
	if (hypervisor_state() || spr_read(SPR_PVR) >> 16 <= PVR_POWER8 ||
	    !ppc64_process_table_early)
		return;
	fill(root, tables);
	trap_vectors_fill(MSR_IR | MSR_DR);
	if (ppc64_process_table_early(physical_of(tables->process)))
		return;
	spr_write(SPR_PIDR, PROCESS_NONE);
	translation_set(true);
}

void translation_set(bool on)
{
	uint64_t msr = msr_get() & ~(uint64_t)(MSR_IR | MSR_DR);

	__asm__ volatile("ptesync; mtmsrd %0; isync" ::"r"(on ? msr | MSR_IR | MSR_DR : msr)
			 : "memory");
}

bool translation_is_on(void)
{
	return msr_get() & MSR_DR;
}
