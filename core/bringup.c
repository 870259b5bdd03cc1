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
#include <muster/mark.h>
#include <muster/muster.h>

/* How often the wait for CPUs says whom it waits for, and looks for one that failed by itself. It
 * does not look more often, because looking takes the records' cache lines from the CPUs at work. */
#define WAITING_MILLISECONDS 250
#define LOOKING_MILLISECONDS 1

/* The row's function, and on the host with a check of what it uses. */
static int step_call(size_t row, cpu_t cpu)
{
	const struct bringup_step *step = &bringup_table_current()->steps[row];
	int error;

	if (__STDC_HOSTED__)
		bringup_uses_begin(step);
	error = step->run(cpu);
	if (__STDC_HOSTED__)
		bringup_uses_begin(NULL);
	return error;
}

int step_run(size_t row, cpu_t cpu)
{
	int error;

	progress_set_now(row, cpu);
	error = injection_due(row, cpu) ? MUSTER_E_INJECTED : step_call(row, cpu);
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

static void flush_here(void *unused)
{
	(void)unused;
	machine_get()->flush_translations();
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
	if (machine_get()->flush_translations && cpus_call(flush_here, NULL, true) < 0)
		muster_panic("CPU %u: other CPUs may still use the memory it had", cpu.number);
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

	/* One that came late still has what START did. */
	undo_back_to(last, cpu);
	for (size_t row = first + record->prepared; row < last; row++) {
		int error = step_run(row, cpu);

		if (error) {
			bringup_give_back(cpu, CPU_FAILED);
			return error;
		}
		record->prepared++;
	}
	cpu_state_set(cpu, CPU_PREPARED);
	return 0;
}

static void prepare_all(void)
{
	for_each_cpu (cpu)
		if (cpu.number && cpu_state(cpu) == CPU_PRESENT)
			(void)bringup_prepare(cpu);
}

int bringup_start_cpu(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	size_t last = phase_end(WHERE_START);
	int error = 0;

	cpu_state_set(cpu, CPU_STARTING);
	for (size_t row = phase_begin(WHERE_PREPARE) + record->prepared; row < last; row++) {
		error = step_run(row, cpu);
		if (error)
			break;
		record->prepared++;
	}
	/* A start-up that failed was not sent, so nobody can arrive; the claim makes sure. */
	if (error && cpu_state_claim(cpu, CPU_STARTING, CPU_FAILED))
		bringup_give_back(cpu, CPU_FAILED);
	return error;
}

/* All at once, if every CPU that would answer is prepared, no failure is ordered, and the platform
 * can. */
static bool start_all_at_once(void)
{
	size_t row = phase_begin(WHERE_START);
	uint32_t prepared = 0;
	uint64_t start;

	for_each_cpu (cpu)
		if (cpu_state(cpu) == CPU_PREPARED)
			prepared++;
	if (prepared < 2 || prepared != cpu_possible_count() - 1 ||
	    phase_end(WHERE_START) != row + 1 || injection_pending(row))
		return false;
	start = counter_read();
	for_each_cpu (cpu) {
		if (!cpu.number)
			continue;
		progress_set_now(row, cpu);
		cpu_state_set(cpu, CPU_STARTING);
	}
	if (step_call(row, cpu_from_number(STEP_ALL_CPUS))) {
		for_each_cpu (cpu)
			if (cpu.number)
				cpu_state_set(cpu, CPU_PREPARED);
		return false;
	}
	for_each_cpu (cpu)
		if (cpu.number)
			cpu_record(cpu)->prepared++;
	progress_set_started_all(row, start, counter_read());
	return true;
}

static void start_all(void)
{
	if (start_all_at_once())
		return;
	for_each_cpu (cpu)
		if (cpu_state(cpu) == CPU_PREPARED)
			(void)bringup_start_cpu(cpu);
}

static uint32_t count_state(enum cpu_state state)
{
	uint32_t count = 0;

	for_each_cpu (cpu)
		if (cpu_state(cpu) == state)
			count++;
	return count;
}

bool bringup_give_up(cpu_t cpu, enum cpu_state early, enum cpu_state late)
{
	enum cpu_state state;

	do {
		state = cpu_state(cpu);
		if (state != early && state != late)
			return false;
	} while (!cpu_state_claim(cpu, state, CPU_FAILED));
	cpu_record(cpu)->given_up = 1;
	__atomic_store_n(&cpu_record(cpu)->error, MUSTER_E_TIMED_OUT, __ATOMIC_RELAXED);
	return true;
}

/* The limit is over for this CPU, unless it comes online in this very moment. */
static void give_up_on(cpu_t cpu)
{
	bool arrived = cpu_state(cpu) == CPU_ARRIVED;

	if (!bringup_give_up(cpu, CPU_STARTING, CPU_ARRIVED))
		return;
	console_print(
		"muster: CPU %u (hardware id %#llx): %s within %u ms; last finished step: %s%s%s\n",
		cpu.number, (unsigned long long)cpu_hwid(cpu).value,
		arrived ? "not online" : "did not arrive", clock_cpu_limit(),
		bringup_step_finished(cpu), arrived ? ", began: " : "",
		arrived ? bringup_step_now(cpu) : "");
	console_print("@muster 1 failed cpu=%u step=%s error=timed-out\n", cpu.number,
		      bringup_step_now(cpu));
}

static bool is_finishing(cpu_t cpu)
{
	return cpu_is_online(cpu) && !progress_is_complete(cpu);
}

void bringup_wait(uint32_t wanted_online)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	struct clock_limit quiet = clock_limit_begin(WAITING_MILLISECONDS);
	struct clock_limit look = clock_limit_begin(LOOKING_MILLISECONDS);

	progress_boot_waits();
	MARK_WAIT_BEGIN();
	while (cpu_online_count() < wanted_online) {
		if (clock_limit_over(&look)) {
			/* One that failed by its own account is not waited for. */
			if (!count_state(CPU_STARTING) && !count_state(CPU_ARRIVED))
				break;
			look = clock_limit_begin(LOOKING_MILLISECONDS);
		}
		if (clock_limit_over(&limit)) {
			for_each_cpu (cpu)
				give_up_on(cpu);
			break;
		}
		if (clock_limit_over(&quiet)) {
			progress_announce_waiting();
			quiet = clock_limit_begin(WAITING_MILLISECONDS);
		}
		cpu_relax();
	}
	MARK_WAIT_END();
	/* Online is what a CPU says in the middle of its last step: let it write down the end. */
	for_each_cpu (cpu) {
		if (!is_finishing(cpu))
			continue;
		MARK_WAIT_BEGIN();
		while (is_finishing(cpu) && !clock_limit_over(&limit))
			cpu_relax();
		MARK_WAIT_END();
	}
}

/* CPUs that came, failed an ONLINE step, undid it and stopped: what the boot CPU did for them is
 * undone here. One that was given up on keeps its memory: if it stopped, it came late. */
static void undo_stopped(void)
{
	for_each_cpu (cpu)
		if (cpu_state(cpu) == CPU_HELD && !cpu_record(cpu)->given_up)
			bringup_give_back(cpu, CPU_FAILED);
}

static void start_others(void)
{
	uint32_t wanted;

	MARK_PHASE(MARK_PHASE_PREPARE);
	prepare_all();
	MARK_PHASE(MARK_PHASE_START);
	wanted = cpu_online_count() + count_state(CPU_PREPARED);
	start_all();
	MARK_PHASE(MARK_PHASE_ARRIVE);
	bringup_wait(wanted);
	undo_stopped();
	MARK_PHASE(MARK_PHASE_ONLINE);
}

int bringup_run(const struct bringup_table *table)
{
	char message[160];
	int error;

	progress_begin(table);
	if (bringup_check(table, BRINGUP_GIVEN, message, sizeof(message)))
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
	size_t last = phase_end(WHERE_ONLINE);

	for (size_t row = first + record->resume; row < last; row++) {
		int error = step_run(row, cpu);

		if (!error)
			continue;
		if (row > first)
			record->resume = (uint8_t)(steps_undo(first, row - 1, cpu) - first);
		return error;
	}
	return 0;
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
