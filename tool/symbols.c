// SPDX-License-Identifier: MIT
/*
 * `muster symbols`: which function is at which address of an ELF file, as an assembly source. The
 * kernel's build calls it between two links, main.c and the tests call it too.
 *
 * It must never believe the file: every offset, count and string is checked against the bytes that
 * are there, and no byte of a name reaches the assembler other than as a character of a string.
 */
#include "tool/symbols.h"

#include "tool/exit_code.h"
#include "tool/text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer names are cut: they are for a person who reads a backtrace. */
#define NAME_MAX_SHOWN 127
/* Offsets in the table are 32 bits wide. */
#define WINDOW_SPAN (UINT64_C(1) << 32)

struct elf_bytes {
	const uint8_t *data;
	size_t size;
	bool narrow;	   /* a file of 32 bits: what is read of it is widened */
	Elf64_Ehdr header; /* what of it is used below */
	char *message;
	size_t message_size;
};

struct symbol {
	uint64_t address;
	uint32_t rank; /* of several at one address the lowest rank is kept */
	uint32_t name_length;
	const char *name; /* not terminated */
};

struct symbol_list {
	struct symbol *entries;
	size_t count;
};

static int fault(const struct elf_bytes *file, const char *text)
{
	snprintf(file->message, file->message_size, "%s", text);
	return -1;
}

/* Do count things of size each lie inside the file, from offset on? */
static bool inside(const struct elf_bytes *file, uint64_t offset, uint64_t count, uint64_t size)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return false;
	return offset <= file->size && bytes <= file->size - offset;
}

static size_t section_size(const struct elf_bytes *file)
{
	return file->narrow ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
}

static size_t symbol_size(const struct elf_bytes *file)
{
	return file->narrow ? sizeof(Elf32_Sym) : sizeof(Elf64_Sym);
}

/* Both begin with the same 16 bytes. */
static int read_identity(struct elf_bytes *file)
{
	const uint8_t *identity = file->data;

	if (!inside(file, 0, 1, sizeof(Elf32_Ehdr)))
		return fault(file, "too short for an ELF file");
	if (memcmp(identity, ELFMAG, SELFMAG))
		return fault(file, "not an ELF file");
	file->narrow = identity[EI_CLASS] == ELFCLASS32;
	if ((!file->narrow && identity[EI_CLASS] != ELFCLASS64) || identity[EI_DATA] != ELFDATA2LSB)
		return fault(file, "not a 32- or 64-bit little-endian ELF file");
	if (!file->narrow && !inside(file, 0, 1, sizeof(Elf64_Ehdr)))
		return fault(file, "too short for an ELF file");
	return 0;
}

static int read_header(struct elf_bytes *file)
{
	Elf64_Ehdr *header = &file->header;

	if (read_identity(file))
		return -1;
	if (file->narrow) {
		Elf32_Ehdr narrow;

		memcpy(&narrow, file->data, sizeof(narrow));
		header->e_shoff = narrow.e_shoff;
		header->e_shentsize = narrow.e_shentsize;
		header->e_shnum = narrow.e_shnum;
	} else {
		memcpy(header, file->data, sizeof(*header));
	}
	if (header->e_shentsize != section_size(file) || !header->e_shnum)
		return fault(file, "no section headers");
	if (!inside(file, header->e_shoff, header->e_shnum, section_size(file)))
		return fault(file, "section headers lie outside the file");
	return 0;
}

/* The caller has checked index against e_shnum. */
static Elf64_Shdr section_at(const struct elf_bytes *file, size_t index)
{
	const uint8_t *at = file->data + file->header.e_shoff + index * section_size(file);
	Elf64_Shdr section = { 0 };
	Elf32_Shdr narrow;

	if (!file->narrow) {
		memcpy(&section, at, sizeof(section));
		return section;
	}
	memcpy(&narrow, at, sizeof(narrow));
	section.sh_type = narrow.sh_type;
	section.sh_flags = narrow.sh_flags;
	section.sh_offset = narrow.sh_offset;
	section.sh_size = narrow.sh_size;
	section.sh_link = narrow.sh_link;
	section.sh_entsize = narrow.sh_entsize;
	return section;
}

/* The caller has checked index against the table's size. */
static Elf64_Sym symbol_at(const struct elf_bytes *file, const Elf64_Shdr *table, size_t index)
{
	const uint8_t *at = file->data + table->sh_offset + index * symbol_size(file);
	Elf64_Sym symbol = { 0 };
	Elf32_Sym narrow;

	if (!file->narrow) {
		memcpy(&symbol, at, sizeof(symbol));
		return symbol;
	}
	memcpy(&narrow, at, sizeof(narrow));
	symbol.st_name = narrow.st_name;
	symbol.st_info = narrow.st_info;
	symbol.st_shndx = narrow.st_shndx;
	symbol.st_value = narrow.st_value;
	return symbol;
}

/* Find the symbol table and its strings, and check that both are inside the file. */
static int find_symbol_table(const struct elf_bytes *file, Elf64_Shdr *table, Elf64_Shdr *strings)
{
	for (size_t i = 0; i < file->header.e_shnum; i++) {
		*table = section_at(file, i);
		if (table->sh_type != SHT_SYMTAB)
			continue;
		if (table->sh_entsize != symbol_size(file) ||
		    !inside(file, table->sh_offset, table->sh_size, 1))
			return fault(file, "symbol table lies outside the file");
		if (table->sh_link >= file->header.e_shnum)
			return fault(file, "symbol table without strings");
		*strings = section_at(file, table->sh_link);
		if (strings->sh_type != SHT_STRTAB ||
		    !inside(file, strings->sh_offset, strings->sh_size, 1))
			return fault(file, "symbol names lie outside the file");
		return 0;
	}
	return fault(file, "no symbol table (stripped?)");
}

static bool in_code(const struct elf_bytes *file, const Elf64_Sym *symbol)
{
	Elf64_Shdr section;

	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= file->header.e_shnum)
		return false;
	section = section_at(file, symbol->st_shndx);
	return (section.sh_flags & SHF_ALLOC) && (section.sh_flags & SHF_EXECINSTR);
}

/* Functions before labels, global names before weak and local ones. */
static uint32_t rank_of(const Elf64_Sym *symbol)
{
	uint32_t rank = ELF64_ST_TYPE(symbol->st_info) == STT_FUNC ? 0 : 4;

	switch (ELF64_ST_BIND(symbol->st_info)) {
	case STB_GLOBAL:
		return rank;
	case STB_WEAK:
		return rank + 1;
	default:
		return rank + 2;
	}
}

/* Is it one for the table? Fills in entry. */
static bool take_symbol(const struct elf_bytes *file, const Elf64_Shdr *strings,
			const Elf64_Sym *symbol, struct symbol *entry)
{
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);
	const char *name;
	const char *end;

	if ((type != STT_FUNC && type != STT_NOTYPE) || !in_code(file, symbol))
		return false;
	if (symbol->st_name >= strings->sh_size)
		return false;
	name = (const char *)file->data + strings->sh_offset + symbol->st_name;
	end = memchr(name, 0, strings->sh_size - symbol->st_name);
	/* `$` begins the mapping symbols of some assemblers, `.L` their local labels. */
	if (!end || end == name || name[0] == '$' || !strncmp(name, ".L", 2))
		return false;
	entry->address = symbol->st_value;
	entry->rank = rank_of(symbol);
	entry->name = name;
	entry->name_length = end - name > NAME_MAX_SHOWN ? NAME_MAX_SHOWN : (uint32_t)(end - name);
	return true;
}

static int compare_symbols(const void *left, const void *right)
{
	const struct symbol *a = left;
	const struct symbol *b = right;
	uint32_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	order = memcmp(a->name, b->name, shorter);
	if (order)
		return order;
	return (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

/* Sorted by address, one for each. */
static void sort_symbols(struct symbol_list *list)
{
	size_t kept = 0;

	if (!list->count)
		return;
	qsort(list->entries, list->count, sizeof(*list->entries), compare_symbols);
	for (size_t i = 1; i < list->count; i++) {
		if (list->entries[i].address != list->entries[kept].address)
			list->entries[++kept] = list->entries[i];
	}
	list->count = kept + 1;
}

static int collect_symbols(const struct elf_bytes *file, struct symbol_list *list)
{
	Elf64_Shdr table;
	Elf64_Shdr strings;
	size_t count;

	if (find_symbol_table(file, &table, &strings))
		return -1;
	count = table.sh_size / symbol_size(file);
	list->entries = calloc(count ? count : 1, sizeof(*list->entries));
	if (!list->entries)
		return fault(file, "out of memory");
	for (size_t i = 0; i < count; i++) {
		Elf64_Sym symbol = symbol_at(file, &table, i);

		if (take_symbol(file, &strings, &symbol, &list->entries[list->count]))
			list->count++;
	}
	sort_symbols(list);
	return 0;
}

/*
 * A kernel has start code at low addresses and the rest far above. The table speaks of one stretch
 * of 4 GiB: the one with the most functions.
 */
static struct symbol_list best_window(const struct symbol_list *list)
{
	struct symbol_list best = { list->entries, 0 };
	size_t end = 0;

	for (size_t start = 0; start < list->count; start++) {
		while (end < list->count &&
		       list->entries[end].address - list->entries[start].address < WINDOW_SPAN)
			end++;
		if (end - start > best.count) {
			best.entries = list->entries + start;
			best.count = end - start;
		}
	}
	return best;
}

static void write_label(FILE *out, const char *name)
{
	fprintf(out, "\t.globl\t%s\n%s:\n", name, name);
}

/* A name as a string of the assembler: what is not part of an ordinary name becomes an escape. */
static void write_name(FILE *out, const struct symbol *symbol)
{
	fputs("\t.asciz\t\"", out);
	for (uint32_t i = 0; i < symbol->name_length; i++) {
		unsigned char c = (unsigned char)symbol->name[i];
		bool ordinary = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				(c >= '0' && c <= '9') || c == '_' || c == '.' || c == '$';

		fprintf(out, ordinary ? "%c" : "\\%03o", c);
	}
	fputs("\"\n", out);
}

/*
 * One stream, since who reads it is in no hurry: for each function how far it is from the one before,
 * in as few bytes as that takes (LEB128: DWARF 5, 7.6), and its name.
 */
static void write_table(FILE *out, const struct symbol_list *list)
{
	uint64_t last = list->count ? list->entries[0].address : 0;

	fputs("/* Made by `muster symbols`. */\n", out);
	fputs("\t.section .rodata.symbols, \"a\", %progbits\n\t.balign\t8\n", out);
	write_label(out, "muster_symbols_base");
	fprintf(out, "\t.quad\t0x%llx\n", (unsigned long long)last);
	write_label(out, "muster_symbols_count");
	fprintf(out, "\t.long\t%zu\n", list->count);
	write_label(out, "muster_symbols_entries");
	for (size_t i = 0; i < list->count; i++) {
		fprintf(out, "\t.uleb128\t0x%llx\n",
			(unsigned long long)(list->entries[i].address - last));
		write_name(out, &list->entries[i]);
		last = list->entries[i].address;
	}
	fputs("\t.byte\t0\n\t.section .note.GNU-stack, \"\", %progbits\n", out);
}

void symbols_write_empty(FILE *out)
{
	write_table(out, &(struct symbol_list){ 0 });
}

int symbols_write(const uint8_t *data, size_t size, FILE *out, size_t *left_out, char *message,
		  size_t message_size)
{
	struct elf_bytes file = {
		.data = data, .size = size, .message = message, .message_size = message_size
	};
	struct symbol_list list = { 0 };
	struct symbol_list window;
	int result = -1;

	if (!read_header(&file) && !collect_symbols(&file, &list)) {
		window = best_window(&list);
		*left_out = list.count - window.count;
		write_table(out, &window);
		result = 0;
	}
	free(list.entries);
	return result;
}

/* How far behind the last function an address may lie and still be said to be in it. */
#define FUNCTION_SPAN 65536

bool symbols_find(const uint8_t *data, size_t size, uint64_t address, char *name, size_t name_size,
		  uint64_t *offset)
{
	char message[128];
	struct elf_bytes file = {
		.data = data, .size = size, .message = message, .message_size = sizeof(message)
	};
	struct symbol_list list = { 0 };
	const struct symbol *in = NULL;

	if (!read_header(&file) && !collect_symbols(&file, &list))
		for (size_t i = 0; i < list.count && list.entries[i].address <= address; i++)
			in = &list.entries[i];
	if (in && address - in->address >= FUNCTION_SPAN)
		in = NULL;
	if (in) {
		text_show(name, name_size, in->name, in->name_length);
		*offset = address - in->address;
	}
	free(list.entries);
	return in;
}

/* Map the file and write its table. The message on failure is printed here. */
static int write_for_file(const char *path)
{
	char message[128] = "";
	size_t left_out = 0;
	struct stat info;
	void *data;
	int result;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info)) {
		fprintf(stderr, "muster: symbols: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EXIT_CANNOT;
	}
	data = info.st_size ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
			    : MAP_FAILED;
	close(fd);
	if (data == MAP_FAILED) {
		fprintf(stderr, "muster: symbols: %s: cannot be read\n", path);
		return EXIT_CANNOT;
	}
	result = symbols_write(data, (size_t)info.st_size, stdout, &left_out, message,
			       sizeof(message));
	munmap(data, (size_t)info.st_size);
	if (result)
		fprintf(stderr, "muster: symbols: %s: %s\n", path, message);
	return result ? EXIT_CANNOT : EXIT_GOOD;
}

int symbols_command(int argc, char **argv)
{
	int result = EXIT_GOOD;

	if (argc != 2 || (argv[1][0] == '-' && strcmp(argv[1], "--empty"))) {
		fputs("muster: symbols: give one ELF file, or --empty\n", stderr);
		return EXIT_CANNOT;
	}
	if (strcmp(argv[1], "--empty"))
		result = write_for_file(argv[1]);
	else
		symbols_write_empty(stdout);
	if (fflush(stdout) || ferror(stdout)) {
		fputs("muster: symbols: cannot write\n", stderr);
		return EXIT_CANNOT;
	}
	return result;
}
