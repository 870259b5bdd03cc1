/* SPDX-License-Identifier: MIT */
/*
 * The PVH way in. A hypervisor that finds the ELF note XEN_ELFNOTE_PHYS32_ENTRY (Xen's public
 * header elfnote.h: type 18) starts the boot CPU at that physical address in 32-bit protected mode,
 * paging off, flat segments, interrupts off, %ebx = physical address of struct hvm_start_info (Xen's
 * docs/misc/pvh.pandoc, "Direct Boot ABI"). docs/entry.md has all registers.
 *
 * From here to the per-CPU base nothing may use per-CPU data: first comes a base that faults.
 */
#include "arch/x86_64/offsets.h"

#define PHYSICAL(symbol) (symbol - KERNEL_VIRTUAL)

	.section .note.pvh, "a", @note
	.balign 4
	.long 4			/* bytes of the name */
	.long 8			/* bytes of the descriptor */
	.long 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad PHYSICAL(pvh_entry)

	.section .text.entry, "ax", @progbits
	.code32
	.weak pvh_entry		/* a kernel may have its own: docs/embedding.md */
	.type pvh_entry, @function
pvh_entry:
	cld
	cli
	movl	%ebx, %esi		/* %ebx is the hypervisor's; cpuid below takes it */

	/* Without long mode and no-execute (CPUID 80000001h EDX bits 29 and 20, AMD64 APM vol. 3)
	 * there is nothing to be done here, and no way yet to say why but this. */
	movl	$0x80000001, %eax
	cpuid
	andl	$0x20100000, %edx
	cmpl	$0x20100000, %edx
	jne	pvh_refuse

	/* Long mode needs PAE, LME and paging, in this order (Intel SDM vol. 3A, 9.8.5). */
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYSICAL(boot_pml4), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$(EFER_LME | EFER_NXE), %eax
	xorl	%edx, %edx
	wrmsr
	movl	$CR0_OURS, %eax
	movl	%eax, %cr0

	lgdtl	PHYSICAL(boot_gdt_pointer_low)
	ljmpl	$SELECTOR_CODE, $PHYSICAL(pvh_entry_64)

pvh_refuse:
	movl	$PHYSICAL(refusal), %esi
	movl	$(refusal_end - refusal), %ecx
	movw	$0x3f8, %dx		/* COM1 as the firmware left it */
	rep outsb
1:	hlt
	jmp	1b

	.code64
pvh_entry_64:
	movabsq	$pvh_entry_high, %rax
	jmpq	*%rax
	.size pvh_entry, . - pvh_entry

	.text
	.type pvh_entry_high, @function
pvh_entry_high:
	lgdt	boot_gdt_pointer(%rip)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs		/* this writes the base, so it comes before the base */

	/* The base that faults. */
	movabsq	$POISON_BASE_PVH, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	leaq	boot_stack_top(%rip), %rsp
	xorl	%ebp, %ebp		/* the end of every backtrace */
	movl	%esi, %r12d

	call	trap_tables_early	/* so that using the base that faults is reported */
	call	percpu_boot_area_fill
	xorl	%edi, %edi
	call	percpu_base_load	/* CPU 0, whose area is the boot area */

	movl	%r12d, %edi
	call	x86_start_pvh
	ud2
	.size pvh_entry_high, . - pvh_entry_high

	/* The boot page tables: the first 16 MiB, at their own address for the way through, and at
	 * KERNEL_VIRTUAL. Writable and executable all over, until step `page-tables`. */
	.section .data.boot_tables, "aw", @progbits
	.balign 4096
	.globl boot_pml4
boot_pml4:
	.quad PHYSICAL(boot_pdpt_low) + PAGE_PRESENT + PAGE_WRITE
	.fill 510, 8, 0
	.quad PHYSICAL(boot_pdpt_high) + PAGE_PRESENT + PAGE_WRITE
boot_pdpt_low:
	.quad PHYSICAL(boot_pd) + PAGE_PRESENT + PAGE_WRITE
	.fill 511, 8, 0
	.globl boot_pdpt_high
boot_pdpt_high:
	.fill 510, 8, 0
	.quad PHYSICAL(boot_pd) + PAGE_PRESENT + PAGE_WRITE
	.quad PHYSICAL(boot_pd_fixmap) + PAGE_PRESENT + PAGE_WRITE
boot_pd:
	.set address, 0
	.rept 8
	.quad address + PAGE_PRESENT + PAGE_WRITE + PAGE_LARGE
	.set address, address + 0x200000
	.endr
	.fill 504, 8, 0
	.globl boot_pd_fixmap
boot_pd_fixmap:
	.fill 512, 8, 0
	.globl fixmap_table
fixmap_table:
	.fill 512, 8, 0

	/* Flat 64-bit segments, accessed bits set so that loading them writes nothing (Intel SDM
	 * vol. 3A, 3.4.5). Read-only in the end. */
	.section .rodata.refusal, "a", @progbits
refusal:
	.ascii "muster: this CPU has no long mode or no NX (CPUID 80000001h EDX): both are needed\r\n"
	.ascii "@muster 1 panic cpu=0 step=none\r\n"
refusal_end:

	.section .rodata.boot_gdt, "a", @progbits
	.balign 16
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* code: present, executable, readable, accessed, long */
	.quad 0x00cf93000000ffff	/* data: present, writable, accessed */
boot_gdt_end:
	.globl boot_gdt_pointer
boot_gdt_pointer:
	.word boot_gdt_end - boot_gdt - 1
	.quad boot_gdt
boot_gdt_pointer_low:
	.word boot_gdt_end - boot_gdt - 1
	.long PHYSICAL(boot_gdt)

	/* The boot stack, with a page below it that step `page-tables` leaves out. */
	.section .bss.boot_stack, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack, boot_stack_top
boot_stack_guard:
	.skip 4096
boot_stack:
	.skip BOOT_STACK_SIZE
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
