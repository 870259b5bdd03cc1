// SPDX-License-Identifier: MIT
/*
 * Call chains with names. Follows the chain that every stack has by the ABI (ELFv2, 2.2.2), and believes a
 * frame only if it lies in a stack that is known and above the one before: a broken chain ends, it never
 * faults.
 */
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "arch/symbol_table.h"

#include <muster/console.h>
#include <muster/stack.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak backtrace_print

#define DEPTH_MAX 24

extern const char image_start[], text_end[];

/* The name of the function an address lies in; the table has addresses as they were linked. */
static const char *name_of(uint64_t address, uint64_t *offset)
{
	return symbol_find(address - physical_of(image_start), offset);
}

static void print_place(uint64_t address)
{
	uint64_t offset;
	const char *name = name_of(address, &offset);

	if (name)
		console_print("  %016lx %s+%#lx\n", address, name, offset);
	else
		console_print("  %016lx\n", address);
}

static bool in_a_stack(uint64_t address)
{
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	return !(address & 15) && stack_find(address, &cpu, &kind, &guard) && !guard &&
	       stack_find(address + 23, &cpu, &kind, &guard) && !guard;
}

static bool in_text(uint64_t address)
{
	return address >= (uintptr_t)image_start && address < (uintptr_t)text_end;
}

/* What called a function that has no frame of its own is in the link register only. In one that has, LR may
 * be from a call that it made. */
static bool says_something(uint64_t nip, uint64_t lr)
{
	uint64_t offset;

	return in_text(lr) && name_of(lr, &offset) != name_of(nip, &offset);
}

void backtrace_print(uint64_t nip, uint64_t lr, uint64_t stack_pointer)
{
	console_print("backtrace:\n");
	print_place(nip);
	if (says_something(nip, lr))
		print_place(lr);
	for (unsigned int depth = 0; depth < DEPTH_MAX && in_a_stack(stack_pointer); depth++) {
		uint64_t caller = *(const uint64_t *)stack_pointer;
		uint64_t back;

		if (caller <= stack_pointer || !in_a_stack(caller))
			break;
		back = ((const uint64_t *)caller)[FRAME_LR / 8];
		if (!in_text(back))
			break;
		if (back != lr)
			print_place(back);
		stack_pointer = caller;
	}
}
