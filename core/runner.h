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
 * PREPARE for one CPU from what it has on, START, and the wait for it, as cpu_up() and bringup_run()
 * share them. When one of the first two fails, what was done has been given back.
 */
int bringup_prepare(cpu_t cpu);
int bringup_start_cpu(cpu_t cpu);
void bringup_wait(uint32_t wanted_online);

/* Undo what the boot CPU did for a CPU that has stopped, as far as it can be undone. If anything is
 * left the CPU is HELD, else it is `empty`. */
void bringup_give_back(cpu_t cpu, enum cpu_state empty);

/*
 * Wait until no other CPU is about to look at the queue of one that is not online, and all have done
 * what such a one asked of them. Then its memory may go. Returns 0 or MUSTER_E_TIMED_OUT.
 */
int bringup_settle(void);

/* The limit is over: FAILED, if the CPU is in one of two states. Such a CPU may still be at work; it
 * is HELD when it has stopped. Returns false when it is in another state by now. */
bool bringup_give_up(cpu_t cpu, enum cpu_state early, enum cpu_state late);

/* One step on one CPU: progress, stamps, injection, the row's function. */
int step_run(size_t row, cpu_t cpu);
/* Undo rows first ... last in reverse. Stops at the first that has no undo and returns the row
 * after it: the row to go on with; or first, when all were undone. */
size_t steps_undo(size_t first, size_t last, cpu_t cpu);

/* The first row of a phase, and the first of the next. */
size_t phase_begin(enum step_where where);
size_t phase_end(enum step_where where);

/* bringup_progress.c: what each CPU is doing, and since when. */
struct step_progress {
	uint8_t now;
	uint8_t finished;
	uint8_t failed;
	int32_t error;
};
void progress_begin(const struct bringup_table *table);
void progress_set_now(size_t row, cpu_t cpu);
void progress_set_finished(size_t row, cpu_t cpu);
void progress_set_failed(size_t row, cpu_t cpu, int error);
void progress_clear(cpu_t cpu);
/* Has the CPU written down the end of its last ONLINE row? */
bool progress_is_complete(cpu_t cpu);
/* A START row that started every other CPU at once ran from start to end, for each of them. */
void progress_set_started_all(size_t row, uint64_t start, uint64_t end);
/* Give the stamps of all CPUs but the boot CPU a place, once their number is known. */
int progress_stamps_create(void);
void progress_announce_waiting(void);
/* The boot CPU is at no step any more: it waits for others. */
void progress_boot_waits(void);
void bringup_entry_mark(void);
/* Has the first bring-up ended, well or badly? And a line that says where one CPU is. */
bool bringup_is_over(void);
void bringup_over(void);
void bringup_announce(cpu_t cpu);

/* Injection: is a failure ordered for this step on this CPU? Taken once. Hangs by itself. */
bool injection_due(size_t row, cpu_t cpu);
bool injection_pending(size_t row);
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

#endif
