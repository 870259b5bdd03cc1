/* SPDX-License-Identifier: MIT */
/*
 * Checks that a running step uses only what it declared. Core's accessors call bringup_uses() with
 * what they rest on; on the host (unit tests, order proof) a step that did not declare it as a need
 * is a panic that names step and capability. In a kernel it costs nothing.
 */
#ifndef CORE_NEEDS_H
#define CORE_NEEDS_H

#include <muster/bringup.h>

/* Panics on the host when a step is running that neither needs nor gives all of `set`. */
void bringup_uses_check(uint64_t set);

/* The runner says which step runs on this CPU from now on; NULL: none. */
void bringup_uses_begin(const struct bringup_step *step);

static inline void bringup_uses(uint64_t set)
{
	if (__STDC_HOSTED__)
		bringup_uses_check(set);
}

#endif
