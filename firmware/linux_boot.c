// SPDX-License-Identifier: MIT
/*
 * Reads Linux's struct boot_params. The platform calls it in steps `command-line` and `memory-map`,
 * with the address that was in %rsi. It trusts no byte, keeps no pointer into the structure, and must
 * not write to it. The structure is a page long: its fields are read one by one, so that no page of
 * it stands on a stack.
 */
#include "firmware/linux_boot.h"

#include <asm/bootparam.h>
#include <muster/console.h>
#include <muster/error.h>

#define WHERE "asm/bootparam.h"
_Static_assert(sizeof(struct boot_params) == 4096, WHERE);
_Static_assert(offsetof(struct boot_params, acpi_rsdp_addr) == 0x70, WHERE);
_Static_assert(offsetof(struct boot_params, ext_ramdisk_image) == 0xc0, WHERE);
_Static_assert(offsetof(struct boot_params, ext_ramdisk_size) == 0xc4, WHERE);
_Static_assert(offsetof(struct boot_params, ext_cmd_line_ptr) == 0xc8, WHERE);
_Static_assert(offsetof(struct boot_params, efi_info) == 0x1c0, WHERE);
_Static_assert(offsetof(struct boot_params, e820_entries) == 0x1e8, WHERE);
_Static_assert(offsetof(struct boot_params, sentinel) == 0x1ef, WHERE);
_Static_assert(offsetof(struct boot_params, hdr) == 0x1f1, WHERE);
_Static_assert(offsetof(struct boot_params, e820_table) == 0x2d0, WHERE);
_Static_assert(offsetof(struct setup_header, header) == 0x202 - 0x1f1, WHERE);
_Static_assert(offsetof(struct setup_header, version) == 0x206 - 0x1f1, WHERE);
_Static_assert(offsetof(struct setup_header, ramdisk_image) == 0x218 - 0x1f1, WHERE);
_Static_assert(offsetof(struct setup_header, cmd_line_ptr) == 0x228 - 0x1f1, WHERE);
_Static_assert(offsetof(struct setup_header, setup_data) == 0x250 - 0x1f1, WHERE);
_Static_assert(sizeof(struct boot_e820_entry) == 20, WHERE);
_Static_assert(sizeof(struct efi_info) == 32, WHERE);
_Static_assert(offsetof(struct efi_info, efi_systab_hi) == 24, WHERE);
_Static_assert(sizeof(struct setup_data) == 16, WHERE);

#define HEADER_MAGIC  0x53726448u /* "HdrS", boot.rst, "header" */
#define VERSION_MIN   0x206	  /* what kexec-tools says; older loaders know no 64-bit entry */
#define EFI_LOADER_64 0x34364c45u /* "EL64": efi_systab is a 64-bit EFI's */

#define READ_FIELD(reader, physical, field, to)                                         \
	firmware_read((reader), (physical) + offsetof(struct boot_params, field), (to), \
		      sizeof(((struct boot_params *)0)->field))

static uint64_t join(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static int unreadable(uint64_t physical, const char *field)
{
	console_print("muster: linux: boot_params at %#llx: %s: cannot be read\n",
		      (unsigned long long)physical, field);
	return MUSTER_E_CORRUPT;
}

static int read_header(const struct firmware_reader *reader, uint64_t physical,
		       struct setup_header *header)
{
	if (!READ_FIELD(reader, physical, hdr, header))
		return unreadable(physical, "hdr");
	if (header->header != HEADER_MAGIC) {
		console_print("muster: linux: header: %#x: must be %#x\n", header->header,
			      HEADER_MAGIC);
		return MUSTER_E_CORRUPT;
	}
	if (header->version < VERSION_MIN) {
		console_print("muster: linux: version: %#x: must be at least %#x\n",
			      header->version, VERSION_MIN);
		return MUSTER_E_CORRUPT;
	}
	return 0;
}

/* The upper halves of addresses. A loader that did not clear what it does not know leaves the
 * sentinel set: then they are not to be believed (zero-page.rst, "sentinel"). */
static int read_upper(const struct firmware_reader *reader, uint64_t physical, uint32_t *image,
		      uint32_t *size, uint32_t *line)
{
	uint8_t sentinel;

	*image = *size = *line = 0;
	if (!READ_FIELD(reader, physical, sentinel, &sentinel))
		return unreadable(physical, "sentinel");
	if (sentinel) {
		console_print("muster: linux: sentinel: %#x: must be 0; upper halves of addresses "
			      "are not believed\n",
			      sentinel);
		return 0;
	}
	if (!READ_FIELD(reader, physical, ext_ramdisk_image, image) ||
	    !READ_FIELD(reader, physical, ext_ramdisk_size, size) ||
	    !READ_FIELD(reader, physical, ext_cmd_line_ptr, line))
		return unreadable(physical, "ext_ramdisk_image");
	return 0;
}

static int read_addresses(const struct firmware_reader *reader, uint64_t physical,
			  const struct setup_header *header, struct linux_boot *boot)
{
	uint32_t image, size, line;
	struct efi_info efi;
	int error = read_upper(reader, physical, &image, &size, &line);

	if (error)
		return error;
	if (!READ_FIELD(reader, physical, acpi_rsdp_addr, &boot->rsdp) ||
	    !READ_FIELD(reader, physical, efi_info, &efi))
		return unreadable(physical, "acpi_rsdp_addr");
	boot->command_line = join(line, header->cmd_line_ptr);
	boot->ramdisk = join(image, header->ramdisk_image);
	boot->ramdisk_size = join(size, header->ramdisk_size);
	if (efi.efi_loader_signature == EFI_LOADER_64)
		boot->efi_system_table = join(efi.efi_systab_hi, efi.efi_systab);
	if (boot->ramdisk_size && boot->ramdisk + (boot->ramdisk_size - 1) < boot->ramdisk) {
		console_print("muster: linux: ramdisk: %#llx bytes at %#llx: must not wrap; left "
			      "out\n",
			      (unsigned long long)boot->ramdisk_size,
			      (unsigned long long)boot->ramdisk);
		boot->ramdisk_size = 0;
	}
	return 0;
}

static uint32_t entries_taken(const struct linux_boot *boot)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < boot->map_count; i++)
		count += boot->maps[i].count;
	return count;
}

static void add_map(struct linux_boot *boot, uint64_t physical, uint32_t count)
{
	uint32_t room = LINUX_BOOT_MEMORY_MAP_MAX - entries_taken(boot);

	if (count > room || boot->map_count == LINUX_BOOT_MAPS_MAX) {
		console_print("muster: linux: memory map at %#llx: %u entries: no room for all of "
			      "them; cut off\n",
			      (unsigned long long)physical, count);
		count = boot->map_count == LINUX_BOOT_MAPS_MAX ? 0 : room;
	}
	if (!count)
		return;
	boot->maps[boot->map_count].physical = physical;
	boot->maps[boot->map_count++].count = count;
}

/* The list may be a ring, or point anywhere: so many nodes, and no more. */
static void read_setup_data(const struct firmware_reader *reader, uint64_t at,
			    struct linux_boot *boot)
{
	for (uint32_t i = 0; at; i++) {
		struct setup_data node;

		if (i == LINUX_BOOT_DATA_MAX) {
			console_print("muster: linux: setup_data: more than %u nodes: the rest is "
				      "not followed\n",
				      LINUX_BOOT_DATA_MAX);
			return;
		}
		if (!firmware_read(reader, at, &node, sizeof(node)) ||
		    at + sizeof(node) + node.len < at) {
			console_print("muster: linux: setup_data: node %u at %#llx: cannot be "
				      "read\n",
				      i, (unsigned long long)at);
			return;
		}
		if (node.type == SETUP_E820_EXT) {
			if (node.len % sizeof(struct boot_e820_entry))
				console_print("muster: linux: setup_data: node %u at %#llx: len: "
					      "%u: must be a multiple of %zu\n",
					      i, (unsigned long long)at, node.len,
					      sizeof(struct boot_e820_entry));
			add_map(boot, at + sizeof(node),
				node.len / (uint32_t)sizeof(struct boot_e820_entry));
		}
		at = node.next;
	}
}

int linux_boot_read(const struct firmware_reader *reader, uint64_t physical,
		    struct linux_boot *boot)
{
	struct setup_header header;
	uint8_t entries;
	int error;

	*boot = (struct linux_boot){ .physical = physical };
	if (physical + sizeof(struct boot_params) < physical)
		return unreadable(physical, "all of it");
	error = read_header(reader, physical, &header);
	if (!error)
		error = read_addresses(reader, physical, &header, boot);
	if (error)
		return error;
	boot->version = header.version;
	if (!READ_FIELD(reader, physical, e820_entries, &entries))
		return unreadable(physical, "e820_entries");
	if (entries > E820_MAX_ENTRIES_ZEROPAGE) {
		console_print("muster: linux: e820_entries: %u: only %u have room\n", entries,
			      E820_MAX_ENTRIES_ZEROPAGE);
		entries = E820_MAX_ENTRIES_ZEROPAGE;
	}
	add_map(boot, physical + offsetof(struct boot_params, e820_table), entries);
	/* kexec-tools says 2.06 and fills the field in all the same; 0 ends the list at once. */
	read_setup_data(reader, header.setup_data, boot);
	return 0;
}

int linux_boot_memory_map_read(const struct firmware_reader *reader, const struct linux_boot *boot,
			       boot_range_function *range, void *context)
{
	int count = 0;

	for (uint32_t map = 0; map < boot->map_count; map++) {
		uint64_t at = boot->maps[map].physical;

		for (uint32_t i = 0; i < boot->maps[map].count; i++, count++) {
			struct boot_e820_entry entry;

			if (!firmware_read(reader, at, &entry, sizeof(entry))) {
				console_print("muster: linux: e820: entry %u at %#llx: cannot be "
					      "read\n",
					      i, (unsigned long long)at);
				return MUSTER_E_CORRUPT;
			}
			range(context, entry.addr, entry.size, entry.type);
			at += sizeof(entry);
		}
	}
	if (!count) {
		console_print("muster: linux: e820_entries: 0: there must be a memory map\n");
		return MUSTER_E_CORRUPT;
	}
	return count;
}
