/* SPDX-License-Identifier: MIT */
/*
 * A guest that does nothing but test the test ROM: its way in (PVH), its traps, and what C cannot say.
 * Runs at the addresses where it is loaded.
 */
	.section .note, "a", @note
	.long	4, 4, 18
	.asciz	"Xen"
	.long	entry

	.text
	.code32
	.globl	entry
entry:
	movl	$stack_end, %esp
	lgdtl	gdt_pointer
	ljmpl	$8, $1f
1:	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	xorl	%eax, %eax
	movl	%eax, %gs
	call	payload_main
2:	hlt
	jmp	2b

	/* General protection and stack faults: counted, and on from where `resume` says. */
	.globl	fault_entry
fault_entry:
	incl	%ss:faults
	movl	%ss:resume, %eax
	movl	%eax, 4(%esp)
	popl	%eax			/* the error code */
	iretl

	/* uint32_t read_at(address): the word there, with %gs on the segment to read by. */
	.globl	read_at
read_at:
	pushl	%ebx
	movl	8(%esp), %ecx
	movl	$1f, resume
	movl	%gs:(%ecx), %eax
1:	popl	%ebx
	ret

	/* void iret_by(code): return to here by an IRET that is jumped to. */
	.globl	iret_by
iret_by:
	movl	4(%esp), %eax
	pushfl
	pushl	%cs
	pushl	$1f
	jmp	*%eax
1:	ret

	/* Where a CPU begins: leaves all that it was given where the boot CPU looks. */
	.globl	cpu_entry
cpu_entry:
	movl	%eax, %ss:seen
	movl	%ebx, %ss:seen + 4
	movl	%ecx, %ss:seen + 8
	movl	%edx, %ss:seen + 12
	movl	%esi, %ss:seen + 16
	movl	%edi, %ss:seen + 20
	movl	%ebp, %ss:seen + 24
	movl	%esp, %ss:seen + 28
	movw	%cs, %ss:seen + 32
	movw	%ds, %ss:seen + 34
	movw	%es, %ss:seen + 36
	movw	%fs, %ss:seen + 38
	movw	%gs, %ss:seen + 40
	movw	%ss, %ss:seen + 42
	pushfl
	popl	%eax
	movl	%eax, %ss:seen + 44
	movl	%cr3, %eax
	movl	%eax, %ss:seen + 48
	movl	%cr4, %eax
	movl	%eax, %ss:seen + 52
	movl	%cr0, %eax
	movl	%eax, %ss:seen + 56
	sidtl	%ss:seen + 60
	lock incl %ss:arrived
	/* What is at the hole by its own segments? */
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	probe, %ecx
	movl	$1f, resume
	movl	(%ecx), %eax
1:	lock incl arrived
2:	hlt
	jmp	2b

	.data
	.balign	8
	.globl	gdt, gdt_pointer
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00cf93000000ffff
gdt_end:
	.word	0
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
	.balign	4
	.globl	faults, resume, probe
faults:	.long	0
resume:	.long	0
probe:	.long	0

	.bss
	.balign	16
	.skip	8192
stack_end:
	.section .note.GNU-stack, "", @progbits
