/* SPDX-License-Identifier: MIT */
/*
 * What Xen tells a PV guest at its start, checked: struct start_info (public/xen.h), the map of its
 * memory, and the range of addresses that is Xen's. Pure, so that the host can test it: whoever wrote
 * these structures is not believed.
 */
#ifndef PLATFORM_XEN_PV_PV_BOOT_H
#define PLATFORM_XEN_PV_PV_BOOT_H

#include "firmware/boot_range.h"
#include "platform/xen/hypercall.h"
#include "platform/xen/xen_memory_map.h"

struct pv_range {
	uint64_t physical;
	uint64_t size; /* bytes, whole pages; 0: there is none */
};

struct pv_boot {
	uint64_t pages;		    /* of memory: physical addresses are 0 ... pages * 4096 */
	uint64_t shared_info;	    /* machine address */
	uint64_t root;		    /* physical address of the top page table */
	struct pv_range tables;	    /* the page tables that we began on, the root first */
	struct pv_range frame_list; /* frame_list[n]: machine frame of page n */
	struct pv_range module;	    /* what the loader loaded beside us */
	bool privileged;	    /* we are the domain that has the hardware */
	char command_line[MAX_GUEST_CMDLINE + 1];
};

/* Where in virtual memory physical address 0 is in the tables that we began on, and the largest number
 * of pages that is believed: 46 bits of address. */
#define PV_INITIAL_BASE UINT64_C(0xffffffff80000000)
#define PV_PAGES_MAX	(UINT64_C(1) << 34)

/*
 * Read start_info. image_end: physical address of the first byte behind the image. Returns 0, or
 * MUSTER_E_CORRUPT with a line that names the field, its value and the rule.
 */
int pv_boot_read(const struct start_info *info, uint64_t image_end, struct pv_boot *boot);

#define PV_MEMORY_ENTRIES 128

/*
 * Pass on what of the map is memory that we have: entries beyond `pages` are cut off. A map without RAM is
 * none: then all pages are RAM, and, where there are entries at all, a line says so. Returns the number of
 * ranges passed on.
 */
int pv_memory_map_read(const struct xen_memory_range *entries, uint32_t count, uint64_t pages,
		       boot_range_function *range, void *context);

/*
 * Xen's range of virtual addresses, from what XENVER_platform_parameters answered (0: nothing). Where
 * that cannot be, the ABI's constant stands, and a line says so.
 */
struct pv_hole {
	uint64_t start;
	uint64_t end; /* the first address behind it */
};
struct pv_hole pv_hole_from(uint64_t told_start);

#endif
