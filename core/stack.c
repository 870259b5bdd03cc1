// SPDX-License-Identifier: MIT
/*
 * Stacks as they are: where one is, how far it was used, and whose an address is. Step `stack-marks`
 * and each CPU's descriptor tables call it; so do traps, to find out which stack ran over. It must
 * never change which stacks there are: core/stack_create.c does.
 */
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/stack_area.h"

#include <muster/memory.h>

/* What a mark holds: not an address, not a small number. */
#define PATTERN	   UINT64_C(0x5aa5c33c5aa5c33c)
#define MARK_WORDS (STACK_MARK_DISTANCE / sizeof(uint64_t))

/* Left alone below the stack pointer when the running stack is marked: what stacks_mark() itself
 * and the code around it still push. */
#define RUNNING_SLACK 512

/* The boot CPU's main stack. */
static uintptr_t adopted_bottom;
static size_t adopted_size;

const char *stack_kind_name(enum stack_kind kind)
{
	static const char *const names[STACK_KINDS] = {
		[STACK_MAIN] = "main",
		[STACK_NMI] = "nmi",
		[STACK_FATAL] = "fatal",
	};

	return (unsigned int)kind < STACK_KINDS ? names[kind] : "unknown";
}

size_t stack_size(enum stack_kind kind)
{
	return (unsigned int)kind < STACK_KINDS && has_stack(STACKS_ALL, (uint32_t)kind)
		       ? STACK_SIZE
		       : 0;
}

/* The CPU's stack of that kind: [*bottom, *bottom + the result). 0: it has none. */
static inline size_t stack_span(cpu_t cpu, uint32_t kind, uintptr_t *bottom)
{
	if (cpu.number >= cpu_records.count || kind >= STACK_KINDS ||
	    !has_stack(cpu_records.first[cpu.number].stacks, kind)) {
		if (cpu.number || kind != STACK_MAIN)
			return 0;
		*bottom = adopted_bottom;
		return adopted_size;
	}
	*bottom = stack_start(cpu, kind);
	return STACK_SIZE;
}

uintptr_t stack_top(cpu_t cpu, enum stack_kind kind)
{
	uintptr_t bottom;
	size_t size;

	bringup_uses(CAP(STACK));
	size = stack_span(cpu, (uint32_t)kind, &bottom);
	return size ? bottom + size : 0;
}

void stack_adopt(uintptr_t bottom, size_t size)
{
	adopted_bottom = bottom;
	adopted_size = size;
}

/* The first mark of a stack: the last word of the first block of STACK_MARK_DISTANCE, so that the very
 * first push onto a stack hits one. */
static volatile uint64_t *first_mark(uintptr_t bottom)
{
	return (volatile uint64_t *)bottom + MARK_WORDS - 1;
}

/* The marks of [from, to), where from is a stack's bottom. Open stores: a call would use the very stack
 * that is being marked, and sixteen at a time are half the instructions of one. */
#define MARK(n)	 mark[(n)*MARK_WORDS] = PATTERN
#define MARKS(n) MARK(n), MARK((n) + 1), MARK((n) + 2), MARK((n) + 3)
__attribute__((no_sanitize("address"))) static void marks_write(uintptr_t from, uintptr_t to)
{
	volatile uint64_t *mark = first_mark(from);

	for (; (uintptr_t)(mark + 15 * MARK_WORDS + 1) <= to; mark += 16 * MARK_WORDS)
		MARKS(0), MARKS(4), MARKS(8), MARKS(12);
	for (; (uintptr_t)(mark + 1) <= to; mark += MARK_WORDS)
		MARK(0);
}

void stacks_mark(cpu_t cpu, uintptr_t stack_pointer)
{
	struct cpu_record *record = cpu_record(cpu);
	uint32_t marked = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t bottom, end;
		size_t size = stack_span(cpu, kind, &bottom);

		/* Who comes to use that one does not live to say how much of it. */
		if (!size || kind == STACK_FATAL)
			continue;
		end = bottom + size;
		if (stack_pointer > bottom && stack_pointer <= end)
			end = stack_pointer - bottom > RUNNING_SLACK ? stack_pointer - RUNNING_SLACK
								     : bottom;
		marks_write(bottom, end);
		marked |= 1u << kind;
	}
	record->stacks_marked = (uint8_t)marked;
}

__attribute__((no_sanitize("address"))) size_t stack_high_water(cpu_t cpu, enum stack_kind kind)
{
	uintptr_t bottom;
	size_t size = stack_span(cpu, (uint32_t)kind, &bottom);
	const volatile uint64_t *mark;
	uintptr_t end;

	if (!size || cpu.number >= cpu_possible_count() ||
	    !has_stack(cpu_record(cpu)->stacks_marked, (uint32_t)kind))
		return 0;
	end = bottom + size;
	for (mark = first_mark(bottom); (uintptr_t)mark < end; mark += MARK_WORDS)
		if (*mark != PATTERN)
			/* Down to the next mark, nothing tells: all of it counts. */
			return end - (uintptr_t)(mark + 1 - MARK_WORDS);
	return 0;
}

/* Where nothing is mapped stacks lie anywhere, and have no guard. */
static bool find_unmapped(uintptr_t address, cpu_t *cpu, enum stack_kind *kind)
{
	for (uint32_t number = 0; number < cpu_records.count; number++) {
		const struct cpu_record *record = &cpu_records.first[number];
		uintptr_t into = address - (record->stack - STACK_SIZE);

		if (!record->stack || into >= STACK_KINDS * STACK_SIZE ||
		    !has_stack(record->stacks, (uint32_t)(into / STACK_SIZE)))
			continue;
		*cpu = cpu_from_number(number);
		*kind = (enum stack_kind)(into / STACK_SIZE);
		return true;
	}
	return false;
}

bool stack_find(uintptr_t address, cpu_t *cpu, enum stack_kind *kind, bool *guard)
{
	const struct layout *layout = layout_current();
	uint64_t stride, into, number, page;

	*cpu = cpu_from_number(0);
	*kind = STACK_MAIN;
	if (adopted_size && address - (adopted_bottom - GUARD_SIZE) < adopted_size + GUARD_SIZE) {
		*guard = address < adopted_bottom;
		return true;
	}
	if (!machine_maps()) {
		*guard = false;
		return find_unmapped(address, cpu, kind);
	}
	if (!layout || address < layout_window_start(layout))
		return false;
	stride = layout_window_stride(layout);
	into = address - layout_window_start(layout);
	number = into >> __builtin_ctzll(stride);
	into &= stride - 1;
	if (number >= cpu_possible_count() || into < stride / 2)
		return false;
	page = (into - stride / 2) / MEMORY_PAGE_SIZE;
	if (page / 2 >= STACK_KINDS)
		return false;
	*cpu = cpu_from_number((uint32_t)number);
	*kind = (enum stack_kind)(page / 2);
	*guard = page % 2 == 0;
	return has_stack(cpu_record(*cpu)->stacks, (uint32_t)*kind);
}
