// SPDX-License-Identifier: MIT
/*
 * Linux's 64-bit boot protocol as a boot protocol of the PC: what boot_params says. Called through
 * pc_boot.c alone.
 */
#include "arch/x86_64/page_table.h"
#include "core/image_choice.h"
#include "firmware/efi.h"
#include "firmware/linux_boot.h"
#include "platform/pc/pc_boot.h"

IMAGE_CHOICE(linux_boot);

extern const char linux_entry[];

static struct linux_boot told;

static int read_told(uint64_t physical, struct pc_boot *boot)
{
	int error = linux_boot_read(&fixmap_reader, physical, &told);

	if (error)
		return error;
	boot->command_line = told.command_line;
	boot->rsdp = told.rsdp;
	if (!boot->rsdp && told.efi_system_table)
		boot->rsdp = efi_rsdp_find(&fixmap_reader, told.efi_system_table);
	pc_boot_add_module(boot, told.ramdisk, told.ramdisk_size);
	return 0;
}

static int memory_map_read(boot_range_function *range, void *context)
{
	return linux_boot_memory_map_read(&fixmap_reader, &told, range, context);
}

const struct pc_boot_protocol pc_boot_linux = { read_told, memory_map_read, linux_entry };
