/* SPDX-License-Identifier: MIT */
/* CPUs that the kernel before us parked: finding them. An image may leave it out (core/image_choice.h). */
#ifndef PLATFORM_PAPR_PAPR_PARK_H
#define PLATFORM_PAPR_PAPR_PARK_H

#include "platform/parked.h"

/* The memory map is made, and nothing is given out: find the region in the device tree, and take it. */
void papr_park_find(void);

extern const struct platform_handover papr_handover;

/* On each CPU of a kernel that was handed over to, before it registers areas of its own. */
void papr_park_look(cpu_t cpu);

#endif
