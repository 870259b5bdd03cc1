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
#include <muster/call.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/muster.h>

/* How often the wait for CPUs says whom it waits for, and looks for one that failed by itself. It
 * does not look more often, because looking takes the records' cache lines from the CPUs at work. */
#define WAITING_MILLISECONDS 250
#define LOOKING_MILLISECONDS 1

int step_run(size_t row, cpu_t cpu)
{
	const struct bringup_step *step = &bringup_table_current()->steps[row];
	int error;

	progress_set_now(row, cpu);
	if (injection_due(row, cpu)) {
		error = MUSTER_E_INJECTED;
	} else {
		if (__STDC_HOSTED__)
			bringup_uses_begin(step);
		error = step->run(cpu);
		if (__STDC_HOSTED__)
			bringup_uses_begin(NULL);
	}
	if (error)
		progress_set_failed(row, cpu, error);
	else
		progress_set_finished(row, cpu);
	return error;
}

size_t steps_undo(size_t first, size_t last, cpu_t cpu)
{
	for (size_t row = last; row >= first && row != SIZE_MAX; row--) {
		const struct bringup_step *step = &bringup_table_current()->steps[row];

		if (step->undo_kind == UNDO_NONE || step->undo_kind == UNDO_WHOLE_GUEST)
			return row + 1;
		if (step->undo_kind == UNDO_STEP)
			step->undo(cpu);
	}
	return first;
}

/* BOOT, and ONLINE of the boot CPU: one row after the other, all undone when one fails. */
static int run_boot_rows(size_t first, size_t last, cpu_t boot)
{
	for (size_t row = first; row < last; row++) {
		size_t overdue;
		int error = step_run(row, boot);

		if (error) {
			if (row > first)
				steps_undo(first, row - 1, boot);
			return error;
		}
		/* A failure ordered on the command line for a step that ran before the line was
		 * read is due now. */
		overdue = injection_overdue(row);
		if (overdue != STEP_NONE && injection_due(overdue, boot)) {
			progress_set_failed(overdue, boot, MUSTER_E_INJECTED);
			steps_undo(first, row, boot);
			return MUSTER_E_INJECTED;
		}
	}
	return 0;
}

int bringup_prepare(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_PREPARE);
	size_t last = phase_end(WHERE_PREPARE);

	for (size_t row = first + record->prepared; row < last; row++) {
		int error = step_run(row, cpu);

		if (error) {
			bringup_unprepare(cpu);
			return error;
		}
		record->prepared++;
	}
	cpu_state_set(cpu, CPU_PREPARED);
	return 0;
}

static void flush_here(void *unused)
{
	(void)unused;
	machine_get()->flush_translations();
}

void bringup_unprepare(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_PREPARE);

	if (!record->prepared)
		return;
	record->prepared =
		(uint8_t)(steps_undo(first, first + record->prepared - 1, cpu) - first);
	/* The same addresses will be mapped to other memory one day, and any CPU may remember where
	 * they went: it may have looked, or only guessed. */
	if (machine_get()->flush_translations && cpus_call(flush_here, NULL, true) < 0)
		muster_panic("CPU %u: other CPUs may still use the memory it had", cpu.number);
}

static void prepare_all(void)
{
	for_each_cpu(cpu)
		if (cpu.number && cpu_state(cpu) == CPU_PRESENT && bringup_prepare(cpu))
			cpu_state_set(cpu, CPU_FAILED);
}

/* START for one CPU that is PREPARED. On failure it is undone and FAILED. */
int bringup_start_cpu(cpu_t cpu)
{
	size_t last = phase_end(WHERE_START);
	int error = 0;

	cpu_state_set(cpu, CPU_STARTING);
	for (size_t row = phase_begin(WHERE_START); row < last && !error; row++)
		error = step_run(row, cpu);
	/* A start-up that failed was not sent, so nobody can arrive; the claim makes sure. */
	if (error && cpu_state_claim(cpu, CPU_STARTING, CPU_FAILED))
		bringup_unprepare(cpu);
	return error;
}

/* All at once, if every CPU that would answer is prepared, no failure is ordered, and the platform
 * can. */
static bool start_all_at_once(void)
{
	const struct bringup_table *table = bringup_table_current();
	size_t row = phase_begin(WHERE_START);
	uint32_t prepared = 0;
	uint64_t start;

	for_each_cpu(cpu)
		if (cpu_state(cpu) == CPU_PREPARED)
			prepared++;
	if (prepared < 2 || prepared != cpu_possible_count() - 1 ||
	    phase_end(WHERE_START) != row + 1 || injection_pending(row))
		return false;
	start = counter_read();
	for_each_cpu(cpu) {
		if (!cpu.number)
			continue;
		progress_set_now(row, cpu);
		cpu_state_set(cpu, CPU_STARTING);
	}
	if (table->steps[row].run(cpu_from_number(STEP_ALL_CPUS))) {
		for_each_cpu(cpu)
			if (cpu.number)
				cpu_state_set(cpu, CPU_PREPARED);
		return false;
	}
	progress_set_started_all(row, start, counter_read());
	return true;
}

static void start_all(void)
{
	if (start_all_at_once())
		return;
	for_each_cpu(cpu)
		if (cpu_state(cpu) == CPU_PREPARED)
			(void)bringup_start_cpu(cpu);
}

static uint32_t count_state(enum cpu_state state)
{
	uint32_t count = 0;

	for_each_cpu(cpu)
		if (cpu_state(cpu) == state)
			count++;
	return count;
}

/* The limit is over for this CPU, unless it comes online in this very moment. */
static void give_up_on(cpu_t cpu)
{
	enum cpu_state state = cpu_state(cpu);
	bool arrived = state == CPU_ARRIVED;

	if ((state != CPU_STARTING && state != CPU_ARRIVED) || !cpu_state_claim(cpu, state, CPU_FAILED))
		return;
	cpu_record(cpu)->error = MUSTER_E_TIMED_OUT;
	console_print("muster: CPU %u (hardware id %#llx): %s within %u ms; last finished step: %s%s%s\n",
		      cpu.number, (unsigned long long)cpu_hwid(cpu).value,
		      arrived ? "not online" : "did not arrive", clock_cpu_limit(),
		      bringup_step_finished(cpu), arrived ? ", began: " : "",
		      arrived ? bringup_step_now(cpu) : "");
	console_print("@muster 1 failed cpu=%u step=%s error=timed-out\n", cpu.number,
		      arrived ? bringup_step_now(cpu) : "start");
}

void bringup_wait(uint32_t wanted_online)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	struct clock_limit quiet = clock_limit_begin(WAITING_MILLISECONDS);
	struct clock_limit look = clock_limit_begin(LOOKING_MILLISECONDS);

	while (cpu_online_count() < wanted_online) {
		if (clock_limit_over(&look)) {
			/* One that failed by its own account is not waited for. */
			if (!count_state(CPU_STARTING) && !count_state(CPU_ARRIVED))
				break;
			look = clock_limit_begin(LOOKING_MILLISECONDS);
		}
		if (clock_limit_over(&limit)) {
			for_each_cpu(cpu)
				give_up_on(cpu);
			break;
		}
		if (clock_limit_over(&quiet)) {
			progress_announce_waiting();
			quiet = clock_limit_begin(WAITING_MILLISECONDS);
		}
		cpu_relax();
	}
}

/* CPUs that came, failed an ONLINE step, undid it and stopped: their PREPARE steps are undone here,
 * because that runs on the boot CPU. One that may still arrive keeps its memory. */
static void undo_stopped(void)
{
	for_each_cpu(cpu) {
		struct cpu_record *record = cpu_record(cpu);

		if (cpu_state(cpu) == CPU_FAILED && record->error != MUSTER_E_TIMED_OUT)
			bringup_unprepare(cpu);
	}
}

static void start_others(void)
{
	uint32_t wanted;

	prepare_all();
	wanted = cpu_online_count() + count_state(CPU_PREPARED);
	start_all();
	bringup_wait(wanted);
	undo_stopped();
}

int bringup_run(const struct bringup_table *table)
{
	const cpu_t boot = cpu_from_number(0);
	char message[160];
	int error;

	progress_begin(table);
	if (bringup_check(table, BRINGUP_GIVEN, message, sizeof(message)))
		muster_panic("%s", message);
	error = run_boot_rows(0, phase_end(WHERE_BOOT), boot);
	if (!error)
		error = injection_check();
	if (!error)
		error = run_boot_rows(phase_begin(WHERE_ONLINE), phase_end(WHERE_ONLINE), boot);
	if (!error)
		error = progress_stamps_create();
	if (error)
		return error;
	start_others();
	bringup_over();
	interrupts_on();
	return (int)(cpu_present_count() - cpu_online_count());
}

/* ONLINE steps of another CPU, from `first` on. */
static int run_online_rows(size_t first, cpu_t cpu)
{
	size_t last = phase_end(WHERE_ONLINE);

	for (size_t row = first; row < last; row++) {
		int error = step_run(row, cpu);

		if (error) {
			if (row > first)
				steps_undo(first, row - 1, cpu);
			return error;
		}
	}
	return 0;
}

void bringup_secondary(void)
{
	cpu_t cpu = cpu_this();
	struct cpu_record *record = cpu_record(cpu);
	int error = run_online_rows(phase_begin(WHERE_ONLINE) + record->resume, cpu);

	/* The state is stored by the architecture when this CPU has left its stack: only then may
	 * that be freed. One that was given up on while it was at work is late, and is held. */
	if (error)
		machine_get()->stop_this_cpu(&record->state, cpu_state(cpu) == CPU_FAILED ?
								     CPU_HELD :
								     CPU_FAILED);
	for (;;)
		cpu_idle();
}
