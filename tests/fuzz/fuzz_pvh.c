// SPDX-License-Identifier: MIT
/*
 * PVH start_info over any bytes: the input is memory from 0 on, its first bytes the structure. The
 * magic is put right, since nothing happens without it.
 */
#include "firmware/pvh.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

#define MAGIC 0x336ec578u

static void count_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	unsigned int *count = context;

	(void)base;
	(void)size;
	(void)type;
	(*count)++;
}

static void read_string(const struct firmware_reader *reader, uint64_t physical)
{
	char text[32];
	int length = firmware_string_read(reader, physical, text, sizeof(text));

	must(memchr(text, '\0', sizeof(text)));
	must(length < 0 || strlen(text) == (size_t)length);
}

static void read_boot(const struct firmware_reader *reader)
{
	struct pvh_boot boot;
	unsigned int count = 0;
	int result = pvh_read(reader, 0, &boot);

	must(boot.module_count <= PVH_MODULES_MAX);
	for (uint32_t i = 0; i < boot.module_count; i++)
		must(!boot.modules[i].size ||
		     boot.modules[i].base + (boot.modules[i].size - 1) >= boot.modules[i].base);
	if (result)
		return;
	must(boot.memory_map_count <= PVH_MEMORY_MAP_MAX);
	result = pvh_memory_map_read(reader, &boot, count_range, &count);
	must(result < 0 || (unsigned int)result == count);
	must(count <= boot.memory_map_count);
	read_string(reader, boot.command_line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_image image = { .size = size };
	const struct firmware_reader reader = { memory_image_read, &image };
	uint32_t magic = MAGIC;

	silence_begin();
	image.bytes = malloc(size ? size : 1);
	if (!image.bytes)
		return 0;
	if (size)
		memcpy(image.bytes, data, size);
	read_string(&reader, size / 2);
	if (size >= sizeof(magic))
		memcpy(image.bytes, &magic, sizeof(magic));
	read_boot(&reader);
	free(image.bytes);
	return 0;
}
