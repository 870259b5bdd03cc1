// SPDX-License-Identifier: MIT
/*
 * Touches memory that may not be there, for self-tests (muster/fault.h). One instruction is tried,
 * and a fault of it goes on behind it.
 */
#include "arch/ppc64/fault_expect.h"

#include <muster/arch/cpu.h>
#include <muster/fault.h>
#include <stddef.h>

enum access {
	READ,
	WRITE,
	EXECUTE
};

static bool faults(uintptr_t address, enum access how)
{
	struct fault_expectation expected = { .vector = UINT64_MAX };
	uint64_t state = interrupts_save_off();

	fault_expect(&expected);
	fault_probe_access(&expected, address, (int)how);
	fault_expect(NULL);
	interrupts_restore(state);
	return *(volatile uint64_t *)&expected.vector != UINT64_MAX;
}

bool fault_on_read(uintptr_t address)
{
	return faults(address, READ);
}

bool fault_on_write(uintptr_t address)
{
	return faults(address, WRITE);
}

bool fault_on_execute(uintptr_t address)
{
	return faults(address, EXECUTE);
}
