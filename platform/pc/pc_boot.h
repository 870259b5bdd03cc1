/* SPDX-License-Identifier: MIT */
/*
 * What a PC's boot CPU was told by whoever started it, whichever of the boot protocols that was:
 * PVH's start_info, multiboot2's boot information, or Linux's boot_params.
 */
#ifndef PLATFORM_PC_PC_BOOT_H
#define PLATFORM_PC_PC_BOOT_H

#include "firmware/boot_range.h"

#include <stdint.h>

#define PC_BOOT_MODULES_MAX 16u

/* All addresses are physical. */
struct pc_boot {
	uint64_t command_line; /* a terminated string, 0: none */
	uint64_t rsdp;	       /* ACPI's root pointer or a copy of it, 0: not told */
	/* Bytes that are read again after memory has been given out, size 0: none. */
	uint64_t keep, keep_size;
	uint32_t module_count;
	struct {
		uint64_t base, size;
	} modules[PC_BOOT_MODULES_MAX];
};

/* A boot protocol. read() and memory_map_read() are as pc_boot_read() and its like below. */
struct pc_boot_protocol {
	int (*read)(uint64_t physical, struct pc_boot *boot);
	int (*memory_map_read)(boot_range_function *range, void *context);
	/* The way in: who links the protocol has to have it in the image. */
	const char *entry;
};

/* Each in a file of its own, which an image may leave out: core/image_choice.h. */
extern const struct pc_boot_protocol pc_boot_pvh;
extern const struct pc_boot_protocol pc_boot_multiboot2;
extern const struct pc_boot_protocol pc_boot_linux;

/* One module more, unless it is empty or there is no room. */
void pc_boot_add_module(struct pc_boot *boot, uint64_t base, uint64_t size);

/*
 * Read what the boot CPU's way in was given. Returns 0, or MUSTER_E_CORRUPT with a line. Needs
 * CAP_FIXMAP.
 */
int pc_boot_read(struct pc_boot *boot);

/*
 * Pass each range of the memory map on. Returns the number of ranges, or MUSTER_E_CORRUPT with a
 * line. After pc_boot_read().
 */
int pc_boot_memory_map_read(boot_range_function *range, void *context);

#endif
