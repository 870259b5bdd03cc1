// SPDX-License-Identifier: MIT
/*
 * A CPU's unit and stacks together: one piece of memory, mapped in one go. Step `unit` calls it for
 * each other CPU, and most of the boot CPU's work for a CPU is here. Must not know what is in them.
 */
#include "core/cpu_memory.h"
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/percpu_pages.h"
#include "core/stack_area.h"
#include "core/unit.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

/* The pages of a window, by number from its start on, and the request for their memory: the same for
 * every CPU but for the node. */
static uint32_t *numbers;
static uintptr_t main_stack_top; /* from the start of the window, or of the memory, on */
static uint32_t pages;		 /* 0: not filled in */
static struct memory_request request = {
	.align = MEMORY_PAGE_SIZE,
	.owner = "unit and stacks",
	.node = NODE_ANY,
};

static int pages_fill(void)
{
	uint32_t unit_pages = (uint32_t)(percpu_unit_size() / MEMORY_PAGE_SIZE);
	uint32_t wanted = unit_pages;
	uint64_t physical = mem_alloc((unit_pages + STACK_KINDS) * sizeof(*numbers),
				      sizeof(*numbers), .owner = "window pages");

	if (!physical)
		return MUSTER_E_NO_MEMORY;
	numbers = machine_get()->direct(physical);
	for (uint32_t page = 0; page < unit_pages; page++)
		numbers[page] = page;
	for (uint32_t kind = 0; kind < STACK_KINDS; kind++)
		if (has_stack(STACKS_ALL, kind))
			numbers[wanted++] =
				(uint32_t)(stack_offset((enum stack_kind)kind) / MEMORY_PAGE_SIZE);
	main_stack_top = machine_maps() ? stack_offset(STACK_MAIN) + stack_size(STACK_MAIN)
					: percpu_unit_size() + stack_size(STACK_MAIN);
	pages = wanted;
	request.size = (size_t)pages * MEMORY_PAGE_SIZE;
	return 0;
}

static void unmap_first(uint32_t count, uintptr_t window)
{
	while (count--)
		machine_get()->unmap(window + numbers[count] * MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE);
}

__attribute__((noinline)) static int map_one_by_one(uintptr_t window, uint64_t physical,
						    uint32_t node)
{
	for (uint32_t i = 0; i < pages; i++) {
		int error = machine_get()->map(window + numbers[i] * MEMORY_PAGE_SIZE,
					       physical + i * MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE,
					       MAP_READ_WRITE, node);

		if (error) {
			unmap_first(i, window);
			return error;
		}
	}
	return 0;
}

/* May they be made? Asked before anything is done. */
__attribute__((noinline)) static int first_check(const struct cpu_record *record)
{
	/* The last CPU's window is the last. */
	int error = unit_check(cpu_from_number(cpu_possible_count() - 1));

	if (!error)
		error = stacks_check(record, STACKS_ALL);
	return error ? error : pages_fill();
}

__attribute__((noinline)) static int has_some(const struct cpu_record *record)
{
	console_print("muster: memory of CPU %u: it has some already\n", record->number);
	return MUSTER_E_EXISTS;
}

__attribute__((noinline)) static int not_mapped(const struct cpu_record *record, uint64_t physical,
						int error)
{
	console_print("muster: memory of CPU %u: mapping it at %#llx: %s\n", record->number,
		      (unsigned long long)layout_window(record->number), muster_error_name(error));
	mem_free(physical, request.size);
	return error;
}

/* What was handed out of the other units, the new one must have too. */
__attribute__((noinline)) static int attach(const struct cpu_record *record, uint64_t physical,
					    uintptr_t window)
{
	int error = percpu_pages_attach(cpu_from_number(record->number), window);

	if (!error)
		return 0;
	if (machine_maps())
		unmap_first(pages, window);
	mem_free(physical, request.size);
	return error;
}

static int map(const struct cpu_record *record, uint64_t physical, uintptr_t window)
{
	const struct machine *machine = machine_get();
	int error = MUSTER_E_NOT_SUPPORTED;

	if (machine->map_pages)
		error = machine->map_pages(window, physical, numbers, pages, MAP_READ_WRITE,
					   record->node);
	return error == MUSTER_E_NOT_SUPPORTED ? map_one_by_one(window, physical, record->node)
					       : error;
}

int cpu_memory_create(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	uint64_t physical;
	uintptr_t window;
	int error;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS));
	if (record->unit | record->stacks)
		return has_some(record);
	error = pages ? 0 : first_check(record);
	if (error)
		return error;
	if (request.node != record->node) {
		request.node = record->node;
		request.on_node = record->node != NODE_ANY;
	}
	physical = mem_alloc_request(&request);
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	if (machine_maps()) {
		window = layout_window(cpu.number);
		error = map(record, physical, window);
		if (error)
			return not_mapped(record, physical, error);
	} else {
		window = (uintptr_t)machine_get()->direct(physical);
		if (!window)
			return not_mapped(record, physical, MUSTER_E_NO_MEMORY);
	}
	error = percpu_pages_wanted ? attach(record, physical, window) : 0;
	if (error)
		return error;
	record->stacks = STACKS_ALL;
	record->stack = window + main_stack_top;
	unit_begin(record, window);
	return 0;
}

void cpu_memory_destroy(cpu_t cpu)
{
	stacks_destroy(cpu);
	unit_destroy(cpu);
}

#if __STDC_HOSTED__
void cpu_memory_forget(void)
{
	pages = 0;
}
#endif
