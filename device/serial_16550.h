/* SPDX-License-Identifier: MIT */
/* The 16550 UART as a console: COM1. Data sheet: National Semiconductor PC16550D. */
#ifndef DEVICE_SERIAL_16550_H
#define DEVICE_SERIAL_16550_H

#include <stdbool.h>
#include <stddef.h>

/* Is there one at COM1? Sets it to 115200 8N1 with FIFOs if so. */
bool serial_16550_begin(void);
/* Send text. Gives up on a byte that the device does not take within a bounded number of polls. */
void serial_16550_write(const char *text, size_t length);
/* Wait, bounded, until all has left the device. */
void serial_16550_drain(void);

#endif
