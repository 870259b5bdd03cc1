// SPDX-License-Identifier: MIT
/*
 * Reads the memory map from Xen itself: a PVH start_info has one only from version 1 on, and Xen's own
 * dom0 builder writes version 0. Called by step `memory-map`. Believes a count no more than any other
 * answer.
 */
#include "platform/xen/xen_memory_map.h"

#include "platform/xen/hypercall.h"

#include <muster/console.h>
#include <muster/error.h>

/* As int 15h, EAX = E820h has it: ACPI 6.5, table 15.2; no padding at the end. */
struct xen_memory_range {
	uint64_t base;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));
_Static_assert(sizeof(struct xen_memory_range) == 20, "ACPI 6.5, table 15.2");
_Static_assert(offsetof(struct xen_memory_map, buffer) == 8, "public/memory.h");
_Static_assert(sizeof(struct xen_memory_map) == 16, "public/memory.h");

int xen_memory_map_read(boot_range_function *range, void *context)
{
	static struct xen_memory_range ranges[XEN_MEMORY_RANGES_MAX];
	struct xen_memory_map map = { .nr_entries = XEN_MEMORY_RANGES_MAX };
	long answer;

	set_xen_guest_handle(map.buffer, ranges);
	answer = xen_memory_op(XENMEM_memory_map, &map);
	if (answer) {
		console_print("muster: xen: memory map: XENMEM_memory_map: %s\n",
			      xen_error_name(answer));
		return xen_error(answer);
	}
	/* Xen stores as many as there is room for, and does not say whether there are more. */
	if (!map.nr_entries || map.nr_entries >= XEN_MEMORY_RANGES_MAX) {
		console_print("muster: xen: memory map: %u ranges: must be 1 to %u\n",
			      map.nr_entries, XEN_MEMORY_RANGES_MAX - 1);
		return MUSTER_E_CORRUPT;
	}
	for (uint32_t i = 0; i < map.nr_entries; i++)
		range(context, ranges[i].base, ranges[i].size, ranges[i].type);
	return (int)map.nr_entries;
}
