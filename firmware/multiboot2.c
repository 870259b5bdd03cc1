// SPDX-License-Identifier: MIT
/*
 * Reads the multiboot2 boot information. The platform calls it in steps `command-line` and
 * `memory-map`, with the address that was in %ebx. It trusts no byte, keeps no pointer into the
 * information, and must not write to it.
 *
 * Sections are those of the Multiboot2 Specification version 2.0.
 */
#include "firmware/multiboot2.h"

#include "firmware/efi.h"

#include <muster/console.h>
#include <muster/error.h>

/* 3.4, the fixed part and the head of every tag. */
struct information {
	uint32_t total_size, reserved;
};
struct tag {
	uint32_t type, size;
};
_Static_assert(sizeof(struct information) == 8 && sizeof(struct tag) == 8, "multiboot2, 3.4");
#define TAG_ALIGN 8u

/* 3.6: types of tags, and what they hold behind their head. */
enum tag_type {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_EFI_64 = 12,
	TAG_RSDP_1 = 14,
	TAG_RSDP_2 = 15,
	TAG_EFI_MEMORY_MAP = 17,
};

/* 3.6.6, module: then a string. */
struct module_tag {
	uint32_t start, end;
};
_Static_assert(sizeof(struct module_tag) == 8, "multiboot2, 3.6.6");

/* 3.6.8, memory map; 3.6.17 and UEFI 7.2.3, EFI memory map: then the entries. */
struct table_tag {
	uint32_t entry_size, version;
};
_Static_assert(sizeof(struct table_tag) == 8, "multiboot2, 3.6.8");

struct map_entry {
	uint64_t base, length;
	uint32_t type, reserved;
};
_Static_assert(sizeof(struct map_entry) == 24, "multiboot2, 3.6.8");
_Static_assert(offsetof(struct map_entry, length) == 8, "multiboot2, 3.6.8");
_Static_assert(offsetof(struct map_entry, type) == 16, "multiboot2, 3.6.8");

#define RSDP_1_SIZE 20u /* ACPI 1.0b, 5.2.4.1 */
#define RSDP_2_SIZE 36u /* ACPI 6.5, 5.2.5.3 */

static int fault(const struct tag *tag, uint64_t at, const char *rule)
{
	console_print("muster: multiboot2: tag %u at %#llx: %u bytes: %s\n", tag->type,
		      (unsigned long long)at, tag->size, rule);
	return MUSTER_E_CORRUPT;
}

/* A string from `skip` bytes behind the tag's head up to the tag's end. */
static int take_string(const struct firmware_reader *reader, const struct tag *tag, uint64_t at,
		       uint32_t skip, uint64_t *string)
{
	char last;

	if (tag->size <= sizeof(*tag) + skip)
		return fault(tag, at, "too short for its type");
	if (!firmware_read(reader, at + tag->size - 1, &last, 1) || last)
		return fault(tag, at, "its string must end in it");
	*string = at + sizeof(*tag) + skip;
	return 0;
}

static int take_module(const struct firmware_reader *reader, const struct tag *tag, uint64_t at,
		       struct multiboot2_boot *boot)
{
	struct module_tag module;
	uint64_t string;
	int error;

	if (boot->module_count == MULTIBOOT2_MODULES_MAX)
		return fault(tag, at, "more than 16 modules");
	error = take_string(reader, tag, at, sizeof(module), &string);
	if (error)
		return error;
	if (!firmware_read(reader, at + sizeof(*tag), &module, sizeof(module)))
		return fault(tag, at, "cannot be read");
	if (module.end < module.start)
		return fault(tag, at, "a module must not end before it starts");
	boot->modules[boot->module_count++] =
		(struct multiboot2_module){ .base = module.start,
					    .size = (uint64_t)module.end - module.start,
					    .command_line = string };
	return 0;
}

static int take_table(const struct firmware_reader *reader, const struct tag *tag, uint64_t at,
		      uint32_t entry_size_min, struct multiboot2_table *table)
{
	struct table_tag head;
	uint32_t bytes;

	if (table->physical)
		return 0;
	if (tag->size < sizeof(*tag) + sizeof(head))
		return fault(tag, at, "too short for its type");
	if (!firmware_read(reader, at + sizeof(*tag), &head, sizeof(head)))
		return fault(tag, at, "cannot be read");
	if (head.entry_size < entry_size_min || head.entry_size % TAG_ALIGN)
		return fault(tag, at, "its entries are too short, or no multiple of 8");
	bytes = tag->size - (uint32_t)(sizeof(*tag) + sizeof(head));
	table->physical = at + sizeof(*tag) + sizeof(head);
	table->entry_size = head.entry_size;
	table->count = bytes / head.entry_size;
	if (bytes % head.entry_size)
		console_print("muster: multiboot2: tag %u: %u bytes at its end are no whole entry "
			      "of %u: left out\n",
			      tag->type, bytes % head.entry_size, head.entry_size);
	if (table->count > MULTIBOOT2_MEMORY_MAP_MAX) {
		console_print("muster: multiboot2: tag %u: %u entries: only the first %u are "
			      "taken\n",
			      tag->type, table->count, MULTIBOOT2_MEMORY_MAP_MAX);
		table->count = MULTIBOOT2_MEMORY_MAP_MAX;
	}
	return 0;
}

static int take_rsdp(const struct tag *tag, uint64_t at, uint32_t size, bool better, uint64_t *rsdp)
{
	if (tag->size < sizeof(*tag) + size)
		return fault(tag, at, "too short for its type");
	if (!*rsdp || better)
		*rsdp = at + sizeof(*tag);
	return 0;
}

static int take_efi(const struct firmware_reader *reader, const struct tag *tag, uint64_t at,
		    uint64_t *table)
{
	if (tag->size < sizeof(*tag) + sizeof(*table))
		return fault(tag, at, "too short for its type");
	if (!*table && !firmware_read(reader, at + sizeof(*tag), table, sizeof(*table)))
		return fault(tag, at, "cannot be read");
	return 0;
}

static int take_tag(const struct firmware_reader *reader, const struct tag *tag, uint64_t at,
		    struct multiboot2_boot *boot)
{
	switch (tag->type) {
	case TAG_COMMAND_LINE:
		return boot->command_line ? 0
					  : take_string(reader, tag, at, 0, &boot->command_line);
	case TAG_MODULE:
		return take_module(reader, tag, at, boot);
	case TAG_MEMORY_MAP:
		return take_table(reader, tag, at, sizeof(struct map_entry), &boot->memory_map);
	case TAG_EFI_MEMORY_MAP:
		return take_table(reader, tag, at, EFI_DESCRIPTOR_SIZE, &boot->efi_memory_map);
	case TAG_EFI_64:
		return take_efi(reader, tag, at, &boot->efi_system_table);
	case TAG_RSDP_1:
		return take_rsdp(tag, at, RSDP_1_SIZE, false, &boot->rsdp);
	case TAG_RSDP_2:
		return take_rsdp(tag, at, RSDP_2_SIZE, true, &boot->rsdp);
	default:
		return 0;
	}
}

/* Every turn goes at least the head of a tag further, so it comes to an end. */
static int walk_tags(const struct firmware_reader *reader, struct multiboot2_boot *boot)
{
	uint32_t offset = sizeof(struct information);

	while (boot->size - offset >= sizeof(struct tag)) {
		uint64_t at = boot->physical + offset;
		struct tag tag;
		uint32_t step;
		int error;

		if (!firmware_read(reader, at, &tag, sizeof(tag))) {
			console_print("muster: multiboot2: tag at %#llx: cannot be read\n",
				      (unsigned long long)at);
			return MUSTER_E_CORRUPT;
		}
		if (tag.size < sizeof(tag))
			return fault(&tag, at, "too short for a tag");
		if (tag.size > boot->size - offset)
			return fault(&tag, at, "runs over the end of the information");
		if (tag.type == TAG_END)
			return 0;
		error = take_tag(reader, &tag, at, boot);
		if (error)
			return error;
		step = (tag.size + TAG_ALIGN - 1) / TAG_ALIGN * TAG_ALIGN;
		if (step > boot->size - offset)
			break;
		offset += step;
	}
	console_print("muster: multiboot2: information at %#llx: %u bytes: no end tag\n",
		      (unsigned long long)boot->physical, boot->size);
	return MUSTER_E_CORRUPT;
}

int multiboot2_read(const struct firmware_reader *reader, uint64_t physical,
		    struct multiboot2_boot *boot)
{
	struct information information;

	*boot = (struct multiboot2_boot){ .physical = physical };
	if (physical % TAG_ALIGN ||
	    !firmware_read(reader, physical, &information, sizeof(information))) {
		console_print("muster: multiboot2: information at %#llx: not a multiple of %u, or "
			      "cannot be read\n",
			      (unsigned long long)physical, TAG_ALIGN);
		return MUSTER_E_CORRUPT;
	}
	boot->size = information.total_size;
	if (boot->size < sizeof(information) + sizeof(struct tag) ||
	    boot->size > MULTIBOOT2_SIZE_MAX || physical + boot->size < physical) {
		console_print("muster: multiboot2: total_size: %u: must be %zu to %u\n", boot->size,
			      sizeof(information) + sizeof(struct tag), MULTIBOOT2_SIZE_MAX);
		return MUSTER_E_CORRUPT;
	}
	return walk_tags(reader, boot);
}

static int entry_unreadable(const char *map, uint32_t index, uint64_t at)
{
	console_print("muster: multiboot2: %s: entry %u at %#llx: cannot be read\n", map, index,
		      (unsigned long long)at);
	return MUSTER_E_CORRUPT;
}

static int read_efi_map(const struct firmware_reader *reader, const struct multiboot2_table *map,
			boot_range_function *range, void *context)
{
	for (uint32_t i = 0; i < map->count; i++) {
		uint64_t at = map->physical + (uint64_t)i * map->entry_size;
		struct efi_range entry;

		if (!efi_range_read(reader, at, &entry))
			return entry_unreadable("EFI memory map", i, at);
		range(context, entry.base, entry.size, entry.type);
	}
	return (int)map->count;
}

int multiboot2_memory_map_read(const struct firmware_reader *reader,
			       const struct multiboot2_boot *boot, boot_range_function *range,
			       void *context)
{
	const struct multiboot2_table *map = &boot->memory_map;

	if (!map->count && boot->efi_memory_map.count)
		return read_efi_map(reader, &boot->efi_memory_map, range, context);
	if (!map->count) {
		console_print("muster: multiboot2: information at %#llx: no memory map (tag %d or "
			      "%d)\n",
			      (unsigned long long)boot->physical, TAG_MEMORY_MAP,
			      TAG_EFI_MEMORY_MAP);
		return MUSTER_E_CORRUPT;
	}
	for (uint32_t i = 0; i < map->count; i++) {
		uint64_t at = map->physical + (uint64_t)i * map->entry_size;
		struct map_entry entry;

		if (!firmware_read(reader, at, &entry, sizeof(entry)))
			return entry_unreadable("memory map", i, at);
		range(context, entry.base, entry.length, entry.type);
	}
	return (int)map->count;
}
