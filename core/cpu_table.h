/* SPDX-License-Identifier: MIT */
/*
 * The id table's inside: building it, and the record of each CPU that the runner, units, stacks and
 * the secondary entry code share.
 */
#ifndef CORE_CPU_TABLE_H
#define CORE_CPU_TABLE_H

#include <muster/bringup.h>
#include <muster/cpu.h>
#include <stddef.h>

#define STEP_NONE 0xffu /* "no row" in the step fields below */

/* When a CPU's limit was over. */
enum given_up {
	GIVEN_UP_NOT,
	GIVEN_UP_STARTING, /* it had not claimed its record, and cannot any more */
	GIVEN_UP_AT_WORK,  /* it may still use its memory, and hold locks */
};

/*
 * One CPU. The first three fields are read by assembly in the secondary entry
 * (arch/ARCH/offsets.h): the state is claimed there with one compare-and-exchange, before the CPU
 * touches its unit or stack, so that a CPU that the boot CPU has given up on is held instead.
 */
struct cpu_record {
	uint32_t state;	 /* enum cpu_state; atomic */
	uint32_t number; /* the CPU number: the record's place in the table */
	uintptr_t unit;	 /* address of the unit, 0: none */
	uintptr_t stack; /* top of the main stack, 0: none */
	hwid_t hwid;
	fwid_t fwid;
	vcpu_id_t vcpu_id;
	uint32_t node;
	int32_t error;	  /* what the failing step returned */
	uint8_t step_now; /* rows of the table, or STEP_NONE */
	uint8_t step_finished;
	uint8_t step_failed;
	uint8_t present;	   /* the firmware says that it is there */
	uint8_t prepared;	   /* PREPARE and START rows that are done and not undone */
	uint8_t resume;		   /* ONLINE rows that were not undone: it goes on after them */
	uint64_t online_ticks;	   /* when it first came online; 0: not yet */
	struct step_stamp *stamps; /* one per row from PREPARE on, NULL until the table has them */
	uint8_t stacks;		   /* bit n: it has a stack of enum stack_kind n in its window */
	uint8_t stacks_marked;	   /* bit n: that stack's unused part holds the pattern */
	uint8_t given_up;	   /* enum given_up: while FAILED, it may still come or go */
	uint8_t reset;		   /* it has been reset, and is to be started once more */
};

/* What cpu_table_add() is told about one CPU. */
struct cpu_description {
	hwid_t hwid;
	fwid_t fwid;	   /* FWID_UNKNOWN_VALUE: none */
	vcpu_id_t vcpu_id; /* VCPU_ID_UNKNOWN_VALUE: not known */
	uint32_t node;
	bool present; /* false: possible only */
};

/*
 * Begin a table for up to `capacity` CPUs, with memory that the caller gives: bytes as
 * cpu_table_bytes(capacity) says (0: no such capacity), aligned to 64, zeroed here. A second call
 * begins anew. Returns 0, or MUSTER_E_INVALID with a line.
 */
#define CPU_CAPACITY_MAX (1u << 24) /* capacities from 1 to this are possible */
size_t cpu_table_bytes(uint32_t capacity);
int cpu_table_begin(void *memory, uint32_t capacity);

/*
 * Add one. The first one added is CPU 0 and must be the CPU that runs, with ids as that CPU itself
 * gives them. Returns the CPU number, or, each with a line naming the CPU and both values:
 * MUSTER_E_EXISTS when hwid, or a known vCPU id, is in the table already (the CPU is left out),
 * MUSTER_E_NO_MEMORY when the table is full (counted, see cpu_table_left_out(), and named, at the
 * latest by cpu_table_end(), in as many lines as it takes).
 */
int cpu_table_add(const struct cpu_description *description);

/* Complete. From here on the public functions answer (CAP_CPU_IDS), and nothing more can be added.
 * Returns 0, or MUSTER_E_INVALID with a line when there is no CPU in it. */
int cpu_table_end(void);

/* One that the platform cannot reach, and has named: counted, not added. */
void cpu_table_leave_out(void);

/* CPUs that the firmware named and that are not in the table: no room, or out of reach. */
uint32_t cpu_table_left_out(void);

/* All records, and how many there are: cpu_record()'s, and of loops over all CPUs. */
struct cpu_records {
	struct cpu_record *first;
	uint32_t count;
};
extern struct cpu_records cpu_records;

void cpu_record_missing(cpu_t cpu) __attribute__((noreturn, cold));

/* The record; a panic naming the number if there is no such CPU. */
static inline struct cpu_record *cpu_record(cpu_t cpu)
{
	if (__builtin_expect(cpu.number >= cpu_records.count, 0))
		cpu_record_missing(cpu);
	return &cpu_records.first[cpu.number];
}

/* All records but the boot CPU's. */
#define for_each_other_record(record)                                                 \
	for (struct cpu_record *record = cpu_records.first + 1,                       \
			       *record##_end = cpu_records.first + cpu_records.count; \
	     record < record##_end; record++)

/*
 * The lookup by hardware id as the secondary entry code walks it: open addressing, slot index
 * hwid & mask, then +1; an empty slot has cpu == CPU_NONE_NUMBER. At most half full.
 */
struct cpu_lookup_slot {
	uint64_t hwid;
	uint32_t cpu;
	uint32_t reserved;
};
struct cpu_lookup {
	struct cpu_lookup_slot *slots;
	uint32_t mask;
	struct cpu_record *records;
};
const struct cpu_lookup *cpu_lookup(void);

/* State changes. cpu_state_set() stores with release order; cpu_state_claim() changes from -> to
 * atomically and says whether it did. Both keep the online count. */
void cpu_state_set(cpu_t cpu, enum cpu_state state);
bool cpu_state_claim(cpu_t cpu, enum cpu_state from, enum cpu_state to);

#endif
