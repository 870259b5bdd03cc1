// SPDX-License-Identifier: MIT
/* The platforms that an x86-64 image can be on. The first that detects itself is it; pc, which
 * every x86-64 machine can claim to be, is last. */
#include "arch/x86_64/start.h"
#include "platform/pc/pc.h"
#include "platform/platform.h"
#include "platform/xen/pv/pv.h"
#include "platform/xen/pvh/xen_pvh.h"

/* An image may leave these out: core/image_choice.h. */
#pragma weak platform_xen_pv
#pragma weak platform_xen_pvh

static const struct platform *const known[] = {
	&platform_xen_pv,
	&platform_xen_pvh,
	&platform_pc,
};

const struct platform_list platforms = { known, sizeof(known) / sizeof(known[0]) };

void x86_emergency_console(void)
{
	const struct platform *platform = platform_current();

	if (platform && platform->emergency_console)
		platform->emergency_console();
}
