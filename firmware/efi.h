/* SPDX-License-Identifier: MIT */
/*
 * The little of EFI that a kernel needs which was started after EFI's boot services had ended: the
 * way from the system table to ACPI, and what kinds of memory its map has. UEFI Specification 2.10;
 * sections are cited. Trusts no byte.
 */
#ifndef FIRMWARE_EFI_H
#define FIRMWARE_EFI_H

#include "firmware/reader.h"

#define EFI_TABLES_MAX 256u /* entries of the configuration table; more are not looked at */

/*
 * The physical address of the RSDP that the 64-bit system table at `physical` names: ACPI 2.0's
 * before ACPI 1.0's. 0: none, with a line that says why.
 */
uint64_t efi_rsdp_find(const struct firmware_reader *reader, uint64_t physical);

/* An EFI memory descriptor (7.2.3) as a range with an E820 type; size 0 for one that wraps. */
struct efi_range {
	uint64_t base, size;
	uint32_t type;
};
#define EFI_DESCRIPTOR_SIZE 40u /* the least; a map tells how long its descriptors are */

/* Read one descriptor. False: it cannot be read. */
bool efi_range_read(const struct firmware_reader *reader, uint64_t physical,
		    struct efi_range *range);

#endif
