/* SPDX-License-Identifier: MIT */
/*
 * What runs in the park region (docs/park.md): the wait of a CPU that parks, its way out; how the boot CPU
 * puts the next kernel in place of this one; and the traps that are survived meanwhile. It is copied to the
 * region's second page, may use nothing but the region, and runs without translation, little-endian. The park page
 * is the page before this one, whatever the address.
 *
 * Many CPUs run this at once. While they wait they write to nothing.
 *
 * A CPU is inside as long as SPRG0 is the address of its slot: then what is at 0x100 and 0x200 comes to
 * park_system_reset and park_machine_check, and all that a CPU has from park_wait on can be made again from that
 * one register. So a trap there does not go back to where it came from, which another may have lost by then
 * (SRR0 and SRR1 are one each): it begins the wait anew. CTR and SPRG1 to SPRG3 are the traps'.
 */
#include "arch/ppc64/entry.inc"
#include "arch/ppc64/park.h"

#include <muster/arch/ppc64/mark.h>
#include <muster/mark_number.h>
#include <muster/park.h>

	.section .rodata.park_code, "a", @progbits
	.balign 16
	.globl park_code, park_code_end, park_code_leave, park_system_reset, park_machine_check
	/* r4: the slot, with everything in it but the state. The kernel's stack is good until SPRG0 is ours. */
park_code:
	mtspr	SPR_SPRG0, 4
	mr	31, 4
	bcl	20, 31, 1f
1:	mflr	30
	addi	30, 30, park_code - 1b - PARK_CODE_PAGE
	lwsync
	li	5, PARK_SLOT_PARKED
	stw	5, PARK_SLOT_STATE(31)
	addi	6, 30, PARK_PARKED_AT
	lwsync
2:	lwarx	5, 0, 6
	addi	5, 5, 1
	stwcx.	5, 0, 6
	bne-	2b

park_wait:
	bcl	20, 31, 1f
1:	mflr	30
	addi	30, 30, park_code - 1b - PARK_CODE_PAGE
2:	or	1, 1, 1				/* low priority */
	ld	12, PARK_RELEASE_AT(30)
	cmpdi	12, 0
	beq	2b
	lwsync
	or	2, 2, 2				/* medium */
	mfspr	31, SPR_SPRG0
	ld	3, PARK_SLOT_HWID(31)
	mr	4, 30
	ld	5, PARK_ARGUMENT_AT(30)
	li	7, 1
	sldi	7, 7, 63			/* SF */
	ori	7, 7, MSR_ME
	mtspr	SPR_SRR0, 12
	mtspr	SPR_SRR1, 7
	rfid

	/*
	 * A system reset or a machine check of a CPU that is inside: counted. r4: the address of the handler;
	 * SPRG1 to SPRG3: r3, r4 and CR as they were. Before park_wait it goes back: SRR0 says where to.
	 */
	.macro survive name, count
\name:
	addi	4, 4, park_code - \name - PARK_CODE_PAGE + \count
1:	ldarx	3, 0, 4
	addi	3, 3, 1
	stdcx.	3, 0, 4
	bne-	1b
	addi	4, 4, PARK_CODE_PAGE - \count
	b	park_go_on
	.endm
	survive	park_system_reset, PARK_NMIS_AT
	survive	park_machine_check, PARK_MACHINE_CHECKS_AT
park_go_on:
	mfspr	3, SPR_SRR0
	subf	3, 4, 3
	cmpldi	3, park_wait - park_code
	bge	3f
	mfspr	3, SPR_SPRG3
	mtcr	3
	mfspr	4, SPR_SPRG2
	mfspr	3, SPR_SPRG1
	rfid
3:	addi	4, 4, park_wait - park_code
	li	3, 1
	sldi	3, 3, 63
	ori	3, 3, MSR_OURS_LOW
	mtspr	SPR_SRR0, 4
	mtspr	SPR_SRR1, 3
	rfid

	/* The boot CPU. r3: the list of copies, r4: the payload's entry, r5: its device tree. It is not inside: the
	 * vectors send it back to where it was. No two of the ranges overlap, so the order does not matter. */
park_code_leave:
	mr	8, 3
	mr	9, 4
	mr	10, 5
park_code_next:
	ld	6, PARK_COPY_SIZE(8)
	ld	7, PARK_COPY_CLEAR(8)
	or.	0, 6, 7
	beq	9f
	ld	3, PARK_COPY_TO(8)
	ld	5, PARK_COPY_FROM(8)
	mr	11, 3
	srdi.	0, 6, 3
	beq	2f
	mtctr	0
1:	ld	0, 0(5)
	std	0, 0(3)
	addi	5, 5, 8
	addi	3, 3, 8
	bdnz	1b
2:	andi.	0, 6, 7
	beq	4f
	mtctr	0
3:	lbz	0, 0(5)
	stb	0, 0(3)
	addi	5, 5, 1
	addi	3, 3, 1
	bdnz	3b
4:	li	12, 0
	srdi.	0, 7, 3
	beq	6f
	mtctr	0
5:	std	12, 0(3)
	addi	3, 3, 8
	bdnz	5b
6:	andi.	0, 7, 7
	beq	8f
	mtctr	0
7:	stb	12, 0(3)
	addi	3, 3, 1
	bdnz	7b
	/* It is read as code from now on. Blocks of 32 bytes at the least. */
8:	clrrdi	11, 11, 5
1:	dcbst	0, 11
	sync
	icbi	0, 11
	addi	11, 11, 32
	cmpld	11, 3
	blt	1b
	addi	8, 8, PARK_COPY_BYTES
	b	park_code_next
9:	sync
	isync
	mr	3, 10
	mr	4, 9
	li	5, 0
	li	6, 0
	li	7, 0
	li	13, -1				/* a base that is nobody's */
	li	12, 1
	sldi	12, 12, 63
	ori	12, 12, MSR_ME
	mtspr	SPR_SRR0, 9
	mtspr	SPR_SRR1, 12
	rfid
park_code_end:

	/*
	 * void park_go_in(uint64_t code, uint64_t slot)
	 *
	 * From the kernel into the region. Translation off, without SRR0 and SRR1, which a system reset would
	 * take away: the direct map's addresses are good without.
	 */
	.text
	.globl park_go_in
	.type park_go_in, @function
park_go_in:
	bl	park_real_mode
	mtctr	3
	bctr
	.size park_go_in, . - park_go_in

	/* Interrupts and translation off. Changes r5, r6. */
park_real_mode:
	li	6, MSR_RI
	mtmsrd	6, 1
	mfmsr	5
	li	6, MSR_IR | MSR_DR
	andc	5, 5, 6
	ptesync
	mtmsrd	5
	isync
	blr

	/*
	 * void park_jump(uint64_t copies, uint64_t entry, uint64_t tree, uint64_t code)
	 *
	 * The kernel's last instructions: the base register faults from here on, where anything does.
	 */
	.globl park_jump
	.type park_jump, @function
park_jump:
	mr	7, 5
	mtctr	6
	bl	park_real_mode
	mr	5, 7
	load64	13, POISON_BASE_SECONDARY
	li	7, STACK_NONE
	mtspr	SPR_SPRG0, 7			/* not inside */
	bctr
	.size park_jump, . - park_jump

	/* Where those go that are let go: big-endian, without translation. Out, and to where only a start-up reaches
	 * them. */
	.globl park_let_go
	.type park_let_go, @function
park_let_go:
	enter_little_endian
	li	4, STACK_NONE
	mtspr	SPR_SPRG0, 4
	here	12, .Llet_go_here
	addis	2, 12, .TOC.-.Llet_go_here@ha
	addi	2, 2, .TOC.-.Llet_go_here@l
	load64	13, POISON_BASE_SECONDARY
	b	stopped_cpu
	.size park_let_go, . - park_let_go

	/*
	 * Where CPUs come from the region: big-endian, without translation, r3 = hardware id, r4 = the page. SPRG0
	 * stays as it is until there is a stack, so that a system reset begins all this again: nothing here may
	 * be done twice that makes a difference. A record that has arrived is this CPU's own doing, for
	 * nobody else has its hardware id.
	 */
	.globl park_arrival
	.type park_arrival, @function
park_arrival:
	enter_little_endian
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	here	12, .Larrival_here
	load64	13, POISON_BASE_SECONDARY
	addis	2, 12, .TOC.-.Larrival_here@ha
	addi	2, 2, .TOC.-.Larrival_here@l
	/* Its CPU number, by the table of hardware ids. */
	addis	6, 2, park_lookup@toc@ha
	ld	6, park_lookup@toc@l(6)
	lwz	7, LOOKUP_MASK(6)
	ld	6, LOOKUP_SLOTS(6)
	mr	8, 3
1:	and	8, 8, 7
	sldi	9, 8, LOOKUP_SLOT_SHIFT
	add	9, 9, 6
	lwz	10, LOOKUP_SLOT_CPU(9)
	cmpwi	10, -1
	beq	park_stranger
	ld	11, LOOKUP_SLOT_HWID(9)
	cmpd	11, 3
	beq	2f
	addi	8, 8, 1
	b	1b
2:	mr	3, 10
	/* Translation as on the boot CPU, as in entry_secondary.S. */
	addi	11, 12, .Larrival_on-.Larrival_here
	addis	5, 2, secondary_msr@toc@ha
	ld	5, secondary_msr@toc@l(5)
	andi.	6, 5, MSR_IR
	beq	3f
	li	4, PROCESS_NONE
	mtspr	SPR_PIDR, 4
3:	mtspr	SPR_SRR0, 11
	mtspr	SPR_SRR1, 5
	rfid
.Larrival_on:
	bl	park_record			/* r31: its record */
	li	8, STATE_ARRIVED
4:	lwarx	9, 0, 31
	cmpwi	9, STATE_ARRIVED
	beq	5f
	cmpwi	9, STATE_STARTING
	bne	park_stranger
	stwcx.	8, 0, 31
	bne-	4b
5:	isync
	ld	1, RECORD_STACK(31)
	addi	4, 1, -4096			/* core/stack_area.h: STACK_SIZE */
	mtspr	SPR_SPRG0, 4			/* out */
	li	0, 0
	stdu	0, -FRAME_SMALLEST(1)
	bl	park_count_left
	bl	percpu_base_load		/* r3 is the CPU */
	nop
	bl	bringup_secondary
	nop
	trap

	/* Nobody we know, or late: out too, and stopped. One that was given up on is held. */
park_stranger:
	li	4, STACK_NONE
	mtspr	SPR_SPRG0, 4
	bl	park_count_left
	cmpwi	10, -1
	beq	stopped_cpu
	mr	3, 10
	bl	park_record
	b	secondary_late
	.size park_arrival, . - park_arrival

	/* r3: CPU number. r31: its record. Changes r6, r7. */
park_record:
	addis	6, 2, cpu_records@toc@ha
	addi	6, 6, cpu_records@toc@l
	ld	31, RECORDS_FIRST(6)
	addis	7, 2, secondary_record_size@toc@ha
	ld	7, secondary_record_size@toc@l(7)
	mulld	7, 7, 3
	add	31, 31, 7
	blr

	/* Changes r6, r7. */
park_count_left:
	lwsync
	addis	6, 2, park_left@toc@ha
	ld	6, park_left@toc@l(6)
1:	lwarx	7, 0, 6
	addi	7, 7, 1
	stwcx.	7, 0, 6
	bne-	1b
	blr

	.section .note.GNU-stack, "", @progbits
