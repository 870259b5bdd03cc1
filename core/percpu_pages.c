// SPDX-License-Identifier: MIT
/*
 * The pages of dynamic per-CPU memory. core/percpu_alloc.c has them mapped and unmapped, in every
 * unit at once; core/unit.c gives a new unit what the others have, and takes it back. It must never
 * leave a page in some units and not in others, nor touch the pages that a unit is made with.
 *
 * Page by page, not by ranges: pages go back one by one, and mem_alloc() puts the pages of one owner
 * side by side anyway.
 */
#include "core/percpu_pages.h"
#include "core/cpu_table.h"
#include "core/machine.h"
#include "core/percpu_alloc.h"
#include "core/percpu_blocks.h"
#include "core/runner.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

#define OWNER "percpu"
#define PAGES (PERCPU_OFFSET_MAX / MEMORY_PAGE_SIZE)

static uint64_t present[PAGES / 64]; /* bit n: every unit has page n, and it is ours */
static uint32_t present_count;
static uint32_t units_end; /* no CPU from this number on has a unit */
bool percpu_pages_wanted;
struct percpu_windows percpu_windows;

void percpu_pages_begin(void)
{
	memset(present, 0, sizeof(present));
	present_count = 0;
	units_end = 0;
	percpu_pages_wanted = false;
}

/* Until the first allocation nobody keeps this up: most units are made before, and quickly. */
void percpu_pages_want(void)
{
	percpu_pages_wanted = true;
	for (units_end = cpu_records.count; units_end; units_end--)
		if (cpu_records.first[units_end - 1].unit)
			break;
}

uint32_t percpu_pages_count(void)
{
	return present_count;
}

/* The first CPU from this number on that has a unit, or none. */
static cpu_t unit_from(uint32_t number)
{
	const struct cpu_record *records = cpu_records.first;

	for (; number < units_end; number++)
		if (records[number].unit)
			return cpu_from_number(number);
	return cpu_from_number(CPU_NONE_NUMBER);
}

#define for_each_unit(cpu) \
	for (cpu_t cpu = unit_from(0); !cpu_is_none(cpu); (cpu) = unit_from((cpu).number + 1))

static void page_unmap(uintptr_t address)
{
	uint64_t physical = machine_get()->physical(address);

	machine_get()->unmap(address, MEMORY_PAGE_SIZE);
	(void)mem_free(physical, MEMORY_PAGE_SIZE);
}

static int page_map(cpu_t cpu, uintptr_t unit, uint32_t offset)
{
	uint32_t node = cpu_record(cpu)->node;
	uint64_t physical = mem_alloc(MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE, .owner = OWNER,
				      .node = node, .on_node = node != NODE_ANY);
	int error = MUSTER_E_NO_MEMORY;

	if (physical) {
		error = machine_get()->map(unit + percpu_place(offset), physical, MEMORY_PAGE_SIZE,
					   MAP_READ_WRITE, node);
		if (error)
			(void)mem_free(physical, MEMORY_PAGE_SIZE);
	}
	if (error)
		console_print("muster: percpu page %#x of CPU %u: %s\n", offset, cpu.number,
			      muster_error_name(error));
	return error;
}

static void unit_unmap(uintptr_t unit, uint32_t offset, uint32_t size)
{
	for (uint32_t done = 0; done < size; done += MEMORY_PAGE_SIZE)
		page_unmap(unit + percpu_place(offset + done));
}

/* All or none. */
static int unit_map(cpu_t cpu, uintptr_t unit, uint32_t offset, uint32_t size)
{
	for (uint32_t done = 0; done < size; done += MEMORY_PAGE_SIZE) {
		int error = page_map(cpu, unit, offset + done);

		if (error) {
			unit_unmap(unit, offset, done);
			return error;
		}
	}
	return 0;
}

static void set_present(uint32_t offset, uint32_t size, bool on)
{
	for (uint32_t page = offset / MEMORY_PAGE_SIZE; size; page++, size -= MEMORY_PAGE_SIZE) {
		uint64_t bit = UINT64_C(1) << page % 64;

		present[page / 64] ^= bit;
		present_count += on ? 1 : UINT32_MAX;
	}
}

int percpu_pages_map(uint32_t offset, uint32_t size)
{
	for_each_unit (cpu) {
		int error = unit_map(cpu, cpu_record(cpu)->unit, offset, size);

		if (!error)
			continue;
		for_each_unit (before) {
			if (cpu_equal(before, cpu))
				break;
			unit_unmap(cpu_record(before)->unit, offset, size);
		}
		call_flush_translations();
		return error;
	}
	set_present(offset, size, true);
	return 0;
}

void percpu_pages_unmap(uint32_t offset, uint32_t size)
{
	for_each_unit (cpu)
		unit_unmap(cpu_record(cpu)->unit, offset, size);
	set_present(offset, size, false);
}

/* Every allocation comes by here. */
void percpu_pages_clear(uint32_t offset, uint32_t size)
{
	const struct cpu_record *records = cpu_records.first;
	uintptr_t place = percpu_place(offset);

	for (uint32_t number = 0; number < units_end; number++)
		if (records[number].unit)
			memset((void *)(records[number].unit + place), 0, size);
}

/* The first page at or behind *page that is present; false: there is none. */
static bool next_present(uint32_t *page)
{
	for (uint32_t word = *page / 64; word < PAGES / 64; word++, *page = word * 64) {
		uint64_t left = present[word] >> *page % 64;

		if (left) {
			*page += (uint32_t)__builtin_ctzll(left);
			return true;
		}
	}
	return false;
}

void percpu_pages_detach(cpu_t cpu, uintptr_t unit)
{
	(void)cpu;
	if (!present_count)
		return;
	for (uint32_t page = 0; next_present(&page); page++)
		page_unmap(unit + percpu_place(page * MEMORY_PAGE_SIZE));
}

int percpu_pages_attach(cpu_t cpu, uintptr_t unit)
{
	uint32_t first, size = percpu_alloc_fixed(&first);

	if (units_end <= cpu.number)
		units_end = cpu.number + 1;
	memset((void *)(unit + first), 0, size);
	if (!present_count)
		return 0;
	for (uint32_t page = 0; next_present(&page); page++) {
		uint32_t offset = page * MEMORY_PAGE_SIZE;
		int error = page_map(cpu, unit, offset);

		if (!error) {
			memset((void *)(unit + percpu_place(offset)), 0, MEMORY_PAGE_SIZE);
			continue;
		}
		for (uint32_t done = 0; next_present(&done) && done < page; done++)
			page_unmap(unit + percpu_place(done * MEMORY_PAGE_SIZE));
		return error;
	}
	return 0;
}
