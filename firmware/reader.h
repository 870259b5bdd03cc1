/* SPDX-License-Identifier: MIT */
/*
 * How firmware parsers see memory: they copy what they look at, so that nothing they have checked
 * can change under them, and a pointer out of range is an answer and not a trap.
 */
#ifndef FIRMWARE_READER_H
#define FIRMWARE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct firmware_reader {
	/* Copy size bytes from a physical address; false when not all of them can be read. */
	bool (*read)(void *context, uint64_t physical, void *buffer, size_t size);
	void *context;
};

static inline bool firmware_read(const struct firmware_reader *reader, uint64_t physical,
				 void *buffer, size_t size)
{
	if (size && physical + (size - 1) < physical)
		return false;
	return reader->read(reader->context, physical, buffer, size);
}

#endif
