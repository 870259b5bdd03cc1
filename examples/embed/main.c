// SPDX-License-Identifier: MIT
/*
 * A kernel that has its own print, panic and allocator, and has CPUs brought up by the library: it
 * defines the library's functions, and the linker takes its own. docs/embedding.md.
 *
 * Command line: `die` panics at the end, in the kernel's own way.
 */
#include "examples/embed/embed.h"

#include <muster/muster.h>

#define STATUS_PANIC 42

/* In place of the library's: no backtrace, and another status. */
void muster_panic(const char *format, ...)
{
	va_list arguments;

	embed_print_break();
	console_print("embed: CPU %u cannot go on: ", cpu_this().number);
	va_start(arguments, format);
	console_vprint(format, arguments);
	va_end(arguments);
	console_print("\n");
	muster_exit(STATUS_PANIC);
}

/* A CPU goes and comes: what it had comes back to our allocator, and is found there again. */
static int down_and_up(cpu_t cpu)
{
	uint64_t given = embed_pages_given, taken = embed_pages_taken;

	if (cpu_down(cpu) || embed_pages_taken == taken)
		return 1;
	taken = embed_pages_taken - taken;
	if (cpu_up(cpu))
		return 1;
	console_print("embed: CPU %u gave back %llu pages and got %llu\n", cpu.number,
		      (unsigned long long)taken, (unsigned long long)(embed_pages_given - given));
	return embed_pages_given - given == taken ? 0 : 1;
}

int muster_main(void)
{
	bool die = false;
	const struct command_line_word words[] = {
		{ .name = "die", .kind = COMMAND_LINE_FLAG, .flag = &die },
	};
	const struct muster_options options = { words, sizeof(words) / sizeof(words[0]) };
	int status = muster_bring_up(&options) ? 1 : 0;

	if (!status && cpu_present_count() > 1)
		status = down_and_up(cpu_from_number(cpu_present_count() - 1));
	console_print(
		"embed: %u CPUs; own print: %s; own allocator: %s; the library's: %llu bytes\n",
		cpu_online_count(), embed_texts ? "used" : "NOT USED",
		embed_pages_given ? "used" : "NOT USED",
		(unsigned long long)(mem_owned_by("unit") + mem_owned_by("stack")));
	report_send(NULL, status);
	if (die)
		muster_panic("as it was told to");
	return status;
}
