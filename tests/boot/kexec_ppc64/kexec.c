// SPDX-License-Identifier: MIT
/*
 * A kernel that goes on to another, as Linux's kexec does on PAPR: every other CPU stopped, translation off, the
 * next image where there was room, r3 the flattened tree, r4 where the image is, r5 0. The next image is the
 * initrd. For boot tests; words of its own: kexec.endian=little (default: big, as kexec-tools enters),
 * kexec.at=ADDRESS, kexec.tree=WAY (bad_tree.c).
 */
#include "arch/ppc64/registers.h"
#include "arch/ppc64/start.h"
#include "core/string.h"
#include "platform/papr/papr.h"
#include "tests/boot/kexec_ppc64/bad_tree.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* What of an ELF header is of use here: ELF-64 Object File Format 1.5, figures 2 and 6. */
struct elf_header {
	uint8_t identification[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, segments, sections;
};
struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, virtual, physical, file_size, memory_size, align;
};

static uint64_t at = 0x4000000;
static uint64_t little;
static uint64_t tree_choice;

static bool load(void)
{
	const char *file = (const char *)(KERNEL_VIRTUAL | papr_firmware.chosen.initrd);
	const struct elf_header *header = (const struct elf_header *)file;
	const struct elf_segment *segment = (const struct elf_segment *)(file + header->segments);
	char *to = (char *)(KERNEL_VIRTUAL | at);

	if (!papr_firmware.chosen.initrd || memcmp(file, "\177ELF", 4)) {
		console_print("kexec: no ELF file in the initrd\n");
		return false;
	}
	if (mem_claim(at, (segment->memory_size + 4095) & ~(uint64_t)4095, "next image")) {
		console_print("kexec: no room at %#llx\n", (unsigned long long)at);
		return false;
	}
	memcpy(to, file + segment->offset, segment->file_size);
	memset(to + segment->file_size, 0, segment->memory_size - segment->file_size);
	code_written(to, to + segment->file_size);
	return true;
}

/* The next kernel has the same tree, and does not know our words. */
static void words_blank(void)
{
	char *line = (char *)(uintptr_t)papr_firmware.chosen.command_line;

	while (line && *line) {
		bool own = !strncmp(line, "kexec.", 6);

		for (; *line && *line != ' '; line++)
			*line = own ? ' ' : *line;
		line += *line == ' ';
	}
}

static void go(void) __attribute__((noreturn));
static void go(void)
{
	register uint64_t tree __asm__("r3") = papr_firmware.tree_physical;
	register uint64_t image __asm__("r4") = at;
	register uint64_t client __asm__("r5") = 0;

	interrupts_off();
	spr_write(SPR_SRR0, at);
	spr_write(SPR_SRR1, MSR_SF | MSR_ME | (little ? MSR_LE : 0));
	/* A base that is nobody's, so that the next kernel cannot use ours by mistake. */
	__asm__ volatile("li 13, -1; li 2, -1; li 1, -1; rfid" ::"r"(tree), "r"(image), "r"(client)
			 : "memory");
	__builtin_unreachable();
}

int muster_main(void)
{
	static const char *const endians[] = { "big", "little", NULL };
	static char test[32];
	const struct command_line_word words[] = {
		{ .name = "kexec.at",
		  .kind = COMMAND_LINE_NUMBER,
		  .number = &at,
		  .min = 0x10000,
		  .max = UINT64_C(1) << 32 },
		{ .name = "kexec.endian",
		  .kind = COMMAND_LINE_CHOICE,
		  .number = &little,
		  .choices = endians },
		{ .name = "kexec.tree",
		  .kind = COMMAND_LINE_CHOICE,
		  .number = &tree_choice,
		  .choices = bad_tree_choices },
		/* For the next kernel. */
		{ .name = "test",
		  .kind = COMMAND_LINE_TEXT,
		  .text = test,
		  .text_size = sizeof(test) },
	};
	const struct muster_options options = { words, sizeof(words) / sizeof(words[0]) };

	if (muster_bring_up(&options))
		return 1;
	for_each_cpu (cpu)
		if (cpu.number && cpu_is_online(cpu) && cpu_down(cpu))
			return 1;
	console_print("kexec: %u CPUs were online; on to %#llx\n", cpu_present_count(),
		      (unsigned long long)at);
	if (!load())
		return 1;
	words_blank();
	bad_tree((void *)(KERNEL_VIRTUAL | papr_firmware.tree_physical), tree_choice);
	go();
}
