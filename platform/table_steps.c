// SPDX-License-Identifier: MIT
/*
 * Steps that are the same in every platform's table, and only join what core offers. Called by the runner.
 * What differs between two platforms must not be here.
 */
#include "platform/table_steps.h"

#include "core/cpu_table.h"
#include "core/runner.h"
#include "core/stack_area.h"
#include "core/unit.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

int boot_unit_step(cpu_t cpu)
{
	(void)cpu;
	return unit_move_boot();
}

int stack_marks_step(cpu_t cpu)
{
	stacks_mark(cpu, (uintptr_t)__builtin_frame_address(0));
	return 0;
}

/* Online: said by the CPU itself, unless it was given up on. */
int online_step(cpu_t cpu)
{
	if (!cpu_state_claim(cpu, cpu.number ? CPU_ARRIVED : CPU_PRESENT, CPU_ONLINE)) {
		console_print("muster: CPU %u: late: it is held\n", cpu.number);
		return MUSTER_E_TIMED_OUT;
	}
	if (!cpu_record(cpu)->online_ticks)
		cpu_record(cpu)->online_ticks = counter_read();
	return 0;
}
