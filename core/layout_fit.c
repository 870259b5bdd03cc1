// SPDX-License-Identifier: MIT
/*
 * A direct map as large as there is room for: where addresses have 32 bits, memory that it does not reach is
 * lost, so it takes what holes, fixmap and windows leave. Called by such an architecture's step `layout`,
 * between the last hole and the seal. Must not know how much memory there is.
 */
#include "core/align.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/layout.h>
#include <muster/memory.h>
#include <stdbool.h>

static bool reaches_the_top(const struct layout_hole *hole, const struct layout_machine *machine)
{
	return hole->start + (hole->size - 1) == machine->address_last;
}

/* Where the windows' room would begin if they lay right below the fixmap; 0: there is none. */
static uint64_t windows_lowest(const struct layout_draft *draft)
{
	const struct layout_machine *machine = &draft->machine;
	uint64_t fixmap = (uint64_t)machine->fixmap_slots * MEMORY_PAGE_SIZE;
	uint64_t windows = (uint64_t)machine->cpus_max << __builtin_ctzll(machine->window_stride);
	uint64_t top = machine->address_last;

	for (uint32_t i = 0; i < draft->hole_count; i++)
		if (reaches_the_top(&draft->holes[i], machine))
			top = draft->holes[i].start;
	/* As layout_seal() puts the fixmap. */
	top = align_down(top, machine->fixmap_align);
	if (top < fixmap + windows)
		return 0;
	return align_down(top - fixmap, machine->window_stride) - windows;
}

int layout_draft_fit(struct layout_draft *draft, uint64_t least)
{
	struct layout_machine *machine = &draft->machine;
	uint64_t start = align_up(machine->kernel_start, machine->direct_align);
	uint64_t end = windows_lowest(draft);

	/* It is one piece, and begins at the start: the lowest hole ends it. */
	for (uint32_t i = 0; i < draft->hole_count; i++)
		if (draft->holes[i].start < end &&
		    draft->holes[i].start + (draft->holes[i].size - 1) >= start)
			end = draft->holes[i].start;
	end = align_down(end, MEMORY_PAGE_SIZE);
	if (end < start || end - start < least || end < machine->image_end) {
		console_print("muster: layout: holes leave %#llx bytes of low memory: %#llx are "
			      "the least, and the kernel image ends at %#llx\n",
			      (unsigned long long)(end < start ? 0 : end - start),
			      (unsigned long long)least, (unsigned long long)machine->image_end);
		return MUSTER_E_NO_MEMORY;
	}
	machine->direct_size = end - start;
	return 0;
}
