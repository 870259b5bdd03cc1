/* SPDX-License-Identifier: MIT */
/*
 * Memory images for tests of boot protocol readers: a dump of what a real loader left (the fuzzers'
 * seeds), with room behind it, and the ranges of a memory map as they come.
 */
#ifndef TESTS_UNIT_BOOT_DUMP_H
#define TESTS_UNIT_BOOT_DUMP_H

#include "tests/unit/memory_image.h"

#include <stdio.h>
#include <stdlib.h>

#define DUMP_BASE 0x10000u
#define DUMP_ROOM 0x8000u

/* Returns the dump's size. Its first byte is at DUMP_BASE. */
static inline size_t dump_load(struct memory_image *image, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	*image = (struct memory_image){ .base = DUMP_BASE, .size = DUMP_ROOM };
	image->bytes = calloc(1, DUMP_ROOM);
	if (!file || !image->bytes)
		abort();
	size = fread(image->bytes, 1, DUMP_ROOM, file);
	fclose(file);
	return size;
}

struct seen_ranges {
	unsigned int count;
	uint64_t total[8]; /* bytes by type; types above count as 0 */
	uint64_t last_base, last_size;
	uint32_t last_type;
};

static inline void see_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	struct seen_ranges *seen = context;

	seen->count++;
	seen->total[type < 8 ? type : 0] += size;
	seen->last_base = base;
	seen->last_size = size;
	seen->last_type = type;
}

#endif
