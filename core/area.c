// SPDX-License-Identifier: MIT
/*
 * vCPU areas: making them, telling the hypervisor, taking them back, CPU by CPU. Called from a
 * platform's bring-up rows: areas_prepare() and its undo on the boot CPU, areas_online() and its undo
 * on each CPU itself. It must never free or hand out memory that the hypervisor may still write to,
 * and never let it hear of an area that breaks its kind's contract.
 */
#include "core/area_store.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/muster.h>

static const struct area_table *table;
static struct area_record *records; /* of CPU 0, in order of kind, then of CPU 1 ... */
static uint64_t records_physical, records_bytes;

void area_say(cpu_t cpu, const struct area_kind *kind, uint64_t physical, const char *what)
{
	console_print("muster: area %s of CPU %u, vCPU %s%u: at %#llx, %u bytes told: %s\n",
		      kind->name, cpu.number, cpu_vcpu_id_known(cpu) ? "" : "unknown, not ",
		      cpu_vcpu_id_known(cpu) ? cpu_vcpu_id(cpu).value : 0,
		      (unsigned long long)physical, kind->told, what);
}

const struct area_table *area_table_current(void)
{
	return table;
}

const char *area_state_name(enum area_state state)
{
	static const char *const names[] = {
		[AREA_NONE] = "none",
		[AREA_MADE] = "made",
		[AREA_SHARED] = "shared",
		[AREA_KEPT] = "kept",
	};

	return (unsigned int)state < AREA_STATES ? names[state] : "unknown";
}

struct area_record *area_record(cpu_t cpu, size_t kind)
{
	if (!table || kind >= table->count || cpu.number >= cpu_possible_count())
		return NULL;
	return &records[cpu.number * table->count + kind];
}

enum area_state area_state(const struct area_record *record)
{
	return (enum area_state)__atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
}

void area_state_set(struct area_record *record, enum area_state state)
{
	__atomic_store_n(&record->state, state, __ATOMIC_RELEASE);
}

/* Does the hypervisor hold it? */
bool area_is_held(const struct area_record *record)
{
	enum area_state state = area_state(record);

	return state == AREA_SHARED || state == AREA_KEPT;
}

void area_poison(struct area_record *record)
{
	__atomic_store_n(&record->pointer, table->poison ? table->poison : AREA_POISON,
			 __ATOMIC_RELEASE);
}

/* Rows that call us, and would not call our undo, would leave a CPU's memory to nobody. */
static int check_rows(void)
{
	const struct bringup_table *rows = bringup_table_current();

	for (size_t i = 0; rows && i < rows->count; i++) {
		const struct bringup_step *step = &rows->steps[i];

		if ((step->run == areas_prepare && step->undo != areas_prepare_undo) ||
		    (step->run == areas_online && step->undo != areas_online_undo)) {
			console_print("muster: step %s: makes areas, and its undo is not theirs\n",
				      step->name);
			return MUSTER_E_INVALID;
		}
	}
	return 0;
}

static int records_create(const struct area_table *begun)
{
	uint32_t cpus = cpu_possible_count();

	records_bytes = (uint64_t)cpus * begun->count * sizeof(*records);
	records_physical = mem_alloc(records_bytes, 0, .owner = "area table");
	if (!records_physical)
		return MUSTER_E_NO_MEMORY;
	records = machine_get()->direct(records_physical);
	if (area_memory_begin(begun, cpus)) {
		(void)mem_free(records_physical, records_bytes);
		return MUSTER_E_NO_MEMORY;
	}
	memset(records, 0, records_bytes);
	return 0;
}

int areas_begin(const struct area_table *begun)
{
	char message[160];
	int error;

	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (table) {
		console_print("muster: areas of platform %s: those of %s are there already\n",
			      begun->platform, table->platform);
		return MUSTER_E_EXISTS;
	}
	if (areas_check(begun, message, sizeof(message))) {
		console_print("muster: %s\n", message);
		return MUSTER_E_INVALID;
	}
	error = check_rows();
	if (!error)
		error = records_create(begun);
	if (error)
		return error;
	table = begun;
	for (size_t i = 0; i < cpu_possible_count() * table->count; i++)
		area_poison(&records[i]);
	return 0;
}

int areas_end(void)
{
	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	for_each_cpu (cpu) {
		for (size_t i = 0; table && i < table->count; i++) {
			if (!area_is_held(area_record(cpu, i)))
				continue;
			area_say(cpu, &table->kinds[i], area_record(cpu, i)->physical,
				 "the hypervisor holds it: all areas stay");
			return MUSTER_E_BUSY;
		}
	}
	if (!table)
		return 0;
	for_each_cpu (cpu)
		for (size_t i = 0; i < table->count; i++)
			area_free(i, area_record(cpu, i));
	area_memory_end();
	(void)mem_free(records_physical, records_bytes);
	table = NULL;
	return 0;
}

#if __STDC_HOSTED__
void areas_forget(void)
{
	table = NULL;
}
#endif

static void *reach(uint64_t physical)
{
	return machine_get()->direct(physical);
}

void area_free(size_t row, struct area_record *record)
{
	if (area_state(record) != AREA_MADE)
		return;
	area_state_set(record, AREA_NONE);
	if (!record->adopted)
		area_memory_put(row, record);
	record->physical = 0;
}

/* From here on the CPU uses it. */
static void publish(struct area_record *record, uintptr_t pointer)
{
	area_state_set(record, AREA_SHARED);
	__atomic_store_n(&record->pointer, pointer, __ATOMIC_RELEASE);
}

/* The row that a kind rests on; SIZE_MAX: none. */
static size_t row_after(const struct area_kind *kind)
{
	for (size_t i = 0; kind->after && i < table->count; i++)
		if (!strcmp(kind->after, table->kinds[i].name))
			return i;
	return SIZE_MAX;
}

/* The hypervisor's answer is believed no more than ours. */
static int locate(cpu_t cpu, const struct area_kind *kind, struct area_record *record)
{
	void *pointer = NULL;
	uint64_t physical = 0;
	int error = kind->locate(cpu, kind, &pointer, &physical);
	const char *rule;

	if (error) {
		area_say(cpu, kind, 0, muster_error_name(error));
		return error;
	}
	rule = area_broken_rule(kind, (uintptr_t)pointer, physical);
	if (!rule && !area_in_ram(physical, kind->told, false))
		rule = "was given within our own RAM";
	if (rule) {
		area_say(cpu, kind, physical, rule);
		return MUSTER_E_INVALID;
	}
	record->physical = physical;
	publish(record, (uintptr_t)pointer);
	return 0;
}

/* Check it, tell the hypervisor, use it. */
static int attach(cpu_t cpu, const struct area_kind *kind, struct area_record *record)
{
	void *pointer = reach(record->physical);
	const char *rule = area_broken_rule(kind, (uintptr_t)pointer, record->physical);
	int error;

	/* The allocator may be a kernel's own. */
	if (!rule && !area_in_ram(record->physical, kind->told, true))
		rule = "is not all RAM";
	if (rule) {
		area_say(cpu, kind, record->physical, rule);
		return MUSTER_E_INVALID;
	}
	memset(pointer, 0, kind->told);
	error = kind->attach(cpu, kind, pointer, record->physical);
	if (error) {
		area_say(cpu, kind, record->physical, muster_error_name(error));
		return error;
	}
	publish(record, (uintptr_t)pointer);
	return 0;
}

static int register_one(cpu_t cpu, size_t row)
{
	const struct area_kind *kind = &table->kinds[row];
	struct area_record *record = area_record(cpu, row);
	size_t after = row_after(kind);

	if (after != SIZE_MAX && !area_is_held(area_record(cpu, after))) {
		area_say(cpu, kind, record->physical, "what it rests on is not registered");
		return MUSTER_E_ORDER;
	}
	switch (area_state(record)) {
	case AREA_SHARED:
		return 0;
	case AREA_KEPT:
		publish(record, (uintptr_t)reach(record->physical));
		return 0;
	case AREA_MADE:
		return attach(cpu, kind, record);
	default:
		if (kind->given)
			return locate(cpu, kind, record);
		area_say(cpu, kind, 0, "it was not made");
		return MUSTER_E_ORDER;
	}
}

/* May it be taken back: is nothing held that rests on it? */
static bool carries_nothing(cpu_t cpu, size_t row)
{
	for (size_t i = row + 1; i < table->count; i++)
		if (row_after(&table->kinds[i]) == row && area_is_held(area_record(cpu, i)) &&
		    !table->kinds[i].given)
			return false;
	return true;
}

/* The CPU does not use it any more, and if it can be the hypervisor does not either. */
static void unregister_one(cpu_t cpu, size_t row)
{
	const struct area_kind *kind = &table->kinds[row];
	struct area_record *record = area_record(cpu, row);
	int error;

	area_poison(record);
	if (!area_is_held(record))
		return;
	if (kind->given) {
		area_state_set(record, AREA_NONE);
		record->physical = 0;
		return;
	}
	area_state_set(record, AREA_KEPT);
	if (kind->undo_kind != UNDO_STEP)
		return;
	if (!carries_nothing(cpu, row)) {
		area_say(cpu, kind, record->physical, "stays: what rests on it does");
		return;
	}
	error = kind->detach(cpu, kind, reach(record->physical), record->physical);
	if (error) {
		area_say(cpu, kind, record->physical,
			 "the hypervisor does not give it back; its memory stays");
		return;
	}
	area_state_set(record, AREA_MADE);
}

static void unregister_rows(cpu_t cpu, size_t end, enum step_where where)
{
	for (size_t i = end; i--;)
		if (table->kinds[i].where == where)
			unregister_one(cpu, i);
}

static int register_rows(cpu_t cpu, enum step_where where)
{
	for (size_t i = 0; i < table->count; i++) {
		int error = table->kinds[i].where == where ? register_one(cpu, i) : 0;

		if (error) {
			unregister_rows(cpu, i, where);
			return error;
		}
	}
	return 0;
}

static void free_rows(cpu_t cpu)
{
	for (size_t i = table->count; i--;)
		area_free(i, area_record(cpu, i));
}

static int make_rows(cpu_t cpu)
{
	for (size_t i = 0; i < table->count; i++) {
		struct area_record *record = area_record(cpu, i);
		int error;

		if (table->kinds[i].given || area_state(record) != AREA_NONE)
			continue;
		error = area_memory_get(i, cpu, record);
		if (error) {
			area_say(cpu, &table->kinds[i], 0, "no memory for it");
			return error;
		}
		record->adopted = false;
		area_state_set(record, AREA_MADE);
	}
	return 0;
}

static int no_table(cpu_t cpu)
{
	if (table)
		return 0;
	console_print("muster: areas of CPU %u: no platform has said which\n", cpu.number);
	return MUSTER_E_ORDER;
}

int areas_prepare(cpu_t cpu)
{
	int error = no_table(cpu);

	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (error)
		return error;
	error = make_rows(cpu);
	if (!error)
		error = register_rows(cpu, WHERE_PREPARE);
	if (error)
		free_rows(cpu);
	return error;
}

void areas_prepare_undo(cpu_t cpu)
{
	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	if (!table)
		return;
	unregister_rows(cpu, table->count, WHERE_PREPARE);
	free_rows(cpu);
}

int areas_online(cpu_t cpu)
{
	int error = no_table(cpu);

	bringup_uses(CAP(CPU_IDS));
	if (error)
		return error;
	/* What the boot CPU registered and this CPU has put away: it comes back without PREPARE. */
	for (size_t i = 0; i < table->count; i++)
		if (table->kinds[i].where == WHERE_PREPARE &&
		    area_state(area_record(cpu, i)) == AREA_KEPT)
			(void)register_one(cpu, i);
	error = register_rows(cpu, WHERE_ONLINE);
	if (error)
		areas_online_undo(cpu);
	return error;
}

void areas_online_undo(cpu_t cpu)
{
	bringup_uses(CAP(CPU_IDS));
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		area_poison(area_record(cpu, i));
	unregister_rows(cpu, table->count, WHERE_ONLINE);
	/* Those that the boot CPU registered are for the boot CPU to take back. */
	for (size_t i = 0; i < table->count; i++) {
		struct area_record *record = area_record(cpu, i);

		if (area_state(record) == AREA_SHARED)
			area_state_set(record, AREA_KEPT);
	}
}
