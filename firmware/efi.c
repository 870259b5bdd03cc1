// SPDX-License-Identifier: MIT
/*
 * EFI's system table and memory descriptors, read-only. Called by the readers of boot protocols that
 * pass them on (multiboot2, Linux's boot_params). Must never call into the firmware, nor keep a
 * pointer into its tables.
 */
#include "firmware/efi.h"

#include "core/string.h"
#include "firmware/boot_range.h"

#include <muster/console.h>

/* 4.3, EFI_SYSTEM_TABLE of a 64-bit firmware; 4.2, EFI_TABLE_HEADER. */
struct efi_system_table {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
	uint64_t vendor;
	uint32_t firmware_revision, padding;
	uint64_t consoles[6];
	uint64_t runtime_services, boot_services;
	uint64_t table_count;
	uint64_t tables;
};
_Static_assert(sizeof(struct efi_system_table) == 120, "UEFI 2.10, 4.3");
_Static_assert(offsetof(struct efi_system_table, vendor) == 24, "UEFI 2.10, 4.3");
_Static_assert(offsetof(struct efi_system_table, table_count) == 104, "UEFI 2.10, 4.3");
_Static_assert(offsetof(struct efi_system_table, tables) == 112, "UEFI 2.10, 4.3");

#define SYSTEM_TABLE_SIGNATURE UINT64_C(0x5453595320494249) /* "IBI SYST" */

/* 4.6, EFI_CONFIGURATION_TABLE. */
struct efi_configuration {
	uint8_t guid[16];
	uint64_t table;
};
_Static_assert(sizeof(struct efi_configuration) == 24, "UEFI 2.10, 4.6");
_Static_assert(offsetof(struct efi_configuration, table) == 16, "UEFI 2.10, 4.6");

/* 4.6.1: EFI_ACPI_20_TABLE_GUID 8868e871-e4f1-11d3-bc22-0080c73c8881 and ACPI_TABLE_GUID
 * eb9d2d30-2d88-11d3-9a16-0090273fc14d, as they lie in memory. */
static const uint8_t acpi_2_guid[16] = { 0x71, 0xe8, 0x68, 0x88, 0xf1, 0xe4, 0xd3, 0x11,
					 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 };
static const uint8_t acpi_1_guid[16] = { 0x30, 0x2d, 0x9d, 0xeb, 0x88, 0x2d, 0xd3, 0x11,
					 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d };

/* 7.2.3, EFI_MEMORY_DESCRIPTOR. */
struct efi_descriptor {
	uint32_t type, padding;
	uint64_t physical, virtual_start, pages, attribute;
};
_Static_assert(sizeof(struct efi_descriptor) == EFI_DESCRIPTOR_SIZE, "UEFI 2.10, 7.2.3");
_Static_assert(offsetof(struct efi_descriptor, physical) == 8, "UEFI 2.10, 7.2.3");
_Static_assert(offsetof(struct efi_descriptor, pages) == 24, "UEFI 2.10, 7.2.3");
_Static_assert(offsetof(struct efi_descriptor, attribute) == 32, "UEFI 2.10, 7.2.3");
#define EFI_PAGE_SHIFT 12

/* 7.2.1, EFI_MEMORY_TYPE: those of which something is known. */
#define EFI_LOADER_CODE	 1
#define EFI_CONVENTIONAL 7 /* loader and boot services' code and data are 1 to 4 */
#define EFI_UNUSABLE	 8
#define EFI_ACPI_RECLAIM 9
#define EFI_ACPI_NVS	 10
#define EFI_BOOT_LAST	 4
/* 7.2.3: memory for a special purpose, which its owner wants left alone. */
#define EFI_MEMORY_SP UINT64_C(0x40000)

static uint64_t search_tables(const struct firmware_reader *reader, uint64_t tables, uint64_t count)
{
	uint64_t old = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct efi_configuration entry;

		if (!firmware_read(reader, tables + i * sizeof(entry), &entry, sizeof(entry))) {
			console_print("muster: efi: configuration table at %#llx: entry %llu "
				      "cannot be read\n",
				      (unsigned long long)tables, (unsigned long long)i);
			return old;
		}
		if (!memcmp(entry.guid, acpi_2_guid, sizeof(entry.guid)) && entry.table)
			return entry.table;
		if (!memcmp(entry.guid, acpi_1_guid, sizeof(entry.guid)) && !old)
			old = entry.table;
	}
	if (!old)
		console_print("muster: efi: configuration table at %#llx: names no ACPI table\n",
			      (unsigned long long)tables);
	return old;
}

uint64_t efi_rsdp_find(const struct firmware_reader *reader, uint64_t physical)
{
	struct efi_system_table table;

	if (!firmware_read(reader, physical, &table, sizeof(table))) {
		console_print("muster: efi: system table at %#llx: cannot be read\n",
			      (unsigned long long)physical);
		return 0;
	}
	if (table.signature != SYSTEM_TABLE_SIGNATURE) {
		console_print("muster: efi: system table at %#llx: signature: %#llx: must be "
			      "%#llx\n",
			      (unsigned long long)physical, (unsigned long long)table.signature,
			      (unsigned long long)SYSTEM_TABLE_SIGNATURE);
		return 0;
	}
	if (table.table_count > EFI_TABLES_MAX) {
		console_print("muster: efi: system table: %llu configuration tables: only the "
			      "first %u are looked at\n",
			      (unsigned long long)table.table_count, EFI_TABLES_MAX);
		table.table_count = EFI_TABLES_MAX;
	}
	return search_tables(reader, table.tables, table.table_count);
}

static uint32_t range_type(const struct efi_descriptor *descriptor)
{
	switch (descriptor->type) {
	case EFI_ACPI_RECLAIM:
		return BOOT_RANGE_ACPI;
	case EFI_ACPI_NVS:
		return BOOT_RANGE_NVS;
	case EFI_UNUSABLE:
		return BOOT_RANGE_UNUSABLE;
	default:
		break;
	}
	/* What the loader and the boot services had is ours once they have ended (7.2.6). */
	if ((descriptor->type >= EFI_LOADER_CODE && descriptor->type <= EFI_BOOT_LAST) ||
	    descriptor->type == EFI_CONVENTIONAL)
		return descriptor->attribute & EFI_MEMORY_SP ? BOOT_RANGE_RESERVED : BOOT_RANGE_RAM;
	return BOOT_RANGE_RESERVED;
}

bool efi_range_read(const struct firmware_reader *reader, uint64_t physical,
		    struct efi_range *range)
{
	struct efi_descriptor descriptor;

	if (!firmware_read(reader, physical, &descriptor, sizeof(descriptor)))
		return false;
	*range = (struct efi_range){ .base = descriptor.physical,
				     .size = descriptor.pages << EFI_PAGE_SHIFT,
				     .type = range_type(&descriptor) };
	if (descriptor.pages > UINT64_MAX >> EFI_PAGE_SHIFT ||
	    (range->size && range->base + (range->size - 1) < range->base)) {
		console_print("muster: efi: memory descriptor at %#llx: %llu pages at %#llx: must "
			      "not wrap\n",
			      (unsigned long long)physical, (unsigned long long)descriptor.pages,
			      (unsigned long long)descriptor.physical);
		range->size = 0;
	}
	return true;
}
