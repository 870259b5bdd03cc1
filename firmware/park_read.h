/* SPDX-License-Identifier: MIT */
/*
 * The park page and the handover record that the kernel before us left (docs/park.md), read as firmware is
 * read: a kernel of somebody else's wrote them, and another may have run in between. Trusts no byte.
 */
#ifndef FIRMWARE_PARK_READ_H
#define FIRMWARE_PARK_READ_H

#include "firmware/reader.h"

#include <muster/park.h>

struct park_found {
	struct park_page page; /* as it was when it was read; `parked` is final, `release` is 0 */
	struct handover_record record;
	uint32_t parked; /* slots that say so; the page's count agrees */
	bool has_record;
};

/*
 * Read the page at `base`, and its record. size: of the region, as we were told; machine: PARK_MACHINE_*.
 * Returns 0, or MUSTER_E_CORRUPT with a line that names field, value and rule. A record that is wrong is the
 * page's fault: what is in it may be missed.
 */
int park_read(const struct firmware_reader *reader, uint64_t base, uint64_t size, uint32_t machine,
	      struct park_found *found);

/* Slot or entry number i; false when it cannot be read. */
bool park_read_slot(const struct firmware_reader *reader, const struct park_found *found,
		    uint32_t i, struct park_slot *slot);
bool park_read_entry(const struct firmware_reader *reader, const struct park_found *found,
		     uint32_t i, struct handover_entry *entry);

#endif
