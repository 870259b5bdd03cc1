/* SPDX-License-Identifier: MIT */
/*
 * What all ways in of the boot CPU share: from 32-bit protected mode without paging to the first C
 * function. From here to the per-CPU base nothing may use per-CPU data: first comes a base that
 * faults, one for each way in.
 *
 * The section .boot is linked where it is loaded, so that it runs before there are page tables.
 */
#include "arch/i386/offsets.h"

#define LARGE_BITS (PAGE_PRESENT + PAGE_WRITE + PAGE_LARGE)
/* What the boot page tables map: the first 16 MiB. */
#define BOOT_LARGE_PAGES 8
#define LARGE_PAGE	 0x200000

	.section .boot, "ax", @progbits
	/*
	 * In: %edi:%esi = physical address of what the boot protocol tells, %ebp = number of the way
	 * in; flat segments, interrupts off, .bss zero. No stack.
	 */
	.globl boot_protected
	.type boot_protected, @function
boot_protected:
	movl	$1, %eax
	cpuid
	andl	$FEATURES_NEEDED, %edx
	cmpl	$FEATURES_NEEDED, %edx
	jne	boot_refuse_cpu

	/* No-execute where there is: CPUID 80000001h EDX (AMD64 APM vol. 3). */
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	1f
	movl	$0x80000001, %eax
	cpuid
	testl	$FEATURE_NO_EXECUTE, %edx
	jz	1f
	movb	$1, PHYSICAL(i386_has_no_execute)
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_NXE, %eax
	wrmsr

	/* The boot page tables: the first 16 MiB, at their own address for the way through, and at
	 * KERNEL_VIRTUAL. Writable and executable all over, until step `page-tables`. */
1:	movl	$PHYSICAL(boot_pd_low) + PAGE_ROOT_ENTRY, PHYSICAL(boot_root)
	movl	$PHYSICAL(boot_pd_fixmap) + PAGE_ROOT_ENTRY, PHYSICAL(boot_root) + 3 * 8
	xorl	%ecx, %ecx
	movl	$LARGE_BITS, %eax
2:	movl	%eax, PHYSICAL(boot_pd_low)(, %ecx, 8)
	movl	%eax, PHYSICAL(boot_pd_fixmap)(, %ecx, 8)
	addl	$LARGE_PAGE, %eax
	incl	%ecx
	cmpl	$BOOT_LARGE_PAGES, %ecx
	jne	2b

	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYSICAL(boot_root), %eax
	movl	%eax, %cr3
	movl	$CR0_OURS, %eax
	movl	%eax, %cr0

	lgdtl	entry_gdt_pointer
	ljmpl	$SELECTOR_CODE, $boot_high
	.size boot_protected, . - boot_protected

boot_refuse_cpu:
	movl	$refusal_cpu, %esi

	/* Say why not, on COM1 as the firmware left it, and stop. %esi: text, zero at its end. */
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
	.ascii "muster: this CPU lacks one of TSC, MSRs, PAE, CMPXCHG8B, PAT (CPUID 1 EDX): all are needed\r\n"
	.asciz "@muster 1 panic cpu=0 step=none\r\n"

	/* Flat segments, accessed bits set so that loading them writes nothing (Intel SDM vol. 3A,
	 * 3.4.5). */
	.balign 8
entry_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* code: present, executable, readable, accessed */
	.quad 0x00cf93000000ffff	/* data: present, writable, accessed */
entry_gdt_end:
entry_gdt_pointer:
	.word entry_gdt_end - entry_gdt - 1
	.long entry_gdt

	.text
	.type boot_high, @function
boot_high:
	lgdt	boot_gdt_pointer
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %gs
	/* The base that faults: this way in's. */
	leal	SELECTOR_POISON(, %ebp, 8), %eax
	movl	%eax, %fs

	movl	$boot_stack_top, %esp
	movl	%ebp, %ebx
	xorl	%ebp, %ebp		/* the end of every backtrace */

	call	trap_tables_early	/* so that using the base that faults is reported */
	call	percpu_boot_area_fill
	subl	$12, %esp
	pushl	$0
	call	percpu_base_load	/* CPU 0, whose area is the boot area */

	pushl	%eax			/* keeps the stack aligned */
	pushl	%edi
	pushl	%esi
	pushl	%ebx
	call	x86_start
	ud2
	.size boot_high, . - boot_high

	/*
	 * Flat segments, as above, at the kernel's own address, and the bases that fault. In the places
	 * between stand what each CPU has in a table of its own. Read-only in the end.
	 */
	.macro poison_descriptor way
	.set	base, POISON_BASE + (\way << POISON_SHIFT)
	.long	((base & 0xffff) << 16) | 0xffff
	.long	(base & 0xff000000) | 0x00cf9300 | ((base >> 16) & 0xff)
	.endm

	.section .rodata.boot_gdt, "a", @progbits
	.balign 16
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
	.fill GDT_ENTRIES - 3, 8, 0
	poison_descriptor 0
	poison_descriptor 1
	poison_descriptor 2
	poison_descriptor 3
	poison_descriptor 4
boot_gdt_end:
	.balign 2
	.globl boot_gdt_pointer
boot_gdt_pointer:
	.word boot_gdt_end - boot_gdt - 1
	.long boot_gdt

	/* What only the entry code knows, and everybody asks. */
	.section .bss.read_only_later, "aw", @nobits
	.globl i386_has_no_execute
i386_has_no_execute:
	.skip 1

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
	.globl boot_pd_low, boot_pd_fixmap, fixmap_table
boot_root:
	.skip 4096
boot_pd_low:
	.skip 4096
boot_pd_fixmap:
	.skip 4096
fixmap_table:
	.skip 4096

	.section .note.GNU-stack, "", @progbits
