/* SPDX-License-Identifier: MIT */
/*
 * Physical memory for parser tests: bytes from address `base` on, with one hole that cannot be
 * read, and everything else not there.
 */
#ifndef TESTS_UNIT_MEMORY_IMAGE_H
#define TESTS_UNIT_MEMORY_IMAGE_H

#include "firmware/reader.h"

#include <string.h>

struct memory_image {
	uint8_t *bytes;
	uint64_t base;
	uint64_t size;
	uint64_t hole_start;
	uint64_t hole_end; /* first address after the hole; 0: no hole */
};

static inline bool memory_image_read(void *context, uint64_t physical, void *buffer, size_t size)
{
	const struct memory_image *image = context;
	uint64_t offset = physical - image->base;

	if (physical < image->base || offset > image->size || size > image->size - offset)
		return false;
	if (physical < image->hole_end && physical + size > image->hole_start)
		return false;
	if (size)
		memcpy(buffer, image->bytes + offset, size);
	return true;
}

/* Where an address is in the image. */
static inline uint8_t *memory_image_at(const struct memory_image *image, uint64_t physical)
{
	return image->bytes + (physical - image->base);
}

static inline void memory_image_put(const struct memory_image *image, uint64_t physical,
				    const void *bytes, size_t size)
{
	memcpy(memory_image_at(image, physical), bytes, size);
}

#endif
