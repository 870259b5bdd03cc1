// SPDX-License-Identifier: MIT
/*
 * Does a running step use only what it declared? On the host only: core/needs.h. A thread plays a
 * CPU, so the running step is the thread's own.
 */
#include "core/needs.h"

#include <muster/muster.h>

#if __STDC_HOSTED__
static _Thread_local const struct bringup_step *running;

void bringup_uses_begin(const struct bringup_step *step)
{
	running = step;
}

void bringup_uses_check(uint64_t set)
{
	uint64_t missing = running ? set & ~(running->needs | running->gives) : 0;

	if (missing) {
		const struct bringup_step *step = running;

		running = NULL; /* the panic itself uses things */
		muster_panic("step %s: uses %s, which it does not declare", step->name,
			     capability_name((enum capability)__builtin_ctzll(missing)));
	}
}
#else
void bringup_uses_begin(const struct bringup_step *step)
{
	(void)step;
}

void bringup_uses_check(uint64_t set)
{
	(void)set;
}
#endif
