/* SPDX-License-Identifier: MIT */
/* The memory map that Xen has for its guest. */
#ifndef PLATFORM_XEN_XEN_MEMORY_MAP_H
#define PLATFORM_XEN_XEN_MEMORY_MAP_H

#include "firmware/boot_range.h"
#include "platform/xen/hypercall.h"

/* As int 15h, EAX = E820h has it: ACPI 6.5, table 15.2; no padding at the end. */
struct xen_memory_range {
	uint64_t base;
	uint64_t size;
	uint32_t type;
} __attribute__((packed));

/* XENMEM_memory_map: Xen's answer, and how many of the ranges there are now, 0 if it refuses. It is not
 * believed: *count may be more than room. */
long xen_memory_map_ask(struct xen_memory_range *ranges, uint32_t room, uint32_t *count);

/* One that has more is refused. */
#define XEN_MEMORY_RANGES_MAX 256u

/*
 * Ask Xen (XENMEM_memory_map) and pass each range on, in Xen's order. Returns the number of ranges, or an
 * error with a line. The hypercall page must be filled; boot CPU only.
 */
int xen_memory_map_read(boot_range_function *range, void *context);

#endif
