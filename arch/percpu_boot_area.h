/* SPDX-License-Identifier: MIT */
/* The per-CPU area that the boot CPU begins with, the same on every architecture. */
#ifndef ARCH_PERCPU_BOOT_AREA_H
#define ARCH_PERCPU_BOOT_AREA_H

/* Fill it from the image's template, and tell core of both. Called by entry code only, once. */
void percpu_boot_area_fill(void);

#endif
