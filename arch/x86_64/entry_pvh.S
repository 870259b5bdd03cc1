/* SPDX-License-Identifier: MIT */
/*
 * The PVH way in. A hypervisor that finds the ELF note XEN_ELFNOTE_PHYS32_ENTRY (Xen's public
 * header elfnote.h: type 18) starts the boot CPU at that physical address in 32-bit protected mode,
 * paging off, flat segments, interrupts off, %ebx = physical address of struct hvm_start_info (Xen's
 * docs/misc/pvh.pandoc, "Direct Boot ABI"). docs/entry.md has all registers.
 */
#include "arch/x86_64/offsets.h"

	.section .note.pvh, "a", @note
	.balign 4
	.long 4			/* bytes of the name */
#ifdef __i386__
	.long 4			/* bytes of the descriptor */
#else
	.long 8			/* bytes of the descriptor */
#endif
	.long 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
#ifdef __i386__
	.long pvh_entry
#else
	.quad pvh_entry
#endif

	.section .boot, "ax", @progbits
	.code32
	.weak pvh_entry		/* a kernel may have its own: docs/embedding.md */
	.type pvh_entry, @function
pvh_entry:
	cld
	cli
	movl	%ebx, %esi
	xorl	%edi, %edi
	movl	$WAY_PVH, %ebp
	jmp	boot_protected
	.size pvh_entry, . - pvh_entry

	.section .note.GNU-stack, "", @progbits
