// SPDX-License-Identifier: MIT
/* The platforms that an x86-64 image can be on. The first that detects itself is it; pc, which
 * every x86-64 machine can claim to be, is last. */
#include "platform/pc/pc.h"
#include "platform/platform.h"
#include "platform/xen/pv/pv.h"

/* An image may leave these out: core/image_choice.h. */
#pragma weak platform_xen_pv

static const struct platform *const known[] = {
	&platform_xen_pv,
	&platform_pc,
};

const struct platform_list platforms = { known, sizeof(known) / sizeof(known[0]) };
