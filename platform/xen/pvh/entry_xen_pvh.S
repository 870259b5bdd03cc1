/* SPDX-License-Identifier: MIT */
/*
 * The way in of another vCPU that Xen starts (VCPUOP_initialise with a 64-bit context, public/hvm/
 * hvm_vcpu.h): long mode on the kernel's own page tables, interrupts off, segments as long mode wants
 * them but without descriptor tables behind them: no GDT, no IDT. The code selector is loaded here, for
 * an interrupt returns by it; the rest is secondary_entry's.
 *
 * Many CPUs run this at once, on one stack: all write the same two words to it.
 */
#include "arch/x86_64/offsets.h"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

	.text
	.globl xen_pvh_secondary
	.type xen_pvh_secondary, @function
xen_pvh_secondary:
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	lgdt	boot_gdt_pointer(%rip)
	leaq	secondary_entry(%rip), %rax
	pushq	$SELECTOR_CODE
	pushq	%rax
	lretq
	.size xen_pvh_secondary, . - xen_pvh_secondary

	.bss
	.balign 16
	.skip 16
	.globl xen_pvh_secondary_stack
xen_pvh_secondary_stack:

	.section .note.GNU-stack, "", @progbits
