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
#include <muster/mark.h>
#include <muster/percpu.h>

/* In the unit of the CPU that is to go, so that one that does not go is in nobody's way. */
static PERCPU(struct cpu_call_request, leave_request);

void bringup_leave(void)
{
	cpu_t cpu = cpu_this();
	struct cpu_record *record = cpu_record(cpu);
	size_t first = phase_begin(WHERE_ONLINE);
	size_t row;

	interrupts_off();
	(void)cpu_state_claim(cpu, CPU_ONLINE, CPU_LEAVING);
	for (row = phase_end(WHERE_LEAVE); row-- > phase_begin(WHERE_LEAVE);)
		(void)step_run(row, cpu);
	record->resume = (uint8_t)(steps_undo(first, phase_end(WHERE_ONLINE) - 1, cpu) - first);
	machine_get()->stop_this_cpu(&record->state, CPU_HELD);
}

static void serve_calls(void)
{
	uint64_t flags = interrupts_save_off();

	call_queue_serve();
	interrupts_restore(flags);
}

static int wait_for_held(cpu_t cpu)
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());

	MARK_WAIT_BEGIN();
	while (cpu_state(cpu) != CPU_HELD) {
		if (clock_limit_over(&limit) && bringup_give_up(cpu, CPU_ONLINE, CPU_LEAVING)) {
			console_print("muster: CPU %u: did not leave within %u ms; last step: %s\n",
				      cpu.number, clock_cpu_limit(), bringup_step_now(cpu));
			MARK_WAIT_END();
			return MUSTER_E_TIMED_OUT;
		}
		/* It may be in a call to this CPU, and does not go before that is done. */
		serve_calls();
		cpu_relax();
	}
	MARK_WAIT_END();
	return 0;
}

static void do_nothing(void *unused)
{
	(void)unused;
}

bool bringup_any_at_work(cpu_t except)
{
	for_each_other_record (record)
		if (record_state(record) == CPU_FAILED && record->given_up == GIVEN_UP_AT_WORK &&
		    record->number != except.number)
			return true;
	return false;
}

int bringup_settle(cpu_t gone)
{
	/*
	 * A CPU that found another online may be about to look at its queue, in memory that will
	 * be freed. It does so with interrupts off: when all have answered a call, none is. By then
	 * they have also served what that one may have posted to them from that memory.
	 */
	int answered = cpus_call(do_nothing, NULL, true);

	if (answered < 0)
		return answered;
	if (bringup_any_at_work(gone))
		return MUSTER_E_TIMED_OUT;
	serve_calls();
	return 0;
}

int cpu_down(cpu_t cpu)
{
	int error;

	if (cpu_this().number || call_queue_is_serving())
		return MUSTER_E_ORDER;
	if (!cpu.number || cpu.number >= cpu_possible_count())
		return MUSTER_E_INVALID;
	if (!cpu_is_online(cpu))
		return MUSTER_E_OFFLINE;
	error = cpu_call_async(cpu, percpu_ptr(leave_request, cpu), call_queue_leave, NULL);
	if (error)
		return error;
	error = wait_for_held(cpu);
	if (error)
		return error;
	error = bringup_settle(cpu);
	if (error)
		return error;
	bringup_give_back(cpu, CPU_PRESENT);
	return 0;
}

static int reset(cpu_t cpu)
{
	int error = machine_get()->reset(cpu);

	if (!error)
		bringup_reset_wait();
	return error;
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
		/* One that never claimed its record uses nothing of ours, and a reset ends what it
		 * may be at. */
		if (record->given_up == GIVEN_UP_STARTING && machine_get()->reset)
			return reset(cpu);
		return record->given_up ? MUSTER_E_BUSY : 0;
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
	uint32_t wanted;
	int error;

	if (cpu_this().number || call_queue_is_serving())
		return MUSTER_E_ORDER;
	if (!cpu.number || cpu.number >= cpu_possible_count())
		return MUSTER_E_INVALID;
	error = can_come_up(cpu);
	if (error)
		return error;
	progress_clear(cpu);
	error = bringup_prepare(cpu);
	/* Counted before the start: it may be online before that returns. */
	wanted = cpu_online_count() + 1;
	if (!error)
		error = bringup_start_cpu(cpu);
	if (error)
		return error;
	bringup_wait(wanted);
	if (cpu_is_online(cpu))
		return 0;
	if (cpu_record(cpu)->given_up)
		return MUSTER_E_TIMED_OUT;
	error = cpu_record(cpu)->error;
	bringup_give_back(cpu, CPU_FAILED);
	return error;
}
