/* SPDX-License-Identifier: MIT */
/*
 * Traps: exceptions, NMI, and the interrupts that devices and other CPUs send.
 */
#ifndef ARCH_X86_64_TRAP_H
#define ARCH_X86_64_TRAP_H

#ifdef __i386__
#include "arch/i386/trap_frame.h"
#else
#include "arch/x86_64/trap_frame.h"
#endif

#include <muster/fault.h>
#include <stdbool.h>
#include <stdint.h>

enum trap_vector {
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_INVALID_OPCODE = 6,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_GENERAL_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_MACHINE_CHECK = 18,
	TRAP_EXCEPTIONS = 32, /* vectors below are the processor's */
	TRAP_LEGACY = 0x20,   /* sixteen for the two 8259s, which are masked */
	TRAP_CALL = 0xf0,     /* another CPU has a call for this one */
	TRAP_SPURIOUS = 0xff, /* local APIC: SDM vol. 3A, 10.9 */
	TRAP_STRAY = 0x100,   /* no vector: all that are nobody's, from TRAP_LEGACY + 16 on */
};

/* What a device or platform does when a vector comes, on the CPU that it came to, interrupts off.
 */
typedef void trap_handler(void);

/* Set who handles TRAP_CALL, TRAP_SPURIOUS or TRAP_STRAY; NULL takes it away. Any other vector is a
 * panic: what is not expected ends the guest. */
void trap_handler_set(uint16_t vector, trap_handler *handler);

/*
 * A platform whose page tables are filled as they are needed: asked at each page fault on something that
 * is not present, before anybody else, interrupts off, on any CPU. True: it is present now. NULL: nobody.
 */
typedef bool trap_fault_mender(uint64_t address);
void trap_fault_mender_set(trap_fault_mender *mender);

/* The table that needs no stacks of its own; loaded by the entry code before any per-CPU base. */
void trap_tables_early(void);

/* From assembly. */
void trap_dispatch(struct trap_frame *frame);

/* trap_registers.c, each architecture's own: show what a trap found; has this CPU a per-CPU base, or still the
 * one that faults; and go on where somebody expected the trap, maybe not returning. */
struct fault_expectation;
void trap_registers_print(const struct trap_frame *frame);
bool trap_base_is_loaded(void);
void trap_resume(struct trap_frame *frame, const struct fault_expectation *expected);

/* Print a call chain that starts with that frame pointer. */
void backtrace_print(uint64_t rip, uint64_t rbp);

#endif
