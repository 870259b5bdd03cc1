/* SPDX-License-Identifier: MIT */
/*
 * The bring-up table: the whole life of a CPU as rows that say what they need, what they give,
 * where they run and how they are undone. A platform supplies its table; core proves that it is in
 * order, runs it, stamps each step on each CPU, and undoes in reverse when a step fails.
 */
#ifndef MUSTER_BRINGUP_H
#define MUSTER_BRINGUP_H

#include <muster/cpu.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a step runs. The phases follow each other in this order. */
enum step_where {
	WHERE_BOOT,    /* once, on the boot CPU */
	WHERE_PREPARE, /* for each other CPU, on the boot CPU, before that CPU runs our code */
	WHERE_START,   /* on the boot CPU: start them, all at once or one by one without waiting */
	WHERE_ONLINE,  /* on each CPU itself, the boot CPU first of all */
	WHERE_LEAVE,   /* on each CPU itself, when it goes; in reverse order of the table */
	WHERE_COUNT,
};

/* How a step is undone. */
enum undo_kind {
	UNDO_STEP,	  /* by its undo function, for one CPU */
	UNDO_WHOLE_GUEST, /* only for all CPUs at once, by what the platform does at handover */
	UNDO_NONE,    /* not at all: a CPU that is taken down is HELD and resumes after this step */
	UNDO_NOTHING, /* it leaves nothing behind that would have to be undone */
};

/*
 * What steps give and need. Those up to CAP_START_CODE are everybody's; those from CAP_UNIT on
 * belong to one CPU, and a BOOT step that gives one gives it to the boot CPU only. The entry code,
 * before the table, gives the first two.
 */
enum capability {
	CAP_PERCPU_BASE,   /* this CPU's base register points to an area of its own */
	CAP_EARLY_TRAPS,   /* a trap is reported, without a stack of its own */
	CAP_COMMAND_LINE,  /* the command line has been read */
	CAP_CONSOLE,	   /* text goes out */
	CAP_HYPERVISOR,	   /* the hypervisor is known, and its calls can be made */
	CAP_CLOCK,	   /* time stamps can be turned into nanoseconds, waits have limits */
	CAP_MEMORY_MAP,	   /* mem_alloc() */
	CAP_LAYOUT,	   /* the address layout is sealed */
	CAP_FIXMAP,	   /* fixmap slots can be mapped */
	CAP_PAGE_TABLES,   /* the kernel's own page tables are in use */
	CAP_FIRMWARE,	   /* the firmware's tables have been found and checked */
	CAP_NODES,	   /* which memory is near which CPUs is known, or known to be unknown */
	CAP_CPU_IDS,	   /* the id table is complete */
	CAP_INTERRUPTS,	   /* the boot CPU can reach the interrupt controller */
	CAP_UNITS,	   /* the boot CPU has left the boot area; units can be made */
	CAP_START_CODE,	   /* what a CPU runs first is in place */
	CAP_UNIT,	   /* the CPU has its unit */
	CAP_STACK,	   /* the CPU has its stacks */
	CAP_CALL_QUEUE,	   /* calls can be posted to the CPU */
	CAP_STARTED,	   /* start-up was sent to the CPU */
	CAP_DESCRIPTORS,   /* the CPU has its own descriptor tables and trap stacks */
	CAP_CPU_CHECKED,   /* its control registers and ids are as expected */
	CAP_EVENT_QUEUE,   /* memory that the interrupt controller needs for the CPU is there */
	CAP_CPU_INTERRUPT, /* it can get and send interrupts */
	CAP_SHARED_AREAS,  /* what is shared with the hypervisor for this CPU is registered */
	CAP_ONLINE,	   /* it is online */
	CAP_COUNT,
};

/* The set with one capability in it; sets are joined with |. */
#define CAP(name) (UINT64_C(1) << CAP_##name)

/* The CPU argument of a START step that is to start every PREPARED CPU at once. */
#define STEP_ALL_CPUS UINT32_MAX

struct bringup_step {
	const char *name; /* lower case, unique in its table, a word of the report */
	uint64_t needs;	  /* set of capabilities that must have been given */
	uint64_t gives;	  /* set of capabilities this step gives; each is given once */
	enum step_where where;
	enum undo_kind undo_kind;
	/*
	 * Do the step for that CPU (BOOT: the boot CPU). Returns 0 or an error; what it did by
	 * halves it has undone itself by then, and it has printed why. Called once per CPU between
	 * undos. START steps may get STEP_ALL_CPUS.
	 */
	int (*run)(cpu_t cpu);
	/* Take it back, in the same place as it was done. Cannot fail. Required for UNDO_STEP. */
	void (*undo)(cpu_t cpu);
};

/* A platform's table: rows in the order in which they run, grouped by where, BOOT first. */
struct bringup_table {
	const char *platform;
	const struct bringup_step *steps;
	size_t count;
};

/* What is wrong with a table, for the message. */
enum bringup_fault {
	BRINGUP_IN_ORDER,
	BRINGUP_NO_NAME,	 /* a row without a name, or with a character that is not a-z0-9- */
	BRINGUP_NAME_TWICE,	 /* two rows of one name */
	BRINGUP_WHERE_BACKWARDS, /* a row of an earlier phase after one of a later phase */
	BRINGUP_NEED_NEVER,	 /* needs what no row gives */
	BRINGUP_NEED_LATER,	 /* needs what only a later row gives */
	BRINGUP_NEED_ELSEWHERE,	 /* BOOT needs what is given for one CPU */
	BRINGUP_GIVEN_TWICE,	 /* two rows give the same */
	BRINGUP_NO_RUN,		 /* a row that does nothing */
	BRINGUP_NO_UNDO,	 /* says that it can be undone, and has no undo */
	BRINGUP_UNDO_UNUSED,	 /* has an undo that its undo kind never calls */
	BRINGUP_CANONICAL_ORDER, /* a row that core knows stands before one that core puts first */
	BRINGUP_NO_ONLINE,	 /* no row gives CAP_ONLINE */
	BRINGUP_TOO_MANY,	 /* more than BRINGUP_STEPS_MAX rows */
	BRINGUP_FAULTS,
};

#define BRINGUP_STEPS_MAX 64

/*
 * Is the table in order? Returns BRINGUP_IN_ORDER, or the first fault, and then fills message
 * (size bytes, always terminated) with one line that names platform, row, capability and rule.
 * given: capabilities that the entry code gave. Pure; needs no step; runs on the host too.
 */
enum bringup_fault bringup_check(const struct bringup_table *table, uint64_t given, char *message,
				 size_t size);

/* The names of a capability ("cpu-ids"), a phase ("PREPARE"), an undo kind, for messages. */
const char *capability_name(enum capability capability);
const char *step_where_name(enum step_where where);
const char *undo_kind_name(enum undo_kind kind);

/* The table that is being or was run; NULL before. */
const struct bringup_table *bringup_table_current(void);

/*
 * Make a step fail, or hang, for one CPU: the next time step `name` is about to run for that CPU it
 * returns MUSTER_E_INJECTED instead (or spins for ever). One order at a time; a NULL name takes it
 * back. What fail=STEP@CPU and hang=STEP@CPU on the command line do. Returns 0, or
 * MUSTER_E_NOT_FOUND when the table has no such step, MUSTER_E_INVALID for a CPU that does not
 * exist or on which the step never runs (PREPARE and START on the boot CPU, BOOT on another).
 */
int bringup_inject_failure(const char *name, cpu_t cpu);
int bringup_inject_hang(const char *name, cpu_t cpu);

/*
 * Lose the next `count` start-ups of that CPU: they are not sent, and nobody is told. What
 * lose=COUNT@CPU does: with 1 the CPU comes by the second, targeted start-up that is sent when half of
 * its limit is over; with 2 it is FAILED. 0 takes it back. Returns 0, or MUSTER_E_INVALID for the boot
 * CPU and one that does not exist. Needs: step `cpu-ids`.
 */
int bringup_inject_loss(cpu_t cpu, uint32_t count);

/*
 * Take a CPU down: it runs its LEAVE steps and undoes its ONLINE steps, both in reverse, and stops;
 * then its START and PREPARE steps are undone, in reverse, up to the first that cannot be. Ends as
 * PRESENT, or as HELD when a step has no undo. Called on the boot CPU, when bring-up is over. Returns
 * 0; MUSTER_E_INVALID for the boot CPU itself and for one that does not exist; MUSTER_E_OFFLINE when
 * the CPU is not online; MUSTER_E_ORDER when not on the boot CPU, or within a called function;
 * MUSTER_E_TIMED_OUT when it does not go (then it is FAILED and keeps its memory), or when another
 * CPU does not answer, or was given up on at work (then it is HELD, and keeps its memory). A panic when CPUs that may use its
 * memory do not answer while that is given back.
 */
int cpu_down(cpu_t cpu);

/*
 * Bring a CPU up that is PRESENT, HELD or FAILED with nothing left: PREPARE, START (always
 * targeted) and its ONLINE steps, the same path as the first time. Called on the boot CPU, when
 * bring-up is over. Returns 0; MUSTER_E_INVALID for the boot CPU and for one that does not exist;
 * MUSTER_E_EXISTS when it is online; MUSTER_E_NOT_FOUND when it is not present; MUSTER_E_BUSY when it
 * is FAILED, may still be at work or arrive, and cannot be reset (until it stops, or is gone:
 * cpu_vanish()); MUSTER_E_ORDER when not on the boot CPU, or within a called
 * function; MUSTER_E_TIMED_OUT when it does not arrive; or what the failing step returned (then what
 * was done is undone).
 */
int cpu_up(cpu_t cpu);

/*
 * A possible CPU has come: somebody put it into the machine. POSSIBLE becomes PRESENT, and cpu_up()
 * can bring it up. What a kernel calls that learns of it by its own means; one that has
 * cpu_hotplug_poll() (hotplug.h) need not. Called on the boot CPU, when bring-up is over. Returns 0;
 * MUSTER_E_INVALID for the boot CPU and for one that does not exist; MUSTER_E_EXISTS when it is
 * present; MUSTER_E_ORDER when not on the boot CPU, before bring-up is over, or within a called
 * function.
 */
int cpu_appear(cpu_t cpu);

/*
 * A CPU is gone for good: it does not run, and will not, before cpu_appear() is called again. It becomes
 * POSSIBLE, and all that it still has is given back; what other CPUs asked of it and it did not do will
 * not be done, and they are told so no more than that it is over (cpu_call_done()). For one that was
 * taken down, and for one that is FAILED or HELD, also where it was given up on. Called on the boot CPU,
 * when bring-up is over. Returns 0; MUSTER_E_INVALID for the boot CPU and for one that does not exist;
 * MUSTER_E_NOT_FOUND when it is not present; MUSTER_E_BUSY when it has not been taken down;
 * MUSTER_E_NOT_SUPPORTED, with a line, when a step that it may have done cannot be undone for one CPU
 * (then it stays as it is); MUSTER_E_TIMED_OUT when other CPUs, who may use its memory, do not answer
 * (then too); MUSTER_E_ORDER as above.
 */
int cpu_vanish(cpu_t cpu);

/* When one step ran on one CPU, in ticks of the clock (muster/clock.h). end 0: it did not finish.
 */
struct step_stamp {
	uint64_t start;
	uint64_t end;
};

/*
 * The stamp of table row `step` for that CPU: of the first time that it was finished, or of the
 * last time that it began; zeroes where it has not run. BOOT steps have stamps for the boot CPU
 * only. Needs no step.
 */
struct step_stamp bringup_stamp(size_t step, cpu_t cpu);

/*
 * The row that the CPU runs now or began last, the one it finished last, and the one that failed,
 * as names; "none" where there is none. Never NULL.
 */
const char *bringup_step_now(cpu_t cpu);
const char *bringup_step_finished(cpu_t cpu);
const char *bringup_step_failed(cpu_t cpu);

/* Ticks when the first C code ran, and when a CPU first came online (0: not yet). Need no step. */
uint64_t bringup_entry_ticks(void);
uint64_t bringup_online_ticks(cpu_t cpu);

#ifdef __cplusplus
}
#endif

#endif
