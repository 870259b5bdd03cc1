/* SPDX-License-Identifier: MIT */
/* Ways to end a PC guest. */
#ifndef DEVICE_POWER_OFF_H
#define DEVICE_POWER_OFF_H

#include "firmware/acpi.h"

/* QEMU's isa-debug-exit at that port: the host's exit status becomes (status << 1) | 1. Returns if
 * there is no such device. */
void debug_exit(uint16_t port, int status);

/* ACPI soft off (S5): ACPI 6.5, 16.1. Returns if that did not work. */
void acpi_power_off(const struct acpi_power *power);

#endif
