// SPDX-License-Identifier: MIT
/*
 * Reads a payload's ELF file: what has to go where, and where it is entered. Called by a handover before
 * anything has been given up. It trusts no byte, and loads nothing.
 *
 * Structures and numbers: System V ABI, chapters 4 and 5 (ELF-32 on i386, else ELF-64); the note that names the PVH
 * entry: Xen's public header elfnote.h, type 18. On x86 that is the entry; a POWER payload is entered as from Linux's kexec,
 * at the header's entry, wherever it was put.
 */
#include "core/string.h"
#include "handover/payload.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/park.h>

/* The 64-bit structures are also what those of 32 bits are read into. */
struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t header_size, program_header_size, program_header_count;
	uint16_t section_header_size, section_header_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == 64, "System V ABI, ELF-64 header");
_Static_assert(offsetof(struct elf_header, program_headers) == 32, "System V ABI");
_Static_assert(offsetof(struct elf_header, program_header_count) == 56, "System V ABI");

struct elf_header_32 {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, program_headers, section_headers, flags;
	uint16_t header_size, program_header_size, program_header_count;
	uint16_t section_header_size, section_header_count, section_names;
};
_Static_assert(sizeof(struct elf_header_32) == 52, "System V ABI, ELF-32 header");
_Static_assert(offsetof(struct elf_header_32, program_headers) == 28, "System V ABI");
_Static_assert(offsetof(struct elf_header_32, program_header_count) == 44, "System V ABI");

struct elf_program_header {
	uint32_t type, flags;
	uint64_t offset, virtual_address, physical_address, file_size, memory_size, align;
};
_Static_assert(sizeof(struct elf_program_header) == 56, "System V ABI, ELF-64 program header");
_Static_assert(offsetof(struct elf_program_header, physical_address) == 24, "System V ABI");

struct elf_program_header_32 {
	uint32_t type, offset, virtual_address, physical_address, file_size, memory_size, flags,
		align;
};
_Static_assert(sizeof(struct elf_program_header_32) == 32, "System V ABI, ELF-32 program header");
_Static_assert(offsetof(struct elf_program_header_32, physical_address) == 12, "System V ABI");

struct elf_note {
	uint32_t name_size, data_size, type;
};

#define IDENT_CLASS	  4
#define IDENT_DATA	  5
#define CLASS_32	  1
#define CLASS_64	  2
#define DATA_LITTLE	  1
#define TYPE_EXECUTABLE	  2
#define TYPE_SHARED	  3 /* position-independent; with a PVH entry it is loaded where it says */
#define SEGMENT_LOAD	  1
#define SEGMENT_NOTE	  4
#define NOTE_PHYS32_ENTRY 18
#define NOTES_MAX	  64u

static int refuse(const char *field, uint64_t value, const char *rule)
{
	console_print("muster: payload: %s: %#llx: %s\n", field, (unsigned long long)value, rule);
	return MUSTER_E_CORRUPT;
}

/* [offset, offset + size) of the file. */
static bool in_file(const struct payload *payload, uint64_t offset, uint64_t size)
{
	return size <= payload->file.size && offset <= payload->file.size - size;
}

static bool is_64(const struct elf_header *header)
{
	return header->ident[IDENT_CLASS] == CLASS_64;
}

static uint64_t program_header_size(const struct elf_header *header)
{
	return is_64(header) ? sizeof(struct elf_program_header)
			     : sizeof(struct elf_program_header_32);
}

/* What every file begins with, and how long the header is. */
static int ident_read(const struct firmware_reader *reader, uint32_t machine,
		      const struct payload *payload, struct elf_header *header)
{
	static const uint8_t magic[4] = { 0x7f, 'E', 'L', 'F' };
	bool want_64 = machine != PARK_MACHINE_386;

	if (!in_file(payload, 0, sizeof(header->ident)) ||
	    !firmware_read(reader, payload->file.base, header->ident, sizeof(header->ident)))
		return refuse("size", payload->file.size, "has no room for an ELF header");
	if (memcmp(header->ident, magic, sizeof(magic)) != 0)
		return refuse("first byte", header->ident[0], "is no ELF file's");
	if (header->ident[IDENT_CLASS] != (want_64 ? CLASS_64 : CLASS_32))
		return refuse("ELF class", header->ident[IDENT_CLASS],
			      want_64 ? "must be 2: 64 bits" : "must be 1: 32 bits");
	if (header->ident[IDENT_DATA] != DATA_LITTLE)
		return refuse("byte order", header->ident[IDENT_DATA], "must be 1: little-endian");
	return 0;
}

static bool widths_read(const struct firmware_reader *reader, const struct payload *payload,
			struct elf_header *header)
{
	struct elf_header_32 narrow;

	if (is_64(header))
		return in_file(payload, 0, sizeof(*header)) &&
		       firmware_read(reader, payload->file.base, header, sizeof(*header));
	if (!in_file(payload, 0, sizeof(narrow)) ||
	    !firmware_read(reader, payload->file.base, &narrow, sizeof(narrow)))
		return false;
	header->type = narrow.type;
	header->machine = narrow.machine;
	header->entry = narrow.entry;
	header->program_headers = narrow.program_headers;
	header->program_header_size = narrow.program_header_size;
	header->program_header_count = narrow.program_header_count;
	return true;
}

static int header_read(const struct firmware_reader *reader, uint32_t machine,
		       const struct payload *payload, struct elf_header *header)
{
	int error = ident_read(reader, machine, payload, header);

	if (error)
		return error;
	if (!widths_read(reader, payload, header))
		return refuse("size", payload->file.size, "has no room for an ELF header");
	if (header->machine != machine)
		return refuse("machine", header->machine, "is not this one");
	if (header->type != TYPE_EXECUTABLE && header->type != TYPE_SHARED)
		return refuse("type", header->type, "must be 2 or 3: to be run");
	if (header->program_header_size != program_header_size(header))
		return refuse("e_phentsize", header->program_header_size,
			      is_64(header) ? "must be 56" : "must be 32");
	if (!in_file(payload, header->program_headers,
		     header->program_header_count * program_header_size(header)))
		return refuse("e_phoff", header->program_headers, "is not within the file");
	return 0;
}

static bool program_header_read(const struct firmware_reader *reader, const struct payload *payload,
				const struct elf_header *header, uint32_t i,
				struct elf_program_header *program)
{
	uint64_t at =
		payload->file.base + header->program_headers + i * program_header_size(header);
	struct elf_program_header_32 narrow;

	if (is_64(header))
		return firmware_read(reader, at, program, sizeof(*program));
	if (!firmware_read(reader, at, &narrow, sizeof(narrow)))
		return false;
	*program = (struct elf_program_header){ .type = narrow.type,
						.offset = narrow.offset,
						.virtual_address = narrow.virtual_address,
						.physical_address = narrow.physical_address,
						.file_size = narrow.file_size,
						.memory_size = narrow.memory_size };
	return true;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static int segment_add(const struct elf_program_header *header, uint64_t limit,
		       struct payload *payload)
{
	struct payload_segment *segment = &payload->segments[payload->segment_count];
	uint64_t to = header->physical_address;

	if (!header->memory_size)
		return 0;
	if (header->file_size > header->memory_size)
		return refuse("segment's p_filesz", header->file_size, "is more than its p_memsz");
	if (!in_file(payload, header->offset, header->file_size))
		return refuse("segment's p_offset", header->offset,
			      "reaches behind the end of the file");
	if (to >= limit || header->memory_size > limit - to)
		return refuse("segment's p_paddr", to, "cannot be reached");
	if (payload->segment_count == PAYLOAD_SEGMENTS_MAX)
		return refuse("segments", payload->segment_count, "are more than can be loaded");
	for (uint32_t i = 0; i < payload->segment_count; i++)
		if (overlap(to, header->memory_size, payload->segments[i].to,
			    payload->segments[i].memory_size))
			return refuse("segment's p_paddr", to, "lies over another segment");
	*segment = (struct payload_segment){ .from = payload->file.base + header->offset,
					     .file_size = header->file_size,
					     .to = to,
					     .memory_size = header->memory_size,
					     .linked = header->virtual_address };
	payload->segment_count++;
	return 0;
}

static uint64_t filled_up(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

/* The entry in one segment of notes; entry stays as it is if there is none. */
static int notes_read(const struct firmware_reader *reader, const struct payload *payload,
		      const struct elf_program_header *header, uint64_t *entry)
{
	uint64_t at = 0;

	if (!in_file(payload, header->offset, header->file_size))
		return refuse("notes' p_offset", header->offset,
			      "reaches behind the end of the file");
	for (uint32_t i = 0; i < NOTES_MAX && header->file_size - at >= sizeof(struct elf_note);
	     i++) {
		uint64_t base = payload->file.base + header->offset + at;
		struct elf_note note;
		uint64_t size;
		char name[4];

		if (!firmware_read(reader, base, &note, sizeof(note)))
			return refuse("note", base, "cannot be read");
		size = sizeof(note) + filled_up(note.name_size) + filled_up(note.data_size);
		if (size > header->file_size - at)
			return refuse("note", at, "reaches behind its segment");
		if (note.type == NOTE_PHYS32_ENTRY && note.name_size == sizeof(name) &&
		    (note.data_size == 4 || note.data_size == 8) &&
		    firmware_read(reader, base + sizeof(note), name, sizeof(name)) &&
		    !memcmp(name, "Xen", sizeof(name))) {
			*entry = 0;
			if (!firmware_read(reader, base + sizeof(note) + sizeof(name), entry,
					   note.data_size))
				return refuse("note", base, "cannot be read");
		}
		at += size;
	}
	return 0;
}

static int entry_check(struct payload *payload, uint64_t entry)
{
	if (entry == UINT64_MAX)
		return refuse("notes", 0, "none has a PVH entry (XEN_ELFNOTE_PHYS32_ENTRY)");
	for (uint32_t i = 0; i < payload->segment_count; i++)
		if (entry >= payload->segments[i].to &&
		    entry - payload->segments[i].to < payload->segments[i].file_size &&
		    entry <= UINT32_MAX) {
			payload->entry = (uint32_t)entry;
			return 0;
		}
	return refuse("PVH entry", entry, "is not within a segment");
}

/* The header's: an address of what the file was linked as. */
static int entry_find(struct payload *payload, uint64_t entry)
{
	for (uint32_t i = 0; i < payload->segment_count; i++) {
		const struct payload_segment *segment = &payload->segments[i];

		if (entry >= segment->linked && entry - segment->linked < segment->file_size) {
			payload->entry = (uint32_t)(segment->to + (entry - segment->linked));
			return 0;
		}
	}
	return refuse("e_entry", entry, "is not within a segment");
}

/* By PVH; else as from Linux's kexec. */
static bool enters_by_note(uint32_t machine)
{
	return machine == PARK_MACHINE_X86_64 || machine == PARK_MACHINE_386;
}

int payload_elf_read(const struct firmware_reader *reader, uint32_t machine, uint64_t limit,
		     struct payload *payload)
{
	struct elf_header header = { .type = 0 };
	uint64_t entry = UINT64_MAX;
	int error = header_read(reader, machine, payload, &header);

	payload->segment_count = 0;
	if (error)
		return error;
	for (uint32_t i = 0; i < header.program_header_count && !error; i++) {
		struct elf_program_header program;

		if (!program_header_read(reader, payload, &header, i, &program))
			return refuse("program header", i, "cannot be read");
		if (program.type == SEGMENT_LOAD)
			error = segment_add(&program, limit, payload);
		else if (program.type == SEGMENT_NOTE && enters_by_note(machine))
			error = notes_read(reader, payload, &program, &entry);
	}
	if (!error && !payload->segment_count)
		error = refuse("segments", 0, "there is nothing to load");
	if (error)
		return error;
	if (enters_by_note(machine))
		return entry_check(payload, entry);
	payload->movable = header.type == TYPE_SHARED;
	return entry_find(payload, header.entry);
}
