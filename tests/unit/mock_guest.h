/* SPDX-License-Identifier: MIT */
/*
 * A guest for hosted tests of bring-up: a table with rows as platforms have them, and threads that
 * play the CPUs it starts. Every row writes down for which CPU it ran and was undone. Tests change
 * the table and what a CPU does wrong between guest_begin() and bringup_run().
 */
#ifndef TESTS_UNIT_MOCK_GUEST_H
#define TESTS_UNIT_MOCK_GUEST_H

#include "core/clock_store.h"
#include "core/cpu_table.h"
#include "core/needs.h"
#include "core/runner.h"
#include "host_machine.h"

#include <muster/arch/cpu.h>
#include <muster/bringup.h>
#include <muster/error.h>
#include <muster/percpu.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST_CPUS_MAX 16
#define GUEST_ROWS_MAX 40

struct mock_guest {
	uint32_t cpus;
	struct bringup_step steps[GUEST_ROWS_MAX];
	struct bringup_table table;

	const char *fail_text; /* fail= on the command line, or NULL */
	const char *hang_text;
	bool start_all;			       /* START can start all at once */
	unsigned int started_all, started_one; /* how often START was asked to */
	bool never[GUEST_CPUS_MAX];	       /* its start-up is lost */
	bool late[GUEST_CPUS_MAX];	       /* it arrives when it is let go */
	const char *stuck_row;		       /* this row waits on that CPU until it is let go */
	uint32_t stuck_cpu;
	const char *bad_row; /* this row fails on that CPU, each time */
	uint32_t bad_cpu;
	int bad_error;
	void (*idle)(cpu_t cpu); /* what a CPU other than the boot CPU does when it is idle */

	bool over;
	bool runs[GUEST_CPUS_MAX];  /* there is a thread */
	bool hangs[GUEST_CPUS_MAX]; /* which will not end by itself */
	pthread_t threads[GUEST_CPUS_MAX];
	sem_t let_go[GUEST_CPUS_MAX];
	sem_t interrupts[GUEST_CPUS_MAX];
	pthread_mutex_t lock;
	char trace[GUEST_CPUS_MAX][1024];
};
static struct mock_guest guest;

/* What rows did for a CPU: "unit stack -stack -unit". */
static inline void guest_trace(cpu_t cpu, const char *sign, const char *name)
{
	char *trace = guest.trace[cpu.number];
	size_t used;

	pthread_mutex_lock(&guest.lock);
	used = strlen(trace);
	snprintf(trace + used, sizeof(guest.trace[0]) - used, "%s%s%s", used ? " " : "", sign,
		 name);
	pthread_mutex_unlock(&guest.lock);
}

static inline void guest_trace_clear(void)
{
	memset(guest.trace, 0, sizeof(guest.trace));
}

static inline bool guest_is_stuck(const char *name, cpu_t cpu)
{
	bool stuck;

	pthread_mutex_lock(&guest.lock);
	stuck = guest.stuck_row && guest.stuck_cpu == cpu.number && !strcmp(guest.stuck_row, name);
	pthread_mutex_unlock(&guest.lock);
	return stuck;
}

static inline int guest_run(const char *name, cpu_t cpu, int (*action)(cpu_t))
{
	if (guest_is_stuck(name, cpu))
		sem_wait(&guest.let_go[cpu.number]);
	if (guest.bad_row && guest.bad_cpu == cpu.number && !strcmp(guest.bad_row, name))
		return guest.bad_error;
	guest_trace(cpu, "", name);
	return action ? action(cpu) : 0;
}

static inline void guest_undo(const char *name, cpu_t cpu, void (*action)(cpu_t))
{
	guest_trace(cpu, "-", name);
	if (action)
		action(cpu);
}

/* A CPU, from its first instruction on: arch/x86_64/entry_secondary.S in C. */
static inline void *guest_cpu_entry(void *argument)
{
	cpu_t cpu = cpu_from_number((uint32_t)(uintptr_t)argument);

	if (guest.hangs[cpu.number])
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	if (__atomic_load_n(&guest.late[cpu.number], __ATOMIC_RELAXED))
		sem_wait(&guest.let_go[cpu.number]);
	if (!cpu_state_claim(cpu, CPU_STARTING, CPU_ARRIVED)) {
		(void)cpu_state_claim(cpu, CPU_FAILED, CPU_HELD);
		return NULL;
	}
	percpu_host_base_load(percpu_unit(cpu));
	bringup_secondary();
}

static inline void guest_join(uint32_t n)
{
	if (guest.runs[n])
		pthread_join(guest.threads[n], NULL);
	guest.runs[n] = false;
}

static inline void guest_start_one(cpu_t cpu)
{
	guest_trace(cpu, "", "start");
	if (guest.never[cpu.number])
		return;
	guest_join(cpu.number); /* as it was before; it has stopped */
	guest.runs[cpu.number] = true;
	if (pthread_create(&guest.threads[cpu.number], NULL, guest_cpu_entry,
			   (void *)(uintptr_t)cpu.number)) {
		perror("pthread_create");
		abort();
	}
}

static inline int guest_start(cpu_t cpu)
{
	if (cpu.number != STEP_ALL_CPUS) {
		guest.started_one++;
		if (guest.bad_row && guest.bad_cpu == cpu.number && !strcmp(guest.bad_row, "start"))
			return guest.bad_error;
		guest_start_one(cpu);
		return 0;
	}
	guest.started_all++;
	if (!guest.start_all)
		return MUSTER_E_NOT_SUPPORTED;
	for_each_cpu (one)
		if (one.number)
			guest_start_one(one);
	return 0;
}

static inline int guest_read_command_line(cpu_t cpu)
{
	(void)cpu;
	if (guest.fail_text && injection_read(guest.fail_text, false))
		return MUSTER_E_INVALID;
	return guest.hang_text ? injection_read(guest.hang_text, true) : 0;
}

static inline int guest_say_online(cpu_t cpu)
{
	if (!cpu_state_claim(cpu, cpu.number ? CPU_ARRIVED : CPU_PRESENT, CPU_ONLINE))
		return MUSTER_E_TIMED_OUT;
	cpu_record(cpu)->online_ticks = counter_read();
	return 0;
}

#define GUEST_ROW(id, name, action, reverse)           \
	static inline int id##_run(cpu_t cpu)          \
	{                                              \
		return guest_run(name, cpu, (action)); \
	}                                              \
	static inline void id##_undo(cpu_t cpu)        \
	{                                              \
		guest_undo(name, cpu, (reverse));      \
	}

GUEST_ROW(console, "console", NULL, NULL)
GUEST_ROW(command_line, "command-line", guest_read_command_line, NULL)
GUEST_ROW(memory_map, "memory-map", NULL, NULL)
GUEST_ROW(cpu_ids, "cpu-ids", NULL, NULL)
GUEST_ROW(boot_unit, "boot-unit", NULL, NULL)
GUEST_ROW(unit, "unit", unit_create, unit_destroy)
GUEST_ROW(stack, "stack", NULL, NULL)
GUEST_ROW(start, "start", NULL, NULL)
GUEST_ROW(descriptors, "descriptor-tables", NULL, NULL)
GUEST_ROW(areas, "areas", NULL, NULL)
GUEST_ROW(call_queue, "call-queue", call_queue_open, call_queue_close)
GUEST_ROW(online, "online", guest_say_online, NULL)
GUEST_ROW(farewell, "farewell", NULL, NULL)
GUEST_ROW(quiet, "quiet", NULL, NULL)

static const struct bringup_step guest_steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE), CAP(CONSOLE), WHERE_BOOT, UNDO_NOTHING, console_run, NULL },
	{ "command-line", CAP(CONSOLE), CAP(COMMAND_LINE), WHERE_BOOT, UNDO_STEP,
	  command_line_run, command_line_undo },
	{ "memory-map", CAP(CONSOLE), CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES), WHERE_BOOT,
	  UNDO_STEP, memory_map_run, memory_map_undo },
	{ "cpu-ids", CAP(MEMORY_MAP), CAP(CPU_IDS), WHERE_BOOT, UNDO_NOTHING, cpu_ids_run, NULL },
	{ "boot-unit", CAP(CPU_IDS), CAP(UNITS) | CAP(UNIT) | CAP(STACK), WHERE_BOOT, UNDO_STEP,
	  boot_unit_run, boot_unit_undo },
	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT), WHERE_PREPARE, UNDO_STEP, unit_run, unit_undo },
	{ "stack", CAP(MEMORY_MAP), CAP(STACK), WHERE_PREPARE, UNDO_STEP, stack_run, stack_undo },
	{ "start", CAP(UNIT) | CAP(STACK) | CAP(CPU_IDS), CAP(STARTED), WHERE_START, UNDO_NOTHING,
	  guest_start, NULL },
	{ "descriptor-tables", CAP(UNIT) | CAP(STACK), CAP(DESCRIPTORS), WHERE_ONLINE, UNDO_STEP,
	  descriptors_run, descriptors_undo },
	{ "areas", CAP(UNIT), CAP(SHARED_AREAS), WHERE_ONLINE, UNDO_STEP, areas_run, areas_undo },
	{ "call-queue", CAP(UNIT) | CAP(DESCRIPTORS), CAP(CALL_QUEUE), WHERE_ONLINE, UNDO_STEP,
	  call_queue_run, call_queue_undo },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_IDS), CAP(ONLINE), WHERE_ONLINE, UNDO_NOTHING,
	  online_run, NULL },
	{ "farewell", CAP(ONLINE), 0, WHERE_LEAVE, UNDO_NOTHING, farewell_run, NULL },
	{ "quiet", CAP(ONLINE), 0, WHERE_LEAVE, UNDO_NOTHING, quiet_run, NULL },
	/* clang-format on */
};

static inline struct bringup_step *guest_step(const char *name)
{
	for (size_t i = 0; i < guest.table.count; i++)
		if (!strcmp(guest.steps[i].name, name))
			return &guest.steps[i];
	abort();
}

/* A row that cannot be undone by itself. */
static inline void guest_keep(const char *name, enum undo_kind kind)
{
	guest_step(name)->undo_kind = kind;
	guest_step(name)->undo = NULL;
}

static inline void guest_kick(cpu_t cpu)
{
	__atomic_fetch_add(&host.kicks, 1, __ATOMIC_RELAXED);
	sem_post(&guest.interrupts[cpu.number]);
}

/* A kick that is lost is a CPU that waits for ever: there is no limit here on purpose. */
static inline void guest_wait_for_interrupt(void)
{
	void (*idle)(cpu_t) = __atomic_load_n(&guest.idle, __ATOMIC_ACQUIRE);
	cpu_t cpu = cpu_this();

	if (idle && cpu.number)
		idle(cpu);
	else
		sem_wait(&guest.interrupts[cpu.number]);
	if (cpu.number && __atomic_load_n(&guest.over, __ATOMIC_ACQUIRE)) {
		percpu_host_base_load(0);
		pthread_exit(NULL);
	}
	call_queue_serve();
}

/* A machine with that many CPUs, all present, and the table. */
static inline void guest_begin(uint32_t cpus)
{
	struct machine *machine;

	/* What a panic in the last test may have left. */
	bringup_uses_begin(NULL);
	machine = host_machine_begin();
	host_memory_begin();
	host_cpus_begin(cpus);
	host_layout_begin(cpus);
	machine->kick = guest_kick;
	machine->wait_for_interrupt = guest_wait_for_interrupt;
	memset(&guest, 0, sizeof(guest));
	pthread_mutex_init(&guest.lock, NULL);
	guest.cpus = cpus;
	for (uint32_t i = 0; i < GUEST_CPUS_MAX; i++) {
		sem_init(&guest.let_go[i], 0, 0);
		sem_init(&guest.interrupts[i], 0, 0);
	}
	memcpy(guest.steps, guest_steps, sizeof(guest_steps));
	guest.table = (struct bringup_table){ "mock", guest.steps,
					      sizeof(guest_steps) / sizeof(guest_steps[0]) };
	clock_frequency_set(1000000000);
	*clock_cpu_limit_store() = 10000;
	bringup_inject_failure(NULL, cpu_from_number(0));
	bringup_entry_mark();
}

/* Everybody who still runs ends. */
static inline int guest_end(void **state)
{
	(void)state;
	__atomic_store_n(&guest.over, true, __ATOMIC_RELEASE);
	for (uint32_t i = 1; i < GUEST_CPUS_MAX; i++) {
		sem_post(&guest.interrupts[i]);
		sem_post(&guest.let_go[i]);
		if (guest.runs[i] && guest.hangs[i])
			pthread_cancel(guest.threads[i]);
		guest_join(i);
	}
	return 0;
}

static inline int guest_bring_up(void)
{
	return bringup_run(&guest.table);
}

/* Wait, at most 10 s, until a CPU is in a state. */
static inline bool guest_reaches(cpu_t cpu, enum cpu_state state)
{
	for (int i = 0; cpu_state(cpu) != state; i++) {
		const struct timespec millisecond = { 0, 1000000 };

		if (i == 10000)
			return false;
		nanosleep(&millisecond, NULL);
	}
	return true;
}

static inline void guest_let_go(cpu_t cpu)
{
	pthread_mutex_lock(&guest.lock);
	guest.stuck_row = NULL;
	pthread_mutex_unlock(&guest.lock);
	__atomic_store_n(&guest.late[cpu.number], false, __ATOMIC_RELAXED);
	sem_post(&guest.let_go[cpu.number]);
}

/*
 * What the rows of a CPU's way do until row `failed` fails (NULL: none does), and how they are
 * taken back, where all can be.
 */
static inline const char *guest_way(cpu_t cpu, const char *failed)
{
	static char text[1024];
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < guest.table.count; i++) {
		const struct bringup_step *step = &guest.steps[i];

		if (cpu.number ? step->where == WHERE_BOOT
			       : step->where == WHERE_PREPARE || step->where == WHERE_START)
			continue;
		if (step->where == WHERE_LEAVE)
			return text;
		if (failed && !strcmp(step->name, failed))
			break;
		used += (size_t)sprintf(text + used, "%s%s", used ? " " : "", step->name);
	}
	while (i--) {
		const struct bringup_step *step = &guest.steps[i];

		if (step->undo_kind == UNDO_STEP && strstr(text, step->name) &&
		    (step->where == WHERE_ONLINE || (step->where == WHERE_BOOT) == !cpu.number))
			used += (size_t)sprintf(text + used, " -%s", step->name);
	}
	return text;
}

#endif
