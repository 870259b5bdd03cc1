// SPDX-License-Identifier: MIT
/*
 * The per-CPU base on i386. Called by both entry codes before any C that could use per-CPU data,
 * so nothing here may use it. A base is a descriptor's, so it takes a table that is the CPU's own; that one
 * is in the unit, so that it can be found by the CPU number alone.
 */
#include "arch/x86_64/percpu.h"

#include "arch/i386/descriptor_tables.h"
#include "core/string.h"
#include "core/unit.h"

PERCPU(struct descriptor_tables, descriptor_tables) __attribute__((aligned(16)));

extern const char percpu_template[], percpu_template_end[];
extern char percpu_boot_area[], percpu_boot_area_end[];

/* Data, writable, accessed, of 4 GiB from base on: Intel SDM vol. 3A, 3.4.5. A variable's offset is less
 * than a window, but those of what units grow by are not. */
static uint64_t descriptor_from(uint32_t base)
{
	return UINT64_C(0x00cf93000000ffff) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)(base >> 24) << 56;
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
	__asm__ volatile("lgdt %0" ::"m"(pointer) : "memory");
	__asm__ volatile("movl %0, %%fs" ::"r"(SELECTOR_PERCPU) : "memory");
}

void percpu_base_load(cpu_t cpu)
{
	percpu_base_set(percpu_unit(cpu));
}

void percpu_boot_area_fill(void)
{
	const struct percpu_image image = {
		.image = percpu_template,
		.size = (size_t)(percpu_template_end - percpu_template),
		.boot_area = percpu_boot_area,
		.boot_area_size = (size_t)(percpu_boot_area_end - percpu_boot_area),
	};
	struct percpu_head *head = (struct percpu_head *)percpu_boot_area;

	memcpy(percpu_boot_area, percpu_template, image.size);
	head->self = (uintptr_t)percpu_boot_area;
	percpu_setup(&image);
}
