/* SPDX-License-Identifier: MIT */
/*
 * The PVH start_info structure (Xen's public header arch-x86/hvm/start_info.h): what a guest that
 * is entered through the ELF note XEN_ELFNOTE_PHYS32_ENTRY is told. Trusts no byte.
 */
#ifndef FIRMWARE_PVH_H
#define FIRMWARE_PVH_H

#include "firmware/reader.h"

#define PVH_MEMORY_MAP_MAX 256u /* entries; more are cut off, logged */
#define PVH_MODULES_MAX	   16u

struct pvh_module {
	uint64_t base;
	uint64_t size;
	uint64_t command_line; /* physical address of a terminated string, 0: none */
};

struct pvh_boot {
	uint32_t version;
	uint64_t rsdp;	       /* physical address, 0: not told */
	uint64_t command_line; /* physical address, 0: none */
	uint32_t module_count;
	struct pvh_module modules[PVH_MODULES_MAX];
	uint64_t memory_map; /* physical address, 0: none (version 0) */
	uint32_t memory_map_count;
};

/*
 * Read the structure at a physical address. Returns 0; MUSTER_E_CORRUPT with a line naming the
 * field for a wrong magic, an unreadable structure, or a count out of range.
 */
int pvh_read(const struct firmware_reader *reader, uint64_t physical, struct pvh_boot *boot);

/*
 * Pass each entry of the memory map on. type: E820 type as the header defines (1 RAM, 2 reserved,
 * 3 ACPI, 4 NVS, 5 unusable, ...). Returns the number of entries, or MUSTER_E_CORRUPT when there is
 * no map or it cannot be read.
 */
int pvh_memory_map_read(const struct firmware_reader *reader, const struct pvh_boot *boot,
			void (*range)(void *context, uint64_t base, uint64_t size, uint32_t type),
			void *context);

/*
 * Copy a terminated string of at most size - 1 characters to buffer (always terminated). Returns
 * its length, or MUSTER_E_INVALID when it is longer or unreadable: buffer then holds what could be
 * read.
 */
int firmware_string_read(const struct firmware_reader *reader, uint64_t physical, char *buffer,
			 size_t size);

#endif
