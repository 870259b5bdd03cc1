/* SPDX-License-Identifier: MIT */
/* What an ELF64 file is made of: the bytes it loads, and where its symbols are. */
#ifndef TOOL_BENCH_IMAGE_H
#define TOOL_BENCH_IMAGE_H

#include "tool/bench.h"

/*
 * Add up the PT_LOAD segments of a file of size bytes at data, which is not trusted: executable is text,
 * writable is data (what is not in the file is bss), the rest rodata. Returns 0, or -1 and fills the
 * image's note.
 */
int image_measure(const uint8_t *data, size_t size, struct bench_image *image);

struct image_symbol {
	uint64_t address, size;
};

/* The function of that name. False: there is none in the file, or the file is not of the form. */
bool image_symbol(const uint8_t *data, size_t size, const char *name, struct image_symbol *symbol);

/*
 * The bytes at an address of a symbol, size of them, or NULL where the file does not have them.
 */
const uint8_t *image_bytes(const uint8_t *data, size_t size, uint64_t address, uint64_t count);

#endif
