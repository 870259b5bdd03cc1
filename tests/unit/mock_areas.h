/* SPDX-License-Identifier: MIT */
/*
 * A hypervisor for tests of vCPU areas: it has kinds with every property and every way of being
 * undone, is strict about what it is told, remembers what it holds, and writes to all of it whenever
 * a test lets it. Memory that core gave to somebody else too early is then corrupted.
 */
#ifndef TESTS_UNIT_MOCK_AREAS_H
#define TESTS_UNIT_MOCK_AREAS_H

#include "core/area_store.h"
#include "core/cpu_table.h"
#include "core/memory_map.h"
#include "host_machine.h"

#include <muster/area.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOCK_CPUS  24
#define MOCK_NODES 2

enum mock_kind {
	MOCK_INFO,    /* once only, registered for a CPU that is down: Xen's vcpu_info */
	MOCK_CLOCK,   /* the same, can be taken back */
	MOCK_CONTROL, /* whole pages, for the whole guest */
	MOCK_VPA,     /* 640 bytes that are told as 1,024 */
	MOCK_SHADOW,  /* rests on it */
	MOCK_LOG,     /* rests on it, a page */
	MOCK_STEAL,   /* stays */
	MOCK_GIVEN,   /* the hypervisor says where */
	MOCK_KINDS,
};

struct mock_hold {
	bool held;
	uint64_t physical;
	unsigned int attaches; /* ever, that were taken */
};

static struct {
	struct mock_hold holds[MOCK_CPUS][MOCK_KINDS];
	unsigned int broken; /* what no caller may ask for; the first is in `why` */
	char why[160];
	unsigned int calls;	   /* attach, detach and locate */
	unsigned int fail_call_at; /* the n-th from now on is refused; 0: none */
	uint64_t given_at;	   /* where the memory is that it gives */
	uint32_t noise;
	char order[4096]; /* "+vpa3 -vpa3" */
} hypervisor;
/* CPUs speak to it at the same time. */
static pthread_mutex_t hypervisor_lock = PTHREAD_MUTEX_INITIALIZER;

static inline void mock_broken(const char *rule, cpu_t cpu, const struct area_kind *kind)
{
	pthread_mutex_lock(&hypervisor_lock);
	if (!hypervisor.broken++)
		snprintf(hypervisor.why, sizeof(hypervisor.why), "%s of CPU %u: %s", kind->name,
			 cpu.number, rule);
	pthread_mutex_unlock(&hypervisor_lock);
}

static const struct area_kind mock_kinds[MOCK_KINDS];

static inline struct mock_hold *mock_hold(cpu_t cpu, const struct area_kind *kind)
{
	return &hypervisor.holds[cpu.number][kind - mock_kinds];
}

static inline bool mock_refuses(void)
{
	bool refuses;

	pthread_mutex_lock(&hypervisor_lock);
	hypervisor.calls++;
	refuses = hypervisor.fail_call_at && !--hypervisor.fail_call_at;
	pthread_mutex_unlock(&hypervisor_lock);
	return refuses;
}

static inline void mock_note(char sign, cpu_t cpu, const struct area_kind *kind)
{
	size_t used;

	pthread_mutex_lock(&hypervisor_lock);
	used = strlen(hypervisor.order);
	if (used < sizeof(hypervisor.order) - 32)
		snprintf(hypervisor.order + used, 32, "%s%c%s%u", used ? " " : "", sign, kind->name,
			 cpu.number);
	pthread_mutex_unlock(&hypervisor_lock);
}

/* Who may speak for this CPU? */
static inline void mock_check_speaker(cpu_t cpu, const struct area_kind *kind)
{
	if (kind->where == WHERE_ONLINE && !cpu_equal(cpu, cpu_this()))
		mock_broken("spoken of by another CPU", cpu, kind);
	if (kind->where == WHERE_PREPARE && cpu_this().number)
		mock_broken("spoken of by another than the boot CPU", cpu, kind);
	if (kind->where == WHERE_PREPARE && cpu.number && cpu_is_online(cpu))
		mock_broken("its CPU is up", cpu, kind);
}

static inline bool mock_holds_one_resting_on(cpu_t cpu, const struct area_kind *kind)
{
	for (size_t i = 0; i < MOCK_KINDS; i++)
		if (mock_kinds[i].after && !strcmp(mock_kinds[i].after, kind->name) &&
		    hypervisor.holds[cpu.number][i].held)
			return true;
	return false;
}

static inline int mock_attach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			      uint64_t physical)
{
	struct mock_hold *hold = mock_hold(cpu, kind);
	const char *bytes = pointer;

	mock_check_speaker(cpu, kind);
	if (cpu_vcpu_id(cpu).value != cpu.number + 100)
		mock_broken("another vCPU's id", cpu, kind);
	if (pointer != machine_get()->direct(physical))
		mock_broken("two addresses", cpu, kind);
	if (physical % kind->align)
		mock_broken("alignment", cpu, kind);
	if (kind->no_cross &&
	    physical / kind->no_cross != (physical + kind->told - 1) / kind->no_cross)
		mock_broken("crosses", cpu, kind);
	if (kind == &mock_kinds[MOCK_VPA] && kind->told < 1024)
		mock_broken("wants 1,024 bytes", cpu, kind);
	for (size_t i = 0; i < kind->told; i++)
		if (bytes[i]) {
			mock_broken("not cleared", cpu, kind);
			break;
		}
	if (hold->held)
		mock_broken("registered twice", cpu, kind);
	if (kind->once_only && hold->attaches)
		mock_broken("registered again", cpu, kind);
	if (kind->after && !hypervisor.holds[cpu.number][MOCK_VPA].held)
		mock_broken("before what it rests on", cpu, kind);
	if (mock_refuses())
		return MUSTER_E_BUSY;
	hold->held = true;
	hold->physical = physical;
	hold->attaches++;
	mock_note('+', cpu, kind);
	return 0;
}

static inline int mock_detach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			      uint64_t physical)
{
	struct mock_hold *hold = mock_hold(cpu, kind);

	mock_check_speaker(cpu, kind);
	if (pointer != machine_get()->direct(physical) || hold->physical != physical)
		mock_broken("taken back from elsewhere", cpu, kind);
	if (!hold->held)
		mock_broken("taken back twice", cpu, kind);
	if (mock_holds_one_resting_on(cpu, kind))
		mock_broken("taken back under what rests on it", cpu, kind);
	if (mock_refuses())
		return MUSTER_E_BUSY;
	hold->held = false;
	mock_note('-', cpu, kind);
	return 0;
}

static inline int mock_locate(cpu_t cpu, const struct area_kind *kind, void **pointer,
			      uint64_t *physical)
{
	mock_check_speaker(cpu, kind);
	if (mock_refuses())
		return MUSTER_E_NOT_SUPPORTED;
	*physical = hypervisor.given_at + cpu.number * 64;
	*pointer = machine_get()->direct(*physical);
	return 0;
}

static inline void mock_crash_detach(cpu_t cpu, const struct area_kind *kind, uint64_t physical)
{
	struct mock_hold *hold = mock_hold(cpu, kind);

	if (!hold->held || hold->physical != physical)
		mock_broken("taken back in a crash, and not held", cpu, kind);
	hold->held = false;
	mock_note('!', cpu, kind);
}

static const struct area_kind mock_kinds[MOCK_KINDS] = {
	[MOCK_INFO] = { .name = "info",
			.size = 64,
			.told = 64,
			.align = 64,
			.no_cross = 4096,
			.once_only = true,
			.where = WHERE_PREPARE,
			.undo_kind = UNDO_NONE,
			.attach = mock_attach },
	[MOCK_CLOCK] = { .name = "clock",
			 .size = 48,
			 .told = 48,
			 .align = 8,
			 .where = WHERE_PREPARE,
			 .undo_kind = UNDO_STEP,
			 .attach = mock_attach,
			 .detach = mock_detach,
			 .at_crash = AREA_CRASH_DETACH_ALL,
			 .crash_detach = mock_crash_detach },
	[MOCK_CONTROL] = { .name = "control",
			   .size = 32,
			   .told = 32,
			   .align = 8,
			   .whole_pages = true,
			   .where = WHERE_PREPARE,
			   .undo_kind = UNDO_WHOLE_GUEST,
			   .attach = mock_attach },
	[MOCK_VPA] = { .name = "vpa",
		       .size = 640,
		       .told = 1024,
		       .align = 1024,
		       .no_cross = 4096,
		       .where = WHERE_ONLINE,
		       .undo_kind = UNDO_STEP,
		       .attach = mock_attach,
		       .detach = mock_detach },
	[MOCK_SHADOW] = { .name = "slb-shadow",
			  .size = 136,
			  .told = 136,
			  .align = 128,
			  .no_cross = 4096,
			  .where = WHERE_ONLINE,
			  .after = "vpa",
			  .undo_kind = UNDO_STEP,
			  .attach = mock_attach,
			  .detach = mock_detach },
	[MOCK_LOG] = { .name = "dtl",
		       .size = 4096,
		       .told = 4096,
		       .align = 128,
		       .where = WHERE_ONLINE,
		       .after = "vpa",
		       .undo_kind = UNDO_STEP,
		       .attach = mock_attach,
		       .detach = mock_detach },
	[MOCK_STEAL] = { .name = "steal",
			 .size = 64,
			 .told = 64,
			 .align = 64,
			 .where = WHERE_ONLINE,
			 .undo_kind = UNDO_NONE,
			 .attach = mock_attach,
			 .at_crash = AREA_CRASH_DETACH_OWN,
			 .crash_detach = mock_crash_detach },
	[MOCK_GIVEN] = { .name = "given",
			 .size = 16,
			 .told = 64,
			 .align = 64,
			 .given = true,
			 .where = WHERE_ONLINE,
			 .undo_kind = UNDO_NOTHING,
			 .locate = mock_locate },
};
static const struct area_table mock_table = { "mock", mock_kinds, MOCK_KINDS, 0 };

/* It writes to all that it holds, each byte of it, and never the same. */
static inline void mock_scribble(void)
{
	hypervisor.noise = hypervisor.noise * 1664525 + 1013904223;
	for (uint32_t cpu = 0; cpu < MOCK_CPUS; cpu++)
		for (size_t i = 0; i < MOCK_KINDS; i++)
			if (hypervisor.holds[cpu][i].held)
				memset(machine_get()->direct(hypervisor.holds[cpu][i].physical),
				       (int)(hypervisor.noise >> 24 | 1), mock_kinds[i].told);
}

/* The thread plays that CPU. */
static inline void mock_play(uint32_t cpu)
{
	percpu_host_base_load(percpu_unit(cpu_from_number(cpu)));
}

static inline int mock_online(uint32_t cpu)
{
	int error;

	mock_play(cpu);
	error = areas_online(cpu_from_number(cpu));
	mock_play(0);
	if (!error)
		cpu_state_set(cpu_from_number(cpu), CPU_ONLINE);
	return error;
}

static inline void mock_offline(uint32_t cpu)
{
	mock_play(cpu);
	areas_online_undo(cpu_from_number(cpu));
	mock_play(0);
	cpu_state_set(cpu_from_number(cpu), CPU_HELD);
}

/*
 * A machine with that many CPUs, by turns on two nodes, and memory of both; the last 64 KiB are the
 * hypervisor's. ram: bytes of RAM. Units for all; areas_begin() has not been called.
 */
static inline void mock_areas_begin(uint32_t cpus, uint64_t ram)
{
	static void *cpu_memory;

	host_begin(cpus);
	memory_map_begin();
	if (memory_map_add(0, ram, MEMORY_RAM) ||
	    memory_map_add(HOST_MEMORY_SIZE - 0x10000, 0x10000, MEMORY_RESERVED) ||
	    memory_map_set_node(0, ram / 2, 0) || memory_map_set_node(ram / 2, ram / 2, 1) ||
	    memory_map_end() || mem_claim(HOST_BOOT_AREA, 0x10000, "kernel"))
		abort();
	free(cpu_memory);
	cpu_memory = aligned_alloc(64, (cpu_table_bytes(cpus) + 63) & ~(size_t)63);
	cpu_table_begin(cpu_memory, cpus);
	for (uint32_t i = 0; i < cpus; i++) {
		const struct cpu_description description = {
			.hwid = hwid_from_value(i),
			.fwid = fwid_from_value(i),
			.vcpu_id = vcpu_id_from_value(i + 100),
			.node = i % MOCK_NODES,
			.present = true,
		};

		if (cpu_table_add(&description) != (int)i)
			abort();
	}
	if (cpu_table_end())
		abort();
	for_each_cpu (cpu)
		if (cpu.number && unit_create(cpu))
			abort();
	memset(&hypervisor, 0, sizeof(hypervisor));
	hypervisor.given_at = HOST_MEMORY_SIZE - 0x10000;
	host_log_clear();
}

/* After a test: no table, whatever the hypervisor holds. */
static inline int mock_areas_end(void **state)
{
	(void)state;
	mock_play(0);
	for_each_cpu (cpu) {
		cpu_state_set(cpu, CPU_PRESENT);
		hypervisor.fail_call_at = 0;
	}
	areas_forget();
	return 0;
}

#endif
