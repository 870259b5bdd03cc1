/* SPDX-License-Identifier: MIT */
/*
 * An option ROM with VMware's Virtual Machine Interface, for tests: header, 16-bit init, the calls. It
 * runs every call natively and counts it; what it does beyond that is in rom_init.c. Written from the
 * facts of the interface (firmware/vmi_abi.h, docs/vmi.md). Linked at address 0; all code runs
 * anywhere. The ROM is read-only from the end of POST on: what it writes is RAM that init took.
 */
#include "tests/vmirom/rom.h"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

#ifndef ROM_API_MAJOR
#define ROM_API_MAJOR VMI_API_MAJOR
#endif

	.section .header, "awx"
	.globl	rom_start
	.code16
rom_start:
	.word	VMI_OPTION_ROM_SIGNATURE
	.byte	ROM_UNITS		/* by the linker script */
	.byte	0xe9			/* jmp init16 */
	.word	init16 - . - 2
	.byte	0
	.byte	0
	.long	VMI_SIGNATURE
	.byte	VMI_API_MINOR, ROM_API_MAJOR
	.byte	0, 0
	.long	ROM_TOP_MIB << 20
	.word	0
	.word	licence
	.word	pci
	.word	pnp
	.long	0
	.long	VMI_COUNTS_SIGNATURE
counts_address:
	.long	0			/* by init */
	.globl	rom_physical, ram_distance
rom_physical:
	.long	0			/* the same */
ram_distance:
	.long	0			/* from the ROM to RAM, physical as well as virtual */
	.globl	rom_checksum
rom_checksum:
	.byte	0			/* by seal.c, and by init */
	.org	VMI_HEADER_INIT
	.code32
	jmp	vmi_init
	.org	VMI_HEADER_GET_RELOCATION
	jmp	get_reloc
	.org	VMI_HEADER_SIZE

	.balign	4
pci:	/* PCI Firmware Specification 3.0, 5.1.2 */
	.ascii	"PCIR"
	.word	VMI_PCI_VENDOR, VMI_PCI_DEVICE
	.word	0, 24
	.byte	0, 0, 0, 0xff
	.word	ROM_UNITS
	.byte	0, 1			/* 1.0 */
	.byte	0, 0x80
	.word	0
pnp:	/* Plug and Play BIOS Specification 1.0A, 3.2. With it a BIOS runs init where it finds the ROM. */
	.ascii	"$PnP"
	.byte	1, 2
	.word	0
	.byte	0, 0
	.long	0
	.word	maker, product
	.byte	0xff, 0, 0
	.byte	0
	.word	0, 0, 0, 0, 0
licence:
	.asciz	"MIT"
maker:	.asciz	"muster"
product:
	.asciz	"VMI test ROM"

	/* 16 bits, far call by the BIOS, CS the ROM's segment, the ROM still writable. */
	.text
	.code16
init16:
	pushal
	pushw	%ds
	pushw	%es
	cld
	/* RAM: BIOS data area, 40:13, KiB of conventional memory; what is above it is not the system's. */
	movw	$0x40, %ax
	movw	%ax, %ds
	movw	0x13, %bx
	subw	$RAM_KIB, %bx
	andw	$~3, %bx
	movw	%bx, 0x13
	movw	%bx, %ax
	shlw	$6, %ax
	movw	%ax, %es
	movzwl	%bx, %ebx
	shll	$10, %ebx		/* where it is */
	xorw	%di, %di
	xorl	%eax, %eax
	movw	$(RAM_KIB * 256), %cx
	rep stosl

	movw	%cs, %ax
	movw	%ax, %ds
	movw	$trampoline, %si
	xorw	%di, %di
	movw	$(trampoline_end - trampoline), %cx
	rep movsb
	addl	%ebx, %es:(trampoline_far - trampoline)
	addl	%ebx, %es:(trampoline_gdt_address - trampoline)

	movzwl	%ax, %eax
	shll	$4, %eax
	movl	%eax, rom_physical
	addl	%eax, %es:(trampoline_next - trampoline)
	movl	%ebx, %ecx
	subl	%eax, %ecx
	movl	%ecx, ram_distance
	addl	$RAM_COUNTS, %ebx
	movl	%ebx, counts_address

	/* The bytes still have to add up. */
	movzbw	VMI_HEADER_LENGTH, %cx
	shlw	$9, %cx
	xorw	%si, %si
	xorw	%ax, %ax
1:	addb	(%si), %al
	incw	%si
	loop	1b
	subb	%al, rom_checksum
	popw	%es
	popw	%ds
	popal
	xorw	%ax, %ax
	lret

	/*
	 * Behind a start-up IPI, copied to RAM. Which CPU it is, its APIC id says; what it begins with,
	 * SetInitialAPState said. A CPU without a state stops here. The page tables are our own, until
	 * this code is where the CPU's own have it.
	 */
trampoline:
	/* For who counts instructions: what a CPU costs begins here. */
	MARK_16(MARK_NUMBER_PHASE + MARK_ARRIVE)
	cli
	movl	$1, %eax
	cpuid
	shrl	$24, %ebx
	xorl	%ebp, %ebp
	movw	%cs, %bp
	movw	%bp, %ds
	shll	$4, %ebp		/* RAM, physical */
	lgdtl	trampoline_gdt_pointer - trampoline
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	.byte	0x66, 0xea		/* ljmpl */
trampoline_far:
	.long	1f - trampoline
	.word	8
	.code32
1:	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	cmpl	$STATES, %ebx
	jae	3f
	imull	$STATE_STRIDE, %ebx, %edi
	leal	RAM_STATES(%ebp,%edi), %edi
	cmpl	$0, STATE_VALID(%edi)
	je	3f
	movl	VMI_STATE_CR4(%edi), %eax
	andl	$0x20, %eax		/* PAE */
	orl	$0x10, %eax		/* PSE */
	movl	%eax, %cr4
	leal	RAM_DIRECTORY(%ebp), %eax
	movl	%eax, %cr3
	movl	VMI_STATE_EFER(%edi), %eax
	andl	$0x801, %eax		/* SCE, NXE: there is no long mode here */
	jz	2f
	xorl	%edx, %edx
	movl	$0xc0000080, %ecx
	wrmsr
2:	movl	VMI_STATE_CR0(%edi), %eax
	movl	%eax, %cr0
	jmp	2f
2:	movl	trampoline_virtual - trampoline(%ebp), %eax
	movl	trampoline_next - trampoline(%ebp), %ecx
	addl	%eax, %ecx
	addl	%eax, %ebp
	addl	%eax, %edi
	jmp	*%ecx
3:	hlt
	jmp	3b

	.balign	8
trampoline_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
trampoline_gdt_pointer:
	.word	. - trampoline_gdt - 1
trampoline_gdt_address:
	.long	trampoline_gdt - trampoline
trampoline_next:			/* physical address of cpu_begin */
	.long	cpu_begin
	.globl	trampoline, trampoline_virtual
trampoline_virtual:			/* what a virtual address is above its physical one */
	.long	0
trampoline_end:

	/* In the ROM where the kernel has it: EBP is RAM, EDI the state. Segments are still our own. */
cpu_begin:
	movl	VMI_STATE_CR3(%edi), %eax
	movl	%eax, %cr3
	movl	VMI_STATE_CR4(%edi), %eax
	movl	%eax, %cr4
	movl	VMI_STATE_CR2(%edi), %eax
	movl	%eax, %cr2
	lock incl RAM_COUNTS + VMI_COUNTS_STARTED(%ebp)
	lgdtl	VMI_STATE_GDTR_LIMIT(%edi)
	movw	VMI_STATE_SS(%edi), %ss
	movl	VMI_STATE_ESP(%edi), %esp
	/* Below ESP, which is as told again when the CPU gets there. */
	movzwl	VMI_STATE_CS(%edi), %eax
	movl	VMI_STATE_EFLAGS(%edi), %ecx
	orl	$2, %ecx
	pushl	%ecx
	pushl	%eax
	pushl	VMI_STATE_EIP(%edi)
	pushl	VMI_STATE_EDI(%edi)
	movzwl	VMI_STATE_DS(%edi), %eax
	pushl	%eax
	pushl	VMI_STATE_IDTR_BASE(%edi)
	pushw	VMI_STATE_IDTR_LIMIT(%edi)
	lidtl	(%esp)
	leal	6(%esp), %esp
	lldt	VMI_STATE_LDTR(%edi)
	movw	VMI_STATE_ES(%edi), %es
	movw	VMI_STATE_FS(%edi), %fs
	movw	VMI_STATE_GS(%edi), %gs
	movl	VMI_STATE_EAX(%edi), %eax
	movl	VMI_STATE_EBX(%edi), %ebx
	movl	VMI_STATE_ECX(%edi), %ecx
	movl	VMI_STATE_EDX(%edi), %edx
	movl	VMI_STATE_EBP(%edi), %ebp
	movl	VMI_STATE_ESI(%edi), %esi
	popl	%ds
	popl	%edi
	iretl
