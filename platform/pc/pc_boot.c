// SPDX-License-Identifier: MIT
/*
 * Makes one of the three boot protocols: for each a function that reads what it has to say, and one
 * that walks its memory map. Called by steps `command-line` and `memory-map`. Must not decide what is
 * done with any of it.
 */
#include "platform/pc/pc_boot.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "firmware/efi.h"
#include "firmware/linux_boot.h"
#include "firmware/multiboot2.h"
#include "firmware/pvh.h"

#include <muster/error.h>

_Static_assert(PVH_MODULES_MAX <= PC_BOOT_MODULES_MAX, "room for what PVH tells");
_Static_assert(MULTIBOOT2_MODULES_MAX <= PC_BOOT_MODULES_MAX, "room for what multiboot2 tells");

/* Only one of them is ever in use. */
static union {
	struct pvh_boot pvh;
	struct multiboot2_boot multiboot2;
	struct linux_boot linux_boot;
} told;

static void add_module(struct pc_boot *boot, uint64_t base, uint64_t size)
{
	if (!size || boot->module_count == PC_BOOT_MODULES_MAX)
		return;
	boot->modules[boot->module_count].base = base;
	boot->modules[boot->module_count++].size = size;
}

static int read_pvh(uint64_t physical, struct pc_boot *boot)
{
	struct pvh_boot *pvh = &told.pvh;
	int error = pvh_read(&fixmap_reader, physical, pvh);

	if (error)
		return error;
	boot->command_line = pvh->command_line;
	boot->rsdp = pvh->rsdp;
	for (uint32_t i = 0; i < pvh->module_count; i++)
		add_module(boot, pvh->modules[i].base, pvh->modules[i].size);
	return 0;
}

static int read_multiboot2(uint64_t physical, struct pc_boot *boot)
{
	struct multiboot2_boot *multiboot2 = &told.multiboot2;
	int error = multiboot2_read(&fixmap_reader, physical, multiboot2);

	if (error)
		return error;
	boot->command_line = multiboot2->command_line;
	boot->rsdp = multiboot2->rsdp;
	if (boot->rsdp) {
		boot->keep = physical;
		boot->keep_size = multiboot2->size;
	} else if (multiboot2->efi_system_table) {
		boot->rsdp = efi_rsdp_find(&fixmap_reader, multiboot2->efi_system_table);
	}
	for (uint32_t i = 0; i < multiboot2->module_count; i++)
		add_module(boot, multiboot2->modules[i].base, multiboot2->modules[i].size);
	return 0;
}

static int read_linux(uint64_t physical, struct pc_boot *boot)
{
	struct linux_boot *linux_boot = &told.linux_boot;
	int error = linux_boot_read(&fixmap_reader, physical, linux_boot);

	if (error)
		return error;
	boot->command_line = linux_boot->command_line;
	boot->rsdp = linux_boot->rsdp;
	if (!boot->rsdp && linux_boot->efi_system_table)
		boot->rsdp = efi_rsdp_find(&fixmap_reader, linux_boot->efi_system_table);
	add_module(boot, linux_boot->ramdisk, linux_boot->ramdisk_size);
	return 0;
}

static int map_pvh(boot_range_function *range, void *context)
{
	return pvh_memory_map_read(&fixmap_reader, &told.pvh, range, context);
}

static int map_multiboot2(boot_range_function *range, void *context)
{
	return multiboot2_memory_map_read(&fixmap_reader, &told.multiboot2, range, context);
}

static int map_linux(boot_range_function *range, void *context)
{
	return linux_boot_memory_map_read(&fixmap_reader, &told.linux_boot, range, context);
}

static const struct {
	int (*read)(uint64_t physical, struct pc_boot *boot);
	int (*map)(boot_range_function *range, void *context);
} protocols[WAYS] = {
	[BOOT_PVH] = { read_pvh, map_pvh },
	[BOOT_MULTIBOOT2] = { read_multiboot2, map_multiboot2 },
	[BOOT_LINUX] = { read_linux, map_linux },
};

int pc_boot_read(struct pc_boot *boot)
{
	const struct boot_source *source = boot_source();

	*boot = (struct pc_boot){ 0 };
	return protocols[source->protocol].read(source->physical, boot);
}

int pc_boot_memory_map_read(boot_range_function *range, void *context)
{
	return protocols[boot_source()->protocol].map(range, context);
}
