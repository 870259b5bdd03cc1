// SPDX-License-Identifier: MIT
/*
 * Makes one of the boot protocols that the image has: which one is the way in's to say. Called by
 * steps `command-line` and `memory-map`. Must not decide what is done with any of it.
 */
#include "platform/pc/pc_boot.h"

#include "arch/x86_64/start.h"

/* The others are not in the image if they are not asked for. */
#pragma weak pc_boot_pvh
#pragma weak pc_boot_multiboot2
#pragma weak pc_boot_linux

/* Without its protocol an image does not have the way in either. */
static const struct pc_boot_protocol *protocol(void)
{
	static const struct pc_boot_protocol *const protocols[WAYS] = {
		[BOOT_PVH] = &pc_boot_pvh,
		[BOOT_MULTIBOOT2] = &pc_boot_multiboot2,
		[BOOT_LINUX] = &pc_boot_linux,
	};

	return protocols[boot_source()->protocol];
}

void pc_boot_add_module(struct pc_boot *boot, uint64_t base, uint64_t size)
{
	if (!size || boot->module_count == PC_BOOT_MODULES_MAX)
		return;
	boot->modules[boot->module_count].base = base;
	boot->modules[boot->module_count++].size = size;
}

int pc_boot_read(struct pc_boot *boot)
{
	*boot = (struct pc_boot){ 0 };
	return protocol()->read(boot_source()->physical, boot);
}

int pc_boot_memory_map_read(boot_range_function *range, void *context)
{
	return protocol()->memory_map_read(range, context);
}
