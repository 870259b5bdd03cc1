// SPDX-License-Identifier: MIT
/*
 * CPUs that come into the machine and go from it. Called on the boot CPU by a kernel, or by the
 * platform's poll on its behalf: who knows that a CPU is there or gone says so here, and the table
 * follows. Must never free what a CPU may still run on: that it does not run is the caller's word.
 */
#include "core/runner.h"

#include <muster/console.h>
#include <muster/error.h>

static int may_change(cpu_t cpu)
{
	if (!bringup_is_over() || cpu_this().number || call_queue_is_serving())
		return MUSTER_E_ORDER;
	return cpu.number && cpu.number < cpu_possible_count() ? 0 : MUSTER_E_INVALID;
}

int cpu_appear(cpu_t cpu)
{
	int error = may_change(cpu);

	if (error)
		return error;
	if (cpu_state(cpu) != CPU_POSSIBLE)
		return MUSTER_E_EXISTS;
	progress_clear(cpu);
	cpu_present_set(cpu, true);
	cpu_state_set(cpu, CPU_PRESENT);
	return 0;
}

/* Rows from first to before last of which one cannot be undone for one CPU: named. */
static bool is_kept(cpu_t cpu, size_t first, size_t last)
{
	for (size_t row = first; row < last; row++) {
		const struct bringup_step *step = &bringup_table_current()->steps[row];

		if (step->undo_kind != UNDO_NONE && step->undo_kind != UNDO_WHOLE_GUEST)
			continue;
		console_print("muster: CPU %u: it is gone, and what step %s did for it cannot be "
			      "undone: it stays %s\n",
			      cpu.number, step->name, cpu_state_name(cpu_state(cpu)));
		return true;
	}
	return false;
}

/*
 * A CPU that stopped has undone its ONLINE rows, but for those it keeps. One that was given up on at work may
 * have done any of them: with it those are over that it would have undone itself.
 */
static bool keeps_something(cpu_t cpu)
{
	const struct cpu_record *record = cpu_record(cpu);
	size_t prepare = phase_begin(WHERE_PREPARE);
	size_t online = phase_begin(WHERE_ONLINE);
	bool unknown = cpu_state(cpu) == CPU_FAILED && record->given_up == GIVEN_UP_AT_WORK;

	return is_kept(cpu, prepare, prepare + record->prepared) ||
	       is_kept(cpu, online, unknown ? phase_end(WHERE_ONLINE) : online + record->resume);
}

/* What the boot CPU made for it, and what others wait for. */
static int give_back(cpu_t cpu)
{
	int error;

	if (keeps_something(cpu))
		return MUSTER_E_NOT_SUPPORTED;
	if (cpu_record(cpu)->unit)
		call_queue_abandon(cpu);
	error = bringup_settle(cpu);
	if (error)
		return error;
	bringup_give_back(cpu, CPU_POSSIBLE);
	return 0;
}

int cpu_vanish(cpu_t cpu)
{
	int error = may_change(cpu);

	if (error)
		return error;
	switch (cpu_state(cpu)) {
	case CPU_POSSIBLE:
		return MUSTER_E_NOT_FOUND;
	case CPU_PRESENT:
		cpu_state_set(cpu, CPU_POSSIBLE);
		break;
	case CPU_HELD:
	case CPU_FAILED:
		error = give_back(cpu);
		if (error)
			return error;
		break;
	default:
		return MUSTER_E_BUSY;
	}
	progress_clear(cpu);
	cpu_present_set(cpu, false);
	return 0;
}
