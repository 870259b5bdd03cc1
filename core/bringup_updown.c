// SPDX-License-Identifier: MIT
/*
 * Taking one CPU down and bringing one up, after the first bring-up. Called on the boot CPU by a
 * kernel. The way up is the same as the first time: PREPARE, START (targeted), the wait, and the
 * CPU's own ONLINE steps.
 */
#include "core/machine.h"
#include "core/runner.h"

#include <muster/arch/cpu.h>
#include <muster/call.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>

static struct cpu_call_request leave_request;

void bringup_leave(void *unused)
{
	cpu_t cpu = cpu_this();
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_ONLINE);
	size_t row;

	(void)unused;
	interrupts_off();
	(void)cpu_state_claim(cpu, CPU_ONLINE, CPU_LEAVING);
	for (row = phase_end(WHERE_LEAVE); row-- > phase_begin(WHERE_LEAVE);)
		(void)step_run(row, cpu);
	record->resume = (uint8_t)(steps_undo(first, phase_end(WHERE_ONLINE) - 1, cpu) - first);
	machine_get()->stop_this_cpu(&record->state, CPU_HELD);
}

static int wait_for_held(cpu_t cpu)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	while (cpu_state(cpu) != CPU_HELD) {
		if (clock_limit_over(&limit)) {
			console_print("muster: CPU %u: did not leave within %u ms; last step: %s\n",
				      cpu.number, clock_cpu_limit(), bringup_step_now(cpu));
			cpu_record(cpu)->error = MUSTER_E_TIMED_OUT;
			cpu_state_set(cpu, CPU_FAILED);
			return MUSTER_E_TIMED_OUT;
		}
		cpu_relax();
	}
	return 0;
}

/* Undo what a stopped CPU has on the boot CPU's side; what cannot be undone keeps it HELD. */
static void give_back(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);

	if (!record->resume)
		bringup_unprepare(cpu);
	cpu_state_set(cpu, record->resume || record->prepared ? CPU_HELD : CPU_PRESENT);
}

static void do_nothing(void *unused)
{
	(void)unused;
}

int cpu_down(cpu_t cpu)
{
	int error;

	if (cpu_this().number)
		return MUSTER_E_ORDER;
	if (!cpu.number || cpu.number >= cpu_possible_count())
		return MUSTER_E_INVALID;
	if (!cpu_call_done(&leave_request))
		return MUSTER_E_BUSY;
	if (!cpu_is_online(cpu))
		return MUSTER_E_OFFLINE;
	error = cpu_call_async(cpu, &leave_request, bringup_leave, NULL);
	if (error)
		return error;
	/* One that does not go has the request still: no other CPU can be taken down then. */
	error = wait_for_held(cpu);
	if (error)
		return error;
	/* The function never returns to say that the request is done. */
	leave_request = (struct cpu_call_request){ 0 };
	/*
	 * A CPU that found this one online may be about to look at its queue, in memory that will
	 * be freed. It does so with interrupts off: when all have answered a call, none is.
	 */
	error = cpus_call(do_nothing, NULL, true);
	if (error > 0)
		give_back(cpu);
	return error > 0 ? 0 : error;
}

/* What the state says about bringing it up; 0: it can be. */
static int can_come_up(cpu_t cpu)
{
	const struct cpu_record *record = cpu_record(cpu);

	switch (cpu_state(cpu)) {
	case CPU_PRESENT:
	case CPU_HELD:
		return 0;
	case CPU_FAILED:
		return record->error == MUSTER_E_TIMED_OUT ? MUSTER_E_BUSY : 0;
	case CPU_ONLINE:
		return MUSTER_E_EXISTS;
	case CPU_POSSIBLE:
		return MUSTER_E_NOT_FOUND;
	default:
		return MUSTER_E_BUSY;
	}
}

int cpu_up(cpu_t cpu)
{
	int error;

	if (cpu_this().number)
		return MUSTER_E_ORDER;
	if (!cpu.number || cpu.number >= cpu_possible_count())
		return MUSTER_E_INVALID;
	error = can_come_up(cpu);
	if (error)
		return error;
	progress_clear(cpu);
	error = bringup_prepare(cpu);
	if (error) {
		cpu_state_set(cpu, CPU_FAILED);
		return error;
	}
	error = bringup_start_cpu(cpu);
	if (error)
		return error;
	bringup_wait(cpu_online_count() + 1);
	if (cpu_is_online(cpu))
		return 0;
	error = cpu_record(cpu)->error;
	if (error != MUSTER_E_TIMED_OUT)
		bringup_unprepare(cpu);
	return error;
}
