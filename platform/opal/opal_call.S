/* SPDX-License-Identifier: MIT */
/*
 * int64_t opal_enter(uint64_t base, uint64_t entry, uint64_t token, uint64_t a, uint64_t b, uint64_t c)
 *
 * Call OPAL (skiboot, doc/opal-api: the calling convention): r0 is the token, r2 OPAL's base, arguments from r3 on;
 * big-endian, 64 bits, hypervisor state, translation and interrupts off. It has a stack of its own, and keeps what a function
 * keeps, but for r2. One call at a time.
 */
#include "arch/ppc64/entry.inc"

#define SAVED_R2  32
#define SAVED_R13 40
#define SAVED_CR  48
#define SAVED_MSR 56
#define FRAME	  64

	.text
	.balign 16
	.globl opal_enter
	.type opal_enter, @function
opal_enter:
	mflr	0
	std	0, FRAME_LR(1)
	stdu	1, -FRAME(1)
	std	2, SAVED_R2(1)
	std	13, SAVED_R13(1)
	mfcr	9
	std	9, SAVED_CR(1)
	mfmsr	9
	std	9, SAVED_MSR(1)

	/* Interrupts off before SRR0 and SRR1 are in use. */
	li	10, 0
	mtmsrd	10, 1
	mtspr	SPR_SRR0, 4
	li	10, (MSR_SF | MSR_HV) >> 60
	sldi	10, 10, 60
	ori	10, 10, MSR_ME
	mtspr	SPR_SRR1, 10
	here	12, .Lopal_here
	addi	12, 12, .Lopal_back-.Lopal_here
	clrldi	12, 12, 4
	mtlr	12
	mr	0, 5
	mr	2, 3
	mr	3, 6
	mr	4, 7
	mr	5, 8
	rfid

.Lopal_back:
	enter_little_endian
	ld	2, SAVED_R2(1)
	ld	13, SAVED_R13(1)
	ld	9, SAVED_CR(1)
	mtcr	9
	ld	9, SAVED_MSR(1)
	addi	1, 1, FRAME
	ld	0, FRAME_LR(1)
	mtlr	0
	mtmsrd	9, 1			/* EE as it was */
	blr
	.size opal_enter, . - opal_enter

	.section .note.GNU-stack, "", @progbits
