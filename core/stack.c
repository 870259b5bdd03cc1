// SPDX-License-Identifier: MIT
/*
 * Stacks: making and freeing them, how far they were used, and whose an address is. The steps
 * `boot-stacks`, `stack` and `stack-marks` call it; so do traps, to find out which stack ran over.
 * It must never map the page below a stack: that page is the guard.
 */
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/stack_area.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

#define STACK_SIZE MEMORY_PAGE_SIZE
#define GUARD_SIZE MEMORY_PAGE_SIZE

/* What a mark holds: not an address, not a small number. */
#define PATTERN	   UINT64_C(0x5aa5c33c5aa5c33c)
#define MARK_WORDS (STACK_MARK_DISTANCE / sizeof(uint64_t))

/* Left alone below the stack pointer when the running stack is marked: what stacks_mark() itself
 * and the code around it still push. */
#define RUNNING_SLACK 512

/* The boot CPU's main stack. */
static uintptr_t adopted_bottom;
static size_t adopted_size;

static bool has_kind(uint32_t kinds, uint32_t kind)
{
	return kinds >> kind & 1;
}

/* Counted by hand: gcc makes a call of its builtin, into a library that a kernel does not have. */
static size_t stacks_bytes(uint32_t kinds)
{
	size_t bytes = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
		bytes += has_kind(kinds, kind) * STACK_SIZE;
	return bytes;
}

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
	return (unsigned int)kind < STACK_KINDS ? STACK_SIZE : 0;
}

/* The lowest address of a stack in the CPU's window, whether it is mapped or not. */
static uintptr_t window_bottom(cpu_t cpu, uint32_t kind)
{
	return layout_window_half(cpu.number) + kind * (GUARD_SIZE + STACK_SIZE) + GUARD_SIZE;
}

/* The CPU's stack of that kind: [*bottom, *bottom + the result). 0: it has none. */
static inline size_t stack_span(cpu_t cpu, uint32_t kind, uintptr_t *bottom)
{
	if (cpu.number >= cpu_records.count || kind >= STACK_KINDS ||
	    !has_kind(cpu_records.first[cpu.number].stacks, kind)) {
		if (cpu.number || kind != STACK_MAIN)
			return 0;
		*bottom = adopted_bottom;
		return adopted_size;
	}
	*bottom = window_bottom(cpu, kind);
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

static void stacks_unmap(cpu_t cpu, uint32_t kinds)
{
	for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
		if (has_kind(kinds, kind))
			machine_get()->unmap(window_bottom(cpu, kind), STACK_SIZE);
}

/* May these stacks be made? */
int stacks_check(const struct cpu_record *record, uint32_t kinds)
{
	const struct layout *layout = layout_current();

	if (!kinds || kinds & ~STACKS_ALL || record->stacks) {
		console_print("muster: stacks of CPU %u: kinds %#x, has %#x: %s\n", record->number,
			      kinds, record->stacks,
			      record->stacks ? "exist already" : "no such kind");
		return record->stacks ? MUSTER_E_EXISTS : MUSTER_E_INVALID;
	}
	if (!layout || layout_window_stride(layout) / 2 < STACK_KINDS * (GUARD_SIZE + STACK_SIZE)) {
		console_print("muster: stacks of CPU %u: %s\n", record->number,
			      layout ? "half a window is too small" : "there is no layout yet");
		return layout ? MUSTER_E_INVALID : MUSTER_E_ORDER;
	}
	return 0;
}

uintptr_t stack_offset(enum stack_kind kind)
{
	return window_bottom(cpu_from_number(0), (uint32_t)kind) - layout_window(0);
}

/* Map them to consecutive memory. */
static int stacks_map(cpu_t cpu, uint32_t kinds, uint64_t physical, uint32_t node)
{
	uint32_t mapped = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t bottom = window_bottom(cpu, kind);
		int error;

		if (!has_kind(kinds, kind))
			continue;
		error = machine_get()->map(bottom, physical, STACK_SIZE, MAP_READ_WRITE, node);
		if (error) {
			console_print("muster: %s stack of CPU %u: mapping it at %#llx: %s\n",
				      stack_kind_name((enum stack_kind)kind), cpu.number,
				      (unsigned long long)bottom, muster_error_name(error));
			stacks_unmap(cpu, mapped);
			return error;
		}
		mapped |= 1u << kind;
		physical += STACK_SIZE;
	}
	return 0;
}

int stacks_create(cpu_t cpu, uint32_t kinds)
{
	struct cpu_record *record = cpu_record(cpu);
	uint32_t node = record->node;
	uint64_t physical;
	int error;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	error = stacks_check(record, kinds);
	if (error)
		return error;
	physical = mem_alloc(stacks_bytes(kinds), MEMORY_PAGE_SIZE, .owner = "stack", .node = node,
			     .on_node = node != NODE_ANY);
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	error = stacks_map(cpu, kinds, physical, node);
	if (error) {
		mem_free(physical, stacks_bytes(kinds));
		return error;
	}
	record->stacks = (uint8_t)kinds;
	if (has_kind(kinds, STACK_MAIN))
		record->stack = window_bottom(cpu, STACK_MAIN) + STACK_SIZE;
	return 0;
}

void stacks_destroy(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	uint32_t kinds = record->stacks;
	uint64_t physical;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (!kinds)
		return;
	/* All are one piece of memory, in order of kind. */
	physical = machine_get()->physical(window_bottom(cpu, (uint32_t)__builtin_ctz(kinds)));
	record->stacks = 0;
	record->stacks_marked = 0;
	record->stack = 0;
	stacks_unmap(cpu, kinds);
	mem_free(physical, stacks_bytes(kinds));
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
	    !has_kind(cpu_record(cpu)->stacks_marked, (uint32_t)kind))
		return 0;
	end = bottom + size;
	for (mark = first_mark(bottom); (uintptr_t)mark < end; mark += MARK_WORDS)
		if (*mark != PATTERN)
			/* Down to the next mark, nothing tells: all of it counts. */
			return end - (uintptr_t)(mark + 1 - MARK_WORDS);
	return 0;
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
	return has_kind(cpu_record(*cpu)->stacks, (uint32_t)*kind);
}
