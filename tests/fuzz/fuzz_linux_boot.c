// SPDX-License-Identifier: MIT
/*
 * Linux's struct boot_params over any bytes: the input is memory from 0 on, its first page the
 * structure. Signature and version are put right, since nothing happens without them.
 */
#include "firmware/linux_boot.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

#define PAGE 4096u

static void count_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	unsigned int *count = context;

	(void)base;
	(void)size;
	(void)type;
	(*count)++;
}

static void check_boot(const struct firmware_reader *reader)
{
	struct linux_boot boot;
	unsigned int count = 0, sum = 0;
	int result = linux_boot_read(reader, 0, &boot);

	must(boot.map_count <= LINUX_BOOT_MAPS_MAX);
	for (uint32_t i = 0; i < boot.map_count; i++) {
		must(boot.maps[i].count);
		sum += boot.maps[i].count;
	}
	must(sum <= LINUX_BOOT_MEMORY_MAP_MAX);
	must(!boot.ramdisk_size || boot.ramdisk + (boot.ramdisk_size - 1) >= boot.ramdisk);
	if (result)
		return;
	result = linux_boot_memory_map_read(reader, &boot, count_range, &count);
	must(result < 0 || ((unsigned int)result == count && count == sum));
	must(count <= sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t header[6] = { 'H', 'd', 'r', 'S', 0x0f, 0x02 };
	/* The page is always there; only what lies behind it may be missing. */
	struct memory_image image = { .size = size < PAGE ? PAGE : size };
	const struct firmware_reader reader = { memory_image_read, &image };

	silence_begin();
	image.bytes = calloc(1, image.size);
	if (!image.bytes)
		return 0;
	if (size)
		memcpy(image.bytes, data, size);
	memcpy(image.bytes + 0x202, header, sizeof(header));
	check_boot(&reader);
	free(image.bytes);
	return 0;
}
