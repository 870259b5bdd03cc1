// SPDX-License-Identifier: MIT
/*
 * Multiboot2 as a boot protocol of the PC: what the boot information says. Called through pc_boot.c
 * alone.
 */
#include "arch/x86_64/page_table.h"
#include "core/image_choice.h"
#include "firmware/efi.h"
#include "firmware/multiboot2.h"
#include "platform/pc/pc_boot.h"

IMAGE_CHOICE(multiboot2);

_Static_assert(MULTIBOOT2_MODULES_MAX <= PC_BOOT_MODULES_MAX, "room for what multiboot2 tells");

extern const char multiboot2_entry[];

static struct multiboot2_boot told;

static int read_told(uint64_t physical, struct pc_boot *boot)
{
	int error = multiboot2_read(&fixmap_reader, physical, &told);

	if (error)
		return error;
	boot->command_line = told.command_line;
	boot->rsdp = told.rsdp;
	if (boot->rsdp) {
		boot->keep = physical;
		boot->keep_size = told.size;
	} else if (told.efi_system_table) {
		boot->rsdp = efi_rsdp_find(&fixmap_reader, told.efi_system_table);
	}
	for (uint32_t i = 0; i < told.module_count; i++)
		pc_boot_add_module(boot, told.modules[i].base, told.modules[i].size);
	return 0;
}

static int memory_map_read(boot_range_function *range, void *context)
{
	return multiboot2_memory_map_read(&fixmap_reader, &told, range, context);
}

const struct pc_boot_protocol pc_boot_multiboot2 = { read_told, memory_map_read, multiboot2_entry };
