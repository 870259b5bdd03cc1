/* SPDX-License-Identifier: MIT */
/*
 * The shim's assembly: PVH's way in on the boot processor, to 64-bit mode and C; the way on into the
 * kernel, by PVH again; and the firmware that the other processors are left in: a loop that watches
 * a mailbox, in a page of its own.
 *
 * The firmware's state is unlike a kernel's on purpose: its identity map has nothing but the first
 * 2 MiB, where a kernel's wakeup vector must be, and the shim; there is no no-execute bit; CR0.WP is
 * clear, CR4.PGE set; the GS base is an address that faults.
 */
#define CR0_PE	 0x1
#define CR0_PG	 0x80000000
#define CR4_PAE	 0x20
#define CR4_PGE	 0x80
#define CR4_LA57 0x1000
#define MSR_EFER 0xc0000080
#define MSR_GS	 0xc0000101
#define EFER_LME 0x100
#define CODE_64	 0x08
#define DATA	 0x10
#define CODE_32	 0x18

	.section .note.pvh, "a", @note
	.balign 4
	.long 4
	.long 8
	.long 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad shim_entry

	.section .text.entry, "ax", @progbits
	.code32
	.globl shim_entry
shim_entry:
	cli
	cld
	movl	%ebx, %edi
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$EFER_LME, %eax
	xorl	%edx, %edx
	wrmsr
	movl	%cr0, %eax
	orl	$(CR0_PE | CR0_PG), %eax
	movl	%eax, %cr0
	lgdt	gdt_pointer
	ljmpl	$CODE_64, $1f
	.code64
1:	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	leaq	stack_top(%rip), %rsp
	call	shim_main
	ud2

	/* void shim_enter(uint32_t entry, uint32_t start_info): PVH's state, docs/entry.md. */
	.globl shim_enter
shim_enter:
	movl	%esi, %ebx
	ljmpl	*to_32(%rip)
	.code32
enter_32:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	xorl	%eax, %eax
	movl	%eax, %cr4
	jmpl	*%edi

	/* Copied to a page below 1 MiB: other processors begin here, in real mode. */
	.section .rodata
	.globl trampoline, trampoline_end
	.code16
trampoline:
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	trampoline_gdt_pointer - trampoline
	movl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$CODE_32, $ap_32
trampoline_gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
trampoline_end:

	/* The firmware's page: everything that a processor needs to get back into its loop. */
	.section .firmware, "awx", @progbits
	.balign 4096
	.globl firmware_page, firmware_return
	.code32
firmware_page:
ap_32:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	ap_cr4, %eax
	movl	%eax, %cr4
	movl	ap_cr3, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$EFER_LME, %eax
	xorl	%edx, %edx
	wrmsr
	movl	$(CR0_PE | CR0_PG | 0x10), %eax
	movl	%eax, %cr0
	ljmpl	$CODE_64, $ap_64

	/*
	 * Given back: 64-bit mode on somebody else's tables, of which only this page can be relied
	 * on. A processor whose CR4.PGE is still set has broken the protocol, and never answers.
	 */
	.code64
firmware_return:
	movq	%cr4, %r8
	movl	$ap_pml4, %eax
	movq	%rax, %cr3
	lgdt	gdt_pointer(%rip)
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	ljmpl	*to_64(%rip)
ap_returned:
	testl	$CR4_PGE, %r8d
	jnz	2f
	orl	$CR4_PGE, %r8d
	movq	%r8, %cr4
ap_64:
	movl	$MSR_GS, %ecx
	movl	$0xdead0000, %eax
	movl	$0x00001234, %edx
	wrmsr
	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	movl	%ebx, %r15d
	lock incl ap_count(%rip)

	/* The loop. Whoever is `silent` never answers. */
1:	pause
	movzwl	mailbox(%rip), %eax
	testl	%eax, %eax
	jz	1b
	cmpl	mailbox + 4(%rip), %r15d
	jne	1b
	cmpl	silent(%rip), %r15d
	je	1b
	cmpl	$1, %eax
	je	3f
	movw	$0, mailbox(%rip)
	jmp	1b
3:	movq	mailbox + 8(%rip), %rdx
	movw	$0, mailbox(%rip)
	jmpq	*%rdx
2:	hlt
	jmp	2b

	.balign 8
	.globl ap_cr3, ap_cr4, ap_count, silent
ap_cr3:	.long ap_pml4
ap_cr4:	.long CR4_PAE | CR4_PGE
ap_count:	.long 0
silent:	.long 0xffffffff
to_32:	.long enter_32
	.word CODE_32
to_64:	.long ap_returned
	.word CODE_64
gdt_pointer:
	.word gdt_end - gdt - 1
	.quad gdt
	.balign 8
gdt:	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cf9b000000ffff
gdt_end:
	.balign 4096
	.globl mailbox
mailbox:
	.fill 4096, 1, 0

	/* The boot processor's identity map: the first 4 GiB. */
	.balign 4096
boot_pml4:
	.quad boot_pdpt + 3
	.fill 511, 8, 0
boot_pdpt:
	.quad boot_pds + 3, boot_pds + 0x1003, boot_pds + 0x2003, boot_pds + 0x3003
	.fill 508, 8, 0
boot_pds:
	.set address, 0
	.rept 2048
	.quad address + 0x83
	.set address, address + 0x200000
	.endr

	/* The firmware's: the first 2 MiB and those of the shim. Five levels on request. */
	.globl ap_pml4, ap_pml5
ap_pml5:
	.quad ap_pml4 + 3
	.fill 511, 8, 0
ap_pml4:
	.quad ap_pdpt + 3
	.fill 511, 8, 0
ap_pdpt:
	.quad ap_pd + 3
	.fill 511, 8, 0
ap_pd:
	.quad 0x83
	.fill 15, 8, 0
	.quad 0x2000083
	.fill 495, 8, 0

	.bss
	.balign 16
	.skip 16384
stack_top:

	.section .note.GNU-stack, "", @progbits
