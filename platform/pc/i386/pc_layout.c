// SPDX-License-Identifier: MIT
/*
 * Step `layout` of an i386 PC. Nobody keeps a part of its address space, but somebody may: `hole=BYTES` on
 * the command line orders a hole at the top, as a hypervisor's would be, so that what it costs can be seen
 * without one. It is wanted before there is a fixmap to read the command line with, and long before the memory
 * map: it is looked for through the boot page tables, and nothing else of the line is.
 */
#include "arch/i386/boot_window.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/string.h"
#include "firmware/multiboot2.h"
#include "firmware/pvh.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

static uint64_t line_address(void)
{
	static struct multiboot2_boot multiboot2;
	static struct pvh_boot pvh;
	uint64_t told = boot_source()->physical;

	if (boot_source()->protocol == BOOT_PVH)
		return pvh_read(&boot_window_reader, told, &pvh) ? 0 : pvh.command_line;
	return multiboot2_read(&boot_window_reader, told, &multiboot2) ? 0
								       : multiboot2.command_line;
}

/* The word that begins with `hole=`, cut out of the line; NULL: there is none. What is wrong with the line
 * step `command-line` will say. */
static char *hole_word(char *line)
{
	static const char name[] = "hole=";
	char *end;

	for (char *at = line; *at; at++) {
		if ((at != line && at[-1] > ' ') || strncmp(at, name, sizeof(name) - 1) != 0)
			continue;
		for (end = at; *end > ' '; end++)
			;
		*end = '\0';
		return at;
	}
	return NULL;
}

int pc_hole_reserve(struct layout_draft *draft)
{
	static char line[COMMAND_LINE_MAX + 2];
	uint64_t address = line_address(), size = 0;
	const struct command_line_word word = {
		.name = "hole", .kind = COMMAND_LINE_NUMBER, .number = &size, .max = UINT64_MAX
	};
	char message[160];
	const char *found;

	if (!address || firmware_string_read(&boot_window_reader, address, line, sizeof(line)) < 0)
		return 0;
	found = hole_word(line);
	if (!found)
		return 0;
	if (command_line_read(found, &word, 1, NULL, 0, message, sizeof(message))) {
		console_print("muster: command line: %s\n", message);
		return MUSTER_E_INVALID;
	}
	return size ? layout_reserve_top(draft, size, "command line") : 0;
}

int pc_layout_step(cpu_t cpu)
{
	static struct layout_draft draft;
	int error;

	(void)cpu;
	x86_layout_draft(&draft);
	error = pc_hole_reserve(&draft);
	if (!error)
		error = layout_draft_fit(&draft, PC_LOW_MEMORY_LEAST);
	if (error)
		return error;
	return layout_seal(&draft) ? 0 : MUSTER_E_INVALID;
}
