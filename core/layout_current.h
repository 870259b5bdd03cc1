/* SPDX-License-Identifier: MIT */
/* The one layout, for core: units, stacks and traps need it and are handed none: they ask
 * layout_current(). */
#ifndef CORE_LAYOUT_CURRENT_H
#define CORE_LAYOUT_CURRENT_H

#include <muster/layout.h>

/* The windows of that layout, for code that asks for every CPU: where the first is, how many there
 * are, and the binary logarithm of their distance. */
struct layout_windows {
	uintptr_t start;
	uint64_t count; /* of windows, one behind the other */
	uint32_t shift;
};
extern struct layout_windows layout_windows;

/* Where a CPU's window begins, and its upper half. Needs the sealed layout. */
static inline uintptr_t layout_window(uint32_t cpu)
{
	return layout_windows.start + ((uintptr_t)cpu << layout_windows.shift);
}

static inline uintptr_t layout_window_half(uint32_t cpu)
{
	return layout_window(cpu) + ((uintptr_t)1 << (layout_windows.shift - 1));
}

#if __STDC_HOSTED__
/* Unit tests only: there is no layout again, so that a test can seal one of its own. */
void layout_forget(void);
#endif

#endif
