// SPDX-License-Identifier: MIT
/*
 * Finds the park region that the kernel before us left, among PVH's modules (docs/park.md, "How the comer is
 * told"). Called by step `memory-map`, on the boot CPU. What it was told is not believed.
 */
#include "platform/pc/pc_park.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/image_choice.h"
#include "core/string.h"
#include "firmware/pvh.h"
#include "platform/parked.h"
#include "platform/pc/pc.h"

IMAGE_CHOICE(park);

static bool is_the_name(uint64_t physical)
{
	char name[sizeof(PARK_MODULE_NAME)];

	return physical && firmware_read(&fixmap_reader, physical, name, sizeof(name)) &&
	       !memcmp(name, PARK_MODULE_NAME, sizeof(name));
}

/* It is no module for anybody else. */
static void module_remove(uint64_t base)
{
	struct pc_boot *boot = &pc_firmware.boot;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < boot->module_count; i++)
		if (boot->modules[i].base != base)
			boot->modules[kept++] = boot->modules[i];
	boot->module_count = kept;
}

static bool module_find(uint64_t *base, uint64_t *size)
{
	struct pvh_boot told;

	if (boot_source()->protocol != BOOT_PVH ||
	    pvh_read(&fixmap_reader, boot_source()->physical, &told))
		return false;
	for (uint32_t i = 0; i < told.module_count; i++) {
		if (!is_the_name(told.modules[i].command_line))
			continue;
		*base = told.modules[i].base;
		*size = told.modules[i].size;
		module_remove(*base);
		return true;
	}
	return false;
}

void pc_park_find(void)
{
	uint64_t base, size;

	if (module_find(&base, &size))
		parked_take(&fixmap_reader, base, size);
}
