/* SPDX-License-Identifier: MIT */
/*
 * The park region (docs/park.md) of the architecture that this is compiled for, under names that all of them
 * have. Portable code includes this; what else an architecture's own header has is its own.
 *
 *   PARK_MACHINE           what `machine` says in its park page
 *   PARK_COPY_PAGE         the list of struct park_copy, PARK_COPIES_MAX and an end, in the region
 *   PARK_TOLD_PAGE         where in the region the payload finds what it is told, PARK_TOLD_BYTES; 0: not there
 *   PARK_SLOTS_PAGE        the first slot, and PARK_SLOT_STRIDE from one to the next
 *   park_reach()           the end of what released CPUs and the payload reach; region, payload, and all that
 *                          it is told lie below. At most 4 GiB
 *   park_region_...()      make a region, go in, leave the kernel by it
 *   park_arrival_begin()   in the next kernel
 */
#ifndef ARCH_PARK_H
#define ARCH_PARK_H

#if defined(__x86_64__) || defined(__i386__)
#include "arch/x86_64/park.h"
#elif defined(__powerpc64__)
#include "arch/ppc64/park.h"
#else
#error "muster: no park region for this architecture"
#endif

#endif
