// SPDX-License-Identifier: MIT
/*
 * The per-CPU base on i386. Called by both entry codes before any C that could use per-CPU data,
 * so nothing here may use it. A base is a descriptor's, so it takes a table that is the CPU's own; that one
 * is in the unit, so that it can be found by the CPU number alone.
 */
#include "arch/x86_64/percpu.h"

#include "arch/i386/descriptor_tables.h"
#include "arch/i386/patch_site.h"
#include "core/unit.h"

PERCPU(struct descriptor_tables, descriptor_tables) __attribute__((aligned(16)));

/* Data, writable, accessed, of 4 GiB from base on: Intel SDM vol. 3A, 3.4.5. A variable's offset is less
 * than a window, but those of what units grow by are not. */
static uint64_t descriptor_from(uint32_t base)
{
	return UINT64_C(0x00cf93000000ffff) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)(base >> 24) << 56;
}

/* Access byte of a task segment that nobody runs: Intel SDM vol. 3A, 7.2.2. */
#define TSS_AVAILABLE 0x89

static uint64_t tss_descriptor(const struct tss *tss)
{
	uint32_t base = (uintptr_t)tss;

	return (sizeof(*tss) - 1) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)TSS_AVAILABLE << 40 | (uint64_t)(base >> 24) << 56;
}

void percpu_base_set(uintptr_t unit)
{
	struct descriptor_tables *own =
		(struct descriptor_tables *)(unit + PERCPU_OFFSET(descriptor_tables));
	struct table_pointer pointer = { sizeof(own->gdt) - 1, (uintptr_t)own->gdt };

	own->gdt[0] = 0;
	own->gdt[SELECTOR_CODE / 8] = boot_gdt[SELECTOR_CODE / 8];
	own->gdt[SELECTOR_DATA / 8] = boot_gdt[SELECTOR_DATA / 8];
	own->gdt[SELECTOR_PERCPU / 8] = descriptor_from(unit);
	own->gdt[SELECTOR_TSS / 8] = tss_descriptor(&own->tss);
	own->gdt[SELECTOR_DOUBLE_FAULT / 8] = tss_descriptor(&own->double_fault);
	gdt_load(&pointer);
	__asm__ volatile("movl %0, %%fs" ::"r"(SELECTOR_PERCPU) : "memory");
}

void percpu_base_load(cpu_t cpu)
{
	percpu_base_set(percpu_unit(cpu));
}
