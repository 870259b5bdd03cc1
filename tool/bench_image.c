// SPDX-License-Identifier: MIT
/*
 * Reads an ELF64 file for bench: sizes, symbols, code. Must never believe an offset or a count of the
 * file: each is checked against the bytes that are there.
 */
#include "tool/bench_image.h"

#include <elf.h>
#include <string.h>

static bool inside(size_t size, uint64_t offset, uint64_t count, uint64_t each)
{
	uint64_t bytes;

	return !__builtin_mul_overflow(count, each, &bytes) && offset <= size &&
	       bytes <= size - offset;
}

static bool read_header(const uint8_t *data, size_t size, Elf64_Ehdr *header)
{
	if (!inside(size, 0, 1, sizeof(*header)))
		return false;
	memcpy(header, data, sizeof(*header));
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB;
}

/* The segments of a file whose header was read; false: they lie outside it. */
static bool has_segments(const Elf64_Ehdr *header, size_t size)
{
	return header->e_phnum && header->e_phentsize == sizeof(Elf64_Phdr) &&
	       inside(size, header->e_phoff, header->e_phnum, sizeof(Elf64_Phdr));
}

static Elf64_Phdr segment_at(const uint8_t *data, const Elf64_Ehdr *header, size_t index)
{
	Elf64_Phdr segment;

	memcpy(&segment, data + header->e_phoff + index * sizeof(segment), sizeof(segment));
	return segment;
}

static bool add_segment(struct bench_image *image, const Elf64_Phdr *segment, size_t size)
{
	uint64_t *place = segment->p_flags & PF_X   ? &image->text
			  : segment->p_flags & PF_W ? &image->data
						    : &image->rodata;

	/* A file cannot hold more than it has, in all segments together. */
	if (!inside(size, segment->p_offset, segment->p_filesz, 1) ||
	    segment->p_memsz < segment->p_filesz || segment->p_memsz > INT64_MAX / 4 ||
	    image->bss > INT64_MAX / 4)
		return false;
	*place += segment->p_filesz;
	image->bss += segment->p_memsz - segment->p_filesz;
	return true;
}

int image_measure(const uint8_t *data, size_t size, struct bench_image *image)
{
	Elf64_Ehdr header;

	image->text = image->rodata = image->data = image->bss = 0;
	image->known = read_header(data, size, &header) && has_segments(&header, size);
	for (size_t i = 0; image->known && i < header.e_phnum; i++) {
		Elf64_Phdr segment = segment_at(data, &header, i);

		if (segment.p_type == PT_LOAD && !add_segment(image, &segment, size))
			image->known = false;
	}
	if (image->known)
		return 0;
	snprintf(image->note, sizeof(image->note),
		 "not a 64-bit little-endian ELF file whose segments lie inside it");
	return -1;
}

static bool section_of(const uint8_t *data, size_t size, const Elf64_Ehdr *header, size_t index,
		       Elf64_Shdr *section)
{
	if (index >= header->e_shnum)
		return false;
	memcpy(section, data + header->e_shoff + index * sizeof(*section), sizeof(*section));
	return section->sh_type == SHT_NOBITS ||
	       inside(size, section->sh_offset, section->sh_size, 1);
}

/* The symbol table and its strings, both inside the file, the strings terminated. */
static bool symbol_table(const uint8_t *data, size_t size, Elf64_Shdr *table, Elf64_Shdr *strings)
{
	Elf64_Ehdr header;

	if (!read_header(data, size, &header) || header.e_shentsize != sizeof(Elf64_Shdr) ||
	    !inside(size, header.e_shoff, header.e_shnum, sizeof(Elf64_Shdr)))
		return false;
	for (size_t i = 0; i < header.e_shnum; i++)
		if (section_of(data, size, &header, i, table) && table->sh_type == SHT_SYMTAB)
			return table->sh_entsize == sizeof(Elf64_Sym) &&
			       section_of(data, size, &header, table->sh_link, strings) &&
			       strings->sh_type == SHT_STRTAB && strings->sh_size &&
			       !data[strings->sh_offset + strings->sh_size - 1];
	return false;
}

bool image_symbol(const uint8_t *data, size_t size, const char *name, struct image_symbol *symbol)
{
	Elf64_Shdr table, strings;

	if (!symbol_table(data, size, &table, &strings))
		return false;
	for (uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); i++) {
		Elf64_Sym one;

		memcpy(&one, data + table.sh_offset + i * sizeof(one), sizeof(one));
		if (ELF64_ST_TYPE(one.st_info) != STT_FUNC || one.st_name >= strings.sh_size ||
		    strcmp((const char *)data + strings.sh_offset + one.st_name, name))
			continue;
		*symbol = (struct image_symbol){ one.st_value, one.st_size };
		return true;
	}
	return false;
}

const uint8_t *image_bytes(const uint8_t *data, size_t size, uint64_t address, uint64_t count)
{
	Elf64_Ehdr header;

	if (!read_header(data, size, &header) || !has_segments(&header, size))
		return NULL;
	for (size_t i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment = segment_at(data, &header, i);

		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
		    address - segment.p_vaddr <= segment.p_filesz &&
		    count <= segment.p_filesz - (address - segment.p_vaddr) &&
		    inside(size, segment.p_offset, segment.p_filesz, 1))
			return data + segment.p_offset + (address - segment.p_vaddr);
	}
	return NULL;
}
