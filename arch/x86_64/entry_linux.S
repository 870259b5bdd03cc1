/* SPDX-License-Identifier: MIT */
/*
 * The way in of Linux's 64-bit boot protocol (Linux, Documentation/arch/x86/boot.rst, "64-bit Boot
 * Protocol"): what kexec-tools does with a 64-bit ELF file. The ELF's own entry address is it. The
 * boot CPU comes in 64-bit mode, interrupts off, %rsi = address of struct boot_params; what the
 * kernel's segments, boot_params and the command line lie in is mapped at its own address.
 *
 * The protocol does not say where the caller's page tables and descriptors are, nor how many levels
 * the tables have. So nothing is written while they are in use: first comes 32-bit code without
 * paging, which then makes its own, as the other ways in do.
 */
#include "arch/x86_64/offsets.h"

	.section .boot, "ax", @progbits
	.code64
	.globl linux_entry
	.type linux_entry, @function
linux_entry:
	cld
	cli
	/* This entry's address is in the file, and a loader may have moved it with the file. The
	 * others' are told to their loaders as numbers: who runs there was loaded there. */
	leaq	linux_entry(%rip), %rax
	cmpq	$linux_entry, %rax
	movq	%rsi, %rdi
	leaq	refusal_place(%rip), %rsi
	jne	boot_refuse

	movl	%edi, %ebx		/* 32-bit code keeps the lower halves: AMD64 APM vol. 2, */
	shrq	$32, %rdi		/* "Mode switches"; so each half has its register */
	lgdt	entry_gdt_pointer(%rip)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	/* With PCIDs on, paging cannot be turned off; with CET on, WP cannot (Intel SDM vol. 3A,
	 * 4.10.1, and vol. 1, 17.1). */
	movq	%cr4, %rax
	andq	$~(CR4_PCIDE | CR4_CET), %rax
	movq	%rax, %cr4
	ljmpl	*linux_far(%rip)

	.balign 8
linux_far:
	.long	linux_protected
	.word	SELECTOR_CODE_32

	.code32
linux_protected:
	movl	$(CR0_OURS - CR0_PG), %eax
	movl	%eax, %cr0
	movl	%edi, %edx

	/* The protocol does not promise that .bss is zero, as the others do by loading an ELF. */
	xorl	%eax, %eax
	movl	$PHYSICAL(read_only_later_start), %edi
	movl	$PHYSICAL(read_only_later_end), %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	rep stosl
	movl	$PHYSICAL(bss_start), %edi
	movl	$PHYSICAL(image_end), %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	rep stosl

	movl	%ebx, %esi
	movl	%edx, %edi
	movl	$WAY_LINUX, %ebp
	jmp	boot_protected
	.size linux_entry, . - linux_entry

refusal_place:
	.ascii "muster: 64-bit entry: image is not at 0x200000, where its program headers want it\r\n"
	.asciz "@muster 1 panic cpu=0 step=none\r\n"

	.section .note.GNU-stack, "", @progbits
