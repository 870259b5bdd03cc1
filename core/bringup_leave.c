// SPDX-License-Identifier: MIT
/*
 * The whole guest leaves: every other CPU goes through its LEAVE rows and the undo of its ONLINE rows, all
 * at the same time, and the boot CPU in the end. Called by a handover on the boot CPU. Gives no memory back:
 * either nobody is left to use it, or the CPUs come again and find it.
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

static PERCPU(struct cpu_call_request, leave_all_request);

void bringup_ask_to_leave(cpu_t cpu)
{
	/* One that has not done the last such call is not there to do this one either. */
	(void)cpu_call_async(cpu, percpu_ptr(leave_all_request, cpu), call_queue_leave, NULL);
}

static bool is_on_the_way(const struct cpu_record *record)
{
	enum cpu_state state = record_state(record);

	return state == CPU_ONLINE || state == CPU_LEAVING;
}

/* Of those for which `wanted` holds. */
static uint32_t on_the_way(bool (*wanted)(cpu_t cpu))
{
	uint32_t count = 0;

	for_each_other_record (record)
		count += is_on_the_way(record) && wanted(record_cpu(record));
	return count;
}

uint32_t bringup_wait_to_leave(bool (*wanted)(cpu_t cpu))
{
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	uint32_t late = 0;

	MARK_WAIT_BEGIN();
	while (on_the_way(wanted) && !clock_limit_over(&limit)) {
		uint64_t flags = interrupts_save_off();

		/* It may be in a call to this CPU, and does not go before that is done. */
		call_queue_serve();
		interrupts_restore(flags);
		cpu_relax();
	}
	MARK_WAIT_END();
	for_each_other_record (record) {
		if (!wanted(record_cpu(record)) ||
		    !bringup_give_up(record_cpu(record), CPU_ONLINE, CPU_LEAVING))
			continue;
		console_print("muster: CPU %u: did not leave within %u ms; last step: %s\n",
			      record->number, clock_cpu_limit(),
			      bringup_step_now(record_cpu(record)));
		late++;
	}
	return late;
}

void bringup_boot_cpu_leave(void)
{
	cpu_t boot = cpu_from_number(0);

	interrupts_off();
	for (size_t row = phase_end(WHERE_LEAVE); row-- > phase_begin(WHERE_LEAVE);)
		(void)step_call(row, boot);
	(void)steps_undo(phase_begin(WHERE_ONLINE), phase_end(WHERE_ONLINE) - 1, boot);
}

void bringup_come_again(cpu_t cpu)
{
	struct cpu_record *record = cpu_record(cpu);
	int error;

	if (record_state(record) == CPU_FAILED) {
		/* It was reset: nobody is at work there any more, and nobody waits for it. */
		call_queue_abandon(cpu);
		record->given_up = GIVEN_UP_NOT;
	}
	bringup_give_back(cpu, CPU_PRESENT);
	error = cpu_up(cpu);
	if (error)
		console_print("muster: CPU %u: does not come up again: %s\n", cpu.number,
			      muster_error_name(error));
}
