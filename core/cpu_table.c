// SPDX-License-Identifier: MIT
/*
 * The table of CPUs: who there is, under which names, and in which state. Step `cpu-ids` builds it,
 * everybody reads it. It must never take one kind of id for another, guess an id that it was not
 * told, or change a number once it has given it.
 *
 * State words are changed by several CPUs at once, and by assembly; everything else is written by
 * the boot CPU before the others start.
 */
#include "core/cpu_table.h"
#include "core/align.h"
#include "core/needs.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/muster.h>

#define TABLE_ALIGN 64

struct cpu_records cpu_records;
static uint32_t capacity;
static uint32_t possible; /* 0 until the table is complete */
static uint32_t present;
static uint32_t online;
static uint32_t left_out;
static uint32_t out_of_reach;
static uint32_t highest_vcpu_id; /* of the known ones, when vcpu_ids_known */
static uint32_t vcpu_ids_known;
static struct cpu_lookup lookup;

/* The names of those left out, as ranges of hardware ids in the order in which they came: a line is
 * printed when it is full, so any number of them needs no more than one. */
#define LEFT_OUT_LINE 104 /* characters of ranges */
static struct {
	char ranges[LEFT_OUT_LINE];
	size_t used;
	uint64_t first, last; /* of the range that may still grow */
	bool open;
} left_out_names;

/* At most half of the slots are taken, so a walk ends and is short on average. */
static uint32_t slot_count(uint32_t cpus)
{
	uint32_t slots = 2;

	while (slots < 2 * cpus)
		slots *= 2;
	return slots;
}

static size_t record_bytes(uint32_t cpus)
{
	return (size_t)align_up(cpus * sizeof(struct cpu_record), TABLE_ALIGN);
}

size_t cpu_table_bytes(uint32_t cpus)
{
	if (!cpus || cpus > CPU_CAPACITY_MAX)
		return 0;
	return record_bytes(cpus) + slot_count(cpus) * sizeof(struct cpu_lookup_slot);
}

int cpu_table_begin(void *memory, uint32_t cpus)
{
	size_t bytes = cpu_table_bytes(cpus);

	if (!memory || !bytes || (uintptr_t)memory % TABLE_ALIGN) {
		console_print(
			"muster: CPU table: no table for %u CPUs at %p: 1 to %u, aligned to %d\n",
			cpus, memory, CPU_CAPACITY_MAX, TABLE_ALIGN);
		return MUSTER_E_INVALID;
	}
	memset(memory, 0, bytes);
	cpu_records.first = memory;
	capacity = cpus;
	cpu_records.count = possible = present = online = left_out = out_of_reach = 0;
	left_out_names.used = 0;
	left_out_names.open = false;
	highest_vcpu_id = vcpu_ids_known = 0;
	lookup.slots = (struct cpu_lookup_slot *)((char *)memory + record_bytes(cpus));
	lookup.mask = slot_count(cpus) - 1;
	lookup.records = cpu_records.first;
	for (uint32_t i = 0; i <= lookup.mask; i++)
		lookup.slots[i].cpu = CPU_NONE_NUMBER;
	return 0;
}

/* The slot of a hardware id, or the empty one where it belongs. Needs a table. */
static struct cpu_lookup_slot *slot_find(hwid_t hwid)
{
	uint32_t index = (uint32_t)hwid.value & lookup.mask;

	while (lookup.slots[index].cpu != CPU_NONE_NUMBER && lookup.slots[index].hwid != hwid.value)
		index = (index + 1) & lookup.mask;
	return &lookup.slots[index];
}

/* The number of the CPU, among those added, that has this vCPU id. */
static uint32_t vcpu_id_find(vcpu_id_t id)
{
	if (id.value == VCPU_ID_UNKNOWN_VALUE)
		return CPU_NONE_NUMBER;
	/* Firmware mostly lists ids in ascending order; then there is nothing to look through. */
	if (!vcpu_ids_known || id.value > highest_vcpu_id)
		return CPU_NONE_NUMBER;
	for (uint32_t i = 0; i < cpu_records.count; i++)
		if (cpu_records.first[i].vcpu_id.value == id.value)
			return i;
	return CPU_NONE_NUMBER;
}

/* Is a name in the description taken? Says so, and by whom. */
static bool taken(const struct cpu_description *description, const struct cpu_lookup_slot *slot)
{
	unsigned long long hwid = description->hwid.value;
	uint32_t other = slot->cpu;

	if (other != CPU_NONE_NUMBER) {
		console_print("muster: CPU table: hardware id %#llx is CPU %u's already (firmware "
			      "ids %#x and %#x): left out\n",
			      hwid, other, cpu_records.first[other].fwid.value,
			      description->fwid.value);
		return true;
	}
	other = vcpu_id_find(description->vcpu_id);
	if (other != CPU_NONE_NUMBER) {
		console_print("muster: CPU table: vCPU id %u is CPU %u's already (hardware ids "
			      "%#llx and %#llx): left out\n",
			      description->vcpu_id.value, other,
			      (unsigned long long)cpu_records.first[other].hwid.value, hwid);
		return true;
	}
	return false;
}

static void names_print(void)
{
	if (left_out_names.used)
		console_print("muster: CPU table: left out, hardware ids%s\n",
			      left_out_names.ranges);
	left_out_names.used = 0;
}

/* The range that was open is complete: put it on the line. */
static void names_close_range(void)
{
	char range[48];
	size_t length;

	if (!left_out_names.open)
		return;
	left_out_names.open = false;
	length = format_text(range, sizeof(range), " %#llx",
			     (unsigned long long)left_out_names.first);
	if (left_out_names.last != left_out_names.first)
		length += format_text(range + length, sizeof(range) - length, "-%#llx",
				      (unsigned long long)left_out_names.last);
	if (left_out_names.used + length >= sizeof(left_out_names.ranges))
		names_print();
	memcpy(left_out_names.ranges + left_out_names.used, range, length + 1);
	left_out_names.used += length;
}

static void name_left_out(hwid_t hwid)
{
	left_out++;
	if (left_out_names.open && hwid.value == left_out_names.last + 1 && hwid.value) {
		left_out_names.last = hwid.value;
		return;
	}
	names_close_range();
	left_out_names.first = left_out_names.last = hwid.value;
	left_out_names.open = true;
}

int cpu_table_add(const struct cpu_description *description)
{
	struct cpu_lookup_slot *slot;
	struct cpu_record *record;

	if (!cpu_records.first || possible) {
		console_print("muster: CPU table: hardware id %#llx: the table is %s\n",
			      (unsigned long long)description->hwid.value,
			      cpu_records.first ? "complete" : "not begun");
		return MUSTER_E_ORDER;
	}
	slot = slot_find(description->hwid);
	if (taken(description, slot))
		return MUSTER_E_EXISTS;
	if (cpu_records.count == capacity) {
		name_left_out(description->hwid);
		return MUSTER_E_NO_MEMORY;
	}
	record = &cpu_records.first[cpu_records.count];
	record->number = cpu_records.count;
	record->hwid = description->hwid;
	record->fwid = description->fwid;
	record->vcpu_id = description->vcpu_id;
	record->node = description->node;
	record->step_now = record->step_finished = record->step_failed = STEP_NONE;
	/* CPU 0 runs this, whatever the firmware says of it. */
	record->present = description->present || !cpu_records.count;
	if (!description->present && !cpu_records.count)
		console_print("muster: CPU table: CPU 0, hardware id %#llx, runs, but is not "
			      "present for the firmware: taken as present\n",
			      (unsigned long long)description->hwid.value);
	record->state = record->present ? CPU_PRESENT : CPU_POSSIBLE;
	slot->hwid = description->hwid.value;
	slot->cpu = cpu_records.count;
	if (record->vcpu_id.value != VCPU_ID_UNKNOWN_VALUE) {
		if (!vcpu_ids_known++ || record->vcpu_id.value > highest_vcpu_id)
			highest_vcpu_id = record->vcpu_id.value;
	}
	return (int)cpu_records.count++;
}

int cpu_table_end(void)
{
	if (!cpu_records.count) {
		console_print("muster: CPU table: no CPU in it: not even the one that runs\n");
		return MUSTER_E_INVALID;
	}
	names_close_range();
	names_print();
	if (left_out)
		console_print("muster: CPU table: %u CPUs left out: room for %u\n", left_out,
			      capacity);
	for (uint32_t i = 0; i < cpu_records.count; i++)
		present += cpu_records.first[i].present;
	possible = cpu_records.count;
	return 0;
}

void cpu_table_leave_out(void)
{
	out_of_reach++;
}

uint32_t cpu_table_left_out(void)
{
	return left_out + out_of_reach;
}

void cpu_record_missing(cpu_t cpu)
{
	muster_panic("CPU number %u: there are %u CPUs", cpu.number, cpu_records.count);
}

const struct cpu_lookup *cpu_lookup(void)
{
	return &lookup;
}

/* Keep the online count when a state changed. */
static void count_online(uint32_t from, uint32_t to)
{
	if (from != CPU_ONLINE && to == CPU_ONLINE)
		__atomic_fetch_add(&online, 1, __ATOMIC_ACQ_REL);
	if (from == CPU_ONLINE && to != CPU_ONLINE)
		__atomic_fetch_sub(&online, 1, __ATOMIC_ACQ_REL);
}

void cpu_state_set(cpu_t cpu, enum cpu_state state)
{
	uint32_t old = __atomic_exchange_n(&cpu_record(cpu)->state, state, __ATOMIC_ACQ_REL);

	count_online(old, state);
}

bool cpu_state_claim(cpu_t cpu, enum cpu_state from, enum cpu_state to)
{
	uint32_t expected = from;

	if (!__atomic_compare_exchange_n(&cpu_record(cpu)->state, &expected, to, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	count_online(from, to);
	return true;
}

uint32_t cpu_possible_count(void)
{
	return possible;
}

uint32_t cpu_present_count(void)
{
	return present;
}

uint32_t cpu_online_count(void)
{
	return __atomic_load_n(&online, __ATOMIC_ACQUIRE);
}

/* The record, for what may only be asked once the table is complete. */
static const struct cpu_record *complete_record(cpu_t cpu)
{
	bringup_uses(CAP(CPU_IDS));
	if (cpu.number >= possible)
		muster_panic("CPU number %u: there are %u CPUs", cpu.number, possible);
	return &cpu_records.first[cpu.number];
}

hwid_t cpu_hwid(cpu_t cpu)
{
	return complete_record(cpu)->hwid;
}

fwid_t cpu_fwid(cpu_t cpu)
{
	return complete_record(cpu)->fwid;
}

vcpu_id_t cpu_vcpu_id(cpu_t cpu)
{
	vcpu_id_t id = complete_record(cpu)->vcpu_id;

	if (id.value == VCPU_ID_UNKNOWN_VALUE)
		muster_panic("vCPU id of CPU %u is unknown and was asked for in step %s",
			     cpu.number, bringup_step_now(cpu_this()));
	return id;
}

bool cpu_vcpu_id_known(cpu_t cpu)
{
	return complete_record(cpu)->vcpu_id.value != VCPU_ID_UNKNOWN_VALUE;
}

uint32_t cpu_node(cpu_t cpu)
{
	return complete_record(cpu)->node;
}

enum cpu_state cpu_state(cpu_t cpu)
{
	return (enum cpu_state)__atomic_load_n(&complete_record(cpu)->state, __ATOMIC_ACQUIRE);
}

bool cpu_is_online(cpu_t cpu)
{
	return cpu_state(cpu) == CPU_ONLINE;
}

const char *cpu_state_name(enum cpu_state state)
{
	static const char *const names[] = {
		[CPU_POSSIBLE] = "possible", [CPU_PRESENT] = "present", [CPU_PREPARED] = "prepared",
		[CPU_STARTING] = "starting", [CPU_ARRIVED] = "arrived", [CPU_ONLINE] = "online",
		[CPU_LEAVING] = "leaving",   [CPU_HELD] = "held",	[CPU_FAILED] = "failed",
	};

	return (unsigned int)state <= CPU_FAILED ? names[state] : "unknown";
}

cpu_t cpu_by_hwid(hwid_t hwid)
{
	bringup_uses(CAP(CPU_IDS));
	return cpu_from_number(possible ? slot_find(hwid)->cpu : CPU_NONE_NUMBER);
}

cpu_t cpu_by_fwid(fwid_t fwid)
{
	bringup_uses(CAP(CPU_IDS));
	for (uint32_t i = 0; fwid.value != FWID_UNKNOWN_VALUE && i < possible; i++)
		if (cpu_records.first[i].fwid.value == fwid.value)
			return cpu_from_number(i);
	return cpu_from_number(CPU_NONE_NUMBER);
}

cpu_t cpu_by_vcpu_id(vcpu_id_t vcpu_id)
{
	bringup_uses(CAP(CPU_IDS));
	return cpu_from_number(possible ? vcpu_id_find(vcpu_id) : CPU_NONE_NUMBER);
}
