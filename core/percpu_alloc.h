/* SPDX-License-Identifier: MIT */
/* Dynamic per-CPU memory, as core/unit.c and core/percpu_pages.c see it. Public:
 * muster/percpu.h. */
#ifndef CORE_PERCPU_ALLOC_H
#define CORE_PERCPU_ALLOC_H

#include <stdint.h>

/* There is a new image: forget all that was handed out. */
void percpu_alloc_begin(void);

/*
 * What of the pages that every unit is made with has to be zero in a new one: *offset, and the size
 * as the result; 0 while nothing in them is handed out.
 */
uint32_t percpu_alloc_fixed(uint32_t *offset);

#endif
