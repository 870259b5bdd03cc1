/* SPDX-License-Identifier: MIT */
/* Interrupts, in the word's wide sense: faults, system reset, and what devices and other CPUs send. */
#ifndef ARCH_PPC64_TRAP_H
#define ARCH_PPC64_TRAP_H

#include <muster/fault.h>
#include <stdbool.h>
#include <stdint.h>

/* What trap_entry.S leaves on the stack. */
struct trap_frame {
	uint64_t gpr[32];
	uint64_t nip, msr, ctr, lr, xer, cr, dar, dsisr;
	uint64_t vector;
	uint64_t reserved;
};

/* Power ISA 3.0 B, book III, figure 64. */
enum trap_vector {
	TRAP_SYSTEM_RESET = 0x100,
	TRAP_MACHINE_CHECK = 0x200,
	TRAP_DATA_STORAGE = 0x300,
	TRAP_DATA_SEGMENT = 0x380,
	TRAP_INSTRUCTION_STORAGE = 0x400,
	TRAP_INSTRUCTION_SEGMENT = 0x480,
	TRAP_EXTERNAL = 0x500,
	TRAP_ALIGNMENT = 0x600,
	TRAP_PROGRAM = 0x700,
	TRAP_DECREMENTER = 0x900,
	TRAP_DOORBELL = 0xa00,
};

/* What a device or platform does when one comes, on the CPU that it came to, interrupts off. */
typedef void trap_handler(void);

/* Set who handles TRAP_EXTERNAL, TRAP_DOORBELL or TRAP_DECREMENTER (which is far away again when it is called); NULL takes it away. Any other is a panic: what is not
 * expected ends the guest. */
void trap_handler_set(uint16_t vector, trap_handler *handler);

/* What the decrementer is set to when it has gone off, because nobody asks for that: INT32_MAX, or more where
 * the platform has found that it has more bits. */
extern int64_t decrementer_farthest;

/*
 * Fill in the block of vectors in the image. translation: the bits of MSR that traps are to set, MSR_IR |
 * MSR_DR or 0. Then it can be used where translation is on. And copy it to physical address 0, when
 * nobody else's vectors are needed there any more.
 */
void trap_vectors_fill(uint64_t translation);
void trap_vectors_copy(void);

/*
 * CPUs are, or may come to be, inside a park region (docs/park.md): a system reset or a machine check of these goes to
 * the region's handlers. At once where there are vectors of ours at physical address 0, else as soon as there are. size
 * 0: no more. And the end of this kernel: of CPUs that are not inside they are dropped.
 */
void trap_vectors_inside(uint64_t region, uint64_t size, uint64_t system_reset,
			 uint64_t machine_check);
void trap_vectors_leave(void);

/* Wait by a hypercall that turns interrupts on and comes back when there is one. On any CPU; interrupts are
 * off before and after. */
void trap_wait(uint64_t token);

/* System resets that came while the firmware was called, or on the way there or back, and were survived. */
extern uint64_t trap_resets_in_firmware;

/* From assembly. */
void trap_dispatch(struct trap_frame *frame);

/* Print a call chain: the instruction address, the link register (0: not known), and what the stack says. */
void backtrace_print(uint64_t nip, uint64_t lr, uint64_t stack_pointer);

#endif
