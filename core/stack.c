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
#define ALL_KINDS  ((1u << STACK_KINDS) - 1)

/* What an unused word holds: not an address, not a small number. */
#define PATTERN UINT64_C(0x5aa5c33c5aa5c33c)

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
static uint32_t count_kinds(uint32_t kinds)
{
	uint32_t count = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
		count += has_kind(kinds, kind);
	return count;
}

const char *stack_kind_name(enum stack_kind kind)
{
	static const char *const names[STACK_KINDS] = {
		[STACK_MAIN] = "main",
		[STACK_NMI] = "nmi",
		[STACK_DOUBLE_FAULT] = "double-fault",
		[STACK_MACHINE_CHECK] = "machine-check",
	};

	return (unsigned int)kind < STACK_KINDS ? names[kind] : "unknown";
}

size_t stack_size(enum stack_kind kind)
{
	return (unsigned int)kind < STACK_KINDS ? STACK_SIZE : 0;
}

/* The lowest address of a stack in the CPU's window, whether it is mapped or not. */
static uintptr_t window_bottom(const struct layout *layout, cpu_t cpu, uint32_t kind)
{
	uint64_t stride = layout_window_stride(layout);

	return (uintptr_t)(layout_window_start(layout) + cpu.number * stride + stride / 2 +
			   (uint64_t)kind * (GUARD_SIZE + STACK_SIZE) + GUARD_SIZE);
}

/* The CPU's stack of that kind: [*bottom, *bottom + the result). 0: it has none. */
static size_t stack_span(cpu_t cpu, uint32_t kind, uintptr_t *bottom)
{
	if (kind >= STACK_KINDS)
		return 0;
	if (!cpu.number && kind == STACK_MAIN && adopted_size) {
		*bottom = adopted_bottom;
		return adopted_size;
	}
	if (cpu.number >= cpu_possible_count() || !has_kind(cpu_record(cpu)->stacks, kind))
		return 0;
	*bottom = window_bottom(layout_current(), cpu, kind);
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

/* Take away the mappings of `kinds`, and give back the one piece of memory behind all of `owned`.
 */
static void stacks_release(const struct layout *layout, cpu_t cpu, uint32_t kinds,
			   uint64_t physical, uint32_t owned)
{
	for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
		if (has_kind(kinds, kind))
			machine_get()->unmap(window_bottom(layout, cpu, kind), STACK_SIZE);
	mem_free(physical, (uint64_t)count_kinds(owned) * STACK_SIZE);
}

/* May these stacks be made? */
static int stacks_check(cpu_t cpu, uint32_t kinds, const struct layout *layout)
{
	const struct cpu_record *record = cpu_record(cpu);

	if (!kinds || kinds & ~ALL_KINDS || record->stacks) {
		console_print("muster: stacks of CPU %u: kinds %#x, has %#x: %s\n", cpu.number,
			      kinds, record->stacks,
			      record->stacks ? "exist already" : "no such kind");
		return record->stacks ? MUSTER_E_EXISTS : MUSTER_E_INVALID;
	}
	if (!layout || layout_window_stride(layout) / 2 < STACK_KINDS * (GUARD_SIZE + STACK_SIZE)) {
		console_print("muster: stacks of CPU %u: %s\n", cpu.number,
			      layout ? "half a window is too small" : "there is no layout yet");
		return layout ? MUSTER_E_INVALID : MUSTER_E_ORDER;
	}
	return 0;
}

int stacks_create(cpu_t cpu, uint32_t kinds)
{
	const struct layout *layout = layout_current();
	struct cpu_record *record = cpu_record(cpu);
	uint64_t physical, next;
	uint32_t mapped = 0;
	int error;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	error = stacks_check(cpu, kinds, layout);
	if (error)
		return error;
	physical = mem_alloc((size_t)count_kinds(kinds) * STACK_SIZE, MEMORY_PAGE_SIZE,
			     .owner = "stack", .node = record->node,
			     .on_node = record->node != NODE_ANY);
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	next = physical;
	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t bottom = window_bottom(layout, cpu, kind);

		if (!has_kind(kinds, kind))
			continue;
		error = machine_get()->map(bottom, next, STACK_SIZE, MAP_READ_WRITE, record->node);
		if (error) {
			console_print("muster: %s stack of CPU %u: mapping it at %#llx: %s\n",
				      stack_kind_name((enum stack_kind)kind), cpu.number,
				      (unsigned long long)bottom, muster_error_name(error));
			stacks_release(layout, cpu, mapped, physical, kinds);
			return error;
		}
		mapped |= 1u << kind;
		next += STACK_SIZE;
	}
	record->stacks = (uint8_t)kinds;
	if (has_kind(kinds, STACK_MAIN))
		record->stack = window_bottom(layout, cpu, STACK_MAIN) + STACK_SIZE;
	return 0;
}

void stacks_destroy(cpu_t cpu)
{
	const struct layout *layout = layout_current();
	struct cpu_record *record = cpu_record(cpu);
	uint32_t kinds = record->stacks;
	uint64_t physical;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (!kinds)
		return;
	/* All are one piece of memory, in order of kind. */
	physical =
		machine_get()->physical(window_bottom(layout, cpu, (uint32_t)__builtin_ctz(kinds)));
	record->stacks = 0;
	record->stacks_marked = 0;
	record->stack = 0;
	stacks_release(layout, cpu, kinds, physical, kinds);
}

/* An open loop: a call would use the very stack that is being filled. */
__attribute__((no_sanitize("address"))) static void fill(uintptr_t from, uintptr_t to)
{
	for (volatile uint64_t *word = (volatile uint64_t *)from; (uintptr_t)(word + 1) <= to;
	     word++)
		*word = PATTERN;
}

void stacks_mark(cpu_t cpu, uintptr_t stack_pointer)
{
	uint32_t marked = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t bottom, end;
		size_t size = stack_span(cpu, kind, &bottom);

		if (!size)
			continue;
		end = bottom + size;
		if (stack_pointer > bottom && stack_pointer <= end)
			end = stack_pointer - bottom > RUNNING_SLACK ? stack_pointer - RUNNING_SLACK
								     : bottom;
		fill(bottom, end);
		marked |= 1u << kind;
	}
	cpu_record(cpu)->stacks_marked = (uint8_t)marked;
}

__attribute__((no_sanitize("address"))) size_t stack_high_water(cpu_t cpu, enum stack_kind kind)
{
	uintptr_t bottom;
	size_t size = stack_span(cpu, (uint32_t)kind, &bottom);
	const volatile uint64_t *word;
	uintptr_t end;

	if (!size || cpu.number >= cpu_possible_count() ||
	    !has_kind(cpu_record(cpu)->stacks_marked, (uint32_t)kind))
		return 0;
	end = bottom + size;
	for (word = (const volatile uint64_t *)bottom; (uintptr_t)word < end; word++)
		if (*word != PATTERN)
			break;
	return end - (uintptr_t)word;
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
