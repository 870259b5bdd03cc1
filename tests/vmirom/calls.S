/* SPDX-License-Identifier: MIT */
/*
 * The calls of the test ROM. Arguments are in EAX, EDX, ECX and then on the stack, as C with three
 * register parameters has them; results in EAX, or EDX:EAX; all other registers stay. CPUID, RDMSR,
 * WRMSR, RDTSC and RDPMC have the registers of their instructions. IRET and SYSEXIT are jumped to.
 */
#include "tests/vmirom/rom.h"

/* A row of the table that is no call's has the one that is ours alone. */
#define ROW_CHECK 49

	.text
	.code32

/* Count a call: nothing changes but flags. By SS, which is a kernel's whenever its code runs. */
.macro counted number
	pushl	%eax
	call	.Lhere\@
.Lhere\@:
	popl	%eax
	addl	%cs:ram_distance - .Lhere\@(%eax), %eax
	lock incl %ss:rom_start + RAM_COUNTS + 4 * \number - .Lhere\@(%eax)
	popl	%eax
.endm

/* A call that is one or two instructions. */
.macro simple name, number, code:vararg
\name:
	counted	\number
	\code
	ret
.endm

	simple	call_cpuid, VMI_CALL_CPUID, cpuid
	simple	call_wrmsr, VMI_CALL_WRMSR, wrmsr
	simple	call_rdmsr, VMI_CALL_RDMSR, rdmsr
	simple	call_rdpmc, VMI_CALL_RDPMC, rdpmc
	simple	call_rdtsc, VMI_CALL_RDTSC, rdtsc
	simple	call_wbinvd, VMI_CALL_WBINVD, wbinvd
	simple	call_clts, VMI_CALL_CLTS, clts
	simple	call_set_cr0, VMI_CALL_SET_CR0, movl %eax, %cr0
	simple	call_set_cr2, VMI_CALL_SET_CR2, movl %eax, %cr2
	simple	call_set_cr3, VMI_CALL_SET_CR3, movl %eax, %cr3
	simple	call_set_cr4, VMI_CALL_SET_CR4, movl %eax, %cr4
	simple	call_get_cr0, VMI_CALL_GET_CR0, movl %cr0, %eax
	simple	call_get_cr2, VMI_CALL_GET_CR2, movl %cr2, %eax
	simple	call_get_cr3, VMI_CALL_GET_CR3, movl %cr3, %eax
	simple	call_get_cr4, VMI_CALL_GET_CR4, movl %cr4, %eax
	simple	call_set_ldt, VMI_CALL_SET_LDT, lldt %ax
	simple	call_set_idt, VMI_CALL_SET_IDT, lidtl (%eax)
	simple	call_set_tr, VMI_CALL_SET_TR, ltr %ax
	simple	call_get_gdt, VMI_CALL_GET_GDT, sgdtl (%eax)
	simple	call_get_idt, VMI_CALL_GET_IDT, sidtl (%eax)
	simple	call_get_ldt, VMI_CALL_GET_LDT, sldt %eax
	simple	call_get_tr, VMI_CALL_GET_TR, str %eax
	simple	call_enable, VMI_CALL_ENABLE_INTERRUPTS, sti
	simple	call_disable, VMI_CALL_DISABLE_INTERRUPTS, cli
	simple	call_inval_page, VMI_CALL_INVAL_PAGE, invlpg (%eax)
	simple	call_apic_read, VMI_CALL_APIC_READ, movl (%eax), %eax
	/* Natively there is nothing to know of a page that becomes a table, or of an entry that changed. */
	simple	call_update_pxe, VMI_CALL_UPDATE_PXE
	simple	call_update_pxe_long, VMI_CALL_UPDATE_PXE_LONG
	simple	call_allocate_page, VMI_CALL_ALLOCATE_PAGE
	simple	call_release_page, VMI_CALL_RELEASE_PAGE
	simple	call_set_lazy_mode, VMI_CALL_SET_LAZY_MODE

call_get_mask:
	counted	VMI_CALL_GET_INTERRUPT_MASK
	pushfl
	popl	%eax
	ret
call_set_mask:
	counted	VMI_CALL_SET_INTERRUPT_MASK
	pushl	%eax
	popfl
	ret
call_set_iopl:
	counted	VMI_CALL_SET_IOPL_MASK
	pushfl
	andl	$~0x3000, (%esp)
	orl	%eax, (%esp)
	popfl
	ret
call_iret:
	counted	VMI_CALL_IRET
	iretl
call_sysexit:
	counted	VMI_CALL_SYSEXIT
	sti
	sysexit
call_halt:	/* ends with the next interrupt, so they are on */
	counted	VMI_CALL_HALT
	sti
	hlt
	ret
call_reboot:	/* the keyboard controller's reset */
	counted	VMI_CALL_REBOOT
	movb	$0xfe, %al
	outb	%al, $0x64
1:	hlt
	jmp	1b

/* EAX: descriptor. Its entries are shortened before they count. */
call_set_gdt:
	counted	VMI_CALL_SET_GDT
	pushal
	movl	%eax, %ebx
	movzwl	(%ebx), %edx
	movl	2(%ebx), %eax
	call	segments_shorten
	lgdtl	(%ebx)
	popal
	ret
/* EAX table, EDX index, ECX low half, stack high half. */
call_write_gdt:
	counted	VMI_CALL_WRITE_GDT_ENTRY
	jmp	1f
call_write_ldt:
	counted	VMI_CALL_WRITE_LDT_ENTRY
1:	pushal
	leal	(%eax,%edx,8), %eax
	movl	36(%esp), %edx
	movl	%ecx, (%eax)
	movl	%edx, 4(%eax)
	movl	$7, %edx
	call	segments_shorten
	popal
	ret
call_write_idt:
	counted	VMI_CALL_WRITE_IDT_ENTRY
	pushl	%ebx
	movl	8(%esp), %ebx
	movl	%ecx, (%eax,%edx,8)
	movl	%ebx, 4(%eax,%edx,8)
	popl	%ebx
	ret

/* An entry that is not in linear mapping 0 could not be found by a hypervisor: it is counted. In: the
 * entry's address. The mapping's length in bytes is below 4 GiB, in 4 KiB. */
.macro entry_mapped register
	pushl	%ebx
	pushl	%esi
	call	.Lhere\@
.Lhere\@:
	popl	%ebx
	addl	%cs:ram_distance - .Lhere\@(%ebx), %ebx
	leal	rom_start + RAM_COUNTS - .Lhere\@(%ebx), %ebx
	movl	\register, %esi
	subl	VMI_COUNTS_MAPPINGS(%ebx), %esi
	shrl	$12, %esi
	cmpl	VMI_COUNTS_MAPPINGS + 4(%ebx), %esi
	jb	.Lmapped\@
	lock incl VMI_COUNTS_UNMAPPED(%ebx)
.Lmapped\@:
	popl	%esi
	popl	%ebx
.endm

/* EAX value, EDX its address, ECX flags. */
call_set_pxe:
	counted	VMI_CALL_SET_PXE
	entry_mapped %edx
	movl	%eax, (%edx)
	ret
.macro flush_if_nobody_else
#ifdef ROM_OTHER_KINDS
	pushl	%eax
	movl	%cr3, %eax
	movl	%eax, %cr3
	popl	%eax
#endif
.endm

/* EDX:EAX value, ECX its address, stack flags. In one piece: another CPU may be using it. */
call_set_pxe_long:
	counted	VMI_CALL_SET_PXE_LONG
	entry_mapped %ecx
	testb	$1, (%ecx)
	jnz	1f
	/* Nobody uses it before its lower half says so. */
	movl	%edx, 4(%ecx)
	movl	%eax, (%ecx)
	flush_if_nobody_else
	ret
1:	pushl	%eax
	pushl	%ebx
	pushl	%ecx
	pushl	%edx
	pushl	%esi
	movl	%ecx, %esi
	movl	%eax, %ebx
	movl	%edx, %ecx
	movl	(%esi), %eax
	movl	4(%esi), %edx
2:	lock cmpxchg8b (%esi)
	jnz	2b
	popl	%esi
	popl	%edx
	popl	%ecx
	popl	%ebx
	popl	%eax
	flush_if_nobody_else
	ret

/* EAX flags. */
call_flush_tlb:
	counted	VMI_CALL_FLUSH_TLB
	pushl	%ecx
	pushl	%edx
	testb	$VMI_FLUSH_GLOBAL, %al
	movl	%cr4, %ecx
	jz	1f
	testb	$0x80, %cl		/* PGE */
	jz	1f
	movl	%ecx, %edx
	andb	$~0x80, %dl
	movl	%edx, %cr4
	movl	%ecx, %cr4
1:	movl	%cr3, %ecx
	movl	%ecx, %cr3
	popl	%edx
	popl	%ecx
	ret

/* EAX slot, EDX address, ECX pages, stack first frame. */
call_set_linear_mapping:
	counted	VMI_CALL_SET_LINEAR_MAPPING
	cmpl	$3, %eax
	ja	1f
	pushl	%eax
	pushl	%ebx
	call	2f
2:	popl	%ebx
	addl	%cs:ram_distance - 2b(%ebx), %ebx
	shll	$4, %eax
	leal	rom_start + RAM_COUNTS + VMI_COUNTS_MAPPINGS - 2b(%ebx,%eax), %ebx
	movl	%edx, (%ebx)
	movl	%ecx, 4(%ebx)
	movl	12(%esp), %eax
	movl	%eax, 8(%ebx)
	lock incl 12(%ebx)
	popl	%ebx
	popl	%eax
1:	ret

/* EAX state, EDX APIC id. */
call_set_initial_state:
	counted	VMI_CALL_SET_INITIAL_STATE
	pushal
	call	initial_state_set
	popal
	ret
/* EAX address of the register, EDX value. A start-up IPI to a CPU that was given a state goes to our
 * own code. */
call_apic_write:
	counted	VMI_CALL_APIC_WRITE
	pushl	%eax
	andl	$0xfff, %eax
	cmpl	$0x300, %eax		/* interrupt command, low half */
	movl	(%esp), %eax
	jne	1f
	pushl	%edx
	andl	$0x700, %edx
	cmpl	$0x600, %edx		/* start-up */
	popl	%edx
	jne	1f
	pushl	%ecx
	pushl	%edx
	call	start_redirect
	movl	%eax, %edx
	movl	8(%esp), %eax
	movl	%edx, (%eax)
	popl	%edx
	popl	%ecx
	popl	%eax
	ret
1:	movl	%edx, (%eax)
	popl	%eax
	ret

/* What of the hole the page tables in use map. */
call_check:
	counted	VMI_COUNTS_CHECK
	pushl	%ecx
	pushl	%edx
	call	hole_mapped
	popl	%edx
	popl	%ecx
	ret

	/* 0, or 1 when it cannot be. The kernel's segments are shortened from here on. */
	.globl	vmi_init
vmi_init:
	counted	VMI_COUNTS_INIT
#ifdef ROM_INIT_FAILS
	movl	$1, %eax
	ret
#else
	pushl	%ebx
	pushl	%edx
	pushl	%ecx
	subl	$8, %esp
	sgdtl	(%esp)
	movzwl	(%esp), %edx
	movl	2(%esp), %eax
	addl	$8, %esp
	call	segments_shorten
	movw	%ds, %ax
	movw	%ax, %ds
	movw	%es, %ax
	movw	%ax, %es
	movw	%fs, %ax
	movw	%ax, %fs
	movw	%gs, %ax
	movw	%ax, %gs
	movw	%ss, %ax
	movw	%ax, %ss
	call	1f
1:	popl	%eax
	addl	$2f - 1b, %eax
	pushl	%cs
	pushl	%eax
	lretl
2:	popl	%ecx
	popl	%edx
	popl	%ebx
	xorl	%eax, %eax
	ret
#endif

	/* EAX: call. EDX:EAX: the record. */
	.globl	get_reloc
get_reloc:
	counted	VMI_COUNTS_GET_RELOCATION
	movl	%eax, %edx
	call	1f
1:	popl	%eax
	cmpl	$VMI_CALLS, %edx
	jae	2f
	cmpl	$ROW_CHECK, %edx
	je	4f
3:	pushl	%ecx
	leal	relocations - 1b(%eax,%edx,4), %ecx
	movzbl	2(%ecx), %edx
	movzwl	(%ecx), %ecx
	leal	rom_start - 1b(%eax,%ecx), %eax
	popl	%ecx
	ret
2:	cmpl	$VMI_COUNTS_CHECK, %edx
	movl	$ROW_CHECK, %edx
	je	3b
4:	xorl	%eax, %eax
	xorl	%edx, %edx
	ret

#ifdef ROM_UNKNOWN_KIND
#define KIND_CALL_PXE 9
#else
#define KIND_CALL_PXE VMI_RELOCATION_CALL
#endif
/* Kinds as another hypervisor may have them: entries are flushed when they are set, so that InvalPage is
 * nothing, and CR3 is the guest's. */
#ifdef ROM_OTHER_KINDS
#define KIND_INVAL_PAGE VMI_RELOCATION_NOP
#define KIND_SET_CR3	VMI_RELOCATION_NONE
#else
#define KIND_INVAL_PAGE VMI_RELOCATION_CALL
#define KIND_SET_CR3	VMI_RELOCATION_CALL
#endif

.macro relocation number, target, kind=VMI_RELOCATION_CALL
	.org	relocations + 4 * \number
	.word	\target
	.byte	\kind, 0
.endm
	.section .rodata
	.balign	4
relocations:
	relocation VMI_CALL_CPUID, call_cpuid
	relocation VMI_CALL_WRMSR, call_wrmsr
	relocation VMI_CALL_RDMSR, call_rdmsr
	relocation VMI_CALL_SET_GDT, call_set_gdt
	relocation VMI_CALL_SET_LDT, call_set_ldt
	relocation VMI_CALL_SET_IDT, call_set_idt
	relocation VMI_CALL_SET_TR, call_set_tr
	relocation VMI_CALL_GET_GDT, call_get_gdt
	relocation VMI_CALL_GET_LDT, call_get_ldt
	relocation VMI_CALL_GET_IDT, call_get_idt
	relocation VMI_CALL_GET_TR, call_get_tr
	relocation VMI_CALL_WRITE_GDT_ENTRY, call_write_gdt
	relocation VMI_CALL_WRITE_LDT_ENTRY, call_write_ldt
	relocation VMI_CALL_WRITE_IDT_ENTRY, call_write_idt
	relocation VMI_CALL_SET_CR0, call_set_cr0
	relocation VMI_CALL_SET_CR2, call_set_cr2
	relocation VMI_CALL_SET_CR3, call_set_cr3, KIND_SET_CR3
	relocation VMI_CALL_SET_CR4, call_set_cr4
	relocation VMI_CALL_GET_CR0, call_get_cr0
	relocation VMI_CALL_GET_CR2, call_get_cr2
	relocation VMI_CALL_GET_CR3, call_get_cr3
	relocation VMI_CALL_GET_CR4, call_get_cr4
	relocation VMI_CALL_WBINVD, call_wbinvd
	relocation VMI_CALL_RDPMC, call_rdpmc
	relocation VMI_CALL_RDTSC, call_rdtsc
	relocation VMI_CALL_CLTS, call_clts
	relocation VMI_CALL_ENABLE_INTERRUPTS, call_enable
	relocation VMI_CALL_DISABLE_INTERRUPTS, call_disable
	relocation VMI_CALL_GET_INTERRUPT_MASK, call_get_mask
	relocation VMI_CALL_SET_INTERRUPT_MASK, call_set_mask
	relocation VMI_CALL_IRET, call_iret, VMI_RELOCATION_JUMP
	relocation VMI_CALL_SYSEXIT, call_sysexit, VMI_RELOCATION_JUMP
	relocation VMI_CALL_HALT, call_halt
	relocation VMI_CALL_REBOOT, call_reboot
	relocation VMI_CALL_SET_PXE, call_set_pxe, KIND_CALL_PXE
	relocation VMI_CALL_SET_PXE_LONG, call_set_pxe_long, KIND_CALL_PXE
	relocation VMI_CALL_UPDATE_PXE, call_update_pxe
	relocation VMI_CALL_UPDATE_PXE_LONG, call_update_pxe_long
	relocation VMI_CALL_ALLOCATE_PAGE, call_allocate_page
	relocation VMI_CALL_RELEASE_PAGE, call_release_page
	relocation VMI_CALL_INVAL_PAGE, call_inval_page, KIND_INVAL_PAGE
	relocation VMI_CALL_FLUSH_TLB, call_flush_tlb
	relocation VMI_CALL_SET_LINEAR_MAPPING, call_set_linear_mapping
	relocation ROW_CHECK, call_check
	relocation VMI_CALL_SET_IOPL_MASK, call_set_iopl
	relocation VMI_CALL_SET_INITIAL_STATE, call_set_initial_state
	relocation VMI_CALL_APIC_WRITE, call_apic_write
	relocation VMI_CALL_APIC_READ, call_apic_read
	/* No port needs a delay here. */
	relocation VMI_CALL_IO_DELAY, rom_start, VMI_RELOCATION_NOP
	relocation VMI_CALL_SET_LAZY_MODE, call_set_lazy_mode
