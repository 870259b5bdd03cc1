/* SPDX-License-Identifier: MIT */
/*
 * Places in the code that a hypervisor with a VMI ROM may have run by itself instead (docs/vmi.md): the
 * instruction, filled up with NOPs to the length of a call, and a record of where it is. Without such a
 * ROM it is what it says. Step `vmi` writes over them, once, while the boot page tables still let it:
 * with a call, a jump, or nothing.
 *
 * Registers are those of the call: what it takes in EAX, EDX, ECX it may change, and flags.
 */
#ifndef ARCH_I386_PATCH_SITE_H
#define ARCH_I386_PATCH_SITE_H

#include "firmware/vmi_abi.h"

#define PATCH_SITE_LEAST \
	5 /* bytes of a call or jump with a 32-bit distance: Intel SDM vol. 2A, CALL */

#ifdef __ASSEMBLER__
/* clang-format off */

	/* An instruction, and the NOPs that it takes. */
	.macro patch_site call, nops, instruction:vararg
770:	\instruction
	.fill \nops, 1, 0x90
771:
	.pushsection .patch_sites, "a", @progbits
	.long 770b
	.word \call, 771b - 770b
	.popsection
	.endm

/* clang-format on */
#else

#define PATCH_SITE_TEXT(value) #value
/* For asm statements: the same. */
#define PATCH_SITE(instruction, nops, call)                \
	"770:\t" instruction "\n\t"                        \
	".fill " #nops ", 1, 0x90\n"                       \
	"771:\n\t"                                         \
	".pushsection .patch_sites, \"a\", @progbits\n\t"  \
	".long 770b\n\t"                                   \
	".word " PATCH_SITE_TEXT(call) ", 771b - 770b\n\t" \
				       ".popsection\n\t"

struct patch_site {
	uint32_t address;
	uint16_t call; /* VMI_CALL_* */
	uint16_t length;
};
_Static_assert(sizeof(struct patch_site) == 8, "patch_site.h: what the macros write");
extern const struct patch_site patch_sites_start[], patch_sites_end[];

/* lgdt, of a descriptor-table pointer. What the table has must not be changed from then on: a hypervisor may
 * have looked at it. */
static inline void gdt_load(const void *pointer)
{
	uint32_t eax = (uintptr_t)pointer;

	__asm__ volatile(PATCH_SITE("lgdtl (%%eax)", 2, VMI_CALL_SET_GDT)
			 : "+a"(eax)::"ecx", "edx", "memory", "cc");
}

#endif
#endif
