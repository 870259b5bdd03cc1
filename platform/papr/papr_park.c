// SPDX-License-Identifier: MIT
/*
 * CPUs that the kernel before us parked (docs/park.md): where they are, by the device tree. Called by step
 * `memory-map` on the boot CPU. What it is told is not believed.
 */
#include "platform/papr/papr_park.h"

#include "arch/park.h"
#include "arch/ppc64/start.h"
#include "core/image_choice.h"
#include "core/string.h"
#include "platform/papr/papr.h"

#include <muster/muster.h>

IMAGE_CHOICE(park);

/* Before there are page tables of ours, and after: by the direct map, and only what the map calls memory. */
static bool read(void *context, uint64_t physical, void *buffer, size_t size)
{
	const struct memory_range *range;

	(void)context;
	for (size_t i = 0; (range = mem_at(i)); i++)
		if (physical >= range->base && size <= range->size &&
		    physical - range->base <= range->size - size) {
			memcpy(buffer, (const void *)(KERNEL_VIRTUAL | physical), size);
			return true;
		}
	return false;
}

static const struct firmware_reader direct_reader = { .read = read };

void papr_park_find(void)
{
	const struct handed_over *handed = parked_handed_over();
	uint64_t base, size;

	if (!device_tree_park_region(&papr_firmware.tree, &base, &size))
		return;
	parked_take(&direct_reader, base, size, UINT64_MAX);
	if (handed->good)
		park_arrival_expect(&handed->found.page);
}
