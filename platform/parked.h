/* SPDX-License-Identifier: MIT */
/* CPUs that the kernel before us parked (docs/park.md): taking the region, and waking them all. A platform finds
 * the region, each in its own way. An image may leave this out (core/image_choice.h). */
#ifndef PLATFORM_PARKED_H
#define PLATFORM_PARKED_H

#include "platform/handover.h"

/* The memory map is made, and nothing is given out: take the region and all that the hypervisor holds out of what
 * will be given out. A region that is wrong, or does not lie below `limit`, where the direct map ends, is named, and not
 * used. The reader must last. */
void parked_take(const struct firmware_reader *from, uint64_t region, uint64_t size,
		 uint64_t limit);

/* As soon as there are page tables: mark what the hypervisor has given back, so that it shows if somebody
 * goes on writing there. */
void parked_mark(void);

/* Step `start-code`: be ready for them. Returns 0 or MUSTER_E_NO_MEMORY. */
int parked_prepare(void);

/*
 * Step `start`, for one CPU or STEP_ALL_CPUS. Returns 1: it has been seen to; 0: it is not parked, or there
 * is nobody parked: start it; MUSTER_E_NOT_SUPPORTED: some are, and some not: one by one. The one store that
 * wakes them is made when the last of them that can be is STARTING.
 */
int parked_start(cpu_t cpu);

/* Was it parked? And does it wait still, because nobody has woken it? */
bool parked_was(cpu_t cpu);
bool parked_waits(cpu_t cpu);

/* The kernel before us, as told and found; all zero where there was none. */
struct handed_over *parked_handed_over(void);

#endif
