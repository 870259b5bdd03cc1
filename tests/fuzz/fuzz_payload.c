// SPDX-License-Identifier: MIT
/*
 * The payload of a handover over any bytes: a module that is them. What is constant in a good ELF file's
 * header is put right if the last byte is odd.
 */
#include "handover/payload.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

#define BASE  0x1000u
#define LIMIT (UINT64_C(4) << 30)

static void check_segments(const struct payload *payload)
{
	bool entered = false;

	must(payload->segment_count && payload->segment_count <= PAYLOAD_SEGMENTS_MAX);
	for (uint32_t i = 0; i < payload->segment_count; i++) {
		const struct payload_segment *a = &payload->segments[i];

		must(a->memory_size && a->file_size <= a->memory_size);
		must(a->to < LIMIT && a->memory_size <= LIMIT - a->to);
		must(a->from >= payload->file.base && a->file_size <= payload->file.size &&
		     a->from - payload->file.base <= payload->file.size - a->file_size);
		entered |= payload->entry >= a->to && payload->entry - a->to < a->file_size;
		for (uint32_t j = 0; j < i; j++) {
			const struct payload_segment *b = &payload->segments[j];

			must(a->to >= b->to + b->memory_size || b->to >= a->to + a->memory_size);
		}
	}
	must(entered);
}

static void check_part(const struct payload_part *part, size_t size)
{
	must(!part->size ||
	     (part->base >= BASE && part->size <= size && part->base - BASE <= size - part->size));
}

static void put_right_32(uint8_t *bytes)
{
	bytes[4] = 1;
	bytes[18] = 3;
	bytes[42] = 32;
	bytes[43] = bytes[45] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t good[20] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0,  0,
					  0,	0,   0,	  0,   0, 0, 2, 0, 62, 0 };
	struct memory_image image = { .base = BASE, .size = size };
	const struct firmware_reader reader = { memory_image_read, &image };
	struct payload payload;

	silence_begin();
	image.bytes = malloc(size ? size : 1);
	if (!image.bytes)
		return 0;
	if (size)
		memcpy(image.bytes, data, size);
	if (size > 64 && data[size - 1] & 1) {
		memcpy(image.bytes, good, sizeof(good));
		image.bytes[54] = 56;
		image.bytes[55] = image.bytes[57] = 0;
	}
	if (!payload_parts_read(&reader, BASE, size, &payload)) {
		check_part(&payload.file, size);
		check_part(&payload.initrd, size);
		check_part(&payload.append, size);
		if (!payload_elf_read(&reader, 62, LIMIT, &payload))
			check_segments(&payload);
		/* POWER's entry is in the header, and not in a note. */
		if (image.bytes && size > 64 && data[size - 1] & 2)
			image.bytes[18] = 21;
		if (!payload_elf_read(&reader, 21, LIMIT, &payload))
			check_segments(&payload);
		/* i386's has 32 bits. */
		if (image.bytes && size > 64 && data[size - 1] & 4)
			put_right_32(image.bytes);
		if (!payload_elf_read(&reader, 3, LIMIT, &payload))
			check_segments(&payload);
	}
	free(image.bytes);
	return 0;
}
