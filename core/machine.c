// SPDX-License-Identifier: MIT
/*
 * Holds the one struct machine. The architecture's first C code sets it; everybody in core asks for
 * it. Before that a machine stands here that can do nothing, so that a panic in the very first
 * instructions finds NULL functions and not a NULL machine.
 */
#include "core/machine.h"

static const struct machine nothing = { .architecture = "none" };
static const struct machine *current = &nothing;

const struct machine *machine_get(void)
{
	return current;
}

void machine_set(const struct machine *machine)
{
	current = machine ? machine : &nothing;
}
