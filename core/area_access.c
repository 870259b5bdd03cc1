// SPDX-License-Identifier: MIT
/*
 * vCPU areas from outside their rows: pointers for who uses them, what the report and the next
 * kernel are told, what a crash and a handover do. area_ptr() is called from any CPU and from
 * interrupts; areas_crash() when nothing can be trusted, so it must neither wait nor print.
 */
#include "core/align.h"
#include "core/area_store.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/muster.h>

static uintptr_t pointer_of(cpu_t cpu, size_t kind)
{
	const struct area_record *record = area_record(cpu, kind);
	const struct area_table *table = area_table_current();

	if (record)
		return __atomic_load_n(&record->pointer, __ATOMIC_ACQUIRE);
	return table && table->poison ? table->poison : AREA_POISON;
}

static bool is_poison(uintptr_t pointer)
{
	const struct area_table *table = area_table_current();

	return pointer == (table && table->poison ? table->poison : AREA_POISON);
}

void *area_ptr_or_poison(cpu_t cpu, size_t kind)
{
	return (void *)pointer_of(cpu, kind);
}

void *area_ptr(cpu_t cpu, size_t kind)
{
	const struct area_table *table = area_table_current();
	uintptr_t pointer;

	bringup_uses(CAP(SHARED_AREAS));
	if (!table || kind >= table->count)
		muster_panic("area of CPU %u: kind %zu: there are %zu kinds", cpu.number, kind,
			     table ? table->count : 0);
	if (cpu.number >= cpu_possible_count())
		muster_panic("area %s of CPU %u: there are %u CPUs", table->kinds[kind].name,
			     cpu.number, cpu_possible_count());
	pointer = pointer_of(cpu, kind);
	if (is_poison(pointer))
		muster_panic("area %s of CPU %u: it is not in use (%s)", table->kinds[kind].name,
			     cpu.number, area_state_name(area_state(area_record(cpu, kind))));
	return (void *)pointer;
}

struct area_info area_info(cpu_t cpu, size_t kind)
{
	const struct area_record *record = area_record(cpu, kind);
	struct area_info info = { AREA_NONE, 0 };

	if (record)
		info.state = area_state(record);
	if (info.state != AREA_NONE)
		info.physical = record->physical;
	return info;
}

struct area_usage areas_usage(void)
{
	const struct area_table *table = area_table_current();
	struct area_usage usage = { 0, 0 };

	for_each_cpu (cpu)
		for (size_t i = 0; table && i < table->count; i++)
			if (!table->kinds[i].given && area_info(cpu, i).state != AREA_NONE)
				usage.told += table->kinds[i].told;
	usage.held = table ? area_memory_held() : 0;
	return usage;
}

uint32_t areas_crash(cpu_t here)
{
	const struct area_table *table = area_table_current();
	uint32_t left = 0;

	for_each_cpu (cpu) {
		for (size_t i = table ? table->count : 0; i--;) {
			const struct area_kind *kind = &table->kinds[i];
			struct area_record *record = area_record(cpu, i);
			bool own = cpu_equal(cpu, here);

			if (kind->given || !area_is_held(record))
				continue;
			if (kind->at_crash == AREA_CRASH_LEAVE ||
			    (kind->at_crash == AREA_CRASH_DETACH_OWN && !own)) {
				left++;
				continue;
			}
			area_poison(record);
			kind->crash_detach(cpu, kind, record->physical);
			/* Nobody will look at what the hypervisor answered, and nobody will use the
			 * memory again: it is not called free, only not held. */
			area_state_set(record, AREA_MADE);
		}
	}
	return left;
}

void areas_whole_guest_undone(void)
{
	const struct area_table *table = area_table_current();

	for_each_cpu (cpu) {
		for (size_t i = table ? table->count : 0; i--;) {
			struct area_record *record = area_record(cpu, i);

			if (table->kinds[i].undo_kind != UNDO_WHOLE_GUEST || !area_is_held(record))
				continue;
			area_poison(record);
			area_state_set(record, AREA_MADE);
			if (!cpu_is_online(cpu))
				area_free(i, record);
		}
	}
}

/* Claim the pages of an area that a kernel before us made. Its neighbours may have been claimed. */
static int claim(cpu_t cpu, const struct area_kind *kind, uint64_t physical)
{
	uint64_t base = align_down(physical, MEMORY_PAGE_SIZE);
	uint64_t end = align_up(physical + kind->told, MEMORY_PAGE_SIZE);

	for (; base < end; base += MEMORY_PAGE_SIZE) {
		const char *owner = NULL;
		const struct memory_range *range;
		int error;

		for (size_t i = 0; (range = mem_at(i)); i++)
			if (base - range->base < range->size)
				owner = range->owner;
		if (owner && !strcmp(owner, AREA_ADOPTED_OWNER))
			continue;
		error = mem_claim(base, MEMORY_PAGE_SIZE, AREA_ADOPTED_OWNER);
		if (error) {
			area_say(cpu, kind, physical, muster_error_name(error));
			return error;
		}
	}
	return 0;
}

/* Does an area that is there already have some of these bytes? */
static bool is_taken(uint64_t physical, uint64_t size)
{
	const struct area_table *table = area_table_current();

	for_each_cpu (cpu) {
		for (size_t i = 0; i < table->count; i++) {
			struct area_info info = area_info(cpu, i);

			if (info.state != AREA_NONE &&
			    physical < info.physical + table->kinds[i].told &&
			    info.physical < physical + size)
				return true;
		}
	}
	return false;
}

int area_adopt(cpu_t cpu, size_t row, uint64_t physical)
{
	const struct area_table *table = area_table_current();
	struct area_record *record = area_record(cpu, row);
	const struct area_kind *kind;
	const char *rule;
	int error;

	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (!record) {
		console_print("muster: area of CPU %u: kind %zu: no such area\n", cpu.number, row);
		return MUSTER_E_INVALID;
	}
	kind = &table->kinds[row];
	if (area_state(record) != AREA_NONE) {
		area_say(cpu, kind, physical, "the CPU has one already");
		return MUSTER_E_EXISTS;
	}
	rule = kind->undo_kind != UNDO_NONE && kind->undo_kind != UNDO_WHOLE_GUEST
		       ? "of this kind none is left behind"
		       : area_broken_rule(kind, (uintptr_t)machine_get()->direct(physical),
					  physical);
	if (!rule && !area_in_ram(physical, kind->told, true))
		rule = "is not all RAM";
	if (rule) {
		area_say(cpu, kind, physical, rule);
		return MUSTER_E_INVALID;
	}
	if (is_taken(physical, kind->told)) {
		area_say(cpu, kind, physical, "another area has it");
		return MUSTER_E_EXISTS;
	}
	error = claim(cpu, kind, physical);
	if (error)
		return error;
	record->physical = physical;
	record->adopted = true;
	area_state_set(record, AREA_KEPT);
	return 0;
}
