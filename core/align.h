/* SPDX-License-Identifier: MIT */
/* Rounding to powers of two, for addresses and sizes. */
#ifndef CORE_ALIGN_H
#define CORE_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* align: a power of two. */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

/* The same upwards. Gives 0 when the result would be 2^64. */
static inline uint64_t align_up(uint64_t value, uint64_t align)
{
	return align_down(value + (align - 1), align) < value
		       ? 0
		       : align_down(value + (align - 1), align);
}

#endif
