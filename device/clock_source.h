/* SPDX-License-Identifier: MIT */
/* Clocks of known speed, to measure the time-stamp counter with. */
#ifndef DEVICE_CLOCK_SOURCE_H
#define DEVICE_CLOCK_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Ticks per second of the time-stamp counter, by the best source there is: what CPUID tells, the
 * ACPI timer at that port (0: none), the 8254 by its second channel or by its first, the real-time
 * clock. 0 when none of them runs. Takes about 1 ms, with the real-time clock about 27.
 */
uint64_t tsc_frequency(uint16_t pm_timer_port, bool pm_timer_32);

/* Wait, about. Needs the clock's frequency; before it is known a bounded number of polls. */
void delay_microseconds(uint32_t microseconds);

#endif
