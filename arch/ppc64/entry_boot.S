/* SPDX-License-Identifier: MIT */
/*
 * The ways in of the boot CPU: Open Firmware's client interface (IEEE 1275, PowerPC binding 8.2.3: r5 is
 * the address of the client interface) and a flattened device tree (as Linux's kexec leaves: r3 is
 * where it is, r5 is 0). Both come to the first byte of the image, wherever that was loaded, with
 * translation off. docs/entry.md has all registers.
 *
 * From here to the per-CPU base nothing may use per-CPU data: first comes a base that faults, one for each
 * way in.
 */
#include "arch/ppc64/entry.inc"

	.section .boot, "ax", @progbits
	.globl image_start
image_start:
	.globl boot_entry
boot_entry:
	enter_little_endian
	here	12, .Lboot_here			/* r12: its own address, in the direct map */

	/* The base that faults: this way in's. */
	li	17, WAY_OPENFIRMWARE
	cmpdi	5, 0
	bne	2f
	li	17, WAY_FLATTENED
2:	sldi	11, 17, POISON_SHIFT
	load64	13, POISON_BASE
	add	13, 13, 11

	mr	14, 3
	mr	15, 4
	mr	16, 5
	mr	18, 8
	mr	19, 9
	addis	2, 12, .TOC.-.Lboot_here@ha
	addi	2, 2, .TOC.-.Lboot_here@l
	/* r31: how far the image was loaded from where it is linked. */
	addi	31, 12, image_start-.Lboot_here
	clrldi	31, 31, 4

	/* Addresses in data are as if it lay at physical address 0. Only R_PPC64_RELATIVE: the build
	 * makes sure (make/ppc64le.mk). */
	addis	6, 2, relocations_start@toc@ha
	addi	6, 6, relocations_start@toc@l
	addis	7, 2, relocations_end@toc@ha
	addi	7, 7, relocations_end@toc@l
3:	cmpld	6, 7
	bge	4f
	ld	8, RELA_OFFSET(6)
	ld	10, RELA_ADDEND(6)
	add	10, 10, 31
	stdx	10, 8, 31
	addi	6, 6, RELA_SIZE
	b	3b
	/* What was written may be read as code. */
4:	sync
	isync

	/* Go on in the direct map, where translation changes nothing. */
	addi	11, 12, .Lboot_direct-.Lboot_here
	mtctr	11
	bctr
.Lboot_direct:
	/* Without a hypervisor skiboot loads no segments: it goes to the entry where the ELF file lies, and what
	 * should be zeroes is the rest of the file. */
	mfmsr	6
	rldicl.	6, 6, 4, 63		/* HV */
	beq	6f
	addis	6, 2, zeroes_start@toc@ha
	addi	6, 6, zeroes_start@toc@l
	addis	7, 2, image_end@toc@ha
	addi	7, 7, image_end@toc@l
	li	0, 0
5:	std	0, 0(6)
	addi	6, 6, 8
	cmpld	6, 7
	blt	5b
6:	addis	1, 2, boot_stack_top@toc@ha
	addi	1, 1, boot_stack_top@toc@l
	li	0, 0
	stdu	0, -FRAME_SMALLEST(1)	/* the end of every backtrace */
	addis	3, 2, boot_stack@toc@ha
	addi	3, 3, boot_stack@toc@l
	mtspr	SPR_SPRG0, 3		/* the lowest address of the stack in use: trap_entry.S */

	bl	boot_translation_begin	/* so that using the base that faults does fault */
	nop
	bl	percpu_boot_area_fill
	nop
	li	3, 0
	bl	percpu_base_load	/* CPU 0, whose area is the boot area */
	nop

	mr	3, 17
	mr	4, 14
	mr	5, 15
	mr	6, 16
	mr	7, 18
	mr	8, 19
	bl	ppc64_start
	nop
	trap

	/* The boot stack, with a page below it that step `page-tables` leaves out. */
	.section .bss.boot_stack, "aw", @nobits
	.balign 4096
	.globl boot_stack_guard, boot_stack, boot_stack_top
boot_stack_guard:
	.skip 4096
boot_stack:
	.skip BOOT_STACK_SIZE
boot_stack_top:
	.globl fatal_stack_top
fatal_stack:
	.skip FATAL_STACK_SIZE
fatal_stack_top:

	/* Room for the tree of boot_translation.c, whose root takes 64 KiB and wants to lie at a multiple of
	 * that, which is not known before the image is loaded. Free memory from step `page-tables` on. */
	.section .bss.boot_tables, "aw", @nobits
	.balign 4096
	.globl boot_tables, boot_tables_end
boot_tables:
	.skip 65536 - 4096 + 65536 + 4 * 4096
boot_tables_end:

	.section .note.GNU-stack, "", @progbits
