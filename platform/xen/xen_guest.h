/* SPDX-License-Identifier: MIT */
/*
 * What differs between the kinds of Xen guest, for the code that they share (event channels, areas):
 * filled in by the platform before it uses that.
 */
#ifndef PLATFORM_XEN_XEN_GUEST_H
#define PLATFORM_XEN_XEN_GUEST_H

#include "platform/xen/hypercall.h"

struct xen_guest {
	/*
	 * The frame by which Xen knows the page at a physical address of ours: the machine's in a PV
	 * guest, our own in all others. UINT64_MAX: there is none.
	 */
	uint64_t (*frame)(uint64_t physical);
	/* The shared info page, mapped for reading and writing. NULL: not yet. */
	struct shared_info *shared;
	/* Go on with areas that the kernel before us registered; NULL: there was none. Returns 0 or an
	 * error with a line. */
	int (*adopt)(void);
};

extern struct xen_guest xen_guest;

#endif
