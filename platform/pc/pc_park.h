/* SPDX-License-Identifier: MIT */
/* CPUs that the kernel before us parked (docs/park.md): finding them, and waking them all. For guests with
 * local APICs that PVH has started. An image may leave it out (core/image_choice.h). */
#ifndef PLATFORM_PC_PC_PARK_H
#define PLATFORM_PC_PC_PARK_H

#include "platform/handover.h"

/* Before the memory map is made: find the region, which is no module for anybody else. And when it is made, and
 * nothing has been given out: take the region and all that the hypervisor holds out of what will be given out. A
 * region that is wrong is named, and not used. */
void pc_park_find(void);
void pc_park_claim(void);

/* As soon as there are page tables: mark what the hypervisor has given back, so that it shows if somebody
 * goes on writing there. */
void pc_park_mark(void);

/* Step `start-code`: be ready for them. Returns 0 or MUSTER_E_NO_MEMORY. */
int pc_park_prepare(void);

/*
 * Step `start`, for one CPU or STEP_ALL_CPUS. Returns 0: it has been seen to; 1: it is not parked, or there
 * is nobody parked: start it; MUSTER_E_NOT_SUPPORTED: some are, and some not: one by one. The one store that
 * wakes them is made when the last of them that can be is STARTING.
 */
int pc_park_start(cpu_t cpu);

struct handed_over *pc_handed_over(void);

extern const struct platform_handover pc_handover;

#endif
