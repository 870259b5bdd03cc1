/* SPDX-License-Identifier: MIT */
/* Size classes of free per-CPU blocks: arithmetic for core/percpu_blocks.c alone. */
#ifndef CORE_PERCPU_CLASS_H
#define CORE_PERCPU_CLASS_H

#include "core/percpu_blocks.h"

/* Up to 16 granules each size has its own class, then each power of two has 16. */
#define CLASS_STEP_BITS	 4
#define CLASS_STEPS	 (1u << CLASS_STEP_BITS)
#define CLASS_SIZE_BITS	 24 /* of PERCPU_OFFSET_MAX */
#define CLASS_GRAIN_BITS 2  /* of PERCPU_GRANULE */
#define PERCPU_CLASSES	 ((CLASS_SIZE_BITS - CLASS_GRAIN_BITS - CLASS_STEP_BITS + 2) * CLASS_STEPS)
_Static_assert(PERCPU_OFFSET_MAX == 1u << CLASS_SIZE_BITS, "classes are for every size");
_Static_assert(PERCPU_GRANULE == 1u << CLASS_GRAIN_BITS, "classes count in granules");
_Static_assert(PERCPU_CLASSES % 64 == 0, "whole words of the bitmap");

/* The class that a size belongs to. */
static inline uint32_t percpu_class_of(uint32_t size)
{
	uint32_t grains = size / PERCPU_GRANULE;
	uint32_t bits;

	if (grains < CLASS_STEPS)
		return grains;
	bits = 31 - (uint32_t)__builtin_clz(grains);
	return (bits - CLASS_STEP_BITS + 1) * CLASS_STEPS + (grains >> (bits - CLASS_STEP_BITS)) -
	       CLASS_STEPS;
}

/* The first class in which every block has at least this size. */
static inline uint32_t percpu_class_for(uint32_t size)
{
	uint32_t grains = size / PERCPU_GRANULE;

	if (grains >= CLASS_STEPS)
		grains += (1u << (31 - (uint32_t)__builtin_clz(grains) - CLASS_STEP_BITS)) - 1;
	return percpu_class_of(grains * PERCPU_GRANULE);
}

#endif
