// SPDX-License-Identifier: MIT
/*
 * What a handover record says is held, out of what will be given out: parked.h. Called by parked_take() when the
 * memory map has been made. The record's sum tells that nobody wrote over it, not that who wrote it was right: an
 * entry may be about any address, and must not take longer, or say more, than this machine has memory.
 */
#include "platform/parked.h"

#include "core/align.h"
#include "core/area_store.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/memory.h>

/* Areas share pages: another entry may have claimed it. */
static bool is_claimed(const struct memory_range *range)
{
	return range->owner && (!strcmp(range->owner, AREA_ADOPTED_OWNER) ||
				!strcmp(range->owner, HANDED_BACK_OWNER));
}

/* What of a range is RAM and nobody's becomes the owner's; what is somebody's is named by mem_claim(), range by
 * range. */
static void claim(uint64_t at, uint64_t end, const char *owner)
{
	const struct memory_range *range;

	for (size_t i = 0; (range = mem_at(i));) {
		uint64_t start = range->base > at ? range->base : at;
		uint64_t stop = range->base + range->size < end ? range->base + range->size : end;

		i++;
		if (start >= stop || range->kind != MEMORY_RAM || is_claimed(range))
			continue;
		(void)mem_claim(start, stop - start, owner);
		at = stop;
		i = 0; /* the list has changed */
	}
}

void parked_memory_claim(const struct handover_entry *entry)
{
	const uint64_t end = entry->address + entry->size;

	/* Nobody looks there before we have told of our own. */
	if (!entry->size || entry->kind == HANDOVER_PROCESS_TABLE)
		return;
	if (end < entry->address || end > align_down(UINT64_MAX, MEMORY_PAGE_SIZE)) {
		console_print("muster: handover record: entry of kind %u: %#jx bytes at %#jx: must "
			      "not wrap: left out\n",
			      entry->kind, entry->size, entry->address);
		return;
	}
	claim(align_down(entry->address, MEMORY_PAGE_SIZE), align_up(end, MEMORY_PAGE_SIZE),
	      entry->kind == HANDOVER_GIVEN_BACK ? HANDED_BACK_OWNER : AREA_ADOPTED_OWNER);
}
