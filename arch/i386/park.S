/* SPDX-License-Identifier: MIT */
/*
 * What runs in the park region (docs/park.md) of i386: arch/x86_64/park.S for 32 bits, where paging is off. The
 * way in of a CPU that parks, its wait, its way out; how the boot CPU puts the next kernel in place of this one; and
 * the traps that are survived meanwhile. It is copied to the region's second page, and may use nothing but the
 * region. The park page is the page before this one, whatever the address.
 *
 * Many CPUs run this at once. While they wait they write to nothing.
 */
#include "arch/i386/leave_unit.inc"
#include "arch/i386/offsets.h"
#include "arch/x86_64/park.h"
#include "arch/x86_64/read_hwid.inc"

#include <muster/park.h>

/* An address in this page, from that of the park page. */
#define LOCAL(at) PARK_CODE_PAGE + (at)

	/* Into \register: the address of the park page, from a code that may be anywhere. Takes 4 bytes of stack for
	 * a moment. */
	.macro page_find register
	call	779f
779:	popl	\register
	andl	$~(PARK_PAGE_BYTES - 1), \register
	subl	$PARK_CODE_PAGE, \register
	.endm

	/* Off with paging, on which nothing here depends (Intel SDM vol. 3A, 4.1.2); of CR4 only CR4.MCE stays, where
	 * it was. Changes \register. */
	.macro paging_off register
	movl	$(CR0_OURS & ~(CR0_PG | CR0_WP)), \register
	movl	\register, %cr0
	jmp	778f
778:	movl	%cr4, \register
	andl	$CR4_MCE, \register
	movl	\register, %cr4
	movl	$0x400, \register		/* no breakpoint: Intel SDM vol. 3B, 17.2.4 */
	movl	\register, %dr7
	.endm

	.section .rodata.park_code, "a", @progbits
	.code32
	.balign 16
	.globl park_code, park_code_end, park_code_leave
	/* %ebx: the address of this, on the leaver's page tables. */
park_code:
	cli
	cld
	/* A place is ours, unless the door is closed. */
	subl	$PARK_CODE_PAGE, %ebx
	movl	$1, %eax
	lock xaddl %eax, PARK_ENTERED_AT(%ebx)
	testl	%eax, %eax
	js	park_held			/* PARK_CLOSED is the sign */
	cmpl	PARK_SLOT_COUNT_AT(%ebx), %eax
	jae	park_held
	imull	$PARK_SLOT_STRIDE, %eax, %ebp
	addl	PARK_SLOTS_AT(%ebx), %ebp

	/* From here on nothing of the kernel's: stack, descriptor tables, and page tables last, for those in
	 * use map the kernel and the region, and an NMI finds what it needs before and after. */
	leal	PARK_SLOT_STRIDE(%ebp), %esp
	call	park_tables
	paging_off %eax

	/* NMIs can be taken from here on, by these tables: whoever parked us had masked them. */
	cmpl	$0, LOCAL(PARK_APIC + 8)(%ebx)
	je	8f
	movl	LOCAL(PARK_APIC)(%ebx), %edi
	testl	%edi, %edi
	jz	7f
	movl	LOCAL(PARK_APIC + 8)(%ebx), %eax
	movl	%eax, APIC_SPURIOUS(%edi)
	movl	LOCAL(PARK_APIC + 12)(%ebx), %eax
	movl	%eax, APIC_LINT0(%edi)
	movl	LOCAL(PARK_APIC + 16)(%ebx), %eax
	movl	%eax, APIC_LINT1(%edi)
	jmp	8f
7:	xorl	%edx, %edx
	movl	LOCAL(PARK_APIC + 8)(%ebx), %eax
	movl	$MSR_X2_SPURIOUS, %ecx
	wrmsr
	movl	LOCAL(PARK_APIC + 12)(%ebx), %eax
	movl	$MSR_X2_LINT0, %ecx
	wrmsr
	movl	LOCAL(PARK_APIC + 16)(%ebx), %eax
	movl	$MSR_X2_LINT1, %ecx
	wrmsr
8:
	/* An id has 32 bits; the upper half of its word is 0. */
	movl	%ebx, %edi			/* cpuid takes %ebx */
	read_hwid PARK_SLOT_HWID(%ebp)
	movl	$1, %eax
	cpuid
	movl	%ecx, %esi
	andl	$CPUID_1_ECX_MWAIT, %esi

	movl	$PARK_SLOT_PARKED, PARK_SLOT_STATE(%ebp)
	lock incl PARK_PARKED_AT(%edi)

	/* The second look is between MONITOR and MWAIT: a store before MONITOR does not wake. An address
	 * has 32 bits: the lower half of the word is all of it. */
park_wait:
	movl	PARK_RELEASE_AT(%edi), %eax
	testl	%eax, %eax
	jnz	park_out
	testl	%esi, %esi
	jz	3f
	leal	PARK_RELEASE_AT(%edi), %eax
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	monitor
	cmpl	$0, PARK_RELEASE_AT(%edi)
	jne	park_wait
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	mwait
	jmp	park_wait
3:	pause
	jmp	park_wait

park_out:
	movl	PARK_ARGUMENT_AT(%edi), %esi
	movl	%ebp, %edx
	jmp	*%eax

	/* Too late, or too many: whoever closed the door resets this CPU before anything is overwritten. */
park_held:
	hlt
	jmp	park_held

	/* Our descriptor tables, with %esp in the region and %ebx the park page. Changes %eax. */
park_tables:
	lgdtl	LOCAL(PARK_GDT_POINTER)(%ebx)
	lidtl	LOCAL(PARK_IDT_POINTER)(%ebx)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	popl	%eax
	pushl	$SELECTOR_CODE
	pushl	%eax
	lretl

	/*
	 * The boot CPU: %ebx = the park page; %ebp = its slot, behind the others; %esi = the copy list; %edi = the
	 * payload's entry; %edx = what it is told.
	 */
park_code_leave:
	cli
	cld
	leal	PARK_SLOT_STRIDE(%ebp), %esp
	call	park_tables
	paging_off %eax
	pushl	%edx
	pushl	%edi
	movl	%esi, %edx

	/* No two of the ranges overlap, so the order does not matter. They lie below 4 GiB. */
4:	movl	PARK_COPY_SIZE(%edx), %ecx
	movl	PARK_COPY_CLEAR(%edx), %ebp
	movl	%ecx, %eax
	orl	%ebp, %eax
	jz	5f
	movl	PARK_COPY_TO(%edx), %edi
	movl	PARK_COPY_FROM(%edx), %esi
	rep movsb
	movl	%ebp, %ecx
	xorl	%eax, %eax
	rep stosb
	addl	$PARK_COPY_BYTES, %edx
	jmp	4b

	/* To what Xen's docs/misc/pvh.pandoc says of registers. */
5:	popl	%edi
	popl	%ebx
	movl	$(CR0_PE | CR0_ET), %eax
	movl	%eax, %cr0
	movl	$PARK_SELECTOR_TSS, %eax
	ltr	%ax
	xorl	%eax, %eax
	movl	%eax, %cr4
	xorl	%ebp, %ebp
	jmp	*%edi

	/* An NMI: counted, in the lower half of the word. It leaves every register as it is, for a CPU may
	 * be on its way out. */
	.globl park_nmi
park_nmi:
	pushl	%eax
	page_find %eax
	lock incl PARK_NMIS_AT(%eax)
	popl	%eax
	iretl

	/* A machine check: counted, and said to have been taken, or the next one would stop the machine
	 * (Intel SDM vol. 3B, 15.3.1.2, MCIP). Where it came from is no harm: a CPU that waits has nothing. */
	.globl park_machine_check
park_machine_check:
	pushl	%eax
	pushl	%ecx
	pushl	%edx
	page_find %eax
	lock incl PARK_MACHINE_CHECKS_AT(%eax)
	movl	$MSR_MCG_STATUS, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	popl	%edx
	popl	%ecx
	popl	%eax
	iretl

	/* No other trap has a reason. */
	.globl park_trap
park_trap:
	cli
	hlt
	jmp	park_trap
park_code_end:

	/*
	 * void park_stop_this_cpu(uint32_t *state_word, uint32_t state)
	 *
	 * In the place of x86_stop_this_cpu(): off to the region. Stored is the state only; where it goes on is read
	 * behind that, for the boot CPU looks at `parked` before it overwrites it.
	 */
	.section .text.park_stop_this_cpu, "ax", @progbits
	.globl park_stop_this_cpu
	.type park_stop_this_cpu, @function
park_stop_this_cpu:
	leave_unit
	movl	park_stopped_code, %ebx
	movl	park_stopped_root, %eax
	movl	%eax, %cr3
	jmp	*%ebx
	.size park_stop_this_cpu, . - park_stop_this_cpu

	/*
	 * void park_jump(uint32_t slot, uint32_t copies, uint32_t root, uint32_t entry, uint32_t told, uint32_t vector)
	 *
	 * The kernel's last instructions: the base faults from here on.
	 */
	.section .text.park_jump, "ax", @progbits
	.globl park_jump
	.type park_jump, @function
park_jump:
	cli
	lgdt	boot_gdt_pointer
	movl	$SELECTOR_POISON_SECONDARY, %eax
	movl	%eax, %fs
	movl	4(%esp), %ebp
	movl	8(%esp), %esi
	movl	12(%esp), %eax
	movl	16(%esp), %edi
	movl	20(%esp), %edx
	movl	24(%esp), %ecx
	movl	%ecx, %ebx
	andl	$~(PARK_PAGE_BYTES - 1), %ebx
	subl	$PARK_CODE_PAGE, %ebx
	movl	%eax, %cr3
	jmp	*%ecx
	.size park_jump, . - park_jump

	.section .note.GNU-stack, "", @progbits
