/* SPDX-License-Identifier: MIT */
/* The one layout, for core: units, stacks and traps need it and are handed none. */
#ifndef CORE_LAYOUT_CURRENT_H
#define CORE_LAYOUT_CURRENT_H

#include <muster/layout.h>

/* The sealed layout; NULL before. */
const struct layout *layout_current(void);

#if __STDC_HOSTED__
/* Unit tests only: there is no layout again, so that a test can seal one of its own. */
void layout_forget(void);
#endif

#endif
