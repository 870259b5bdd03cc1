/* SPDX-License-Identifier: MIT */
/* CPUs that the kernel before us parked: finding them. For guests with local APICs that PVH has started. An image
 * may leave it out (core/image_choice.h). */
#ifndef PLATFORM_PC_PC_PARK_H
#define PLATFORM_PC_PC_PARK_H

#include "platform/parked.h"

/* The memory map is made, and nothing is given out: find the region among the modules, and take it. */
void pc_park_find(void);

extern const struct platform_handover pc_handover;

#endif
