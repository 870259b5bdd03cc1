/* SPDX-License-Identifier: MIT */
/*
 * What runs in the park region (docs/park.md): the way in of a CPU that parks, its wait, its way out; how
 * the boot CPU puts the next kernel in place of this one; and the traps that are survived meanwhile. It is
 * copied to the region's second page, and may use nothing but the region. The park page is the page before
 * this one, whatever the address.
 *
 * Many CPUs run this at once. While they wait they write to nothing.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/park.h"
#include "arch/x86_64/read_hwid.inc"

#include <muster/park.h>

/* An address in the park page, and in this page, from wherever this was copied to. */
#define PAGE(at)  park_code - PARK_CODE_PAGE + (at)(%rip)
#define LOCAL(at) park_code + (at)(%rip)


	.section .rodata.park_code, "a", @progbits
	.code64
	.balign 16
	.globl park_code, park_code_end, park_code_leave
park_code:
	cli
	cld
	/* A place is ours, unless the door is closed. */
	leaq	PAGE(0), %rbx
	movl	$1, %eax
	lock xaddl %eax, PARK_ENTERED_AT(%rbx)
	testl	%eax, %eax
	js	park_held			/* PARK_CLOSED is the sign */
	cmpl	PARK_SLOT_COUNT_AT(%rbx), %eax
	jae	park_held
	imulq	$PARK_SLOT_STRIDE, %rax, %rbp
	addq	PARK_SLOTS_AT(%rbx), %rbp

	/* From here on nothing of the kernel's: stack, descriptor tables, and page tables last, for those in
	 * use map the kernel and the region, and an NMI finds what it needs before and after. */
	leaq	PARK_SLOT_STRIDE(%rbp), %rsp
	call	park_tables
	movq	LOCAL(PARK_LOCAL_CR3), %rax
	movq	%rax, %cr3
	movl	$(CR4_PAE | CR4_MCE), %eax
	movq	%rax, %cr4
	movl	$CR0_OURS, %eax
	movq	%rax, %cr0
	movl	$0x400, %eax			/* no breakpoint: Intel SDM vol. 3B, 17.2.4 */
	movq	%rax, %dr7

	/* NMIs can be taken from here on, by these tables: whoever parked us had masked them. */
	cmpl	$0, LOCAL(PARK_APIC + 8)
	je	8f
	movq	LOCAL(PARK_APIC), %rdi
	testq	%rdi, %rdi
	jz	7f
	movl	LOCAL(PARK_APIC + 8), %eax
	movl	%eax, APIC_SPURIOUS(%rdi)
	movl	LOCAL(PARK_APIC + 12), %eax
	movl	%eax, APIC_LINT0(%rdi)
	movl	LOCAL(PARK_APIC + 16), %eax
	movl	%eax, APIC_LINT1(%rdi)
	jmp	8f
7:	xorl	%edx, %edx
	movl	LOCAL(PARK_APIC + 8), %eax
	movl	$MSR_X2_SPURIOUS, %ecx
	wrmsr
	movl	LOCAL(PARK_APIC + 12), %eax
	movl	$MSR_X2_LINT0, %ecx
	wrmsr
	movl	LOCAL(PARK_APIC + 16), %eax
	movl	$MSR_X2_LINT1, %ecx
	wrmsr
8:
	read_hwid %r8d
	movl	$1, %eax
	cpuid
	leaq	PAGE(0), %rbx			/* cpuid took it */
	movl	%ecx, %r12d
	andl	$CPUID_1_ECX_MWAIT, %r12d

	movq	%r8, PARK_SLOT_HWID(%rbp)
	movl	$PARK_SLOT_PARKED, PARK_SLOT_STATE(%rbp)
	lock incl PARK_PARKED_AT(%rbx)

	/* The second look is between MONITOR and MWAIT: a store before MONITOR does not wake. */
park_wait:
	movq	PARK_RELEASE_AT(%rbx), %rax
	testq	%rax, %rax
	jnz	park_out
	testl	%r12d, %r12d
	jz	3f
	leaq	PARK_RELEASE_AT(%rbx), %rax
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	monitor
	cmpq	$0, PARK_RELEASE_AT(%rbx)
	jne	park_wait
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	mwait
	jmp	park_wait
3:	pause
	jmp	park_wait

park_out:
	movq	%rbx, %rdi
	movq	PARK_ARGUMENT_AT(%rbx), %rsi
	movq	%rbp, %rdx
	jmpq	*%rax

	/* Too late, or too many: whoever closed the door resets this CPU before anything is overwritten. */
park_held:
	hlt
	jmp	park_held

	/* Our descriptor tables, with %rsp in the region. Changes %rax. */
park_tables:
	lgdt	LOCAL(PARK_GDT_POINTER)
	lidt	LOCAL(PARK_IDT_POINTER)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	popq	%rax
	pushq	$SELECTOR_CODE
	pushq	%rax
	lretq

	/*
	 * The boot CPU: %rbp = its slot, behind the others; %rsi = the copy list; %edi = the payload's entry;
	 * %edx = what it is told.
	 */
park_code_leave:
	cli
	cld
	leaq	PARK_SLOT_STRIDE(%rbp), %rsp
	call	park_tables
	movq	LOCAL(PARK_LOCAL_CR3), %rax
	movq	%rax, %cr3
	movl	$(CR4_PAE | CR4_MCE), %eax
	movq	%rax, %cr4
	movl	$0x400, %eax
	movq	%rax, %dr7
	movl	%edi, %r9d
	movl	%edx, %r10d
	movq	%rsi, %r8

	/* No two of the ranges overlap, so the order does not matter. */
4:	movq	PARK_COPY_SIZE(%r8), %rcx
	movq	PARK_COPY_CLEAR(%r8), %rdx
	movq	%rcx, %rax
	orq	%rdx, %rax
	jz	5f
	movq	PARK_COPY_TO(%r8), %rdi
	movq	PARK_COPY_FROM(%r8), %rsi
	rep movsb
	movq	%rdx, %rcx
	xorl	%eax, %eax
	rep stosb
	addq	$PARK_COPY_BYTES, %r8
	jmp	4b

	/* Out of long mode, to what Xen's docs/misc/pvh.pandoc says of registers. */
5:	movl	%r9d, %edi
	movl	%r10d, %ebx
	ljmpl	*LOCAL(PARK_FAR)

	.code32
	.globl park_code_32
park_code_32:
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$(CR0_PE | CR0_ET), %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	xorl	%eax, %eax
	movl	%eax, %cr4
	movl	$PARK_SELECTOR_TSS, %eax
	ltr	%ax
	xorl	%eax, %eax
	xorl	%ebp, %ebp
	jmp	*%edi

	.code64
	/* An NMI: counted. It uses no register, for a CPU may be on its way out. */
	.globl park_nmi
park_nmi:
	lock incq PAGE(PARK_NMIS_AT)
	iretq

	/* A machine check: counted, and said to have been taken, or the next one would stop the machine
	 * (Intel SDM vol. 3B, 15.3.1.2, MCIP). Where it came from is no harm: a CPU that waits has nothing. */
	.globl park_machine_check
park_machine_check:
	lock incq PAGE(PARK_MACHINE_CHECKS_AT)
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	movl	$MSR_MCG_STATUS, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	popq	%rdx
	popq	%rcx
	popq	%rax
	iretq

	/* No other trap has a reason. */
	.globl park_trap
park_trap:
	cli
	hlt
	jmp	park_trap
park_code_end:

	/*
	 * void park_jump(uint64_t slot, uint64_t copies, uint64_t root, uint32_t entry, uint32_t told, uint64_t vector)
	 *
	 * The kernel's last instructions: the base register faults from here on.
	 */
	.section .text.park_jump, "ax", @progbits
	.globl park_jump
	.type park_jump, @function
park_jump:
	cli
	movq	%rdx, %r10
	movq	%rdi, %rbp
	movabsq	$POISON_BASE_SECONDARY, %rdx
	movl	%ecx, %edi
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr
	movl	%r8d, %edx
	movq	%cr4, %rax
	andq	$~CR4_PGE, %rax			/* global pages go with it */
	movq	%rax, %cr4
	movq	%r10, %cr3
	jmpq	*%r9
	.size park_jump, . - park_jump

	.section .note.GNU-stack, "", @progbits
