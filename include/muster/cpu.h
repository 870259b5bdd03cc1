/* SPDX-License-Identifier: MIT */
/*
 * CPUs: what they are called and what state they are in.
 *
 * A CPU has four names, and on most hypervisors no two of them are equal. They are four types that
 * do not convert into each other, because taking one for another is the commonest bug of all
 * (docs/ids.md has all four for every platform):
 *
 *   cpu_t      the CPU number: 0 ... n-1, dense, ours. 0 is the CPU that booted, whatever its ids.
 *   hwid_t     what starts or addresses the CPU: APIC id, MPIDR, PAPR server number, hart id.
 *   fwid_t     what the firmware calls it: ACPI processor UID, device-tree node.
 *   vcpu_id_t  what the hypervisor calls it in hypercalls.
 *
 * The table is filled in the BOOT phase, by the step `cpu-ids`, before the first PREPARE step runs
 * for any CPU. It never changes its numbering afterwards.
 */
#ifndef MUSTER_CPU_H
#define MUSTER_CPU_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
	uint32_t number;
} cpu_t;

typedef struct {
	uint64_t value; /* 64 bits: MPIDR_EL1 has its affinity level 3 in bits 32-39 */
} hwid_t;

typedef struct {
	uint32_t value;
} fwid_t;

typedef struct {
	uint32_t value;
} vcpu_id_t;

/* A vCPU id nobody has told us yet. Never 0: 0 is somebody's id. */
#define VCPU_ID_UNKNOWN_VALUE UINT32_MAX
/* A firmware id that the firmware did not give. */
#define FWID_UNKNOWN_VALUE UINT32_MAX
/* What a lookup gives when there is no such CPU. */
#define CPU_NONE_NUMBER UINT32_MAX
/* The node of a CPU or of memory when the firmware says nothing about nodes. */
#define NODE_ANY UINT32_MAX

enum cpu_state {
	CPU_POSSIBLE, /* may exist one day; nobody says that it is there */
	CPU_PRESENT,  /* the firmware says that it is there, or it has appeared; it has no memory */
	CPU_PREPARED, /* its PREPARE steps are done; not started */
	CPU_STARTING, /* start-up was sent; it has not arrived */
	CPU_ARRIVED,  /* it runs our code and goes through its ONLINE steps */
	CPU_ONLINE,   /* it has finished its ONLINE steps and has said so */
	CPU_LEAVING,  /* it goes through its LEAVE steps */
	CPU_HELD,     /* stopped, keeps its memory, can go on */
	CPU_FAILED,   /* did not arrive in time, or failed a step */
};

static inline cpu_t cpu_from_number(uint32_t number)
{
	cpu_t cpu = { number };
	return cpu;
}

static inline hwid_t hwid_from_value(uint64_t value)
{
	hwid_t hwid = { value };
	return hwid;
}

static inline fwid_t fwid_from_value(uint32_t value)
{
	fwid_t fwid = { value };
	return fwid;
}

static inline vcpu_id_t vcpu_id_from_value(uint32_t value)
{
	vcpu_id_t id = { value };
	return id;
}

static inline bool cpu_equal(cpu_t a, cpu_t b)
{
	return a.number == b.number;
}

static inline bool hwid_equal(hwid_t a, hwid_t b)
{
	return a.value == b.value;
}

static inline bool cpu_is_none(cpu_t cpu)
{
	return cpu.number == CPU_NONE_NUMBER;
}

/*
 * Counts. possible >= present >= online. Need: step `cpu-ids`; before it all three are 0, except
 * that the calling CPU always runs. present changes with cpu_appear() and cpu_vanish() (bringup.h),
 * online as CPUs are brought up and taken down; possible never changes.
 */
uint32_t cpu_possible_count(void);
uint32_t cpu_present_count(void);
uint32_t cpu_online_count(void);

/*
 * The four names of a CPU, its node and its state. Need: step `cpu-ids`. A CPU number at or above
 * cpu_possible_count() is a panic that names it. cpu_vcpu_id() of a CPU whose id is unknown is a
 * panic that names the CPU and the running step: an unknown id must never reach a hypercall.
 * cpu_vcpu_id_known() says whether asking is safe. cpu_node() is NODE_ANY where the firmware says
 * nothing.
 */
hwid_t cpu_hwid(cpu_t cpu);
fwid_t cpu_fwid(cpu_t cpu);
vcpu_id_t cpu_vcpu_id(cpu_t cpu);
bool cpu_vcpu_id_known(cpu_t cpu);
uint32_t cpu_node(cpu_t cpu);
enum cpu_state cpu_state(cpu_t cpu);
bool cpu_is_online(cpu_t cpu);

/* The state as one lower-case word ("online"). Never NULL. Needs no step. */
const char *cpu_state_name(enum cpu_state state);

/*
 * Lookups the other way: the CPU with that name, or a CPU for which cpu_is_none() is true. An
 * unknown vCPU or firmware id finds nothing. By hardware id: constant time; by the others: linear.
 * Need: step `cpu-ids`.
 */
cpu_t cpu_by_hwid(hwid_t hwid);
cpu_t cpu_by_fwid(fwid_t fwid);
cpu_t cpu_by_vcpu_id(vcpu_id_t vcpu_id);

/*
 * The number of the CPU this runs on. Needs the per-CPU base, which every way in loads before any
 * C: always usable.
 */
cpu_t cpu_this(void);

/* All CPU numbers from 0 to cpu_possible_count() - 1. */
#define for_each_cpu(cpu) for (cpu_t cpu = { 0 }; cpu.number < cpu_possible_count(); cpu.number++)

#ifdef __cplusplus
}
#endif

#endif
