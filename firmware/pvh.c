// SPDX-License-Identifier: MIT
/*
 * Reads what a PVH guest is told in its start_info structure. The platform calls it in steps
 * `command-line`, `memory-map` and `firmware`, with the address that was in %ebx. It trusts no
 * byte, keeps no pointer into the structure, and must not write to it.
 *
 * The structure is defined by Xen's public header arch-x86/hvm/start_info.h.
 */
#include "firmware/pvh.h"

#include <muster/console.h>
#include <muster/error.h>
#include <xen/arch-x86/hvm/start_info.h>

_Static_assert(offsetof(struct hvm_start_info, magic) == 0, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, version) == 4, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, flags) == 8, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, nr_modules) == 12, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, modlist_paddr) == 16, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, cmdline_paddr) == 24, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, rsdp_paddr) == 32, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, memmap_paddr) == 40, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, memmap_entries) == 48, "start_info.h");
_Static_assert(offsetof(struct hvm_start_info, reserved) == 52, "start_info.h");
_Static_assert(sizeof(struct hvm_start_info) == 56, "start_info.h");

_Static_assert(offsetof(struct hvm_modlist_entry, paddr) == 0, "start_info.h");
_Static_assert(offsetof(struct hvm_modlist_entry, size) == 8, "start_info.h");
_Static_assert(offsetof(struct hvm_modlist_entry, cmdline_paddr) == 16, "start_info.h");
_Static_assert(offsetof(struct hvm_modlist_entry, reserved) == 24, "start_info.h");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "start_info.h");

_Static_assert(offsetof(struct hvm_memmap_table_entry, addr) == 0, "start_info.h");
_Static_assert(offsetof(struct hvm_memmap_table_entry, size) == 8, "start_info.h");
_Static_assert(offsetof(struct hvm_memmap_table_entry, type) == 16, "start_info.h");
_Static_assert(offsetof(struct hvm_memmap_table_entry, reserved) == 20, "start_info.h");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "start_info.h");

/* Version 0 ends before the memory map; the header says so beside the fields. */
#define VERSION_0_SIZE offsetof(struct hvm_start_info, memmap_paddr)

static int read_modules(const struct firmware_reader *reader, const struct hvm_start_info *info,
			struct pvh_boot *boot)
{
	uint64_t at = info->modlist_paddr;

	if (info->nr_modules > PVH_MODULES_MAX) {
		console_print("muster: pvh: nr_modules: %u: at most %u are taken\n",
			      info->nr_modules, PVH_MODULES_MAX);
		return MUSTER_E_CORRUPT;
	}
	if (info->nr_modules && !at) {
		console_print("muster: pvh: modlist_paddr: 0 with %u modules: must be an address\n",
			      info->nr_modules);
		return MUSTER_E_CORRUPT;
	}
	for (uint32_t i = 0; i < info->nr_modules; i++, at += sizeof(struct hvm_modlist_entry)) {
		struct hvm_modlist_entry entry;

		if (!firmware_read(reader, at, &entry, sizeof(entry))) {
			console_print("muster: pvh: modlist_paddr: entry %u at %#llx: "
				      "cannot be read\n",
				      i, (unsigned long long)at);
			return MUSTER_E_CORRUPT;
		}
		if (entry.size && entry.paddr + (entry.size - 1) < entry.paddr) {
			console_print(
				"muster: pvh: module %u: %#llx bytes at %#llx: must not wrap\n", i,
				(unsigned long long)entry.size, (unsigned long long)entry.paddr);
			return MUSTER_E_CORRUPT;
		}
		boot->modules[i] = (struct pvh_module){
			.base = entry.paddr,
			.size = entry.size,
			.command_line = entry.cmdline_paddr,
		};
		boot->module_count = i + 1;
	}
	return 0;
}

static int read_memory_map_place(const struct hvm_start_info *info, struct pvh_boot *boot)
{
	/* "guests ... must check that memmap_entries is non-zero before trying to read" */
	if (!info->memmap_entries)
		return 0;
	if (!info->memmap_paddr) {
		console_print("muster: pvh: memmap_paddr: 0 with %u entries: must be an address\n",
			      info->memmap_entries);
		return MUSTER_E_CORRUPT;
	}
	boot->memory_map = info->memmap_paddr;
	boot->memory_map_count = info->memmap_entries;
	if (boot->memory_map_count > PVH_MEMORY_MAP_MAX) {
		console_print("muster: pvh: memmap_entries: %u: only the first %u are taken\n",
			      info->memmap_entries, PVH_MEMORY_MAP_MAX);
		boot->memory_map_count = PVH_MEMORY_MAP_MAX;
	}
	return 0;
}

static int read_start_info(const struct firmware_reader *reader, uint64_t physical,
			   struct hvm_start_info *info)
{
	*info = (struct hvm_start_info){ 0 };
	if (!firmware_read(reader, physical, info, VERSION_0_SIZE)) {
		console_print("muster: pvh: start_info at %#llx: cannot be read\n",
			      (unsigned long long)physical);
		return MUSTER_E_CORRUPT;
	}
	if (info->magic != XEN_HVM_START_MAGIC_VALUE) {
		console_print("muster: pvh: magic: %#x: must be %#x\n", info->magic,
			      XEN_HVM_START_MAGIC_VALUE);
		return MUSTER_E_CORRUPT;
	}
	/* New versions keep what the old ones have, so there is no highest one. */
	if (info->version >= 1 &&
	    !firmware_read(reader, physical + VERSION_0_SIZE, &info->memmap_paddr,
			   sizeof(*info) - VERSION_0_SIZE)) {
		console_print("muster: pvh: memmap_paddr: start_info at %#llx has version %u and "
			      "cannot be read beyond version 0\n",
			      (unsigned long long)physical, info->version);
		return MUSTER_E_CORRUPT;
	}
	return 0;
}

int pvh_read(const struct firmware_reader *reader, uint64_t physical, struct pvh_boot *boot)
{
	struct hvm_start_info info;
	int error = read_start_info(reader, physical, &info);

	*boot = (struct pvh_boot){ 0 };
	if (error)
		return error;
	boot->version = info.version;
	boot->rsdp = info.rsdp_paddr;
	boot->command_line = info.cmdline_paddr;
	error = read_modules(reader, &info, boot);
	if (error)
		return error;
	return read_memory_map_place(&info, boot);
}

int pvh_memory_map_read(const struct firmware_reader *reader, const struct pvh_boot *boot,
			void (*range)(void *context, uint64_t base, uint64_t size, uint32_t type),
			void *context)
{
	uint64_t at = boot->memory_map;

	if (!boot->memory_map_count || !at) {
		console_print("muster: pvh: start_info has version %u and no memory map\n",
			      boot->version);
		return MUSTER_E_CORRUPT;
	}
	for (uint32_t i = 0; i < boot->memory_map_count; i++) {
		struct hvm_memmap_table_entry entry;

		if (!firmware_read(reader, at, &entry, sizeof(entry))) {
			console_print("muster: pvh: memmap_paddr: entry %u at %#llx: "
				      "cannot be read\n",
				      i, (unsigned long long)at);
			return MUSTER_E_CORRUPT;
		}
		range(context, entry.addr, entry.size, entry.type);
		at += sizeof(entry);
	}
	return (int)boot->memory_map_count;
}

/* Bytes of a string that are read at once; they never cross a multiple of this, so never a page. */
#define STRING_PIECE 64u

int firmware_string_read(const struct firmware_reader *reader, uint64_t physical, char *buffer,
			 size_t size)
{
	size_t length = 0;
	/* Where memory ends within a piece the string may still end before it: then byte by byte.
	 */
	bool bytewise = false;

	while (length < size) {
		uint64_t at = physical + length;
		size_t piece = bytewise ? 1 : STRING_PIECE - at % STRING_PIECE;

		if (piece > size - length)
			piece = size - length;
		if (at < physical)
			break;
		if (!firmware_read(reader, at, buffer + length, piece)) {
			if (bytewise || piece == 1)
				break;
			bytewise = true;
			continue;
		}
		for (; piece; piece--, length++)
			if (!buffer[length])
				return (int)length;
	}
	if (size)
		buffer[length < size ? length : size - 1] = '\0';
	console_print("muster: pvh: string at %#llx: %zu bytes read, no terminator: "
		      "must end within %zu\n",
		      (unsigned long long)physical, length, size);
	return MUSTER_E_INVALID;
}
