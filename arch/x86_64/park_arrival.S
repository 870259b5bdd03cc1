/* SPDX-License-Identifier: MIT */
/*
 * The way in of a CPU that the park page has released (docs/park.md: 64-bit mode, the region's tables,
 * interrupts off, %rsp in its slot). It goes to the kernel's page tables by way of a root that maps the
 * region too, so that an NMI finds a stack and handlers all the way; claims its record; takes its own
 * stack; and only then says that it has left.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/park.h"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

	/* Copied to a page below what released CPUs reach. */
	.section .rodata.park_arrival, "a", @progbits
	.code64
	.balign 16
	.globl park_arrival_code, park_arrival_code_end
park_arrival_code:
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	leaq	park_arrival_code(%rip), %rdi
	/* EFER before CR3, for no-execute bits; only where it differs, because it may be a trap. */
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	ARRIVAL_EFER(%rdi), %esi
	cmpl	%esi, %eax
	je	1f
	movl	%esi, %eax
	xorl	%edx, %edx
	wrmsr
1:	movq	ARRIVAL_CR0(%rdi), %rax
	movq	%rax, %cr0
	movq	ARRIVAL_CR3(%rdi), %rax
	movq	%rax, %cr3
	movq	ARRIVAL_CR4(%rdi), %rax
	movq	%rax, %cr4
	jmpq	*ARRIVAL_ENTRY(%rdi)
park_arrival_code_end:

	.text
	.globl park_arrival_entry
	.type park_arrival_entry, @function
park_arrival_entry:
	/* The base that faults; %gs was null. */
	movabsq	$POISON_BASE_SECONDARY, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	park_arrival_claim		/* the CPU's record, or 0 */
	movq	%rax, %rbx
	testq	%rax, %rax
	jz	2f

	/* Its own stack, tables that survive an NMI without a per-CPU base, then the kernel's tables. */
	movq	RECORD_STACK(%rbx), %rsp
	lgdt	boot_gdt_pointer(%rip)
	lidt	stopped_idt_pointer(%rip)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movq	kernel_cr3(%rip), %rax
	movq	%rax, %cr3
	movq	park_left(%rip), %rax
	lock incl (%rax)			/* out */
	movl	RECORD_NUMBER(%rbx), %edi
	call	percpu_base_load
	lidt	early_idt_pointer(%rip)
	call	bringup_secondary
	ud2

	/* Nobody we know, or late: out too, and stopped. */
2:	leaq	stopped_stack_top(%rip), %rsp
	lgdt	boot_gdt_pointer(%rip)
	lidt	stopped_idt_pointer(%rip)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ss
	movq	kernel_cr3(%rip), %rax
	movq	%rax, %cr3
	movq	park_left(%rip), %rax
	lock incl (%rax)
	jmp	stopped_cpu
	.size park_arrival_entry, . - park_arrival_entry

	.section .note.GNU-stack, "", @progbits
