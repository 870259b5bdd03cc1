/* SPDX-License-Identifier: MIT */
/*
 * The way in of a CPU that the park page has released (docs/park.md: 32-bit mode, paging off, the region's
 * descriptor tables, interrupts off, %esp in its slot). It goes to the kernel's page tables by way of a root that
 * maps the region too, so that an NMI finds a stack and handlers all the way; claims its record; takes its own
 * stack; and only then says that it has left.
 */
#include "arch/i386/offsets.h"
#include "arch/x86_64/park.h"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>
#include <muster/park.h>

	/* Copied to a page below what released CPUs reach. */
	.section .rodata.park_arrival, "a", @progbits
	.code32
	.balign 16
	.globl park_arrival_code, park_arrival_code_end
park_arrival_code:
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	call	1f
1:	popl	%ebx
	andl	$~(PARK_PAGE_BYTES - 1), %ebx
	movl	ARRIVAL_CR4(%ebx), %eax
	movl	%eax, %cr4
	movl	ARRIVAL_CR3(%ebx), %eax
	movl	%eax, %cr3
	/* EFER before paging, for no-execute bits; only where it differs, because it may be a trap. */
	movl	ARRIVAL_EFER(%ebx), %esi
	testl	%esi, %esi
	jz	2f
	movl	$MSR_EFER, %ecx
	rdmsr
	cmpl	%esi, %eax
	je	2f
	movl	%esi, %eax
	xorl	%edx, %edx
	wrmsr
2:	movl	ARRIVAL_CR0(%ebx), %eax
	movl	%eax, %cr0
	jmp	*ARRIVAL_ENTRY(%ebx)
park_arrival_code_end:

	.text
	.globl park_arrival_entry
	.type park_arrival_entry, @function
park_arrival_entry:
	/* The boot table, in which code and data are what they are in the region's; and the base that faults. */
	lgdt	boot_gdt_pointer
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$SELECTOR_POISON_SECONDARY, %eax
	movl	%eax, %fs
	xorl	%ebp, %ebp
	andl	$-16, %esp
	call	park_arrival_claim		/* the CPU's record, or 0 */
	movl	%eax, %ebx
	testl	%eax, %eax
	jz	2f

	/* Its own stack, tables that survive an NMI without a per-CPU base, then the kernel's page tables. */
	movl	RECORD_STACK(%ebx), %esp
	lidt	stopped_idt_pointer
	movl	kernel_cr3, %eax
	movl	%eax, %cr3
	movl	park_left, %eax
	lock incl (%eax)			/* out */
	subl	$12, %esp
	pushl	RECORD_NUMBER(%ebx)
	call	percpu_base_load
	lidt	early_idt_pointer
	call	bringup_secondary
	ud2

	/* Nobody we know, or late: out too, and stopped. */
2:	movl	$stopped_stack_top, %esp
	lidt	stopped_idt_pointer
	movl	kernel_cr3, %eax
	movl	%eax, %cr3
	movl	park_left, %eax
	lock incl (%eax)
	jmp	stopped_cpu
	.size park_arrival_entry, . - park_arrival_entry

	.section .note.GNU-stack, "", @progbits
