// SPDX-License-Identifier: MIT
/*
 * The per-CPU base on ppc64, r13. Called by both entry codes before any C that could use per-CPU data,
 * so nothing here may use it.
 */
#include "arch/ppc64/percpu.h"

#include "arch/ppc64/offsets.h"
#include "core/string.h"
#include "core/unit.h"

extern const char percpu_template[], percpu_template_end[];
extern char percpu_boot_area[], percpu_boot_area_end[];

void percpu_base_set(uintptr_t unit)
{
	__asm__ volatile("mr 13, %0" ::"r"(unit + UNIT_BIAS) : "memory");
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
