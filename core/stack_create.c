// SPDX-License-Identifier: MIT
/*
 * Stacks: making and freeing them. Step `boot-stacks` calls it, and who gets a CPU's unit and stacks in
 * one piece (core/cpu_memory.c) asks it whether and where. It must never map the page below a stack:
 * that page is the guard.
 */
#include "core/cpu_table.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/stack_area.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

/* Counted by hand: gcc makes a call of its builtin, into a library that a kernel does not have. */
static size_t stacks_bytes(uint32_t kinds)
{
	size_t bytes = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
		bytes += has_stack(kinds, kind) * STACK_SIZE;
	return bytes;
}

static void stacks_unmap(cpu_t cpu, uint32_t kinds)
{
	for (uint32_t kind = 0; kind < STACK_KINDS && machine_maps(); kind++)
		if (has_stack(kinds, kind))
			machine_get()->unmap(stack_bottom(cpu, kind), STACK_SIZE);
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
	return stack_bottom(cpu_from_number(0), (uint32_t)kind) - layout_window(0);
}

/* Map them to consecutive memory. */
static int stacks_map(cpu_t cpu, uint32_t kinds, uint64_t physical, uint32_t node)
{
	uint32_t mapped = 0;

	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t bottom = stack_bottom(cpu, kind);
		int error;

		if (!has_stack(kinds, kind))
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
	if (has_stack(kinds, STACK_MAIN))
		record->stack = stack_bottom(cpu, STACK_MAIN) + STACK_SIZE;
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
	physical = machine_get()->physical(stack_start(cpu, (uint32_t)__builtin_ctz(kinds)));
	record->stacks = 0;
	record->stacks_marked = 0;
	record->stack = 0;
	stacks_unmap(cpu, kinds);
	mem_free(physical, stacks_bytes(kinds));
}
