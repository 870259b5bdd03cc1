/* SPDX-License-Identifier: MIT */
/* The memory map that Xen has for its guest. */
#ifndef PLATFORM_XEN_XEN_MEMORY_MAP_H
#define PLATFORM_XEN_XEN_MEMORY_MAP_H

#include "firmware/boot_range.h"

/* One that has more is refused. */
#define XEN_MEMORY_RANGES_MAX 256u

/*
 * Ask Xen (XENMEM_memory_map) and pass each range on, in Xen's order. Returns the number of ranges, or an
 * error with a line. The hypercall page must be filled; boot CPU only.
 */
int xen_memory_map_read(boot_range_function *range, void *context);

#endif
