// SPDX-License-Identifier: MIT
/*
 * The boot CPU's first per-CPU area, which is part of the image, and what core is to know of where it lies. Called
 * by every way in, before the per-CPU base is loaded: nothing here may use it.
 */
#include "arch/percpu_boot_area.h"

#include "core/string.h"
#include "core/unit.h"

/* From the linker script. */
extern const char percpu_template[], percpu_template_end[];
extern char percpu_boot_area[], percpu_boot_area_end[];

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
