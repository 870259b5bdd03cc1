/* SPDX-License-Identifier: MIT */
/*
 * The way in of every other CPU. The start code is copied to a page below 1 MiB; a start-up IPI
 * makes a CPU begin there in real mode, %cs = page / 16, %ip = 0, everything else as INIT left it
 * (Intel SDM vol. 3A, 9.4.4 and table 9-1). It goes to long mode in one step, finds out which CPU it
 * is, and claims that CPU's record; only then does it have a stack.
 *
 * Many CPUs run this at once. Nothing here may be written but the record's state.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/read_hwid.inc"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

	.section .rodata.start_code, "a", @progbits
	.code16
	.globl start_code, start_code_end
	.balign 16
start_code:
	MARK_16(MARK_NUMBER_PHASE + MARK_ARRIVE)
	cli
	cld
	movw	%cs, %bx
	movw	%bx, %ds

	/* Protection and paging together: from real mode to long mode without a stop between
	 * (AMD64 APM vol. 2, 14.6.1 allows the steps in this order). */
	movl	START_CR4, %eax
	movl	%eax, %cr4
	movl	START_CR3, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	START_EFER_LOW, %eax
	xorl	%edx, %edx
	wrmsr
	lgdtl	START_GDT_LIMIT
	movl	START_CR0, %eax
	movl	%eax, %cr0
	ljmpl	*START_JUMP		/* to start_code_64, by its physical address */

	/*
	 * The way in from a wakeup mailbox (ACPI 6.5, 5.2.12.19): 64-bit mode, the firmware's identity map,
	 * of which only this page can be relied on; interrupts off; no stack; everything else
	 * unknown. From here the page's values are loaded as above, but without leaving paging, unless
	 * the firmware's tables have five levels, which is left by turning paging off only.
	 */
	.code64
	.balign 16
	.globl start_code_mailbox
start_code_mailbox:
	cli
	cld
	leaq	start_code(%rip), %rdi
	lgdt	START_GDT_LIMIT(%rdi)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movq	%cr4, %rax
	testl	$CR4_LA57, %eax
	jz	1f
	ljmpl	*START_COMPAT(%rdi)

	/* EFER before CR3: the tables have no-execute bits. Written only where it differs, since in
	 * some guests writing it is a trap that somebody has to serve. */
1:	movl	$MSR_EFER, %ecx
	rdmsr
	movl	START_EFER_LOW(%rdi), %esi
	orl	$EFER_LMA, %esi
	cmpl	%esi, %eax
	je	2f
	movl	%esi, %eax
	xorl	%edx, %edx
	wrmsr
2:	movq	START_CR4(%rdi), %rax
	movq	%rax, %cr4
	movq	START_CR3(%rdi), %rax
	movq	%rax, %cr3
	movl	START_CR0(%rdi), %eax
	movq	%rax, %cr0
	ljmpl	*START_JUMP(%rdi)

	.code32
	.globl start_code_compat
start_code_compat:
	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	movl	START_CR4(%edi), %eax
	movl	%eax, %cr4
	movl	START_CR3(%edi), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	START_EFER_LOW(%edi), %eax
	xorl	%edx, %edx
	wrmsr
	movl	START_CR0(%edi), %eax
	movl	%eax, %cr0
	ljmpl	*START_JUMP(%edi)

	.code64
	.balign 16
	.globl start_code_64
start_code_64:
	/* The page is mapped at its own address: relative to here it is found. */
	leaq	start_code(%rip), %rdi
	movq	START_ENTRY(%rdi), %rax
	jmpq	*%rax
start_code_end:

	.text
	.globl secondary_entry
	.type secondary_entry, @function
secondary_entry:
	/* Tables that stay when the start page is gone; then the kernel's own page tables. */
	lgdt	boot_gdt_pointer(%rip)
	lidt	early_idt_pointer(%rip)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	kernel_cr3(%rip), %rax
	movq	%rax, %cr3

	/* The base that faults. */
	movabsq	$POISON_BASE_SECONDARY, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	/* The memory types as on the boot CPU: INIT leaves what the firmware set (SDM vol. 3A, table
	 * 9-1). */
	movq	secondary_pat(%rip), %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_PAT, %ecx
	wrmsr

	read_hwid %r8d

	/* Which CPU number is that? core/cpu_table.h says how the slots are walked. */
	movq	secondary_lookup(%rip), %r9
	movq	LOOKUP_SLOTS(%r9), %r10
	movl	LOOKUP_MASK(%r9), %r11d
	movl	%r8d, %ecx
3:	andl	%r11d, %ecx
	movq	%rcx, %rdx
	shlq	$4, %rdx			/* SLOT_SIZE */
	movl	SLOT_CPU(%r10, %rdx), %edi
	cmpl	$CPU_NONE, %edi
	je	secondary_unknown
	cmpq	%r8, SLOT_HWID(%r10, %rdx)
	je	4f
	incl	%ecx
	jmp	3b

	/* Its record, %rbx; claim it. A CPU that was given up on must not touch its stack or unit. */
4:	movl	%edi, %ebx
	imulq	secondary_record_size(%rip), %rbx
	addq	LOOKUP_RECORDS(%r9), %rbx
	movl	$STATE_STARTING, %eax
	movl	$STATE_ARRIVED, %ecx
	lock cmpxchgl %ecx, RECORD_STATE(%rbx)
	jne	secondary_late

	movq	RECORD_STACK(%rbx), %rsp
	xorl	%ebp, %ebp
	call	percpu_base_load		/* %edi is the CPU */
	call	bringup_secondary
	ud2

	/* Late: held, if it was given up on. Any other state is not ours to change. */
secondary_late:
	movl	$STATE_FAILED, %eax
	movl	$STATE_HELD, %ecx
	lock cmpxchgl %ecx, RECORD_STATE(%rbx)
	jmp	stopped_cpu

	/* Nobody we know. Counted and remembered for the boot CPU to name. */
secondary_unknown:
	movq	%r8, secondary_unknown_hwid(%rip)	/* before the count, which x86 keeps so */
	lock incl secondary_unknown_count(%rip)
	jmp	stopped_cpu
	.size secondary_entry, . - secondary_entry

	/*
	 * void x86_stop_this_cpu(uint32_t *state_word, uint32_t state)
	 *
	 * Off the stack and the unit for good, then say so, then wait for the INIT that brings this
	 * CPU up again, or go where the firmware waits for it (start_page_give_back_begin()). All stopped CPUs share one small stack, and nothing but NMI frames is ever
	 * written to it. Two such frames at one place do no harm: %ss, %rsp and %cs are the same in
	 * all, %rip is the hlt or the jmp behind it, and of the flags only arithmetic ones can differ.
	 */
	.globl x86_stop_this_cpu
	.type x86_stop_this_cpu, @function
x86_stop_this_cpu:
	cli
	lgdt	boot_gdt_pointer(%rip)
	lidt	early_idt_pointer(%rip)		/* it uses the stack in use, no stack of its own */
	movq	kernel_cr3(%rip), %rax
	movq	%rax, %cr3
	movq	%rdi, %r8
	movl	%esi, %r9d
	movabsq	$POISON_BASE_SECONDARY, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	leaq	stopped_stack_top(%rip), %rsp
	lidt	stopped_idt_pointer(%rip)
	movl	%r9d, (%r8)			/* x86 stores are not reordered with stores */
	.globl stopped_cpu
stopped_cpu:
	leaq	stopped_stack_top(%rip), %rsp	/* before the table whose gates push onto it */
	lidt	stopped_idt_pointer(%rip)
	MARK(MARK_NUMBER_WAIT_NONE)	/* it may have stopped within one */
	movq	stopped_vector(%rip), %rdx
	testq	%rdx, %rdx
	jnz	6f
5:	hlt
	jmp	5b

	/* Back to the firmware's mailbox loop, on tables that map its way in. */
6:	movq	%cr4, %rax
	andq	$~CR4_PGE, %rax
	movq	%rax, %cr4
	movq	stopped_cr3(%rip), %rax
	movq	%rax, %cr3
	jmpq	*%rdx
	.size x86_stop_this_cpu, . - x86_stop_this_cpu

	/* An NMI, or anything else that cannot be masked, of a stopped CPU: back to waiting. */
	.globl stopped_trap
	.type stopped_trap, @function
stopped_trap:
	iretq
	.size stopped_trap, . - stopped_trap
	.globl stopped_machine_check
	.type stopped_machine_check, @function
stopped_machine_check:
	hlt
	jmp	stopped_machine_check
	.size stopped_machine_check, . - stopped_machine_check

	.bss
	.balign 16
	.skip 256
	.globl stopped_stack_top
stopped_stack_top:

	.section .note.GNU-stack, "", @progbits
