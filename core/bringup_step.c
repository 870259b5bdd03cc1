// SPDX-License-Identifier: MIT
/*
 * One step on one CPU: the row's function, and around it what tells where the CPU is, since when, and
 * whether it is to fail here. Called by the runner for every row on every CPU, so it does no more than
 * it must: the boot CPU's time for each CPU is mostly this. Must never wait for another CPU.
 */
#include "core/needs.h"
#include "core/runner.h"

#include <muster/arch/cpu.h>
#include <muster/error.h>

/* The row's function, and on the host with a check of what it uses. */
__attribute__((always_inline)) static inline int call(const struct bringup_step *step, cpu_t cpu)
{
	int error;

	if (__STDC_HOSTED__)
		bringup_uses_begin(step);
	error = step->run(cpu);
	if (__STDC_HOSTED__)
		bringup_uses_begin(NULL);
	return error;
}

int step_call(size_t row, cpu_t cpu)
{
	return call(&bringup_rows.table->steps[row], cpu);
}

/*
 * Rows first ... last - 1 of another CPU, up to the first that fails; returns what that returned, *done
 * is the row after the last one that was done. step, stamp: of the first row. on_boot: PREPARE and
 * START, which run on the boot CPU. One row ends when the next begins: one reading of the clock is
 * enough for both.
 */
__attribute__((always_inline)) static inline int
rows_run(size_t first, size_t last, const struct bringup_step *step, struct step_stamp *stamp,
	 struct cpu_record *record, bool on_boot, size_t *done)
{
	cpu_t cpu = cpu_from_number(record->number);
	uint64_t now = counter_read();
	int error = 0;
	size_t row;

	for (row = first; row < last; row++, step++, stamp++) {
		/* What is kept is the first time that it was finished: the timeline is that of
		 * bring-up. */
		bool again = stamp->end;

		if (on_boot)
			progress_boot_at(row, cpu);
		__atomic_store_n(&record->step_now, (uint8_t)row, __ATOMIC_RELAXED);
		if (!again)
			stamp->start = now;
		error = injection_due(row, cpu) ? MUSTER_E_INJECTED : call(step, cpu);
		if (error)
			break;
		now = counter_read();
		if (!again)
			stamp->end = now;
		if (on_boot && step->where == WHERE_START)
			progress_start_finished(row, record);
		else
			__atomic_store_n(&record->step_finished, (uint8_t)row, __ATOMIC_RELEASE);
	}
	*done = row;
	return error;
}

int steps_run_here(size_t first, size_t last, cpu_t cpu, size_t *done)
{
	struct cpu_record *record = cpu_record(cpu);
	int error = rows_run(first, last, &bringup_rows.table->steps[first],
			     record_stamp(record, first), record, false, done);

	if (error)
		progress_set_failed(*done, cpu, error);
	return error;
}

/* Announced: the way for the first of many, and for one alone. */
int steps_run_for(size_t first, size_t last, cpu_t cpu, size_t *done)
{
	struct cpu_record *record = cpu_record(cpu);
	int error = 0;

	for (*done = first; !error && *done < last;) {
		size_t row = *done;

		progress_announce(row, cpu);
		error = rows_run(row, row + 1, &bringup_rows.table->steps[row],
				 record_stamp(record, row), record, true, done);
	}
	if (error)
		progress_set_failed(*done, cpu, error);
	return error;
}

struct cpu_record *steps_prepare(struct cpu_record *record, const struct cpu_record *end,
				 uint32_t *prepared)
{
	const size_t first = phase_begin(WHERE_PREPARE);
	const size_t last = phase_end(WHERE_PREPARE);
	const struct bringup_step *step = &bringup_rows.table->steps[first];

	for (; record < end; record++) {
		size_t done;
		int error;

		if (record->state != CPU_PRESENT)
			continue;
		/* Stamps begin with the first row of PREPARE. */
		error = rows_run(first, last, step, record->stamps, record, true, &done);
		record->prepared = (uint8_t)(done - first);
		if (error) {
			progress_set_failed(done, cpu_from_number(record->number), error);
			return record;
		}
		__atomic_store_n(&record->state, CPU_PREPARED, __ATOMIC_RELEASE);
		++*prepared;
	}
	return NULL;
}

int step_run(size_t row, cpu_t cpu)
{
	size_t done;
	int error;

	if (cpu.number)
		return steps_run_here(row, row + 1, cpu, &done);
	progress_boot_now(row);
	error = injection_due(row, cpu) ? MUSTER_E_INJECTED : step_call(row, cpu);
	if (error)
		progress_set_failed(row, cpu, error);
	else
		progress_boot_finished(row);
	return error;
}

size_t steps_undo(size_t first, size_t last, cpu_t cpu)
{
	for (size_t row = last; row >= first && row != SIZE_MAX; row--) {
		const struct bringup_step *step = &bringup_rows.table->steps[row];

		if (step->undo_kind == UNDO_NONE || step->undo_kind == UNDO_WHOLE_GUEST)
			return row + 1;
		if (step->undo_kind == UNDO_STEP)
			step->undo(cpu);
	}
	return first;
}
