/* SPDX-License-Identifier: MIT */
/* What step `clock` and the command line set; read through muster/clock.h. */
#ifndef CORE_CLOCK_STORE_H
#define CORE_CLOCK_STORE_H

#include <stdint.h>

/* Ticks per second of counter_read(), below 18 GHz; 0: unknown. */
void clock_frequency_set(uint64_t ticks_per_second);

/* Where timeout= puts the limit for one CPU, in milliseconds. */
uint64_t *clock_cpu_limit_store(void);

#endif
