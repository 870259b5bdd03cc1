// SPDX-License-Identifier: MIT
/*
 * Holds the one struct machine. The architecture's first C code sets it; everybody in core asks for
 * it. Before that a machine stands here that can do nothing, so that a panic in the very first
 * instructions finds NULL functions and not a NULL machine.
 */
#include "core/machine.h"

static const struct machine nothing = { .architecture = "none" };
const struct machine *machine_current = &nothing;

void machine_set(const struct machine *machine)
{
	machine_current = machine ? machine : &nothing;
}
