// SPDX-License-Identifier: MIT
/*
 * Self-tests of the address space: what somebody else keeps at its top is left alone, and what is ours lies
 * below it without a gap. Holes elsewhere may have pages of their owner's that a guest can read.
 */
#include "kernel/tests.h"

/* Pages that are tried, spread over a hole. */
#define PROBES 64

/* The hole that reaches the top; NULL: there is none. */
static const struct layout_hole *top_hole(const struct layout *layout)
{
	const struct layout_hole *hole;

	for (uint32_t i = 0; (hole = layout_hole_at(layout, i)); i++)
		if (hole->start == layout_kernel_top(layout))
			return hole;
	return NULL;
}

static uint32_t mapped_in(const struct layout_hole *hole)
{
	uint64_t pages = hole->size / MEMORY_PAGE_SIZE;
	uint32_t mapped = 0;

	for (uint64_t i = 0; i < PROBES; i++) {
		uint64_t page = i * (pages - 1) / (PROBES - 1);

		mapped += !fault_on_read((uintptr_t)(hole->start + page * MEMORY_PAGE_SIZE));
	}
	return mapped;
}

static void test_sealed(struct ktap *ktap, const struct layout *layout)
{
	uint64_t fixmap = layout_fixmap_start(layout);
	uint64_t fixmap_end = fixmap + (uint64_t)layout_fixmap_slots(layout) * MEMORY_PAGE_SIZE;
	const struct layout_hole *hole = top_hole(layout);

	if (hole) {
		ktap_result(ktap, !mapped_in(hole),
			    "layout: nothing is mapped in the hole at %#llx",
			    (unsigned long long)hole->start);
		ktap_result(ktap, fixmap_end == hole->start,
			    "layout: the fixmap ends where the hole begins");
		ktap_note(ktap, "low memory: %llu KiB, the hole of %s: %llu KiB",
			  (unsigned long long)layout_direct_size(layout) / 1024, hole->owner,
			  (unsigned long long)hole->size / 1024);
	} else {
		ktap_skip(ktap, "layout: the hole at the top", "nobody keeps anything there");
	}
	if (sizeof(uintptr_t) == 4)
		ktap_result(ktap,
			    layout_direct_start(layout) + layout_direct_size(layout) ==
				    layout_window_start(layout),
			    "layout: low memory reaches as far as the windows of the CPUs");
}

void test_layout(struct ktap *ktap)
{
	if (layout_current())
		test_sealed(ktap, layout_current());
	else
		ktap_skip(ktap, "layout", "this machine's addresses are not translated");
}
