/* SPDX-License-Identifier: MIT */
/*
 * Calls of patch sites on their way to the ROM, counted; and the way in of a CPU that the ROM starts.
 */
#include "arch/i386/offsets.h"
#include "firmware/vmi_abi.h"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

	.text

	/* EAX, EDX, ECX and what is on the stack behind the return address are the ROM's. */
	.macro stub name, call
	.globl vmi_stub_\name
	.type vmi_stub_\name, @function
vmi_stub_\name:
	pushl	%eax
	pushl	%edx
	pushl	%ecx
	pushl	$1
	pushl	$\call
	call	vmi_count
	addl	$8, %esp
	popl	%ecx
	popl	%edx
	popl	%eax
	jmp	*vmi_code + 4 * \call
	.size vmi_stub_\name, . - vmi_stub_\name
	.endm

	stub	inval_page, VMI_CALL_INVAL_PAGE
	stub	set_cr3, VMI_CALL_SET_CR3

	/*
	 * Where SetInitialAPState lets a CPU begin: paging on, the kernel's own page tables, flat segments
	 * of boot_gdt, the base that faults, the early IDT, %esi its number, %ebx its record, and a stack of
	 * a few words that all share. Its own comes with the claim.
	 */
	.globl vmi_secondary
	.type vmi_secondary, @function
vmi_secondary:
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	movl	secondary_pat, %eax
	movl	secondary_pat + 4, %edx
	movl	$MSR_PAT, %ecx
	wrmsr
	jmp	secondary_claim
	.size vmi_secondary, . - vmi_secondary

	/* Whoever begins a CPU may use what is below its stack pointer; all write the same there. */
	.bss
	.balign 16
	.skip	64
	.globl vmi_secondary_stack
vmi_secondary_stack:

	.section .note.GNU-stack, "", @progbits
