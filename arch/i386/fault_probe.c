// SPDX-License-Identifier: MIT
/*
 * Touches memory that may not be there, for self-tests (muster/fault.h). One instruction is tried,
 * and a fault of it goes on behind it.
 */
#include "arch/i386/offsets.h"
#include "arch/x86_64/fault_expect.h"
#include "arch/x86_64/registers.h"

#include <muster/arch/cpu.h>
#include <muster/fault.h>

enum access {
	READ,
	WRITE,
	EXECUTE
};

/*
 * Run one instruction that may fault. The labels of the asm stand for where to go on; a fault of a
 * call has pushed a return address, which restoring the stack pointer takes back. The numbers are those of
 * EXPECTED_IP and so on.
 */
static bool faults(uintptr_t address, enum access how)
{
	struct fault_expectation expected = { 0 };
	uint64_t flags = interrupts_save_off();

	expected.vector = UINT64_MAX;
	fault_expect(&expected);
	__asm__ volatile("movl $9f, 0(%0)\n\t"
			 "movl %%esp, 8(%0)\n\t"
			 "movl %%ebp, 16(%0)\n\t"
			 "movl %%ebx, 24(%0)\n\t"
			 "cmpl $1, %2\n\t"
			 "je 1f\n\t"
			 "ja 2f\n\t"
			 "movb (%1), %%al\n\t"
			 "jmp 9f\n"
			 "1:\tmovb (%1), %%al\n\t"
			 "movb %%al, (%1)\n\t"
			 "jmp 9f\n"
			 "2:\tcall *%1\n"
			 "9:"
			 :
			 : "b"(&expected), "D"(address), "S"((uint32_t)how)
			 : "eax", "ecx", "edx", "memory", "cc");
	fault_expect(0);
	interrupts_restore(flags);
	return expected.vector != UINT64_MAX;
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

bool fault_has_no_execute(void)
{
	return i386_has_no_execute;
}
