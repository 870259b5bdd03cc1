/* SPDX-License-Identifier: MIT */
/*
 * Stacks: where they are in a CPU's window, making and freeing them. Public part: muster/stack.h.
 *
 * In the upper half of the window each kind has two pages: a guard, never mapped, and the stack.
 */
#ifndef CORE_STACK_AREA_H
#define CORE_STACK_AREA_H

#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/machine.h"

#include <muster/arch/cpu.h>
#include <muster/memory.h>
#include <muster/stack.h>
#include <stdbool.h>

#define STACK_SIZE MEMORY_PAGE_SIZE
#define GUARD_SIZE MEMORY_PAGE_SIZE

/* Is that kind among the kinds of a mask (bit n: enum stack_kind n)? */
static inline bool has_stack(uint32_t kinds, uint32_t kind)
{
	return kinds >> kind & 1;
}

/* The lowest address of a stack in the CPU's window, whether it is mapped or not. */
static inline uintptr_t stack_bottom(cpu_t cpu, uint32_t kind)
{
	return layout_window_half(cpu.number) + kind * (GUARD_SIZE + STACK_SIZE) + GUARD_SIZE;
}

/* The same of a stack that there is: where nothing is mapped a CPU's stacks lie side by side, where their memory
 * does, the main stack first. */
static inline uintptr_t stack_start(cpu_t cpu, uint32_t kind)
{
	return machine_maps()
		       ? stack_bottom(cpu, kind)
		       : cpu_records.first[cpu.number].stack + kind * STACK_SIZE - STACK_SIZE;
}

/*
 * Make all stacks of the kinds in `kinds` (bit n: enum stack_kind n). The boot CPU's main stack is
 * part of the image: leave STACK_MAIN out for it and tell where it is with stack_adopt(). Sets the
 * record's `stack` for STACK_MAIN. Returns 0 or MUSTER_E_NO_MEMORY (nothing is left behind then).
 */
int stacks_create(cpu_t cpu, uint32_t kinds);
void stacks_destroy(cpu_t cpu);

#define STACKS_ALL CPU_STACK_KINDS

/* Its parts, for memory that somebody else has got. May they be made (0, or an error and a line)?
 * Where is one's lowest address, from the start of a window on? */
struct cpu_record;
int stacks_check(const struct cpu_record *record, uint32_t kinds);
uintptr_t stack_offset(enum stack_kind kind);

/* The boot CPU's main stack: [bottom, bottom + size), with a guard page below bottom. */
void stack_adopt(uintptr_t bottom, size_t size);

/*
 * Fill what is unused of the calling CPU's stacks with the pattern that the high-water mark is
 * read by; of the running one, what lies below stack_pointer less a little. Called on the CPU
 * itself.
 */
void stacks_mark(cpu_t cpu, uintptr_t stack_pointer);

#endif
