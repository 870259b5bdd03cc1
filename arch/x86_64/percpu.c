// SPDX-License-Identifier: MIT
/*
 * The per-CPU base on x86-64. Called by both entry codes before any C that could use per-CPU data,
 * so nothing here may use it.
 */
#include "arch/x86_64/percpu.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/registers.h"
#include "core/string.h"
#include "core/unit.h"

extern const char percpu_template[], percpu_template_end[];
extern char percpu_boot_area[], percpu_boot_area_end[];

static void (*writer)(uintptr_t unit); /* NULL: the MSR */

void percpu_base_writer_set(void (*write)(uintptr_t unit))
{
	writer = write;
}

void percpu_base_set(uintptr_t unit)
{
	if (writer)
		writer(unit);
	else
		msr_write(MSR_GS_BASE, unit);
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
