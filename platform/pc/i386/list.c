// SPDX-License-Identifier: MIT
/* The platforms that an i386 image can be on. The first that detects itself is it; pc, which every i386
 * machine can claim to be, is last. */
#include "arch/x86_64/start.h"
#include "platform/pc/pc.h"
#include "platform/platform.h"

static const struct platform *const known[] = {
	&platform_pc,
};

const struct platform_list platforms = { known, sizeof(known) / sizeof(known[0]) };

void x86_emergency_console(void)
{
	const struct platform *platform = platform_current();

	if (platform && platform->emergency_console)
		platform->emergency_console();
}
