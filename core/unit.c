// SPDX-License-Identifier: MIT
/*
 * Units: each CPU's per-CPU memory, and the way to its variables. The steps `boot-unit` and `unit`
 * make them, cpu_down() takes them back, everybody reads through muster/percpu.h. Code here must
 * never use the calling CPU's own unit while it moves, nor give memory back that a CPU or the
 * hypervisor may still hold to be what it was.
 */
#include "core/unit.h"
#include "core/align.h"
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/percpu_alloc.h"
#include "core/percpu_pages.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

PERCPU_HEAD_SECTION struct percpu_head percpu_head = { .magic = PERCPU_MAGIC };

static struct percpu_image setup;
static size_t unit_size;
static uintptr_t boot_area; /* 0 once it has moved */

void percpu_setup(const struct percpu_image *image)
{
	if (image->size % sizeof(uint64_t))
		muster_panic("per-CPU image: %zu bytes: not whole words", image->size);
	setup = *image;
	unit_size = (size_t)align_up(setup.size + setup.reserve, MEMORY_PAGE_SIZE);
	boot_area = (uintptr_t)setup.boot_area;
	percpu_alloc_begin();
}

size_t percpu_image_size(void)
{
	return setup.size;
}

size_t percpu_unit_size(void)
{
	return unit_size;
}

uintptr_t unit_boot_area(void)
{
	return boot_area;
}

cpu_t cpu_this(void)
{
	return cpu_from_number(this_cpu(percpu_head).cpu);
}

uintptr_t percpu_unit(cpu_t cpu)
{
	if (!cpu.number && boot_area)
		return boot_area;
	/* Not by way of the own base where the table can tell: this is asked in traps, and the base
	 * may be what is wrong. */
	if (cpu.number < cpu_records.count)
		return cpu_records.first[cpu.number].unit;
	return cpu_equal(cpu, cpu_this()) ? this_cpu(percpu_head).self : 0;
}

__attribute__((noinline, cold, noreturn)) static void offset_wrong(uintptr_t offset)
{
	muster_panic("per-CPU offset %#llx: the image has %zu bytes", (unsigned long long)offset,
		     setup.size);
}

/* Distance of a variable from the start of its unit. */
static uintptr_t unit_offset(uintptr_t symbol)
{
	uintptr_t offset = symbol - setup.link_base;

	if (offset >= setup.size)
		offset_wrong(offset);
	return offset;
}

/* Not in the table, or without a unit there: the boot CPU on its boot area, or a mistake. */
__attribute__((noinline)) uintptr_t unit_or_panic(cpu_t cpu)
{
	uintptr_t unit = percpu_unit(cpu);

	if (!unit)
		muster_panic("CPU %u has no unit", cpu.number);
	return unit;
}

void *percpu_address(uintptr_t offset, cpu_t cpu)
{
	uintptr_t unit = 0;

	if (__STDC_HOSTED__ && cpu.number && !cpu_equal(cpu, cpu_this()))
		bringup_uses(CAP(CPU_IDS) | CAP(UNIT));
	if (cpu.number < cpu_records.count)
		unit = cpu_records.first[cpu.number].unit;
	if (!unit)
		unit = unit_or_panic(cpu);
	return (void *)(unit + unit_offset(offset));
}

void *percpu_boot_address(uintptr_t offset)
{
	if (!boot_area)
		muster_panic("per-CPU boot area: it has moved, and its memory is somebody else's");
	return (void *)(boot_area + unit_offset(offset));
}

/* Can units be made? */
int unit_check(cpu_t cpu)
{
	const struct layout *layout = layout_current();

	if (!layout || setup.size < sizeof(struct percpu_head)) {
		console_print("muster: unit of CPU %u: there is no %s yet\n", cpu.number,
			      layout ? "per-CPU image" : "layout");
		return MUSTER_E_ORDER;
	}
	if (cpu.number >= layout_windows.count) {
		console_print("muster: unit of CPU %u: the layout has windows for %llu CPUs\n",
			      cpu.number, (unsigned long long)layout_windows.count);
		return MUSTER_E_INVALID;
	}
	if (unit_size > layout_window_stride(layout) / 2) {
		console_print("muster: unit of CPU %u: %zu bytes: half a window has %llu\n",
			      cpu.number, unit_size,
			      (unsigned long long)layout_window_stride(layout) / 2);
		return MUSTER_E_INVALID;
	}
	return 0;
}

/* Map a unit's memory at its window, or where nothing is mapped take it as it lies; what it holds is
 * undefined. Returns the unit's address; 0: *error says why there is none. */
static uintptr_t unit_map(cpu_t cpu, uint64_t physical, uint32_t node, int *error)
{
	uintptr_t address = layout_window(cpu.number);

	if (!machine_maps()) {
		address = (uintptr_t)machine_get()->direct(physical);
		*error = address ? 0 : MUSTER_E_NO_MEMORY;
		return address;
	}
	*error = machine_get()->map(address, physical, unit_size, MAP_READ_WRITE, node);
	if (!*error)
		return address;
	console_print("muster: unit of CPU %u: mapping it at %#llx: %s\n", cpu.number,
		      (unsigned long long)address, muster_error_name(*error));
	return 0;
}

/* Memory for a unit. Returns where the unit is; 0: *error says why there is none. */
static uintptr_t unit_memory_create(cpu_t cpu, uint32_t node, int *error)
{
	uint64_t physical;
	uintptr_t unit;

	*error = unit_check(cpu);
	if (*error)
		return 0;
	physical = mem_alloc(unit_size, MEMORY_PAGE_SIZE, .owner = "unit", .node = node,
			     .on_node = node != NODE_ANY);
	if (!physical) {
		*error = MUSTER_E_NO_MEMORY;
		return 0;
	}
	unit = unit_map(cpu, physical, node, error);
	if (!unit)
		mem_free(physical, unit_size);
	return unit;
}

static void unit_memory_destroy(uintptr_t address)
{
	uint64_t physical = machine_get()->physical(address);

	if (machine_maps())
		machine_get()->unmap(address, unit_size);
	mem_free(physical, unit_size);
}

/* What is behind the image is left as it is: nobody has asked for it yet. */
static void unit_fill(uintptr_t unit, const void *from, uint32_t cpu, uint64_t canary)
{
	struct percpu_head *head = (struct percpu_head *)unit;

	words_copy(head, from, setup.size / sizeof(uint64_t));
	head->self = unit;
	head->cpu = cpu;
	head->magic = PERCPU_MAGIC;
	head->canary = canary;
}

/* Does the CPU want a unit, and has the running step declared what that needs? */
static int unit_wanted(const struct cpu_record *record)
{
	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (record->number)
		bringup_uses(CAP(UNITS));
	if (!record->unit)
		return 0;
	console_print("muster: unit of CPU %u: it has one already\n", record->number);
	return MUSTER_E_EXISTS;
}

void unit_begin(struct cpu_record *record, uintptr_t unit)
{
	/* The template is the same for all and holds no canary worth the name. */
	unit_fill(unit, setup.image, record->number, this_cpu(percpu_head).canary);
	record->unit = unit;
}

int unit_create(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	int error = unit_wanted(record);
	uintptr_t unit;

	if (error)
		return error;
	unit = unit_memory_create(cpu, record->node, &error);
	if (!unit)
		return error;
	error = percpu_pages_wanted ? percpu_pages_attach(cpu, unit) : 0;
	if (!error) {
		unit_begin(record, unit);
		return 0;
	}
	unit_memory_destroy(unit);
	return error;
}

void unit_destroy(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	struct percpu_head *head = (struct percpu_head *)record->unit;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (!head)
		return;
	if (this_cpu(percpu_head).self == record->unit)
		muster_panic("unit of CPU %u: it is in use by the CPU that frees it", cpu.number);
	record->unit = 0;
	head->magic = PERCPU_MAGIC_FREED;
	head->cpu = CPU_NONE_NUMBER;
	head->self = 0;
	percpu_pages_detach(cpu, (uintptr_t)head);
	unit_memory_destroy((uintptr_t)head);
}

/*
 * The switch could not be completed: run on the boot area again. writable: what changed meanwhile
 * can be copied back; else nothing may be written there.
 */
static int move_back(uintptr_t unit, bool writable, int error)
{
	struct percpu_head *head = (struct percpu_head *)boot_area;

	console_print("muster: boot area at %#llx stays in use: %s\n",
		      (unsigned long long)boot_area, muster_error_name(error));
	if (writable) {
		memcpy(head, (const void *)unit, setup.size);
		head->self = boot_area;
	}
	machine_get()->percpu_base_load(boot_area);
	cpu_record(cpu_from_number(0))->unit = 0;
	unit_memory_destroy(unit);
	return error;
}

int unit_move_boot(void)
{
	const struct machine *machine = machine_get();
	const cpu_t boot_cpu = cpu_from_number(0);
	struct cpu_record *record = cpu_record(boot_cpu);
	uint64_t physical;
	uintptr_t unit;
	int error;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (!boot_area) {
		console_print("muster: boot area: it has moved already\n");
		return MUSTER_E_EXISTS;
	}
	physical = machine->physical(boot_area);
	if (physical == UINT64_MAX) {
		console_print("muster: boot area at %#llx: not mapped\n",
			      (unsigned long long)boot_area);
		return MUSTER_E_INVALID;
	}
	unit = unit_memory_create(boot_cpu, record->node, &error);
	if (!unit)
		return error;

	/* What the boot area holds now, not what the template held: it has been in use. Nothing may
	 * write per-CPU data between the copy and the new base. */
	unit_fill(unit, (const void *)boot_area, 0, this_cpu(percpu_head).canary);
	machine->percpu_base_load(unit);
	record->unit = unit;

	/* Only now, with nobody on them, can the old pages become ordinary memory, and only then
	 * can somebody else have them: a hypervisor may have made them read-only for what they
	 * held. */
	if (machine->make_writable)
		error = machine->make_writable(boot_area, setup.boot_area_size);
	if (error)
		return move_back(unit, false, error);
	error = mem_free(physical, setup.boot_area_size);
	if (error)
		return move_back(unit, true, error);
	boot_area = 0;
	return 0;
}
