// SPDX-License-Identifier: MIT
/*
 * The end of a kernel that cannot go on: one message that names the CPU and the step, a backtrace,
 * and out. Called from everywhere, in any state, so it must not allocate, wait without a limit, or
 * use anything that a step gives without looking whether it is there.
 */
#include "core/panic.h"
#include "core/console_early.h"
#include "core/hypercall_count.h"
#include "core/machine.h"
#include "core/runner.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <muster/muster.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak muster_panic

static uint32_t panicking; /* 0, or 1 + the number of the CPU that panics */

static void halt_here(void) __attribute__((noreturn));
static void halt_here(void)
{
	for (;;) {
		interrupts_off();
		if (machine_get()->halt)
			machine_get()->halt();
		cpu_relax();
	}
}

bool panic_is_under_way(void)
{
	return __atomic_load_n(&panicking, __ATOMIC_ACQUIRE);
}

void panic_begin(cpu_t cpu)
{
	uint32_t nobody = 0;

	interrupts_off();
	if (!__atomic_compare_exchange_n(&panicking, &nobody, 1 + cpu.number, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		/* Twice on one CPU: the panic itself fell. Another CPU's: it says all there is. */
		if (nobody == 1 + cpu.number && machine_get()->exit)
			machine_get()->exit(PANIC_STATUS);
		halt_here();
	}
	hypercall_count_stop();
	console_break_lock();
	if (!machine_get()->console_write && machine_get()->emergency_console)
		machine_get()->emergency_console();
}

/* The others are stopped when all has been said: one that is on its way in may have nothing yet to take
 * an NMI with, and would take the message with it. */
void panic_exit(void)
{
	if (machine_get()->stop_others)
		machine_get()->stop_others();
	if (machine_get()->exit)
		machine_get()->exit(PANIC_STATUS);
	halt_here();
}

void panic_end(cpu_t cpu)
{
	console_print("@muster 1 panic cpu=%u step=%s\n", cpu.number, bringup_step_now(cpu));
	if (machine_get()->backtrace)
		machine_get()->backtrace();
	panic_exit();
}

void muster_panic(const char *format, ...)
{
	cpu_t cpu = cpu_this();
	va_list arguments;

	panic_begin(cpu);
	console_print("muster: panic: CPU %u in step %s: ", cpu.number, bringup_step_now(cpu));
	va_start(arguments, format);
	console_vprint(format, arguments);
	va_end(arguments);
	console_print("\n");
	panic_end(cpu);
}
