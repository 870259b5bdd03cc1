/* SPDX-License-Identifier: MIT */
/* Reading memory while there is no layout yet, and so no fixmap. */
#ifndef ARCH_I386_BOOT_WINDOW_H
#define ARCH_I386_BOOT_WINDOW_H

#include "firmware/reader.h"

/* Reads any memory that the CPU can address; fails from step `page-tables` on. Boot CPU. */
extern const struct firmware_reader boot_window_reader;

#endif
