// SPDX-License-Identifier: MIT
/*
 * Where CPUs arrive that the park page releases: what park.S finds there. Called by the steps `memory-map` and
 * `start-code`. There is nothing to make: without translation the image is where it is.
 */
#include "arch/ppc64/park.h"
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/cpu_table.h"

_Static_assert(offsetof(struct cpu_lookup, slots) == LOOKUP_SLOTS, "park.S");
_Static_assert(offsetof(struct cpu_lookup, mask) == LOOKUP_MASK, "park.S");
_Static_assert(offsetof(struct cpu_lookup_slot, hwid) == LOOKUP_SLOT_HWID, "park.S");
_Static_assert(offsetof(struct cpu_lookup_slot, cpu) == LOOKUP_SLOT_CPU, "park.S");
_Static_assert(sizeof(struct cpu_lookup_slot) == 1u << LOOKUP_SLOT_SHIFT, "park.S");

void park_arrival(void);

/* Read by park.S. */
const struct cpu_lookup *park_lookup;
uint64_t park_left;

void park_arrival_expect(const struct park_page *page)
{
	trap_vectors_inside(page->base, page->size, page->system_reset, page->machine_check);
}

uint64_t park_arrival_begin(uint64_t physical, uint64_t size)
{
	(void)size;
	park_lookup = cpu_lookup();
	park_left = (uintptr_t)&park_region_page(physical)->left;
	return physical_of((const void *)(uintptr_t)park_arrival);
}
