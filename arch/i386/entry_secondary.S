/* SPDX-License-Identifier: MIT */
/*
 * The way in of every other CPU. The start code is copied to a page below 1 MiB; a start-up IPI
 * makes a CPU begin there in real mode, %cs = page / 16, %ip = 0, everything else as INIT left it
 * (Intel SDM vol. 3A, 9.4.4 and table 9-1). It turns protection and paging on, finds out which CPU it is,
 * and claims that CPU's record; only then does it have a stack.
 *
 * Many CPUs run this at once. Nothing here may be written but the record's state.
 */
#include "arch/i386/leave_unit.inc"
#include "arch/i386/offsets.h"
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

	movl	START_CR4, %eax
	movl	%eax, %cr4
	movl	START_CR3, %eax
	movl	%eax, %cr3
	/* Before paging: the tables have no-execute bits. */
	movl	START_EFER, %eax
	testl	%eax, %eax
	jz	1f
	movl	$MSR_EFER, %ecx
	xorl	%edx, %edx
	wrmsr
1:	lgdtl	START_GDT_LIMIT
	movl	START_CR0, %eax
	movl	%eax, %cr0
	ljmpl	*START_JUMP		/* to start_code_32, by its physical address */

	.code32
	.balign 16
	.globl start_code_32
start_code_32:
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	/* The page is mapped at its own address, which is 16 times the real-mode segment. */
	movzwl	%bx, %ebx
	shll	$4, %ebx
	jmpl	*START_ENTRY(%ebx)
start_code_end:

	.text
	.globl secondary_entry
	.type secondary_entry, @function
secondary_entry:
	/* Tables that stay when the start page is gone; then the kernel's own page tables. */
	lgdt	boot_gdt_pointer
	lidt	early_idt_pointer
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %gs
	/* The base that faults. */
	movl	$SELECTOR_POISON_SECONDARY, %eax
	movl	%eax, %fs
	movl	kernel_cr3, %eax
	movl	%eax, %cr3

	/* The memory types as on the boot CPU: INIT leaves what the firmware set (SDM vol. 3A, table
	 * 9-1). */
	movl	secondary_pat, %eax
	movl	secondary_pat + 4, %edx
	movl	$MSR_PAT, %ecx
	wrmsr

	read_hwid %esi

	/* Which CPU number is that? core/cpu_table.h says how the slots are walked. */
	movl	secondary_lookup, %edi
	movl	%esi, %ecx
3:	andl	LOOKUP_MASK(%edi), %ecx
	movl	%ecx, %edx
	shll	$4, %edx			/* SLOT_SIZE */
	addl	LOOKUP_SLOTS(%edi), %edx
	movl	SLOT_CPU(%edx), %eax
	cmpl	$CPU_NONE, %eax
	je	secondary_unknown
	cmpl	%esi, SLOT_HWID(%edx)		/* of 64 bits; its upper half is 0 in every APIC id */
	je	4f
	incl	%ecx
	jmp	3b

	/* Its record, %ebx; claim it. A CPU that was given up on must not touch its stack or unit. */
4:	movl	%eax, %esi
	imull	secondary_record_size, %eax
	addl	LOOKUP_RECORDS(%edi), %eax
	movl	%eax, %ebx
	/* From VMI's way in too (platform/vmi/entry_vmi.S): %esi CPU number, %ebx record. */
	.globl	secondary_claim
secondary_claim:
	movl	$STATE_STARTING, %eax
	movl	$STATE_ARRIVED, %ecx
	lock cmpxchgl %ecx, RECORD_STATE(%ebx)
	jne	secondary_late

	movl	RECORD_STACK(%ebx), %esp
	xorl	%ebp, %ebp
	subl	$12, %esp
	pushl	%esi
	call	percpu_base_load
	call	bringup_secondary
	ud2

	/* Late: held, if it was given up on. Any other state is not ours to change. */
secondary_late:
	movl	$STATE_FAILED, %eax
	movl	$STATE_HELD, %ecx
	lock cmpxchgl %ecx, RECORD_STATE(%ebx)
	jmp	stopped_cpu

	/* Nobody we know. Counted and remembered for the boot CPU to name. */
secondary_unknown:
	movl	%esi, secondary_unknown_hwid	/* before the count, which x86 keeps so */
	lock incl secondary_unknown_count
	jmp	stopped_cpu
	.size secondary_entry, . - secondary_entry

	/*
	 * void x86_stop_this_cpu(uint32_t *state_word, uint32_t state)
	 *
	 * Off the stack, the unit and the descriptor table in it for good, then say so, then wait for the
	 * INIT that brings this CPU up again. All stopped CPUs share one small stack, and nothing but NMI
	 * frames is ever written to it. Two such frames at one place do no harm: %cs is the same in all,
	 * %eip is the hlt or the jmp behind it, and of the flags only arithmetic ones can differ.
	 */
	.globl x86_stop_this_cpu
	.type x86_stop_this_cpu, @function
x86_stop_this_cpu:
	leave_unit
	.globl stopped_cpu
stopped_cpu:
	movl	$stopped_stack_top, %esp	/* before the table whose gates push onto it */
	lidt	stopped_idt_pointer
	MARK(MARK_NUMBER_WAIT_NONE)	/* it may have stopped within one */
5:	hlt
	jmp	5b
	.size x86_stop_this_cpu, . - x86_stop_this_cpu

	/* An NMI, or anything else that cannot be masked, of a stopped CPU: back to waiting. */
	.globl stopped_trap
	.type stopped_trap, @function
stopped_trap:
	iretl
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
