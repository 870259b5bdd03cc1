// SPDX-License-Identifier: MIT
/* The platforms that a ppc64 image can be on, as platform/list.c has them for x86-64. */
#include "arch/ppc64/start.h"
#include "platform/opal/opal.h"
#include "platform/papr/papr.h"

/* An image may leave it out: core/image_choice.h. */
#pragma weak platform_opal

static const struct platform *const known[] = {
	&platform_papr,
	&platform_opal,
};

const struct platform_list platforms = { known, sizeof(known) / sizeof(known[0]) };

void ppc64_emergency_console(void)
{
	const struct platform *platform = platform_current();

	if (platform && platform->emergency_console)
		platform->emergency_console();
}
