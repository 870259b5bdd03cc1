/* SPDX-License-Identifier: MIT */
/*
 * Ranges of a boot protocol's memory map. PVH, multiboot2 and Linux's boot_params all use the
 * numbers of ACPI 6.5, table 15.4 (E820), so their readers pass these on.
 */
#ifndef FIRMWARE_BOOT_RANGE_H
#define FIRMWARE_BOOT_RANGE_H

#include <stdint.h>

#define BOOT_RANGE_RAM	    1u
#define BOOT_RANGE_RESERVED 2u
#define BOOT_RANGE_ACPI	    3u
#define BOOT_RANGE_NVS	    4u
#define BOOT_RANGE_UNUSABLE 5u

typedef void boot_range_function(void *context, uint64_t base, uint64_t size, uint32_t type);

#endif
