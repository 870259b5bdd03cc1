// SPDX-License-Identifier: MIT
/* What bench reads of its peers: the two lines of Linux's log, the code of kvm-unit-tests, ELF files. */
#include "tool/bench_image.h"
#include "tool/bench_kut.h"
#include "tool/bench_linux.h"
#include "tool/bench_virtual.h"

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static enum linux_line line_of(const char *line, uint64_t *cpus)
{
	size_t length = strlen(line);
	char *copy = malloc(length ? length : 1);
	enum linux_line what;

	assert_non_null(copy);
	memcpy(copy, line, length);
	what = linux_line_of(copy, length, cpus);
	free(copy);
	return what;
}

static void linux_lines(void **state)
{
	static const struct {
		const char *line;
		enum linux_line what;
		uint64_t cpus;
	} cases[] = {
		{ "[    0.769896] smp: Bringing up secondary CPUs ...", LINUX_BEGIN, 0 },
		{ "smp: Bringing up secondary CPUs ...", LINUX_BEGIN, 0 },
		{ "[    0.915986] smp: Brought up 1 node, 16 CPUs", LINUX_END, 16 },
		{ "[12345.915986] smp: Brought up 2 nodes, 255 CPUs", LINUX_END, 255 },
		{ "smp: Brought up 1 node, 1 CPU", LINUX_END, 1 },
		{ "[    0.9] smp: Brought up 1 node, many CPUs", LINUX_OTHER, 0 },
		{ "[    0.9] smp: Brought up 1 node, -1 CPUs", LINUX_OTHER, 0 },
		{ "[    0.9] smp: Brought up 1 node, 99999999999999999999 CPUs", LINUX_OTHER, 0 },
		{ "[    0.9] smp: Brought up 1 node, 64", LINUX_OTHER, 0 },
		{ "[    0.9] smp: Brought up", LINUX_OTHER, 0 },
		{ "[    0.9] Command line: smp: Brought up 1 node, 64 CPUs", LINUX_OTHER, 0 },
		{ "[    0.9]smp: Brought up 1 node, 64 CPUs", LINUX_OTHER, 0 },
		{ "[ 0.9x] smp: Brought up 1 node, 64 CPUs", LINUX_OTHER, 0 },
		{ "[    0.9", LINUX_OTHER, 0 },
		{ "", LINUX_OTHER, 0 },
		{ "smpboot: Total of 16 processors activated (36800.00 BogoMIPS)", LINUX_OTHER, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t cpus = 0;

		if (line_of(cases[i].line, &cpus) != cases[i].what)
			fail_msg("%s", cases[i].line);
		assert_int_equal(cpus, cases[i].cpus);
	}
}

static void a_long_line(void **state)
{
	char line[4096];
	uint64_t cpus;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "smp: Brought up 1 node, 64 CPUs", 31);
	assert_int_equal(linux_line_of(line, sizeof(line), &cpus), LINUX_OTHER);
	line[31] = '\0';
	assert_int_equal(linux_line_of(line, 100, &cpus), LINUX_OTHER);
}

static void loops_that_wait(void **state)
{
	static const uint8_t code[] = {
		0x90,					  /* 0 nop */
		0x8b, 0x07, 0x85, 0xc0, 0x74, 0xfa,	  /* 1 mov (%rdi),%eax; test; je 1 */
		0x90,					  /* 7 */
		0xf3, 0x90, 0x39, 0xc1, 0x75, 0xfa,	  /* 8 pause; cmp; jne 8 */
		0x48, 0xff, 0xc6, 0x39, 0xc6, 0x75, 0xf9, /* 14 work: inc; cmp; jne 14 */
		0x85, 0xc0, 0x74, 0x02,			  /* 21 je, forward */
		0x85, 0xc0, 0x74, 0x80,			  /* 25 je, too far back */
	};
	struct kut_range ranges[KUT_RANGES_MAX];
	size_t found = 0;

	(void)state;
	kut_find_waits(code, sizeof(code), 0x1000, ranges, &found);
	assert_int_equal(found, 2);
	assert_int_equal(ranges[0].first, 0x1001);
	assert_int_equal(ranges[0].behind, 0x1007);
	assert_int_equal(ranges[1].first, 0x1008);
	assert_int_equal(ranges[1].behind, 0x100e);
	/* They are added, as long as there is room. */
	for (int i = 0; i < 10; i++)
		kut_find_waits(code, sizeof(code), 0x2000, ranges, &found);
	assert_int_equal(found, KUT_RANGES_MAX);
	assert_int_equal(ranges[2].first, 0x2001);
}

/* An ELF file as small as can be. */
struct small_elf {
	Elf64_Ehdr header;
	Elf64_Phdr segments[3];
	Elf64_Shdr sections[3];
	Elf64_Sym symbols[2];
	char strings[16];
	uint8_t bytes[48];
};

static struct small_elf small_elf(void)
{
	struct small_elf elf = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB },
			    .e_phoff = offsetof(struct small_elf, segments),
			    .e_phnum = 3,
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_shoff = offsetof(struct small_elf, sections),
			    .e_shnum = 3,
			    .e_shentsize = sizeof(Elf64_Shdr) },
		.strings = "\0start\0other",
	};
	size_t bytes = offsetof(struct small_elf, bytes);

	elf.segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_flags = PF_R | PF_X,
					.p_offset = bytes,
					.p_vaddr = 0x400000,
					.p_filesz = 16,
					.p_memsz = 16 };
	elf.segments[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_flags = PF_R,
					.p_offset = bytes + 16,
					.p_vaddr = 0x500000,
					.p_filesz = 8,
					.p_memsz = 8 };
	elf.segments[2] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_flags = PF_R | PF_W,
					.p_offset = bytes + 24,
					.p_vaddr = 0x600000,
					.p_filesz = 24,
					.p_memsz = 1024 };
	elf.sections[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
					.sh_link = 2,
					.sh_offset = offsetof(struct small_elf, symbols),
					.sh_size = sizeof(elf.symbols),
					.sh_entsize = sizeof(Elf64_Sym) };
	elf.sections[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
					.sh_offset = offsetof(struct small_elf, strings),
					.sh_size = sizeof(elf.strings) };
	elf.symbols[1] = (Elf64_Sym){ .st_name = 1,
				      .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
				      .st_value = 0x400004,
				      .st_size = 8,
				      .st_shndx = 1 };
	elf.bytes[4] = 0x90;
	return elf;
}

static void image_sizes(void **state)
{
	struct small_elf elf = small_elf();
	struct bench_image image = { .known = false };

	(void)state;
	assert_int_equal(image_measure((const uint8_t *)&elf, sizeof(elf), &image), 0);
	assert_true(image.known);
	assert_int_equal(image.text, 16);
	assert_int_equal(image.rodata, 8);
	assert_int_equal(image.data, 24);
	assert_int_equal(image.bss, 1000);
}

static void image_names_and_code(void **state)
{
	struct small_elf elf = small_elf();
	struct image_symbol symbol;
	const uint8_t *code;

	(void)state;
	assert_true(image_symbol((const uint8_t *)&elf, sizeof(elf), "start", &symbol));
	assert_int_equal(symbol.address, 0x400004);
	assert_int_equal(symbol.size, 8);
	assert_false(image_symbol((const uint8_t *)&elf, sizeof(elf), "other", &symbol));
	code = image_bytes((const uint8_t *)&elf, sizeof(elf), 0x400004, 8);
	assert_non_null(code);
	assert_int_equal(code[0], 0x90);
	assert_non_null(image_bytes((const uint8_t *)&elf, sizeof(elf), 0x400000, 16));
	assert_null(image_bytes((const uint8_t *)&elf, sizeof(elf), 0x400001, 16));
	assert_null(image_bytes((const uint8_t *)&elf, sizeof(elf), 0x3fffff, 1));
	assert_null(image_bytes((const uint8_t *)&elf, sizeof(elf), 0x400004, UINT64_MAX));
}

/* Any byte of its tables changed to an extreme one: refused or read, never outside. */
static void images_that_lie(void **state)
{
	static const uint8_t extremes[] = { 0, 1, 0x7f, 0x80, 0xff };

	(void)state;
	for (size_t i = 0; i < offsetof(struct small_elf, bytes); i++) {
		for (size_t j = 0; j < sizeof(extremes); j++) {
			struct small_elf elf = small_elf();
			uint8_t *copy = malloc(sizeof(elf));
			struct bench_image image = { .known = false };
			struct image_symbol symbol;
			const uint8_t *code;

			assert_non_null(copy);
			((uint8_t *)&elf)[i] = extremes[j];
			memcpy(copy, &elf, sizeof(elf));
			(void)image_measure(copy, sizeof(elf), &image);
			(void)image_symbol(copy, sizeof(elf), "start", &symbol);
			code = image_bytes(copy, sizeof(elf), 0x400004, 8);
			if (code)
				assert_true(code >= copy && code + 8 <= copy + sizeof(elf));
			free(copy);
		}
	}
}

static void images_that_are_cut(void **state)
{
	struct small_elf elf = small_elf();

	(void)state;
	for (size_t size = 0; size < sizeof(elf); size++) {
		uint8_t *copy = malloc(size ? size : 1);
		struct bench_image image = { .known = false };
		struct image_symbol symbol;

		assert_non_null(copy);
		memcpy(copy, &elf, size);
		/* The last segment ends where the file does. */
		assert_int_equal(image_measure(copy, size, &image), -1);
		assert_true(image.note[0]);
		if (size < offsetof(struct small_elf, bytes))
			assert_false(image_symbol(copy, size, "start", &symbol));
		free(copy);
	}
}

static bool stamp(const char *line, double *seconds)
{
	return linux_stamp_of(line, strlen(line), seconds);
}

static void stamps_of_linux(void **state)
{
	double seconds = 0;

	(void)state;
	assert_true(stamp("[    0.004857] smp: Bringing up secondary CPUs ...", &seconds));
	assert_true(seconds > 0.0048569 && seconds < 0.0048571);
	assert_true(stamp("[12345.5] x", &seconds));
	assert_true(seconds > 12345.4 && seconds < 12345.6);
	assert_false(stamp("", &seconds));
	assert_false(stamp("[", &seconds));
	assert_false(stamp("[]", &seconds));
	assert_false(stamp("[    ] smp:", &seconds));
	assert_false(stamp("[1.2.3] smp:", &seconds));
	assert_false(stamp("[-1] smp:", &seconds));
	assert_false(stamp("[1e9] smp:", &seconds));
	assert_false(stamp("[   0.1", &seconds));
	assert_false(stamp("smp: [   0.1] x", &seconds));
	assert_false(stamp("[0000000000000000000000000000000000000000000.1] x", &seconds));
}

/* Two CPUs of a report, begun and online when it says. */
static void start_to_online(void **state)
{
	struct report_step steps[] = {
		{ .cpu = 0, .start_ns = 5, .where = "BOOT" },
		{ .cpu = 2, .start_ns = 120, .where = "START" },
		{ .cpu = 1, .start_ns = 100, .where = "START" },
		{ .cpu = 1, .start_ns = 90, .where = "PREPARE" },
	};
	struct report_cpu cpus[] = {
		{ .cpu = 0, .online_ns = { true, 50 } },
		{ .cpu = 1, .online_ns = { true, 1600 } },
		{ .cpu = 2, .online_ns = { true, 1500 } },
		{ .cpu = 3, .online_ns = { false, 9999 } },
	};
	struct guest_report report = {
		.steps = steps, .step_count = 4, .cpus = cpus, .cpu_count = 4
	};
	char note[BENCH_NOTE_SIZE] = "";
	double time = 0;

	(void)state;
	assert_int_equal(virtual_start_to_online(&report, &time, note), 0);
	assert_true(time == 1500);
	assert_string_equal(note, "");
	report.step_count = 1;
	assert_int_equal(virtual_start_to_online(&report, &time, note), -1);
	assert_non_null(strstr(note, "no START step"));
	report.step_count = 4;
	report.cpu_count = 1;
	assert_int_equal(virtual_start_to_online(&report, &time, note), -1);
}

/* A peer's machine is the profile's, with all that a boot asks of one. */
static void a_linux_that_cannot_be_booted(void **state)
{
	char folder[] = "/tmp/muster-test-XXXXXX";
	char path[64], qemu[] = "/no/such/qemu", arch[] = "x86_64", machine[] = "q35",
		       cpu[] = "max";
	char accel[] = "tcg";
	const struct profile profile = {
		.qemu = qemu, .arch = arch, .machine = machine, .cpu = cpu, .accel = accel
	};
	const struct bench_setup setup = {
		.profile = &profile, .peers = folder, .timeout = 1, .linux_cpus = 2
	};
	struct bench_peer peer;
	int file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/linux", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/linux/boot", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/linux/boot/vmlinuz-1", folder);
	file = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(file >= 0);
	close(file);
	linux_measure(&setup, &peer);
	assert_false(peer.known);
	assert_non_null(strstr(peer.note, qemu));
	unlink(path);
	snprintf(path, sizeof(path), "%s/linux/boot", folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/linux", folder);
	rmdir(path);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_lines),
		cmocka_unit_test(a_long_line),
		cmocka_unit_test(loops_that_wait),
		cmocka_unit_test(image_sizes),
		cmocka_unit_test(image_names_and_code),
		cmocka_unit_test(images_that_lie),
		cmocka_unit_test(images_that_are_cut),
		cmocka_unit_test(stamps_of_linux),
		cmocka_unit_test(start_to_online),
		cmocka_unit_test(a_linux_that_cannot_be_booted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
