// SPDX-License-Identifier: MIT
/*
 * The shim's main way: read the words, leave the other processors in the firmware's loop, make the
 * tables and a start_info, put the kernel in its place, enter it. It trusts what QEMU tells it, but
 * stops with a line where it cannot go on: then a boot test fails by name.
 */
#include "tests/boot/mailbox/shim.h"

#include <xen/arch-x86/hvm/start_info.h>

#define TRAMPOLINE   0x8000u
#define LOCAL_APIC   0xfee00000u /* Intel SDM vol. 3A, 10.4.1 */
#define COMMAND_LOW  0x300u
#define INIT_OTHERS  0xc4500u /* all but self, assert, INIT: 10.6.1 */
#define START_OTHERS 0xc4600u
#define COM1	     0x3f8u
#define PT_LOAD	     1u
#define PT_NOTE	     4u
#define NOTE_ENTRY   18u /* XEN_ELFNOTE_PHYS32_ENTRY */
#define E820_RAM     1u
#define E820_NVS     4u
#define LINE_MAX     2048u
#define MAP_MAX	     64u
/* cpio(5), "newc": the header's bytes, and where in it sizes are, in hexadecimal. */
#define ARCHIVE_HEADER	  110u
#define ARCHIVE_FILE_SIZE 54u
#define ARCHIVE_NAME_SIZE 94u

/* ELF64, System V ABI. */
struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_offset, section_offset;
	uint32_t flags;
	uint16_t header_size, program_size, program_count;
	uint16_t section_size, section_count, section_names;
};
struct elf_program {
	uint32_t type, flags;
	uint64_t offset, virtual, physical, file_size, memory_size, align;
};
struct elf_note {
	uint32_t name_size, size, type;
};
_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_program) == 56, "ELF64");

extern char trampoline[], trampoline_end[], shim_start[], shim_end[], ap_pml5[];
extern volatile uint32_t ap_cr3, ap_cr4, ap_count, silent;
void shim_main(const struct hvm_start_info *told) __attribute__((noreturn));
void shim_enter(uint32_t entry, uint32_t start_info) __attribute__((noreturn));

static struct hvm_start_info info;
static struct hvm_modlist_entry kernels_module;
static struct hvm_memmap_table_entry map[MAP_MAX];
static char line[LINE_MAX], patch[32];
static int version = -1;

static void out(uint16_t port, uint8_t byte)
{
	__asm__ volatile("outb %0, %1" : : "a"(byte), "Nd"(port));
}

void say(const char *text)
{
	for (; *text; text++)
		out(COM1, (uint8_t)*text);
}

void say_number(uint64_t number)
{
	char digits[24];
	char *at = digits + sizeof(digits) - 1;

	*at = 0;
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	say(at);
}

void give_up(const char *why)
{
	say("shim: ");
	say(why);
	say("\n");
	for (;;)
		__asm__ volatile("cli; hlt");
}

static uint32_t number_of(const char *text)
{
	uint32_t number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint32_t)(*text - '0');
	return number;
}

/* The value of a word that begins with `name`, or NULL. */
static const char *value_of(const char *word, const char *name)
{
	size_t length = text_length(name);

	return memcmp(word, name, length) ? NULL : word + length;
}

static void take_word(const char *word)
{
	const char *value;

	if ((value = value_of(word, "shim.mailbox="))) {
		version = (int)number_of(value);
	} else if ((value = value_of(word, "shim.silent="))) {
		silent = number_of(value);
	} else if ((value = value_of(word, "shim.patch=")) && text_length(value) < sizeof(patch)) {
		memcpy(patch, value, text_length(value) + 1);
	} else if (value_of(word, "shim.levels=5")) {
		ap_cr4 |= 0x1000; /* CR4.LA57 */
		ap_cr3 = (uint32_t)(uintptr_t)ap_pml5;
	} else {
		give_up("a word that begins with shim. and is not known");
	}
}

/* Our words are taken; the kernel gets the others. */
static void read_line(const char *from)
{
	static char word[LINE_MAX];
	size_t used = 0;

	if (text_length(from) >= LINE_MAX)
		give_up("the command line is too long");
	while (*from) {
		size_t length = 0;

		while (*from == ' ')
			from++;
		while (from[length] && from[length] != ' ')
			length++;
		memcpy(word, from, length);
		word[length] = 0;
		from += length;
		if (!length)
			break;
		if (value_of(word, "shim.")) {
			take_word(word);
			continue;
		}
		if (used)
			line[used++] = ' ';
		memcpy(line + used, word, length);
		used += length;
	}
}

static void command(uint32_t low)
{
	volatile uint32_t *at = (volatile uint32_t *)(uintptr_t)(LOCAL_APIC + COMMAND_LOW);

	*at = low;
	while (*at & 0x1000)
		__asm__ volatile("pause");
}

/* All others into the loop. */
static void gather(uint32_t others)
{
	memcpy((void *)(uintptr_t)TRAMPOLINE, trampoline, (size_t)(trampoline_end - trampoline));
	command(INIT_OTHERS);
	command(START_OTHERS | TRAMPOLINE >> 12);
	for (uint64_t polls = 0; ap_count < others; polls++) {
		if (polls == 1000000000)
			give_up("not all processors came");
		__asm__ volatile("pause");
	}
	say("shim: ");
	say_number(ap_count);
	say(" processors wait at the mailbox\n");
}

/* The map that was told, with the shim cut out of its RAM. */
static void make_map(const struct hvm_start_info *told)
{
	const struct hvm_memmap_table_entry *from =
		(const struct hvm_memmap_table_entry *)told->memmap_paddr;
	uint64_t start = (uintptr_t)shim_start, end = (uintptr_t)shim_end;
	uint32_t used = 0;

	if (!told->memmap_entries || told->memmap_entries > MAP_MAX - 2)
		give_up("no memory map, or one too long");
	for (uint32_t i = 0; i < told->memmap_entries; i++) {
		uint64_t base = from[i].addr, top = base + from[i].size;

		map[used++] = from[i];
		if (from[i].type != E820_RAM || base > start || top < end)
			continue;
		map[used - 1].size = start - base;
		map[used++] = (struct hvm_memmap_table_entry){ start, end - start, E820_NVS, 0 };
		map[used++] = (struct hvm_memmap_table_entry){ end, top - end, E820_RAM, 0 };
	}
	info.memmap_paddr = (uintptr_t)map;
	info.memmap_entries = used;
}

static uint32_t entry_in_notes(const uint8_t *at, uint64_t size)
{
	for (uint64_t used = 0; used + sizeof(struct elf_note) <= size;) {
		const struct elf_note *note = (const struct elf_note *)(at + used);
		uint64_t body = used + sizeof(*note) + ((note->name_size + 3) & ~3u);

		if (note->type == NOTE_ENTRY && note->name_size == 4)
			return *(const uint32_t *)(at + body);
		used = body + ((note->size + 3) & ~3u);
	}
	return 0;
}

/* Returns the kernel's PVH entry. */
static uint32_t load(const struct hvm_modlist_entry *module)
{
	const uint8_t *file = (const uint8_t *)module->paddr;
	const struct elf_header *header = (const struct elf_header *)file;
	uint32_t entry = 0;

	if (memcmp(header->ident, "\177ELF\2", 5))
		give_up("the module is no 64-bit ELF");
	for (uint32_t i = 0; i < header->program_count; i++) {
		const struct elf_program *program =
			(const struct elf_program *)(file + header->program_offset) + i;

		if (program->type == PT_NOTE && !entry)
			entry = entry_in_notes(file + program->offset, program->file_size);
		if (program->type != PT_LOAD)
			continue;
		if (program->physical + program->memory_size > (uintptr_t)shim_start)
			give_up("the kernel is too large");
		memset((void *)program->physical, 0, program->memory_size);
		memcpy((void *)program->physical, file + program->offset, program->file_size);
	}
	if (!entry)
		give_up("the module has no PVH entry");
	return entry;
}

static uint32_t hexadecimal(const char *digits)
{
	uint32_t number = 0;

	for (int i = 0; i < 8; i++) {
		uint32_t digit = (uint32_t)digits[i] | 0x20;

		number = number << 4 | (digit - (digit > '9' ? 'a' - 10 : '0'));
	}
	return number;
}

/* Words that are ours are not the next kernel's either. */
static void blank_words(char *text, uint32_t size)
{
	for (uint32_t i = 0; i + 5 <= size; i++) {
		if ((i && text[i - 1] != ' ') || memcmp(text + i, "shim.", 5))
			continue;
		for (; i < size && text[i] != ' '; i++)
			text[i] = ' ';
	}
}

/* The kernel: the module, or where that is an archive (cpio(5), "newc") the file `payload` in it. Then the kernel is given
 * the archive as its own module. */
static const struct hvm_modlist_entry *kernel_in(const struct hvm_modlist_entry *module)
{
	static struct hvm_modlist_entry found;
	char *at = (char *)module->paddr;
	char *end = at + module->size;

	if (memcmp(at, "070701", 6))
		return module;
	kernels_module = *module;
	info.nr_modules = 1;
	info.modlist_paddr = (uintptr_t)&kernels_module;
	while (at + ARCHIVE_HEADER < end && !memcmp(at, "070701", 6)) {
		const char *name = at + ARCHIVE_HEADER;
		uint32_t size = hexadecimal(at + ARCHIVE_FILE_SIZE);
		uint32_t names = hexadecimal(at + ARCHIVE_NAME_SIZE);
		char *file = at + ((ARCHIVE_HEADER + names + 3) & ~3u);

		if (text_is(name, "payload"))
			found = (struct hvm_modlist_entry){ .paddr = (uintptr_t)file,
							    .size = size };
		if (text_is(name, "append"))
			blank_words(file, size);
		at = file + ((size + 3) & ~3u);
	}
	if (!found.size)
		give_up("no payload is in the archive");
	return &found;
}

void shim_main(const struct hvm_start_info *told)
{
	uint32_t entry, others;

	if (told->magic != XEN_HVM_START_MAGIC_VALUE || told->nr_modules != 1)
		give_up("no start_info, or not one module");
	if (!told->rsdp_paddr)
		give_up("no RSDP");
	read_line(told->cmdline_paddr ? (const char *)told->cmdline_paddr : "");
	entry = load(kernel_in((const struct hvm_modlist_entry *)told->modlist_paddr));
	others = tables_processors(told->rsdp_paddr) - 1;
	if (version >= 0)
		gather(others);
	info.magic = XEN_HVM_START_MAGIC_VALUE;
	info.version = 1;
	info.cmdline_paddr = (uintptr_t)line;
	info.rsdp_paddr = tables_make(told->rsdp_paddr, version, patch);
	make_map(told);
	shim_enter(entry, (uint32_t)(uintptr_t)&info);
}
