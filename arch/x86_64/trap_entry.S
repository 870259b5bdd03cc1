/* SPDX-License-Identifier: MIT */
/*
 * Where traps enter: one stub a vector brings every trap to the same shape (struct trap_frame), saves
 * the registers and calls trap_dispatch(). There is no user mode here, so no swapgs: the base is
 * whatever the interrupted code had.
 */
#include "arch/x86_64/trap_save.inc"

	.text

	/* 0-31; the processor pushes an error code for 8, 10-14, 17, 21, 29, 30 (SDM vol. 3A, table
	 * 6-1). Then the 8259s' sixteen, the call and the spurious vector. */
	.macro stub vector
	.balign 16
	.if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
	.else
	pushq	$0
	.endif
	pushq	$\vector
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
	trap_save_and_dispatch
	trap_restore
	iretq
	.size trap_save, . - trap_save

	.section .note.GNU-stack, "", @progbits
