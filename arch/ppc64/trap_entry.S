/* SPDX-License-Identifier: MIT */
/*
 * Where interrupts enter. A block of stubs, one at each vector, is used in two places: in the image, which
 * step `page-tables` maps where CPUs look for it with translation on; and a copy at physical address 0, for
 * what comes with translation off, which system reset and machine check always do. Both go to trap_common
 * in the image, with translation as the kernel has it. There is no user mode here, and one r13: it is
 * whatever the interrupted code had, so nothing here may use it.
 *
 * trap.c fills in the numbers at vectors_common and trap_fatal before the block is used: addresses are not
 * known when it is linked.
 */
#include "arch/ppc64/entry.inc"

#include <muster/arch/ppc64/mark.h>

/* Five instructions that trap.c makes into a load of a 64-bit number: like load64. */
	.macro load64_later register
	lis	\register, 0
	ori	\register, \register, 0
	sldi	\register, \register, 32
	oris	\register, \register, 0
	ori	\register, \register, 0
	.endm

	.section .text.vectors, "ax", @progbits
	.balign 4096
	.globl vectors, vectors_end, vectors_common, vectors_msr, trap_fatal_stack, trap_fatal_lock
vectors:
	.macro vector number
	.org	vectors + \number
	mtspr	SPR_SPRG1, 3
	li	3, \number
	b	vectors_save
	.endm
	.irp number, 0x100, 0x200, 0x300, 0x380, 0x400, 0x480, 0x500, 0x600, 0x700, 0x800, 0x900, 0x980, \
		0xa00, 0xb00, 0xc00, 0xd00, 0xe00, 0xe20, 0xe40, 0xe60, 0xe80, 0xea0, 0xf00, 0xf20, 0xf40, \
		0xf60, 0xf80, 0x1500, 0x1700
	vector	\number
	.endr
	.org	vectors + VECTORS_SAVE
vectors_save:
	mtspr	SPR_SPRG2, 4
	mtspr	275, 5			/* SPRG3 */
	mfctr	5
vectors_common:
	load64_later 4
	mtctr	4
	mfmsr	4
vectors_msr:
	ori	4, 4, 0
	bctr

	/*
	 * System reset and machine check, for a copy at the bottom of memory. A CPU that is inside a park region
	 * (docs/park.md) has an address there in SPRG0, and nothing else of ours: it goes to the region's
	 * handler. In the else case comes the kernel's; or, when the kernel has left and the next has not yet put its
	 * own here, the way back.
	 */
	.macro low_vector number
	.org	vectors + VECTORS_LOW + (\number - 0x100)
	mtspr	SPR_SPRG1, 3
	mtspr	SPR_SPRG2, 4
	mfcr	3
	mtspr	SPR_SPRG3, 3
	mfspr	3, SPR_SPRG0
	load64_later 4			/* the region */
	subf	3, 4, 3
	load64_later 4			/* its size; 0: there is none */
	cmpld	3, 4
	bge	.Llow_else\@
	load64_later 4			/* its handler */
	mtctr	4
	bctr
.Llow_else\@:
	mfspr	3, SPR_SPRG3
	mtcr	3
	mfspr	4, SPR_SPRG2
	nop				/* or a branch over the next two */
	li	3, \number
	ba	VECTORS_SAVE
	mfspr	3, SPR_SPRG1
	rfid
	.endm
	.org	vectors + VECTORS_LOW
	.globl vectors_low
vectors_low:
	low_vector 0x100
	low_vector 0x200
	.org	vectors + VECTORS_LOW + 2 * VECTORS_LOW_EACH
vectors_end:

	/* r3: vector; r4: what MSR is to be; r5: CTR. */
	.globl trap_common
	.type trap_common, @function
trap_common:
	mtmsrd	4
	isync
	mfcr	4
	mtctr	3
	/* Is there room on the stack in use? */
	mfspr	3, SPR_SPRG0
	mtcrf	0x01, 3
	bt	31, trap_in_firmware		/* the lowest bit */
	addi	3, 3, RED_ZONE + TRAP_FRAME_SIZE
	cmpld	1, 3
	blt	trap_without_stack
	mr	3, 1
	addi	1, 1, -(RED_ZONE + TRAP_FRAME_SIZE)

trap_save:
	std	3, 0(1)
	std	3, FRAME_SMALLEST + TRAP_GPR + 8(1)
	std	5, FRAME_SMALLEST + TRAP_CTR(1)
	std	4, FRAME_SMALLEST + TRAP_CR(1)
	std	0, FRAME_SMALLEST + TRAP_GPR(1)
	std	2, FRAME_SMALLEST + TRAP_GPR + 16(1)
	.irp	n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	std	\n, FRAME_SMALLEST + TRAP_GPR + \n * 8(1)
	.endr
	mfspr	3, SPR_SPRG1
	mfspr	4, SPR_SPRG2
	mfspr	5, 275
	std	3, FRAME_SMALLEST + TRAP_GPR + 3 * 8(1)
	std	4, FRAME_SMALLEST + TRAP_GPR + 4 * 8(1)
	std	5, FRAME_SMALLEST + TRAP_GPR + 5 * 8(1)
	mfspr	3, SPR_SRR0
	mfspr	4, SPR_SRR1
	mflr	5
	mfxer	6
	mfspr	7, SPR_DAR
	mfspr	8, SPR_DSISR
	mfctr	9
	std	3, FRAME_SMALLEST + TRAP_NIP(1)
	std	4, FRAME_SMALLEST + TRAP_MSR(1)
	std	5, FRAME_SMALLEST + TRAP_LR(1)
	std	6, FRAME_SMALLEST + TRAP_XER(1)
	std	7, FRAME_SMALLEST + TRAP_DAR(1)
	std	8, FRAME_SMALLEST + TRAP_DSISR(1)
	std	9, FRAME_SMALLEST + TRAP_VECTOR(1)
	li	10, MSR_RI
	mtmsrd	10, 1
	here	12, .Ltrap_here
	addis	2, 12, .TOC.-.Ltrap_here@ha
	addi	2, 2, .TOC.-.Ltrap_here@l
	addi	3, 1, FRAME_SMALLEST
	bl	trap_dispatch
	nop

	/* From here on a system reset takes SRR0 and SRR1 away. Before the last instruction everything is
	 * still in the frame, and trap.c makes it begin here again. */
	.globl trap_exit, trap_exit_last
trap_exit:
	li	10, 0
	mtmsrd	10, 1			/* EE and RI off: SRR0 and SRR1 are ours */
	ld	3, FRAME_SMALLEST + TRAP_NIP(1)
	ld	4, FRAME_SMALLEST + TRAP_MSR(1)
	ld	5, FRAME_SMALLEST + TRAP_LR(1)
	ld	6, FRAME_SMALLEST + TRAP_XER(1)
	ld	7, FRAME_SMALLEST + TRAP_CTR(1)
	ld	8, FRAME_SMALLEST + TRAP_CR(1)
	mtspr	SPR_SRR0, 3
	mtspr	SPR_SRR1, 4
	mtlr	5
	mtxer	6
	mtctr	7
	mtcr	8
	stdcx.	0, 0, 1			/* a reservation from before is gone */
	mtcr	8
	.irp	n, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, \
		27, 28, 29, 30, 31
	ld	\n, FRAME_SMALLEST + TRAP_GPR + \n * 8(1)
	.endr
	ld	1, FRAME_SMALLEST + TRAP_GPR + 8(1)
trap_exit_last:
	rfid

	/* The stack in use is the firmware's, or somebody's: SPRG0 has the top of another, with the lowest bit set. It may
	 * be in use already, by a trap before this one; and then there may be no room. */
trap_in_firmware:
	subf	3, 1, 3
	cmpldi	3, FIRMWARE_TRAP_STACK - RED_ZONE - TRAP_FRAME_SIZE
	cmpldi	1, 3, FIRMWARE_TRAP_STACK
	mr	3, 1
	blt	1f
	blt	1, trap_fatal
	mfspr	1, SPR_SPRG0
	addi	1, 1, -1 - TRAP_FRAME_SIZE
	b	trap_save
1:	addi	1, 1, -(RED_ZONE + TRAP_FRAME_SIZE)
	b	trap_save

	/* A system reset of a CPU that has no stack yet, or none any more (SPRG0 is STACK_NONE), where there is a way
	 * back: it is dropped. There is nowhere to count it. */
trap_without_stack:
	mfspr	3, SPR_SPRG0
	cmpdi	3, STACK_NONE
	bne	trap_fatal
	mfctr	3
	cmpdi	3, 0x100
	bne	trap_fatal
	mfspr	3, SPR_SRR1
	andi.	3, 3, MSR_RI
	beq	trap_fatal
	mtctr	5
	mtcr	4
	mfspr	3, SPR_SPRG1
	mfspr	4, SPR_SPRG2
	mfspr	5, 275
	rfid

	/* No room, or no stack: to the one that all CPUs share, which the first one has for good. */
trap_fatal:
	mtspr	SPR_SPRG0, 1
trap_fatal_lock:
	load64_later 1
1:	lwarx	3, 0, 1
	cmpwi	3, 0
	bne	2f
	stwcx.	1, 0, 1			/* not 0: the low word of an address */
	bne-	1b
trap_fatal_stack:
	load64_later 1
	mfspr	3, SPR_SPRG0
	b	trap_save
2:	or	1, 1, 1
	b	2b
	.size trap_common, . - trap_common

	/*
	 * int fault_probe_access(struct fault_expectation *expected, uintptr_t address, int how)
	 *
	 * Reads (0), writes back (1) or calls (2) what is at an address. A fault of that goes on at the
	 * end. The expectation: where to go on, and the stack pointer there.
	 */
	.globl fault_probe_access
	.type fault_probe_access, @function
fault_probe_access:
	mflr	0
	std	0, FRAME_LR(1)
	stdu	1, -48(1)
	std	2, 32(1)
	here	12, .Lprobe_here
	addi	12, 12, .Lprobe_end-.Lprobe_here
	std	12, 0(3)
	std	1, 8(3)
	std	2, 16(3)
	cmpwi	5, 1
	beq	3f
	bgt	4f
	lbz	6, 0(4)
	b	.Lprobe_end
3:	lbz	6, 0(4)
	stb	6, 0(4)
	b	.Lprobe_end
4:	mr	12, 4
	mtctr	4
	bctrl
.Lprobe_end:
	ld	2, 32(1)
	addi	1, 1, 48
	ld	0, FRAME_LR(1)
	mtlr	0
	blr
	.size fault_probe_access, . - fault_probe_access

	/*
	 * void wait_here(uint64_t token, struct wait_place *place)
	 *
	 * The hypercall that waits. The place has where to go on behind it, with which stack pointer: for a
	 * system reset that comes while an interrupt that ended the wait has just begun (trap.c).
	 */
	.globl wait_here
	.type wait_here, @function
wait_here:
	mflr	0
	std	0, FRAME_LR(1)
	stdu	1, -FRAME_SMALLEST(1)
	here	12, .Lwait_here
	addi	12, 12, .Lwait_end-.Lwait_here
	std	1, 8(4)
	std	12, 0(4)
	sc	1
.Lwait_end:
	addi	1, 1, FRAME_SMALLEST
	ld	0, FRAME_LR(1)
	mtlr	0
	blr
	.size wait_here, . - wait_here

	.section .note.GNU-stack, "", @progbits
