// SPDX-License-Identifier: MIT
/*
 * Call chains with names. Follows frame pointers (everything is compiled to keep them), and
 * believes a frame only if it lies in a stack that is known and above the one before: a broken
 * chain ends, it never faults.
 */
#include "arch/symbol_table.h"
#include "arch/x86_64/registers.h"
#include "arch/x86_64/trap.h"

#include <muster/console.h>
#include <muster/stack.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak backtrace_print

#define DEPTH_MAX 24

extern const char text_start[], text_end[];

static void print_place(uint64_t rip)
{
	uint64_t offset;
	const char *name = symbol_find(rip, &offset);

	if (name)
		console_print("  %016jx %s+%#jx\n", rip, name, offset);
	else
		console_print("  %016jx\n", rip);
}

static bool in_a_stack(uint64_t address)
{
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	return !(address & (sizeof(uintptr_t) - 1)) && stack_find(address, &cpu, &kind, &guard) &&
	       !guard && stack_find(address + 2 * sizeof(uintptr_t) - 1, &cpu, &kind, &guard) &&
	       !guard;
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
	console_print("backtrace:\n");
	print_place(rip);
	for (unsigned int depth = 0; depth < DEPTH_MAX && in_a_stack(rbp); depth++) {
		const uintptr_t *frame = (const uintptr_t *)(uintptr_t)rbp;

		if (frame[1] < (uintptr_t)text_start || frame[1] >= (uintptr_t)text_end)
			break;
		print_place(frame[1]);
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
}
