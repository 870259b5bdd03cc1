/* SPDX-License-Identifier: MIT */
/*
 * A guest whose instructions can be counted by hand: tests/instructions.sh knows how many each phase
 * has. Entered as PVH says (Xen, docs/misc/pvh.pandoc): 32-bit protected mode, flat, no paging.
 *
 * Other CPUs are started into 16-bit code with a mark in it.
 */
#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

#define EXIT_PORT    0x501	/* isa-debug-exit */
#define START_PAGE   0x8000
#define COMMAND      0xfee00300 /* the local APIC's interrupt command register, Intel SDM vol. 3A, 10.6.1 */
#define INIT_ALL     0xc4500
#define START_ALL    0xc4600

	/* Xen's public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY is 18. */
	.section .note.pvh, "a", @note
	.long 4, 4, 18
	.asciz "Xen"
	.long counted_start

	.text
	.code32
	.globl counted_start
counted_start:
#ifdef OUT_OF_PLACE
	MARK(MARK_NUMBER_WAIT_END)	/* of no wait */
	MARK(0x7f)			/* no such mark */
	MARK(0)
#endif
	/* Phase 5: 1 mark, 1 + 2 * 1000. */
	MARK(MARK_NUMBER_PHASE + 5)
	movl	$1000, %ecx
1:	decl	%ecx
	jnz	1b

	/* Phase 6: 1 mark and 3; in waits: 2 marks, 1 + 2 * 500, and within them one more wait of 2 marks
	 * and 1; behind them 2. */
	MARK(MARK_NUMBER_PHASE + 6)
	nop
	nop
	nop
	MARK(MARK_NUMBER_WAIT_BEGIN)
	movl	$500, %ecx
2:	decl	%ecx
	jnz	2b
	MARK(MARK_NUMBER_WAIT_BEGIN)
	nop
	MARK(MARK_NUMBER_WAIT_END)
	MARK(MARK_NUMBER_WAIT_END)
	nop
	nop

	/* Phase 7: 1 mark, 3, 100 iterations and their end (101); a wait that is cut off: its mark and 1 in it, then 2. */
	MARK(MARK_NUMBER_PHASE + 7)
	movl	$scratch, %edi
	movl	$100, %ecx
	cld
	rep stosb
	MARK(MARK_NUMBER_WAIT_BEGIN)
	nop
	MARK(MARK_NUMBER_WAIT_NONE)
	nop

	/* Phase 8: whatever it takes to start the others, and wait for them. */
	MARK(MARK_NUMBER_PHASE + 8)
	movl	$other, %esi
	movl	$START_PAGE, %edi
	movl	$(other_end - other), %ecx
	rep movsb
	movl	$INIT_ALL, COMMAND
	movl	$(START_ALL | START_PAGE >> 12), COMMAND
3:	pause
	movzbl	START_PAGE + (arrived - other), %eax
	cmpb	$3, %al			/* 4 CPUs */
	jne	3b
	MARK(MARK_NUMBER_PHASE + 9)
	movw	$EXIT_PORT, %dx
	movl	$0, %eax
	outl	%eax, %dx
4:	hlt
	jmp	4b

	/* Phase 10: 1 mark and 5; the jump behind the hlt is never reached. */
	.code16
other:
	MARK_16(MARK_NUMBER_PHASE + 10)
	xorw	%ax, %ax
	movw	%ax, %ds
	lock incb START_PAGE + (arrived - other)
	cli
5:	hlt
	jmp	5b
arrived:
	.byte	0
other_end:

	.bss
	.balign 16
scratch:
	.skip	128

	.section .note.GNU-stack, "", @progbits
