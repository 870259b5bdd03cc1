// SPDX-License-Identifier: MIT
/*
 * H6, and this must not compile: page-table set-up reads where the fixmap ends from a draft, which
 * has no such place yet. With -DCONTROL it reads the sealed layout, and compiles.
 */
#include <muster/layout.h>

uint64_t fixmap_end(struct layout_draft *draft);

uint64_t fixmap_end(struct layout_draft *draft)
{
#ifdef CONTROL
	const struct layout *layout = layout_seal(draft);

	return layout_fixmap_start(layout) + UINT64_C(4096) * layout_fixmap_slots(layout);
#else
	return draft->fixmap_start + UINT64_C(4096) * draft->machine.fixmap_slots;
#endif
}
