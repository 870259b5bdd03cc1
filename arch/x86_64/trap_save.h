/* SPDX-License-Identifier: MIT */
/*
 * The middle of every trap, for assembly: registers to struct trap_frame (trap.h), the call of
 * trap_dispatch(), and registers back. What is before and behind differs by who delivers the trap.
 */
#ifndef ARCH_X86_64_TRAP_SAVE_H
#define ARCH_X86_64_TRAP_SAVE_H

/* This is assembly. */
/* clang-format off */

	/* On the stack: vector, error code, and what the processor, or Xen, pushed. */
	.macro trap_save_and_dispatch
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$-16, %rsp
	xorl	%eax, %eax
	pushq	%rax
	pushq	%rax
	call	trap_dispatch
	movq	%rbp, %rsp
	.endm

	/* Leaves rip, cs, rflags, rsp and ss on the stack. */
	.macro trap_restore
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp		/* vector and error code */
	.endm

#endif
