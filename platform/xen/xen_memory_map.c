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

_Static_assert(sizeof(struct xen_memory_range) == 20, "ACPI 6.5, table 15.2");
_Static_assert(offsetof(struct xen_memory_map, buffer) == 8, "public/memory.h");
_Static_assert(sizeof(struct xen_memory_map) == 16, "public/memory.h");

long xen_memory_map_ask(struct xen_memory_range *ranges, uint32_t room, uint32_t *count)
{
	struct xen_memory_map map = { .nr_entries = room };
	long answer;

	set_xen_guest_handle(map.buffer, ranges);
	answer = xen_memory_op(XENMEM_memory_map, &map);
	*count = answer < 0 ? 0 : map.nr_entries;
	return answer;
}

int xen_memory_map_read(boot_range_function *range, void *context)
{
	static struct xen_memory_range ranges[XEN_MEMORY_RANGES_MAX];
	uint32_t count;
	long answer = xen_memory_map_ask(ranges, XEN_MEMORY_RANGES_MAX, &count);

	if (answer) {
		console_print("muster: xen: memory map: XENMEM_memory_map: %s\n",
			      xen_error_name(answer));
		return xen_error(answer);
	}
	/* Xen stores as many as there is room for, and does not say whether there are more. */
	if (!count || count >= XEN_MEMORY_RANGES_MAX) {
		console_print("muster: xen: memory map: %u ranges: must be 1 to %u\n", count,
			      XEN_MEMORY_RANGES_MAX - 1);
		return MUSTER_E_CORRUPT;
	}
	for (uint32_t i = 0; i < count; i++)
		range(context, ranges[i].base, ranges[i].size, ranges[i].type);
	return (int)count;
}
