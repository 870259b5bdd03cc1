// SPDX-License-Identifier: MIT
/*
 * Call chains with names. Follows frame pointers (everything is compiled to keep them), and
 * believes a frame only if it lies in a stack that is known and above the one before: a broken
 * chain ends, it never faults. The names are in a table that `muster symbols` makes from the linked
 * image.
 */
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/stack.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak backtrace_print

#define DEPTH_MAX 24

/* Made by `muster symbols`; weak, so that an image without the table links, and prints numbers. */
extern const uint32_t muster_symbols_count __attribute__((weak));
extern const uint64_t muster_symbols_base __attribute__((weak));
extern const uint8_t muster_symbols_entries[] __attribute__((weak));

extern const char text_start[], text_end[];

/* A LEB128 number (DWARF 5, 7.6): seven bits a byte, the lowest first. */
static uint64_t take_number(const uint8_t **at)
{
	uint64_t number = 0;
	uint32_t shift = 0;

	for (; **at & 0x80; (*at)++, shift += 7)
		number |= (uint64_t)(**at & 0x7f) << shift;
	return number | (uint64_t) * (*at)++ << shift;
}

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	const uint8_t *at = muster_symbols_entries;
	const char *name = NULL;
	uint64_t start;

	if (!&muster_symbols_count || address < muster_symbols_base ||
	    address >= (uintptr_t)text_end)
		return NULL;
	start = muster_symbols_base;
	for (uint32_t i = 0; i < muster_symbols_count; i++) {
		uint64_t next = start + take_number(&at);

		if (next > address)
			break;
		start = next;
		name = (const char *)at;
		at += strlen(name) + 1;
	}
	*offset = address - start;
	return name;
}

static void print_place(uint64_t rip)
{
	uint64_t offset;
	const char *name = symbol_find(rip, &offset);

	if (name)
		console_print("  %016lx %s+%#lx\n", rip, name, offset);
	else
		console_print("  %016lx\n", rip);
}

static bool in_a_stack(uint64_t address)
{
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	return !(address & 7) && stack_find(address, &cpu, &kind, &guard) && !guard &&
	       stack_find(address + 15, &cpu, &kind, &guard) && !guard;
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
	console_print("backtrace:\n");
	print_place(rip);
	for (unsigned int depth = 0; depth < DEPTH_MAX && in_a_stack(rbp); depth++) {
		const uint64_t *frame = (const uint64_t *)rbp;

		if (frame[1] < (uintptr_t)text_start || frame[1] >= (uintptr_t)text_end)
			break;
		print_place(frame[1]);
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
}
