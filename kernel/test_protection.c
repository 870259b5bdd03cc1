// SPDX-License-Identifier: MIT
/*
 * Self-tests of protection: code cannot be written, data cannot be run, nothing is at 0, below a
 * stack, or where a CPU's base points before it is loaded.
 */
#include "kernel/tests.h"

static const char constant[] = "constant";
static char variable[16] = "variable";

static void try_own_stack(void *result)
{
	volatile char local[16] = { 0 };

	*(bool *)result = fault_on_execute((uintptr_t)local);
}

/* What holds data. */
static void test_execute(struct ktap *ktap, cpu_t last)
{
	bool stack_runs = false;

	if (fault_has_no_execute && !fault_has_no_execute()) {
		ktap_skip(ktap, "protection: data cannot be run", "this CPU has no no-execute");
		return;
	}
	ktap_result(ktap, fault_on_execute((uintptr_t)constant),
		    "protection: constants cannot be run");
	ktap_result(ktap, fault_on_execute((uintptr_t)variable),
		    "protection: variables cannot be run");
	ktap_result(ktap, fault_on_execute(percpu_unit(last)), "protection: units cannot be run");
	(void)cpu_call(last, try_own_stack, &stack_runs);
	ktap_result(ktap, stack_runs, "protection: stacks cannot be run");
}

void test_protection(struct ktap *ktap)
{
	cpu_t last = test_last_cpu();
	uintptr_t guard = stack_top(last, STACK_MAIN) - stack_size(STACK_MAIN) - 1;

	/* Where nothing maps a unit, nothing protects either. */
	if (mem_table_behind(percpu_unit(last)) == UINT64_MAX) {
		ktap_skip(ktap, "protection", "translation is off");
		return;
	}
	ktap_result(ktap, fault_on_read(0), "protection: nothing at address 0");
	ktap_result(ktap, fault_on_write((uintptr_t)test_protection),
		    "protection: code cannot be written");
	ktap_result(ktap, !fault_on_read((uintptr_t)test_protection),
		    "protection: code can be read");
	ktap_result(ktap, fault_on_write((uintptr_t)constant),
		    "protection: constants cannot be written");
	ktap_result(ktap, !fault_on_write((uintptr_t)variable),
		    "protection: variables can be written");
	test_execute(ktap, last);
	if (last.number)
		ktap_result(ktap, fault_on_read(guard),
			    "protection: nothing below the stack of CPU %u", last.number);
}
