/* SPDX-License-Identifier: MIT */
/* CPUs that the kernel before us parked (docs/park.md): finding them, and waking them all. For guests with
 * local APICs that PVH has started. An image may leave it out (core/image_choice.h). */
#ifndef PLATFORM_PC_PC_PARK_H
#define PLATFORM_PC_PC_PARK_H

#include "platform/parked.h"

/* Before the memory map is made: find the region, which is no module for anybody else. And when it is made, and
 * nothing has been given out: take the region and all that the hypervisor holds out of what will be given out. A
 * region that is wrong is named, and not used. */
void pc_park_find(void);
void pc_park_claim(void);

extern const struct platform_handover pc_handover;

#endif
