/* SPDX-License-Identifier: MIT */
/*
 * Where traps enter: one stub a vector brings every trap to the same shape (struct trap_frame), saves
 * the registers and calls trap_dispatch(). There is no user mode here, so segment registers stay: the
 * per-CPU base is whatever the interrupted code had.
 */
#include "arch/i386/offsets.h"

	.text

	/* 0-31; the processor pushes an error code for 8, 10-14, 17, 21, 29, 30 (SDM vol. 3A, table
	 * 6-1). Then the 8259s' sixteen, the call and the spurious vector. */
	.macro stub vector
	.balign 16
	.if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
	.else
	pushl	$0
	.endif
	pushl	$\vector
	jmp	trap_save
	.endm

	.balign 16
	.globl trap_stubs
trap_stubs:
	.irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47
	stub	\vector
	.endr
	.globl trap_stub_call, trap_stub_spurious, trap_stub_stray
trap_stub_call:
	stub	0xf0
trap_stub_spurious:
	stub	0xff
trap_stub_stray:
	stub	0x100

	.type trap_save, @function
trap_save:
	cld
	pushal
	/* The stack pointer that pushal saved is the one above it; the interrupted code's is above what
	 * the trap pushed. popal takes no notice of it. */
	addl	$TRAP_PUSHED_BYTES, TRAP_STACK_POINTER(%esp)
	movl	%esp, %ebp
	andl	$-16, %esp
	subl	$12, %esp
	pushl	%ebp
	call	trap_dispatch
	movl	%ebp, %esp
	popal
	addl	$8, %esp		/* vector and error code */
	iretl
	.size trap_save, . - trap_save

	/* A double fault is a task of its own, with a stack of its own (descriptors.c). The processor has
	 * pushed an error code, which is always 0. */
	.globl double_fault_entry
	.type double_fault_entry, @function
double_fault_entry:
	xorl	%ebp, %ebp
	andl	$-16, %esp
	call	double_fault_report
	ud2
	.size double_fault_entry, . - double_fault_entry

	/*
	 * void trap_resume(struct trap_frame *frame, const struct fault_expectation *expected)
	 *
	 * Go on where the expectation says. A trap within one ring does not push the stack pointer, so that
	 * returning from it could not change that: it is left behind instead. Interrupts are off there as
	 * they are here.
	 */
	.globl trap_resume
	.type trap_resume, @function
trap_resume:
	movl	8(%esp), %eax
	movl	EXPECTED_BX(%eax), %ebx
	movl	EXPECTED_BP(%eax), %ebp
	movl	EXPECTED_SP(%eax), %esp
	jmpl	*EXPECTED_IP(%eax)
	.size trap_resume, . - trap_resume

	.section .note.GNU-stack, "", @progbits
