// SPDX-License-Identifier: MIT
/*
 * H6, and this must not compile: an early table scan takes a fixmap slot's address while holes are
 * still being asked for. With -DCONTROL it waits for the seal, and compiles.
 */
#include <muster/layout.h>

uint64_t scan_tables_early(struct layout_draft *draft);

uint64_t scan_tables_early(struct layout_draft *draft)
{
#ifdef CONTROL
	return layout_fixmap_address(layout_seal(draft), 0);
#else
	return layout_fixmap_address(draft, 0);
#endif
}
