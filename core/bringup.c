// SPDX-License-Identifier: MIT
/*
 * The runner: takes a platform's table from its first row to every CPU online. Called by
 * muster_bring_up() on the boot CPU, and by the secondary entry code on every other.
 *
 * The boot CPU runs BOOT, then its own ONLINE steps, then PREPARE for the others, START, and waits
 * with a limit. The others run their ONLINE steps at the same time as each other; nothing here may
 * make one of them wait for another.
 */
#include "core/machine.h"
#include "core/needs.h"
#include "core/runner.h"

#include <muster/arch/cpu.h>
#include <muster/error.h>
#include <muster/mark.h>
#include <muster/muster.h>

/* An image may leave the proof out: core/image_choice.h. */
#pragma weak bringup_check

/* BOOT, or ONLINE of the boot CPU: one row after the other. done: the row after the last one that
 * was done. */
static int run_boot_rows(size_t first, size_t last, cpu_t boot, size_t *done)
{
	for (size_t row = first; row < last; row++) {
		size_t overdue;
		int error = step_run(row, boot);

		if (error)
			return error;
		*done = row + 1;
		/* A failure ordered on the command line for a step that ran before the line was
		 * read is due now. */
		overdue = injection_overdue(row);
		if (overdue != STEP_NONE && injection_due(overdue, boot)) {
			progress_set_failed(overdue, boot, MUSTER_E_INJECTED);
			return MUSTER_E_INJECTED;
		}
	}
	return 0;
}

/* All the rows of the boot CPU, those that were done undone when one fails. */
static int run_boot_cpu(cpu_t boot)
{
	size_t boot_end = phase_end(WHERE_BOOT);
	size_t online = phase_begin(WHERE_ONLINE);
	size_t done = 0;
	int error = run_boot_rows(0, boot_end, boot, &done);

	if (!error)
		error = injection_check();
	if (!error)
		error = progress_stamps_create();
	if (!error)
		error = run_boot_rows(online, phase_end(WHERE_ONLINE), boot, &done);
	if (!error)
		return 0;
	if (done > online && steps_undo(online, done - 1, boot) != online)
		return error;
	if (done > boot_end)
		done = boot_end;
	if (done)
		steps_undo(0, done - 1, boot);
	return error;
}

/* Undo what was done for a stopped CPU on the boot CPU, back to and with row `first`. */
static void undo_back_to(size_t first, cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t prepare = phase_begin(WHERE_PREPARE);

	if (prepare + record->prepared <= first)
		return;
	record->prepared =
		(uint8_t)(steps_undo(first, prepare + record->prepared - 1, cpu) - prepare);
	/* The same addresses will be mapped to other memory one day, and any CPU may remember where
	 * they went: it may have looked, or only guessed. */
	call_flush_translations();
}

void bringup_give_back(cpu_t cpu, enum cpu_state empty)
{
	const struct cpu_record *record = cpu_record(cpu);

	/* What it keeps of ONLINE rests on all of PREPARE. */
	undo_back_to(phase_begin(record->resume ? WHERE_START : WHERE_PREPARE), cpu);
	cpu_state_set(cpu, record->resume || record->prepared ? CPU_HELD : empty);
}

int bringup_prepare(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_PREPARE);
	size_t last = phase_end(WHERE_PREPARE);
	size_t done;
	int error;

	/* One that came late still has what START did. */
	if (first + record->prepared > last)
		undo_back_to(last, cpu);
	error = steps_run_for(first + record->prepared, last, cpu, &done);
	record->prepared = (uint8_t)(done - first);
	if (error) {
		bringup_give_back(cpu, CPU_FAILED);
		/* The row that failed may have mapped something before it did. */
		call_flush_translations();
		return error;
	}
	/* Not online before, and not now: nothing to count. */
	__atomic_store_n(&record->state, CPU_PREPARED, __ATOMIC_RELEASE);
	return 0;
}

/* The first alone, because its steps are announced. Returns how many are PREPARED. */
static uint32_t prepare_all(void)
{
	uint32_t prepared = 0;
	struct cpu_record *end = cpu_records.first + cpu_records.count;
	struct cpu_record *record = cpu_records.first + 1;

	while (record < end && record_state(record) != CPU_PRESENT)
		record++;
	if (record >= end)
		return 0;
	if (!bringup_prepare(record_cpu(record)))
		prepared++;
	for (record++; (record = steps_prepare(record, end, &prepared)); record++)
		bringup_give_back(record_cpu(record), CPU_FAILED);
	return prepared;
}

int bringup_start_cpu(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_PREPARE);
	size_t done = phase_end(WHERE_START);
	int error = 0;

	cpu_state_set(cpu, CPU_STARTING);
	if (!injection_lost(cpu))
		error = steps_run_for(first + record->prepared, done, cpu, &done);
	record->prepared = (uint8_t)(done - first);
	if (!error)
		return 0;
	/* A start-up that failed was mostly not sent, and nobody can arrive. But one before it may have
	 * been late: whoever has claimed the record is as good as started. */
	if (!cpu_state_claim(cpu, CPU_STARTING, CPU_FAILED)) {
		record->prepared = (uint8_t)(phase_end(WHERE_START) - first);
		return 0;
	}
	bringup_give_back(cpu, CPU_FAILED);
	return error;
}

/* Some of those that a start-up to all would reach must not get it. */
static bool start_all_is_wanted(size_t row, uint32_t prepared)
{
	/* One that is not there is not reached. */
	return prepared && prepared == cpu_present_count() - 1 &&
	       phase_end(WHERE_START) == row + 1 && !injection_pending(row) && !injection_loses();
}

/* All at once, if every CPU that would answer is prepared, no failure is ordered, and the platform
 * can. Only those have rows that are prepared; those that are not there stay as they are. */
static bool start_all_at_once(uint32_t prepared)
{
	const size_t row = phase_begin(WHERE_START);
	const size_t stamp = row - phase_begin(WHERE_PREPARE);
	uint64_t start, end;

	if (!start_all_is_wanted(row, prepared))
		return false;
	progress_announce(row, cpu_from_number(1));
	progress_boot_at(row, cpu_from_number(1));
	start = counter_read();
	for_each_other_record (record) {
		if (!record->prepared)
			continue;
		/* It is not back from there when they may be further on already. */
		__atomic_store_n(&record->step_now, (uint8_t)row, __ATOMIC_RELAXED);
		__atomic_store_n(&record->step_finished, (uint8_t)row, __ATOMIC_RELAXED);
		__atomic_store_n(&record->state, CPU_STARTING, __ATOMIC_RELEASE);
	}
	if (step_call(row, cpu_from_number(STEP_ALL_CPUS))) {
		for_each_other_record (record)
			if (record->prepared)
				__atomic_store_n(&record->state, CPU_PREPARED, __ATOMIC_RELEASE);
		return false;
	}
	end = counter_read();
	for_each_other_record (record) {
		if (!record->prepared)
			continue;
		record->prepared++;
		record->stamps[stamp] = (struct step_stamp){ start, end };
	}
	return true;
}

static void start_all(uint32_t prepared)
{
	if (start_all_at_once(prepared))
		return;
	for_each_other_record (record)
		if (record_state(record) == CPU_PREPARED)
			(void)bringup_start_cpu(record_cpu(record));
}

/* CPUs that came, failed an ONLINE step, undid it and stopped: what the boot CPU did for them is
 * undone here. One that was given up on keeps its memory: if it stopped, it came late. */
static void undo_stopped(void)
{
	for_each_other_record (record)
		if (record_state(record) == CPU_HELD && !record->given_up)
			bringup_give_back(record_cpu(record), CPU_FAILED);
}

static void start_others(void)
{
	uint32_t prepared;

	MARK_PHASE(MARK_PHASE_PREPARE);
	prepared = prepare_all();
	MARK_PHASE(MARK_PHASE_START);
	start_all(prepared);
	MARK_PHASE(MARK_PHASE_ARRIVE);
	bringup_wait(1 + prepared);
	/* If all that were started are online, none has stopped. */
	if (cpu_online_count() <= prepared)
		undo_stopped();
	MARK_PHASE(MARK_PHASE_ONLINE);
}

int bringup_run(const struct bringup_table *table)
{
	char message[160];
	int error;

	progress_begin(table);
	if (bringup_check && bringup_check(table, BRINGUP_GIVEN, message, sizeof(message)))
		muster_panic("%s", message);
	error = run_boot_cpu(cpu_from_number(0));
	if (!error)
		start_others();
	bringup_over();
	if (error)
		return error;
	interrupts_on();
	return (int)(cpu_present_count() - cpu_online_count());
}

/* ONLINE steps of another CPU, behind those that it has kept. */
static int run_online_rows(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_ONLINE);
	size_t done;
	int error = steps_run_here(first + record->resume, phase_end(WHERE_ONLINE), cpu, &done);

	if (error && done > first)
		record->resume = (uint8_t)(steps_undo(first, done - 1, cpu) - first);
	return error;
}

void bringup_secondary(void)
{
	cpu_t cpu = cpu_this();

	/* The state is stored by the architecture when this CPU has left its stack: only then may
	 * that be freed. HELD says just that; what becomes of the CPU is for the boot CPU to say. */
	if (run_online_rows(cpu))
		machine_get()->stop_this_cpu(&cpu_record(cpu)->state, CPU_HELD);
	MARK_PHASE(MARK_PHASE_ONLINE);
	for (;;)
		cpu_idle();
}
