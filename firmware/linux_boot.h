/* SPDX-License-Identifier: MIT */
/*
 * Linux's struct boot_params (uapi header asm/bootparam.h; Linux, Documentation/arch/x86/boot.rst
 * and zero-page.rst): what a guest that is entered by the 64-bit boot protocol is told. Trusts no
 * byte.
 */
#ifndef FIRMWARE_LINUX_BOOT_H
#define FIRMWARE_LINUX_BOOT_H

#include "firmware/boot_range.h"
#include "firmware/reader.h"

#define LINUX_BOOT_MEMORY_MAP_MAX 512u /* entries, with those of setup_data */
#define LINUX_BOOT_MAPS_MAX	  9u   /* boot_params' own table, and of setup_data */
#define LINUX_BOOT_DATA_MAX	  64u  /* nodes of setup_data that are followed */

struct linux_boot {
	uint64_t physical;
	uint16_t version;	   /* of the protocol: 0x20f is 2.15 */
	uint64_t command_line;	   /* physical address of a terminated string, 0: none */
	uint64_t rsdp;		   /* physical address, 0: not told */
	uint64_t efi_system_table; /* physical address of a 64-bit one, 0: none */
	uint64_t ramdisk;	   /* physical address; of so many bytes, 0: none */
	uint64_t ramdisk_size;
	uint32_t map_count;
	struct {
		uint64_t physical; /* of the first entry */
		uint32_t count;
	} maps[LINUX_BOOT_MAPS_MAX];
};

/*
 * Read the structure at a physical address. Returns 0; MUSTER_E_CORRUPT with a line naming the
 * field for a wrong signature, a protocol older than 2.06, or what cannot be read. A list of
 * setup_data that is broken, or does not end, is logged and left where it is.
 */
int linux_boot_read(const struct firmware_reader *reader, uint64_t physical,
		    struct linux_boot *boot);

/*
 * Pass each entry of the memory map on (boot_range.h). Returns the number of entries, or
 * MUSTER_E_CORRUPT when there is none or it cannot be read.
 */
int linux_boot_memory_map_read(const struct firmware_reader *reader, const struct linux_boot *boot,
			       boot_range_function *range, void *context);

#endif
