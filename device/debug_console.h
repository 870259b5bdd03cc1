/* SPDX-License-Identifier: MIT */
/* The one-port debug console that Bochs and QEMU (isa-debugcon) have at 0xE9. */
#ifndef DEVICE_DEBUG_CONSOLE_H
#define DEVICE_DEBUG_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/* Reading the port gives its own number where the device is. */
bool debug_console_begin(void);
void debug_console_write(const char *text, size_t length);

#endif
