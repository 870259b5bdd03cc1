// SPDX-License-Identifier: MIT
/* PVH as a boot protocol of the PC: what start_info says. Called through pc_boot.c alone. */
#include "arch/x86_64/page_table.h"
#include "core/image_choice.h"
#include "firmware/pvh.h"
#include "platform/pc/pc_boot.h"

IMAGE_CHOICE(pvh);

_Static_assert(PVH_MODULES_MAX <= PC_BOOT_MODULES_MAX, "room for what PVH tells");

extern const char pvh_entry[];

static struct pvh_boot told;

static int read_told(uint64_t physical, struct pc_boot *boot)
{
	int error = pvh_read(&fixmap_reader, physical, &told);

	if (error)
		return error;
	boot->command_line = told.command_line;
	boot->rsdp = told.rsdp;
	for (uint32_t i = 0; i < told.module_count; i++)
		pc_boot_add_module(boot, told.modules[i].base, told.modules[i].size);
	return 0;
}

static int memory_map_read(boot_range_function *range, void *context)
{
	return pvh_memory_map_read(&fixmap_reader, &told, range, context);
}

const struct pc_boot_protocol pc_boot_pvh = { read_told, memory_map_read, pvh_entry };
