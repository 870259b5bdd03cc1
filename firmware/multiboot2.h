/* SPDX-License-Identifier: MIT */
/*
 * The multiboot2 boot information (Multiboot2 Specification version 2.0, 3.4 to 3.6): what a guest
 * that is entered by a multiboot2 loader is told. Trusts no byte.
 */
#ifndef FIRMWARE_MULTIBOOT2_H
#define FIRMWARE_MULTIBOOT2_H

#include "firmware/boot_range.h"
#include "firmware/reader.h"

#define MULTIBOOT2_SIZE_MAX	  (1u << 20) /* of the whole information, in bytes */
#define MULTIBOOT2_MODULES_MAX	  16u
#define MULTIBOOT2_MEMORY_MAP_MAX 512u /* entries; more are cut off, logged */

struct multiboot2_module {
	uint64_t base;
	uint64_t size;
	uint64_t command_line; /* physical address of a terminated string */
};

/* A tag with a table of entries. */
struct multiboot2_table {
	uint64_t physical; /* of the first entry; 0: no such tag */
	uint32_t entry_size;
	uint32_t count;
};

struct multiboot2_boot {
	uint64_t physical;
	uint32_t size;
	uint64_t command_line;	   /* physical address of a terminated string, 0: none */
	uint64_t rsdp;		   /* physical address of a copy, 0: none */
	uint64_t efi_system_table; /* physical address of a 64-bit one, 0: none */
	uint32_t module_count;
	struct multiboot2_module modules[MULTIBOOT2_MODULES_MAX];
	struct multiboot2_table memory_map;
	struct multiboot2_table efi_memory_map;
};

/*
 * Read the information at a physical address, a multiple of 8. Strings that it names end within
 * their tags. Returns 0; MUSTER_E_CORRUPT with a line naming the tag for one that is too short for
 * its type, runs over the end, or is not terminated, and for an information without an end tag. Of
 * a tag that occurs twice the first counts, but modules.
 */
int multiboot2_read(const struct firmware_reader *reader, uint64_t physical,
		    struct multiboot2_boot *boot);

/*
 * Pass each entry of the memory map on (boot_range.h): the loader's own map, which leaves out what
 * the user told it to; without one, EFI's. Returns the number of entries, or MUSTER_E_CORRUPT when
 * there is neither or it cannot be read.
 */
int multiboot2_memory_map_read(const struct firmware_reader *reader,
			       const struct multiboot2_boot *boot, boot_range_function *range,
			       void *context);

#endif
