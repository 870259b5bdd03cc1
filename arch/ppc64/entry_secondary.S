/* SPDX-License-Identifier: MIT */
/*
 * The way in of every other CPU. Whoever starts one has it begin at secondary_entry's physical address,
 * translation off, either endian, with its CPU number in r3 (PAPR, "start-cpu"). It claims its record;
 * only then does it have a stack.
 *
 * Many CPUs run this at once. Nothing here may be written but the record's state.
 */
#include "arch/ppc64/entry.inc"

#include <muster/arch/ppc64/mark.h>
#include <muster/mark_number.h>

	.text
	.balign 16
	.globl secondary_entry
	.type secondary_entry, @function
secondary_entry:
	enter_little_endian
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	here	12, .Lsecondary_here
	load64	13, POISON_BASE_SECONDARY
	addis	2, 12, .TOC.-.Lsecondary_here@ha
	addi	2, 2, .TOC.-.Lsecondary_here@l
	addi	11, 12, .Lsecondary_on-.Lsecondary_here
	li	4, STACK_NONE
	mtspr	SPR_SPRG0, 4		/* no stack yet: none is high enough */
	/* Process and translation as on the boot CPU. */
	addis	5, 2, secondary_msr@toc@ha
	ld	5, secondary_msr@toc@l(5)
	andi.	6, 5, MSR_IR
	beq	5f
	li	4, PROCESS_NONE
	mtspr	SPR_PIDR, 4
5:	li	4, 0
	mtmsrd	4, 1			/* RI off: what comes in between cannot go back */
	mtspr	SPR_SRR0, 11
	mtspr	SPR_SRR1, 5
	rfid
.Lsecondary_on:
	/* Its record, r31; claim it. A CPU that was given up on must not touch its stack or unit. */
	addis	6, 2, cpu_records@toc@ha
	addi	6, 6, cpu_records@toc@l
	ld	31, RECORDS_FIRST(6)
	addis	7, 2, secondary_record_size@toc@ha
	ld	7, secondary_record_size@toc@l(7)
	mulld	7, 7, 3
	add	31, 31, 7
	li	8, STATE_ARRIVED
3:	lwarx	9, 0, 31
	cmpwi	9, STATE_STARTING
	bne	secondary_late
	stwcx.	8, 0, 31
	bne-	3b
	isync				/* what follows is read behind the claim */

	ld	1, RECORD_STACK(31)
	addi	4, 1, -4096		/* core/stack_area.h: STACK_SIZE */
	mtspr	SPR_SPRG0, 4
	li	0, 0
	stdu	0, -FRAME_SMALLEST(1)
	bl	percpu_base_load	/* r3 is the CPU */
	nop
	bl	bringup_secondary
	nop
	trap

	/* Late: held, if it was given up on. Any other state is not ours to change. r31: its record. */
	.globl secondary_late
secondary_late:
	li	8, STATE_HELD
4:	lwarx	9, 0, 31
	cmpwi	9, STATE_FAILED
	bne	stopped_cpu
	stwcx.	8, 0, 31
	bne-	4b
	b	stopped_cpu
	.size secondary_entry, . - secondary_entry

	/*
	 * void ppc64_stop_this_cpu(uint32_t *state_word, uint32_t state)
	 *
	 * Off the stack and the unit for good, then say so, then go where only a start-up reaches this
	 * CPU: with translation off, interrupts off, big-endian 32-bit mode, to stopped_entry with
	 * stopped_arguments, which the platform has filled in; 0: stay here, at low priority.
	 */
	.globl ppc64_stop_this_cpu
	.type ppc64_stop_this_cpu, @function
ppc64_stop_this_cpu:
	/* r2 is the caller's, which is the image's only one. */
	li	5, MSR_RI
	mtmsrd	5, 1
	load64	13, POISON_BASE_SECONDARY
	li	1, STACK_NONE
	mtspr	SPR_SPRG0, 1
	lwsync				/* all that was stored before is seen before the state */
	stw	4, 0(3)
	.globl stopped_cpu
stopped_cpu:
	MARK(MARK_NUMBER_WAIT_NONE)	/* it may have stopped within one */
	addis	3, 2, stopped_entry@toc@ha
	ld	6, stopped_entry@toc@l(3)
	cmpdi	6, 0
	beq	6f
	addis	3, 2, stopped_arguments@toc@ha
	ld	4, stopped_arguments@toc@l(3)
	addis	5, 2, stopped_base@toc@ha
	ld	5, stopped_base@toc@l(5)
	mr	3, 4
	mr	4, 5
	li	7, 0
	mtlr	7
	mtmsrd	7, 1			/* as above; but the firmware can be interrupted */
	li	7, MSR_ME | MSR_RI
	mtspr	SPR_SRR0, 6
	mtspr	SPR_SRR1, 7
	rfid
6:	or	1, 1, 1
	b	6b
	.size ppc64_stop_this_cpu, . - ppc64_stop_this_cpu

	.section .note.GNU-stack, "", @progbits
