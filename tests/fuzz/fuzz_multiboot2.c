// SPDX-License-Identifier: MIT
/*
 * Multiboot2 boot information over any bytes: the input is memory from 0 on, its first bytes the
 * information. An EFI system table, if there is one, is looked for in it too.
 */
#include "firmware/efi.h"
#include "firmware/multiboot2.h"
#include "tests/fuzz/silence.h"
#include "tests/unit/memory_image.h"

#include <stdlib.h>

static void count_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	unsigned int *count = context;

	(void)base;
	(void)size;
	(void)type;
	(*count)++;
}

/* A string that the reader names ends within the information. */
static void string_ends(const struct memory_image *image, const struct multiboot2_boot *boot,
			uint64_t at)
{
	uint64_t end = boot->size < image->size ? boot->size : image->size;

	must(at && at < end);
	must(memchr(image->bytes + at, 0, end - at));
}

static void check_boot(const struct memory_image *image, const struct firmware_reader *reader,
		       const struct multiboot2_boot *boot)
{
	unsigned int count = 0;
	int result;

	/* It may say that it is longer than memory is: only its tags have to be there. */
	must(boot->size <= MULTIBOOT2_SIZE_MAX);
	must(boot->module_count <= MULTIBOOT2_MODULES_MAX);
	for (uint32_t i = 0; i < boot->module_count; i++) {
		must(boot->modules[i].size <= UINT32_MAX);
		string_ends(image, boot, boot->modules[i].command_line);
	}
	if (boot->command_line)
		string_ends(image, boot, boot->command_line);
	must(!boot->rsdp || boot->rsdp + 20 <= boot->size);
	result = multiboot2_memory_map_read(reader, boot, count_range, &count);
	must(result < 0 || (unsigned int)result == count);
	must(count <= MULTIBOOT2_MEMORY_MAP_MAX);
	if (boot->efi_system_table)
		(void)efi_rsdp_find(reader, boot->efi_system_table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_image image = { .size = size };
	const struct firmware_reader reader = { memory_image_read, &image };
	struct multiboot2_boot boot;

	silence_begin();
	image.bytes = malloc(size ? size : 1);
	if (!image.bytes)
		return 0;
	if (size)
		memcpy(image.bytes, data, size);
	if (!multiboot2_read(&reader, 0, &boot))
		check_boot(&image, &reader, &boot);
	else
		must(boot.module_count <= MULTIBOOT2_MODULES_MAX);
	(void)efi_rsdp_find(&reader, size / 2);
	free(image.bytes);
	return 0;
}
