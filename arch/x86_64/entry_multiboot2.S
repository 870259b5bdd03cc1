/* SPDX-License-Identifier: MIT */
/*
 * The multiboot2 way in (Multiboot2 Specification version 2.0). The loader finds the header in the
 * first 32 KiB of the file (3.1.1), loads the ELF's segments, and starts the boot CPU at the address
 * of the header's entry tag in 32-bit protected mode, paging off, flat segments, interrupts off,
 * %eax = a magic number, %ebx = physical address of the boot information (3.3, "I386 machine state").
 *
 * There is no multiboot1 header, and must be none: QEMU looks for one first, in the first 8 KiB, and
 * then refuses a 64-bit ELF.
 */
#include "arch/x86_64/offsets.h"

#define HEADER_MAGIC	  0xe85250d6 /* 3.1.2 */
#define ARCHITECTURE_I386 0
#define LOADER_MAGIC	  0x36d76289 /* 3.3: what the loader has in %eax */

/* Tags of the header, 3.1.3 to 3.1.10, and of the information that is asked for, 3.6. */
#define TAG_END		    0
#define TAG_INFORMATION	    1
#define TAG_ENTRY	    3
#define TAG_ALIGN_MODULES   6
#define OPTIONAL	    1
#define INFORMATION_COMMAND 1
#define INFORMATION_MODULES 3
#define INFORMATION_MAP	    6
#define INFORMATION_EFI_64  12
#define INFORMATION_RSDP_1  14
#define INFORMATION_RSDP_2  15
#define INFORMATION_EFI_MAP 17

	.section .boot.header, "a", @progbits
	.balign 8
	.globl multiboot2_header
multiboot2_header:
	.long HEADER_MAGIC
	.long ARCHITECTURE_I386
	.long multiboot2_header_end - multiboot2_header
	.long -(HEADER_MAGIC + ARCHITECTURE_I386 + (multiboot2_header_end - multiboot2_header)) & 0xffffffff

	/* A memory map must be given; the rest may be. Boot services of EFI are not asked for, so
	 * that the loader has ended them. */
	.balign 8
1:	.word TAG_INFORMATION, 0
	.long 2f - 1b
	.long INFORMATION_MAP
2:	.balign 8
1:	.word TAG_INFORMATION, OPTIONAL
	.long 2f - 1b
	.long INFORMATION_COMMAND, INFORMATION_MODULES, INFORMATION_EFI_64, INFORMATION_RSDP_1
	.long INFORMATION_RSDP_2, INFORMATION_EFI_MAP
2:	.balign 8
1:	.word TAG_ENTRY, 0
	.long 2f - 1b
	.long multiboot2_entry
2:	.balign 8
1:	.word TAG_ALIGN_MODULES, OPTIONAL
	.long 2f - 1b
2:	.balign 8
1:	.word TAG_END, 0
	.long 2f - 1b
2:
multiboot2_header_end:

	.section .boot, "ax", @progbits
	.code32
	.globl multiboot2_entry
	.type multiboot2_entry, @function
multiboot2_entry:
	cld
	cli
	movl	$refusal_magic, %esi
	cmpl	$LOADER_MAGIC, %eax
	jne	boot_refuse
	movl	%ebx, %esi
	xorl	%edi, %edi
	movl	$WAY_MULTIBOOT2, %ebp
	jmp	boot_protected
	.size multiboot2_entry, . - multiboot2_entry

refusal_magic:
	.ascii "muster: multiboot2 entry: EAX: must be 0x36d76289\r\n"
	.asciz "@muster 1 panic cpu=0 step=none\r\n"

	.section .note.GNU-stack, "", @progbits
