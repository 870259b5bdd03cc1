// SPDX-License-Identifier: MIT
/* The symbol table of an ELF file: of a good one, and of files that lie about themselves. */
#include "tool/symbols.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SYMBOLS_MAX 16

enum section_number {
	SECTION_NONE,
	SECTION_TEXT,
	SECTION_DATA,
	SECTION_SYMBOLS,
	SECTION_STRINGS,
	SECTIONS
};

/* An ELF file as small as can be; a test fills it in and spoils it. */
struct tiny_elf {
	Elf64_Ehdr header;
	Elf64_Shdr sections[SECTIONS];
	Elf64_Sym symbols[SYMBOLS_MAX];
	char strings[512];
};

static size_t string_add(struct tiny_elf *elf, const char *name)
{
	Elf64_Shdr *strings = &elf->sections[SECTION_STRINGS];
	size_t at = strings->sh_size;

	assert_true(at + strlen(name) + 1 <= sizeof(elf->strings));
	memcpy(elf->strings + at, name, strlen(name) + 1);
	strings->sh_size += strlen(name) + 1;
	return at;
}

static void symbol_add(struct tiny_elf *elf, const char *name, uint64_t address,
		       unsigned char binding, unsigned char type, uint16_t section)
{
	Elf64_Shdr *table = &elf->sections[SECTION_SYMBOLS];
	Elf64_Sym *symbol = &elf->symbols[table->sh_size / sizeof(Elf64_Sym)];

	symbol->st_name = (uint32_t)string_add(elf, name);
	symbol->st_value = address;
	symbol->st_info = (unsigned char)ELF64_ST_INFO(binding, type);
	symbol->st_shndx = section;
	table->sh_size += sizeof(Elf64_Sym);
}

static void function_add(struct tiny_elf *elf, const char *name, uint64_t address)
{
	symbol_add(elf, name, address, STB_GLOBAL, STT_FUNC, SECTION_TEXT);
}

static struct tiny_elf *elf_new(void)
{
	struct tiny_elf *elf = calloc(1, sizeof(*elf));

	assert_non_null(elf);
	memcpy(elf->header.e_ident, ELFMAG, SELFMAG);
	elf->header.e_ident[EI_CLASS] = ELFCLASS64;
	elf->header.e_ident[EI_DATA] = ELFDATA2LSB;
	elf->header.e_shoff = offsetof(struct tiny_elf, sections);
	elf->header.e_shentsize = sizeof(Elf64_Shdr);
	elf->header.e_shnum = SECTIONS;
	elf->sections[SECTION_TEXT].sh_type = SHT_PROGBITS;
	elf->sections[SECTION_TEXT].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
	elf->sections[SECTION_DATA].sh_type = SHT_PROGBITS;
	elf->sections[SECTION_DATA].sh_flags = SHF_ALLOC | SHF_WRITE;
	elf->sections[SECTION_SYMBOLS] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct tiny_elf, symbols),
		.sh_entsize = sizeof(Elf64_Sym),
		.sh_link = SECTION_STRINGS,
	};
	elf->sections[SECTION_STRINGS] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct tiny_elf, strings),
	};
	string_add(elf, "");
	return elf;
}

/* What is written for the file, or NULL when it is refused. */
static char *write_table(const void *data, size_t size, size_t *left_out)
{
	char *text = NULL, message[128] = "";
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int result;

	assert_non_null(out);
	*left_out = 0;
	result = symbols_write(data, size, out, left_out, message, sizeof(message));
	fclose(out);
	if (!result)
		return text;
	assert_string_not_equal(message, "");
	free(text);
	return NULL;
}

static char *table_of(struct tiny_elf *elf, size_t *left_out)
{
	char *text = write_table(elf, sizeof(*elf), left_out);

	free(elf);
	return text;
}

static void expect_part(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void test_sorted(void **state)
{
	struct tiny_elf *elf = elf_new();
	size_t left_out;
	char *text;

	(void)state;
	function_add(elf, "second", 0xffffffff80001010);
	function_add(elf, "first", 0xffffffff80001000);
	symbol_add(elf, "label", 0xffffffff80001020, STB_LOCAL, STT_NOTYPE, SECTION_TEXT);
	text = table_of(elf, &left_out);
	expect_part(text, "muster_symbols_base:\n\t.quad\t0xffffffff80001000\n");
	expect_part(text, "muster_symbols_count:\n\t.long\t3\n");
	expect_part(text, "muster_symbols_entries:\n"
			  "\t.uleb128\t0x0\n\t.asciz\t\"first\"\n"
			  "\t.uleb128\t0x10\n\t.asciz\t\"second\"\n"
			  "\t.uleb128\t0x10\n\t.asciz\t\"label\"\n");
	assert_int_equal(left_out, 0);
	free(text);
}

static void test_only_code(void **state)
{
	struct tiny_elf *elf = elf_new();
	size_t left_out;
	char *text;

	(void)state;
	function_add(elf, "wanted", 0x1000);
	symbol_add(elf, "data", 0x2000, STB_GLOBAL, STT_FUNC, SECTION_DATA);
	symbol_add(elf, "object", 0x1004, STB_GLOBAL, STT_OBJECT, SECTION_TEXT);
	symbol_add(elf, "undefined", 0x1008, STB_GLOBAL, STT_FUNC, SHN_UNDEF);
	symbol_add(elf, "absolute", 0x1008, STB_GLOBAL, STT_NOTYPE, SHN_ABS);
	symbol_add(elf, "no_such_section", 0x1008, STB_GLOBAL, STT_FUNC, SECTIONS);
	symbol_add(elf, "$x", 0x100c, STB_LOCAL, STT_NOTYPE, SECTION_TEXT);
	symbol_add(elf, ".Ltmp", 0x1010, STB_LOCAL, STT_NOTYPE, SECTION_TEXT);
	symbol_add(elf, "", 0x1014, STB_LOCAL, STT_NOTYPE, SECTION_TEXT);
	text = table_of(elf, &left_out);
	expect_part(text, "muster_symbols_count:\n\t.long\t1\n");
	expect_part(text, "\"wanted\"");
	free(text);
}

static void test_one_for_each_address(void **state)
{
	struct tiny_elf *elf = elf_new();
	size_t left_out;
	char *text;

	(void)state;
	symbol_add(elf, "a_label", 0x1000, STB_GLOBAL, STT_NOTYPE, SECTION_TEXT);
	symbol_add(elf, "local", 0x1000, STB_LOCAL, STT_FUNC, SECTION_TEXT);
	symbol_add(elf, "weak", 0x1000, STB_WEAK, STT_FUNC, SECTION_TEXT);
	function_add(elf, "two", 0x1000);
	function_add(elf, "one", 0x1000);
	text = table_of(elf, &left_out);
	expect_part(text, "muster_symbols_count:\n\t.long\t1\n");
	expect_part(text, "\t.asciz\t\"one\"\n");
	free(text);
}

static void test_far_apart(void **state)
{
	struct tiny_elf *elf = elf_new();
	size_t left_out;
	char *text;

	(void)state;
	function_add(elf, "start_code", 0x8000);
	function_add(elf, "kernel_a", 0xffffffff80000000);
	function_add(elf, "kernel_b", 0xffffffffffffffff);
	text = table_of(elf, &left_out);
	expect_part(text, "muster_symbols_count:\n\t.long\t2\n");
	expect_part(text, "\t.uleb128\t0x7fffffff\n");
	assert_int_equal(left_out, 1);
	free(text);
}

static void test_names_stay_strings(void **state)
{
	struct tiny_elf *elf = elf_new();
	char name[300];
	size_t left_out;
	char *text;

	(void)state;
	function_add(elf, "a\"\n\t.incbin \"x\\", 0x1000);
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	function_add(elf, name, 0x2000);
	text = table_of(elf, &left_out);
	expect_part(text, "\"a\\042\\012\\011.incbin\\040\\042x\\134\"\n");
	assert_null(strstr(text, "\n\t.incbin"));
	name[127] = 0;
	expect_part(text, name);
	name[127] = 'n';
	name[128] = 0;
	assert_null(strstr(text, name));
	free(text);
}

static void test_no_functions(void **state)
{
	size_t left_out;
	char *text = table_of(elf_new(), &left_out);

	(void)state;
	expect_part(text, "muster_symbols_count:\n\t.long\t0\n");
	free(text);
}

static void test_empty_is_like_a_file_without_functions(void **state)
{
	size_t left_out, length;
	char *of_file = table_of(elf_new(), &left_out), *empty = NULL;
	FILE *out = open_memstream(&empty, &length);

	(void)state;
	assert_non_null(out);
	symbols_write_empty(out);
	fclose(out);
	assert_string_equal(empty, of_file);
	free(empty);
	free(of_file);
}

static void expect_refused(struct tiny_elf *elf)
{
	size_t left_out;
	char *text = table_of(elf, &left_out);

	assert_null(text);
}

static void test_lies(void **state)
{
	struct tiny_elf *elf;

	(void)state;
	elf = elf_new();
	elf->header.e_ident[0] = 'E';
	expect_refused(elf);
	elf = elf_new();
	elf->header.e_ident[EI_CLASS] = ELFCLASS32;
	expect_refused(elf);
	elf = elf_new();
	elf->header.e_ident[EI_DATA] = ELFDATA2MSB;
	expect_refused(elf);
	elf = elf_new();
	elf->header.e_shnum = 0;
	expect_refused(elf);
	elf = elf_new();
	elf->header.e_shnum = 0xffff;
	expect_refused(elf);
	elf = elf_new();
	elf->header.e_shentsize = 1;
	expect_refused(elf);
	elf = elf_new();
	elf->header.e_shoff = UINT64_MAX - 8;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_SYMBOLS].sh_type = SHT_NULL;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_SYMBOLS].sh_size = UINT64_MAX;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_SYMBOLS].sh_offset = UINT64_MAX;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_SYMBOLS].sh_entsize = 0;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_SYMBOLS].sh_link = SECTIONS;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_SYMBOLS].sh_link = SECTION_TEXT;
	expect_refused(elf);
	elf = elf_new();
	elf->sections[SECTION_STRINGS].sh_offset = sizeof(*elf) - 1;
	elf->sections[SECTION_STRINGS].sh_size = 2;
	expect_refused(elf);
}

/* A name that begins behind the strings, or does not end within them, is no name. */
static void test_names_outside(void **state)
{
	struct tiny_elf *elf = elf_new();
	size_t left_out;
	char *text;

	(void)state;
	function_add(elf, "good", 0x1000);
	function_add(elf, "outside", 0x2000);
	elf->symbols[1].st_name = UINT32_MAX;
	function_add(elf, "open", 0x3000);
	elf->sections[SECTION_STRINGS].sh_size--;
	text = table_of(elf, &left_out);
	expect_part(text, "muster_symbols_count:\n\t.long\t1\n");
	free(text);
}

static void test_cut_files(void **state)
{
	struct tiny_elf *elf = elf_new();

	(void)state;
	function_add(elf, "name", 0x1000);
	for (size_t size = 0; size <= sizeof(*elf); size++) {
		char *copy = malloc(size ? size : 1);
		size_t left_out;

		assert_non_null(copy);
		memcpy(copy, elf, size);
		free(write_table(copy, size, &left_out));
		free(copy);
	}
	free(elf);
}

static void test_any_bytes(void **state)
{
	uint64_t random = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct tiny_elf *elf = elf_new();
		size_t left_out, used;

		function_add(elf, "one", 0x1000);
		function_add(elf, "two", 0x2000);
		used = offsetof(struct tiny_elf, symbols) + 2 * sizeof(Elf64_Sym);
		for (int change = 0; change < 3; change++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			((uint8_t *)elf)[(random >> 33) % used] = (uint8_t)(random >> 56);
		}
		free(table_of(elf, &left_out));
	}
}

/* The function that an address lies in. */
static void test_find(void **state)
{
	struct tiny_elf *elf = elf_new();
	char name[8] = "before";
	uint64_t offset = 77;

	(void)state;
	function_add(elf, "second", 0xffffffff80002000);
	function_add(elf, "first", 0xffffffff80001000);
	function_add(elf, "with\033[0mbytes", 0xffffffff80003000);
	assert_false(symbols_find((void *)elf, sizeof(*elf), 0xffffffff80000fff, name, sizeof(name),
				  &offset));
	assert_true(symbols_find((void *)elf, sizeof(*elf), 0xffffffff80001fff, name, sizeof(name),
				 &offset));
	assert_string_equal(name, "first");
	assert_int_equal(offset, 0xfff);
	assert_true(symbols_find((void *)elf, sizeof(*elf), 0xffffffff80002000, name, sizeof(name),
				 &offset));
	assert_string_equal(name, "second");
	assert_int_equal(offset, 0);
	/* Cut to what fits, and safe to show. */
	assert_true(symbols_find((void *)elf, sizeof(*elf), 0xffffffff80003004, name, sizeof(name),
				 &offset));
	assert_true(!strncmp(name, "with", 4) && !strchr(name, '\033'));
	/* Far behind the last function is nowhere. */
	assert_false(symbols_find((void *)elf, sizeof(*elf), 0xffffffff80100000, name, sizeof(name),
				  &offset));
	elf->header.e_shoff = UINT64_MAX;
	assert_false(symbols_find((void *)elf, sizeof(*elf), 0xffffffff80002000, name, sizeof(name),
				  &offset));
	free(elf);
}

/* The same as a file of 32 bits, which is what a 64-bit one is made from here. */
struct tiny_elf_32 {
	Elf32_Ehdr header;
	Elf32_Shdr sections[SECTIONS];
	Elf32_Sym symbols[SYMBOLS_MAX];
	char strings[512];
};

static struct tiny_elf_32 *narrow(const struct tiny_elf *wide)
{
	struct tiny_elf_32 *elf = calloc(1, sizeof(*elf));

	assert_non_null(elf);
	memcpy(elf->header.e_ident, wide->header.e_ident, EI_NIDENT);
	elf->header.e_ident[EI_CLASS] = ELFCLASS32;
	elf->header.e_shoff = offsetof(struct tiny_elf_32, sections);
	elf->header.e_shentsize = sizeof(Elf32_Shdr);
	elf->header.e_shnum = SECTIONS;
	for (int i = 0; i < SECTIONS; i++) {
		elf->sections[i].sh_type = wide->sections[i].sh_type;
		elf->sections[i].sh_flags = (Elf32_Word)wide->sections[i].sh_flags;
		elf->sections[i].sh_link = wide->sections[i].sh_link;
		elf->sections[i].sh_size = (Elf32_Word)wide->sections[i].sh_size;
	}
	elf->sections[SECTION_SYMBOLS].sh_offset = offsetof(struct tiny_elf_32, symbols);
	elf->sections[SECTION_SYMBOLS].sh_entsize = sizeof(Elf32_Sym);
	elf->sections[SECTION_SYMBOLS].sh_size =
		(Elf32_Word)(wide->sections[SECTION_SYMBOLS].sh_size / sizeof(Elf64_Sym) *
			     sizeof(Elf32_Sym));
	elf->sections[SECTION_STRINGS].sh_offset = offsetof(struct tiny_elf_32, strings);
	for (int i = 0; i < SYMBOLS_MAX; i++) {
		elf->symbols[i].st_name = wide->symbols[i].st_name;
		elf->symbols[i].st_info = wide->symbols[i].st_info;
		elf->symbols[i].st_shndx = wide->symbols[i].st_shndx;
		elf->symbols[i].st_value = (Elf32_Addr)wide->symbols[i].st_value;
	}
	memcpy(elf->strings, wide->strings, sizeof(elf->strings));
	return elf;
}

static void a_file_of_32_bits(void **state)
{
	struct tiny_elf *wide = elf_new();
	struct tiny_elf_32 *elf;
	size_t left_out;
	char *expected, *text;

	(void)state;
	function_add(wide, "second", 0xc0201020);
	function_add(wide, "first", 0xc0201000);
	symbol_add(wide, "data", 0xc0300000, STB_GLOBAL, STT_FUNC, SECTION_DATA);
	expected = write_table(wide, sizeof(*wide), &left_out);
	assert_non_null(expected);
	assert_non_null(strstr(expected, "first"));
	elf = narrow(wide);
	text = write_table(elf, sizeof(*elf), &left_out);
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	/* One that ends early, or whose sections have the other size, is refused. */
	for (size_t size = 0; size < sizeof(Elf32_Ehdr); size++)
		assert_null(write_table(elf, size, &left_out));
	elf->header.e_shentsize = sizeof(Elf64_Shdr);
	assert_null(write_table(elf, sizeof(*elf), &left_out));
	elf->header.e_shentsize = sizeof(Elf32_Shdr);
	elf->sections[SECTION_SYMBOLS].sh_entsize = sizeof(Elf64_Sym);
	assert_null(write_table(elf, sizeof(*elf), &left_out));
	elf->sections[SECTION_SYMBOLS].sh_entsize = sizeof(Elf32_Sym);
	elf->sections[SECTION_SYMBOLS].sh_offset = UINT32_MAX - 8;
	assert_null(write_table(elf, sizeof(*elf), &left_out));
	free(expected);
	free(elf);
	free(wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_only_code),
		cmocka_unit_test(test_one_for_each_address),
		cmocka_unit_test(test_far_apart),
		cmocka_unit_test(test_names_stay_strings),
		cmocka_unit_test(test_no_functions),
		cmocka_unit_test(test_empty_is_like_a_file_without_functions),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_names_outside),
		cmocka_unit_test(test_cut_files),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_find),
		cmocka_unit_test(a_file_of_32_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
