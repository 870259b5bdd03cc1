/* SPDX-License-Identifier: MIT */
/*
 * uint64_t ppc64_firmware_call(uint64_t entry, uint64_t r3, uint64_t r4)
 *
 * Call code of the firmware: with translation and interrupts off, big-endian, 32 bits, as both Open
 * Firmware's client interface (IEEE 1275, PowerPC binding 8.2) and RTAS (PAPR 7.2.1) want it. On a stack of its
 * own in the image, since the stack in use may lie where translation is needed. Everything is saved on
 * that in use, because code of 32 bits keeps 32 bits of a register. One call at a time, and on the boot CPU.
 *
 * A system reset may come at any moment: the firmware is called with MSR[RI] on, as PAPR allows where the caller can
 * bear it. While the firmware's stack, or r13, may be anything, SPRG0 has the top of a stack for traps, and its
 * lowest bit says so (trap_entry.S). Where SRR0 and SRR1 are in use RI is off, and what is interrupted there
 * begins there again (trap.c, by the labels firmware_*): so nothing there changes what it begins with.
 */
#include "arch/ppc64/entry.inc"

#define SAVED_GPR 32			/* r13 to r31 */
#define SAVED_R2  (SAVED_GPR + 19 * 8)
#define SAVED_MSR (SAVED_R2 + 16)
#define SAVED_CR  (SAVED_R2 + 24)
#define SAVED_SPRG0 (SAVED_R2 + 32)
#define FRAME	  (SAVED_R2 + 48)
#define FIRMWARE_FRAME 64		/* the last 16 bytes are ours */
#define FIRMWARE_STACK 8192

	.text
	.balign 16
	.globl ppc64_firmware_call
	.type ppc64_firmware_call, @function
ppc64_firmware_call:
	mflr	0
	std	0, FRAME_LR(1)
	stdu	1, -FRAME(1)
	.irp	n, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	std	\n, SAVED_GPR + (\n - 13) * 8(1)
	.endr
	std	2, SAVED_R2(1)
	mfmsr	6
	std	6, SAVED_MSR(1)
	mfcr	7
	std	7, SAVED_CR(1)
	mfspr	7, SPR_SPRG0
	std	7, SAVED_SPRG0(1)

	mr	9, 3				/* the entry */
	mr	3, 4
	mr	4, 5
	here	12, .Lcall_here
	addi	12, 12, .Lcall_back-.Lcall_here
	clrldi	12, 12, 4
	mtlr	12
	addis	8, 2, firmware_stack_top@toc@ha
	addi	8, 8, firmware_stack_top@toc@l
	addis	7, 2, firmware_trap_stack_top@toc@ha
	addi	7, 7, firmware_trap_stack_top@toc@l
	ori	7, 7, 1
	mtspr	SPR_SPRG0, 7
	std	1, -8(8)
	std	6, -16(8)
	addi	1, 8, -FIRMWARE_FRAME
	li	0, 0
	std	0, 0(1)
	clrldi	1, 1, 4
	li	7, MSR_ME | MSR_RI
	/* Interrupts off before SRR0 and SRR1 are in use. */
	li	8, 0
	mtmsrd	8, 1
	.globl firmware_go, firmware_go_end, firmware_back, firmware_back_end
	.globl firmware_return, firmware_return_end
firmware_go:
	mtspr	SPR_SRR0, 9
	mtspr	SPR_SRR1, 7
	rfid
firmware_go_end:

.Lcall_back:
firmware_back:
	enter_little_endian
firmware_back_end:
	/* The firmware's stack; there, where ours is, and translation, without which that may not be reached:
	 * MSR as it was, but for EE. */
	clrldi	1, 1, 32
	li	0, 0xc
	sldi	0, 0, 60
	or	1, 1, 0
	ld	6, FIRMWARE_FRAME - 16(1)
	ld	1, FIRMWARE_FRAME - 8(1)
	rldicl	6, 6, 48, 1
	rotldi	6, 6, 16
	here	12, .Lback_here
	addi	12, 12, .Lback_on-.Lback_here
	li	8, 0
	mtmsrd	8, 1
firmware_return:
	mtspr	SPR_SRR0, 12
	mtspr	SPR_SRR1, 6
	rfid
firmware_return_end:
.Lback_on:
	ld	7, SAVED_CR(1)
	mtcr	7
	ld	2, SAVED_R2(1)
	.irp	n, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	\n, SAVED_GPR + (\n - 13) * 8(1)
	.endr
	ld	7, SAVED_SPRG0(1)
	mtspr	SPR_SPRG0, 7		/* r13 is ours again, and the stack */
	ld	6, SAVED_MSR(1)
	mtmsrd	6, 1			/* EE as it was */
	addi	1, 1, FRAME
	ld	0, FRAME_LR(1)
	mtlr	0
	blr
	.size ppc64_firmware_call, . - ppc64_firmware_call

	.bss
	.balign 16
	.skip	FIRMWARE_STACK
firmware_stack_top:
	.balign 16
	.skip	FIRMWARE_TRAP_STACK
firmware_trap_stack_top:

	.section .note.GNU-stack, "", @progbits
