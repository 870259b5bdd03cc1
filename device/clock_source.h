/* SPDX-License-Identifier: MIT */
/* Clocks of known speed, to measure the time-stamp counter with. */
#ifndef DEVICE_CLOCK_SOURCE_H
#define DEVICE_CLOCK_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Look at the ACPI timer at that port (0: there is none), and at the time-stamp counter with it: what is
 * measured begins here. bits_32: the timer is that wide, and not 24 bits. To be called once, as early as
 * the port is known; at most 4 seconds, in which 24 bits wrap, before tsc_frequency().
 */
void tsc_measure_begin(uint16_t pm_timer_port, bool pm_timer_32);

/*
 * Ticks per second of the time-stamp counter, by the best source there is: what CPUID tells, the ACPI
 * timer since tsc_measure_begin(), the 8254 by its second channel or by its first, the real-time clock.
 * 0 when none of them runs. Takes no time with the ACPI timer if that was looked at 1 ms ago, else about
 * 1 ms; with the real-time clock about 27.
 */
uint64_t tsc_frequency(void);

/* Wait, about. Needs the clock's frequency; before it is known a bounded number of polls. */
void delay_microseconds(uint32_t microseconds);

#endif
