/* SPDX-License-Identifier: MIT */
/*
 * What all ways in of the boot CPU share: from 32-bit protected mode without paging to the first C
 * function. From here to the per-CPU base nothing may use per-CPU data: first comes a base that
 * faults, one for each way in.
 *
 * The section .boot is linked where it is loaded, so that it runs before there are page tables.
 */
#include "arch/x86_64/offsets.h"

#define TABLE_BITS (PAGE_PRESENT + PAGE_WRITE)
#define LARGE_BITS (PAGE_PRESENT + PAGE_WRITE + PAGE_LARGE)
/* What the boot page tables map: the first 16 MiB. */
#define BOOT_LARGE_PAGES 8
#define LARGE_PAGE	 0x200000

	.section .boot, "ax", @progbits
	.code32
	/*
	 * In: %edi:%esi = physical address of what the boot protocol tells, %ebp = number of the way
	 * in; flat segments, interrupts off, .bss zero. No stack.
	 */
	.globl boot_protected
	.type boot_protected, @function
boot_protected:
	/* Without long mode and no-execute (CPUID 80000001h EDX bits 29 and 20, AMD64 APM vol. 3)
	 * there is nothing to be done here, and no way yet to say why but this. */
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	boot_refuse_cpu
	movl	$0x80000001, %eax
	cpuid
	andl	$0x20100000, %edx
	cmpl	$0x20100000, %edx
	jne	boot_refuse_cpu

	/* The boot page tables: the first 16 MiB, at their own address for the way through, and at
	 * KERNEL_VIRTUAL. Writable and executable all over, until step `page-tables`. */
	movl	$PHYSICAL(boot_pdpt_low) + TABLE_BITS, PHYSICAL(boot_pml4)
	movl	$PHYSICAL(boot_pdpt_high) + TABLE_BITS, PHYSICAL(boot_pml4) + 511 * 8
	movl	$PHYSICAL(boot_pd) + TABLE_BITS, PHYSICAL(boot_pdpt_low)
	movl	$PHYSICAL(boot_pd) + TABLE_BITS, PHYSICAL(boot_pdpt_high) + 510 * 8
	movl	$PHYSICAL(boot_pd_fixmap) + TABLE_BITS, PHYSICAL(boot_pdpt_high) + 511 * 8
	movl	$PHYSICAL(boot_pd), %ecx
	movl	$LARGE_BITS, %eax
1:	movl	%eax, (%ecx)
	addl	$8, %ecx
	addl	$LARGE_PAGE, %eax
	cmpl	$(LARGE_BITS + BOOT_LARGE_PAGES * LARGE_PAGE), %eax
	jne	1b

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

	lgdtl	entry_gdt_pointer
	ljmpl	$SELECTOR_CODE, $boot_long
	.code64
boot_long:
	movabsq	$boot_high, %rax
	jmpq	*%rax
	.code32
	.size boot_protected, . - boot_protected

boot_refuse_cpu:
	movl	$refusal_cpu, %esi

	/*
	 * Say why not, on COM1 as the firmware left it, and stop. %esi: text, zero at its end.
	 * Run in 32-bit mode and in 64-bit mode: these instructions have the same bytes in both, and
	 * the string and count registers have the mode's width.
	 */
	.globl boot_refuse
boot_refuse:
	lodsb
	testb	%al, %al
	jz	3f
	movb	%al, %bl
	movl	$100000, %ecx		/* a UART that is not there never gets ready */
	movw	$0x3fd, %dx
2:	inb	%dx, %al
	testb	$0x20, %al		/* ready to take a byte */
	loopz	2b
	movw	$0x3f8, %dx
	movb	%bl, %al
	outb	%al, %dx
	jmp	boot_refuse
3:	cli
	hlt
	jmp	3b

refusal_cpu:
	.ascii "muster: this CPU has no long mode or no NX (CPUID 80000001h EDX): both are needed\r\n"
	.asciz "@muster 1 panic cpu=0 step=none\r\n"

	/* Flat segments, accessed bits set so that loading them writes nothing (Intel SDM vol. 3A,
	 * 3.4.5). The base in the pointer is 8 bytes long for 64-bit mode; 32-bit code reads 4. */
	.balign 8
entry_gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* code: present, executable, readable, accessed, long */
	.quad 0x00cf93000000ffff	/* data: present, writable, accessed */
	.quad 0x00cf9b000000ffff	/* code, 32 bits, for the way from 64-bit mode to here */
entry_gdt_end:
	.globl entry_gdt_pointer
entry_gdt_pointer:
	.word entry_gdt_end - entry_gdt - 1
	.quad entry_gdt

	.text
	.code64
	.type boot_high, @function
boot_high:
	lgdt	boot_gdt_pointer(%rip)
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs		/* this writes the base, so it comes before the base */

	/* The base that faults: this way in's. */
	movl	%ebp, %r12d
	movl	%ebp, %edx
	shlq	$POISON_SHIFT, %rdx
	movabsq	$POISON_BASE, %rax
	addq	%rax, %rdx
	movl	%edx, %eax
	shrq	$32, %rdx
	movl	$MSR_GS_BASE, %ecx
	wrmsr

	leaq	boot_stack_top(%rip), %rsp
	xorl	%ebp, %ebp		/* the end of every backtrace */
	movl	%esi, %r13d
	shlq	$32, %rdi
	orq	%rdi, %r13

	call	trap_tables_early	/* so that using the base that faults is reported */
	call	percpu_boot_area_fill
	xorl	%edi, %edi
	call	percpu_base_load	/* CPU 0, whose area is the boot area */

	movl	%r12d, %edi
	movq	%r13, %rsi
	call	x86_start
	ud2
	.size boot_high, . - boot_high

	/* Flat 64-bit segments, as above, at the kernel's own address. Read-only in the end. */
	.section .rodata.boot_gdt, "a", @progbits
	.balign 16
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
boot_gdt_end:
	.globl boot_gdt_pointer
boot_gdt_pointer:
	.word boot_gdt_end - boot_gdt - 1
	.quad boot_gdt

	/* The boot stack, with a page below it that step `page-tables` leaves out. */
	.section .bss.boot_stack, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack, boot_stack_top
boot_stack_guard:
	.skip 4096
boot_stack:
	.skip BOOT_STACK_SIZE
boot_stack_top:

	/* The boot page tables. The fixmap's stays in use. */
	.section .bss.boot_tables, "aw", @nobits
	.balign 4096
	.globl boot_pml4, boot_pd_fixmap, fixmap_table
boot_pml4:
	.skip 4096
boot_pdpt_low:
	.skip 4096
boot_pdpt_high:
	.skip 4096
boot_pd:
	.skip 4096
boot_pd_fixmap:
	.skip 4096
fixmap_table:
	.skip 4096

	.section .note.GNU-stack, "", @progbits
