// SPDX-License-Identifier: MIT
/* A kernel that panics before the first step, when nobody has asked for a console yet. */
#include <muster/muster.h>

int muster_main(void)
{
	muster_panic("nothing has begun");
}
