/* SPDX-License-Identifier: MIT */
/*
 * The inside of the bring-up runner: what its files share, and what the secondary entry code calls.
 * Public part: muster/bringup.h.
 */
#ifndef CORE_RUNNER_H
#define CORE_RUNNER_H

#include "core/cpu_table.h"

#include <muster/bringup.h>

/* What the entry code has given before the first row. */
#define BRINGUP_GIVEN (CAP(PERCPU_BASE) | CAP(EARLY_TRAPS))

/*
 * Run the whole table. Returns the number of present CPUs that are not online, or the error of the
 * step that failed on the boot CPU; then its steps have been undone.
 */
int bringup_run(const struct bringup_table *table);

/*
 * Where another CPU joins, on its own stack with its base loaded, after the entry code has claimed
 * its record (STARTING to ARRIVED). Runs its ONLINE steps, then idles for ever.
 */
void bringup_secondary(void) __attribute__((noreturn));

/* Run the calling CPU's LEAVE rows and undo its ONLINE rows, both in reverse, and stop as HELD. */
void bringup_leave(void) __attribute__((noreturn));

/*
 * bringup_leave.c, for a handover, on the boot CPU. A CPU is asked to leave, without a wait. Those that
 * `wanted` names are waited for; one that does not leave in time is named and FAILED, as at cpu_down(): how
 * many. The boot CPU leaves itself. And when nothing comes of it: one that has left, and has been reset if
 * it may be anywhere, comes again; whether it does is said.
 */
void bringup_ask_to_leave(cpu_t cpu);
uint32_t bringup_wait_to_leave(bool (*wanted)(cpu_t cpu));
void bringup_boot_cpu_leave(void);
void bringup_come_again(cpu_t cpu);

/*
 * PREPARE for one CPU from what it has on, START, and the wait for it, as cpu_up() and bringup_run()
 * share them. When one of the first two fails, what was done has been given back.
 */
int bringup_prepare(cpu_t cpu);
int bringup_start_cpu(cpu_t cpu);
void bringup_wait(uint32_t wanted_online);

/* Until CPUs that have just been reset are where only a start-up reaches them. Only then may they
 * claim their records again. */
void bringup_reset_wait(void);

/* Is there a CPU, other than that one, that was given up on at work? It answers no call, may be about
 * to use anybody's memory, and may remember where addresses went. */
bool bringup_any_at_work(cpu_t except);

static inline enum cpu_state record_state(const struct cpu_record *record)
{
	return (enum cpu_state)__atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
}

static inline cpu_t record_cpu(const struct cpu_record *record)
{
	return cpu_from_number(record->number);
}

/* Undo what the boot CPU did for a CPU that has stopped, as far as it can be undone. If anything is
 * left the CPU is HELD, else it is `empty`. */
void bringup_give_back(cpu_t cpu, enum cpu_state empty);

/*
 * Wait until no other CPU is about to look at the queue of one that is not online, and all have done
 * what such a one asked of them. Then its memory, that of `gone`, may go. Returns 0, or
 * MUSTER_E_TIMED_OUT when one does not answer, or may be at work that was given up on.
 */
int bringup_settle(cpu_t gone);

/* The limit is over: FAILED, if the CPU is in one of two states. Such a CPU may still be at work; it
 * is HELD when it has stopped. Returns false when it is in another state by now. */
bool bringup_give_up(cpu_t cpu, enum cpu_state early, enum cpu_state late);

/* One step of the calling CPU: progress, stamps, injection, the row's function. What stands between two
 * steps is most of what bring-up costs: bringup_step.c. */
int step_run(size_t row, cpu_t cpu);
/* Rows first ... last - 1 of another CPU, up to the first that fails: on that CPU itself, or for it
 * (PREPARE, START) on the boot CPU. *done: the row after the last one that was done. */
int steps_run_here(size_t first, size_t last, cpu_t cpu, size_t *done);
int steps_run_for(size_t first, size_t last, cpu_t cpu, size_t *done);
/*
 * All of PREPARE for the CPUs of records [record, end) that are PRESENT and have nothing yet: PREPARED.
 * One call for all, because what stands around a row would else cost more than the row. Returns
 * NULL, or the record of the first that failed, which has record->prepared rows. *prepared: goes up
 * by one for each that is PREPARED.
 */
struct cpu_record *steps_prepare(struct cpu_record *record, const struct cpu_record *end,
				 uint32_t *prepared);
/* The row's function alone. */
int step_call(size_t row, cpu_t cpu);
/* Undo rows first ... last in reverse. Stops at the first that has no undo and returns the row
 * after it: the row to go on with; or first, when all were undone. */
size_t steps_undo(size_t first, size_t last, cpu_t cpu);

/* The table that is run, and the first row of each phase (the last entry: how many rows it has).
 * Written once, by progress_begin(). */
struct bringup_rows {
	const struct bringup_table *table;
	uint8_t first[WHERE_COUNT + 1];
};
extern struct bringup_rows bringup_rows;

/* The first row of a phase, and the first of the next. */
static inline size_t phase_begin(enum step_where where)
{
	return bringup_rows.first[where];
}

static inline size_t phase_end(enum step_where where)
{
	return bringup_rows.first[where + 1];
}

/* Where another CPU's stamp for a row from PREPARE on is. Its record has stamps. */
static inline struct step_stamp *record_stamp(const struct cpu_record *record, size_t row)
{
	return &record->stamps[row - phase_begin(WHERE_PREPARE)];
}

/* bringup_progress.c: what each CPU is doing, and since when. */
struct step_progress {
	uint8_t now;
	uint8_t finished;
	uint8_t failed;
	int32_t error;
};
void progress_begin(const struct bringup_table *table);
/* What the boot CPU is at: a row, for itself or for another CPU, in one word, because an NMI may ask in
 * the middle; UINT64_MAX for none. */
extern uint64_t progress_boot;
static inline void progress_boot_at(size_t row, cpu_t cpu)
{
	__atomic_store_n(&progress_boot, (uint64_t)row << 32 | cpu.number, __ATOMIC_RELAXED);
}
/* One line for the console, before the boot CPU runs a row for itself or for the first other CPU. */
void progress_announce(size_t row, cpu_t cpu);
/* The boot CPU's own rows, which begin before there is a CPU table. */
void progress_boot_now(size_t row);
void progress_boot_finished(size_t row);
/* START ends on the boot CPU when the started CPU may be further on already. */
void progress_start_finished(size_t row, struct cpu_record *record);
void progress_set_failed(size_t row, cpu_t cpu, int error);
void progress_clear(cpu_t cpu);
/* Has the CPU written down the end of its last ONLINE row? */
static inline bool progress_is_complete(const struct cpu_record *record)
{
	return __atomic_load_n(&record->step_finished, __ATOMIC_ACQUIRE) + 1u ==
	       phase_end(WHERE_ONLINE);
}
/* The row that a CPU is at, for itself or for another; STEP_NONE: none. */
uint8_t progress_row_now(cpu_t cpu);
/* Give the stamps of all CPUs but the boot CPU a place, once their number is known. */
int progress_stamps_create(void);
/* The record lines for these, which an image may leave out (core/bringup_records.c): ask first. The last
 * names one CPU that has been started and is not there yet. */
void progress_record_step(size_t row, cpu_t cpu);
/* The same for one that is asked where it is, by an NMI: not kept for later, for it may be the last that is heard
 * of it. */
void progress_record_where(size_t row, cpu_t cpu, uintptr_t stack_pointer);
void progress_record_failed(size_t row, cpu_t cpu, int error);
void progress_record_waiting(void);
/* The boot CPU is at no step any more: it waits for others. */
void progress_boot_waits(void);
void bringup_entry_mark(void);
/* Has the first bring-up ended, well or badly? And a line that says where one CPU is, from an NMI that found that
 * stack pointer. */
bool bringup_is_over(void);
void bringup_over(void);
void bringup_announce(cpu_t cpu, uintptr_t stack_pointer);

/* Injection: is a failure ordered for this step on this CPU? Taken once. Hangs by itself. */
extern uint32_t injection_row; /* STEP_NONE: no order; atomic, for every CPU looks at it */
bool injection_taken(size_t row, cpu_t cpu);
static inline bool injection_pending(size_t row)
{
	return __atomic_load_n(&injection_row, __ATOMIC_ACQUIRE) == row;
}
static inline bool injection_due(size_t row, cpu_t cpu)
{
	return injection_pending(row) && injection_taken(row, cpu);
}
/* A start-up that is to get lost: is this one? Counted down. And are any left? */
bool injection_lost(cpu_t cpu);
bool injection_loses(void);
/* Read "COUNT@CPU" from lose=. Returns 0 or MUSTER_E_INVALID with a line. */
int injection_read_lost(const char *text);
/* Read "STEP@CPU" from fail= or hang=. Returns 0 or MUSTER_E_INVALID with a line. */
int injection_read(const char *text, bool hang);
/* The CPU of a pending order exists? Asked when the ids are known. */
int injection_check(void);
/* The row of an order for the boot CPU that has run before the order was read, or STEP_NONE. */
size_t injection_overdue(size_t row);

/* Call queues: muster/call.h. Serve is for idle loops and the interrupt that a call sends. */
int call_queue_open(cpu_t cpu);
void call_queue_close(cpu_t cpu);
void call_queue_serve(void);
/* Is the calling CPU inside a called function? Then it must not wait for another. */
bool call_queue_is_serving(void);
/* The CPU is gone, its unit is not: nobody waits any more for what it did not do, or for a lock that
 * it had. */
void call_queue_abandon(cpu_t cpu);
/* To be called on a CPU: it leaves (bringup_leave()) when next it serves and is in no call itself. */
void call_queue_leave(void *unused);
/* Make every CPU that is online forget what it remembers of mappings that are gone. One that does not
 * answer may still use that memory: a panic. */
void call_flush_translations(void);

#endif
