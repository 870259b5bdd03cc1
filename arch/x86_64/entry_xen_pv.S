/* SPDX-License-Identifier: MIT */
/*
 * The Xen PV way in. Xen finds the ELF notes below, maps the image at KERNEL_VIRTUAL, fills the
 * hypercall page, and begins at xen_pv_entry: 64-bit mode in ring 3, Xen's page tables, Xen's
 * descriptor tables, event upcalls masked, %rsi = virtual address of struct start_info, %rsp = a stack
 * of one page that Xen made (public/xen.h, "Start-of-day memory layout", and public/arch-x86/xen.h).
 * docs/entry.md has all registers. No instruction of ours may be privileged here: the per-CPU base
 * is set by a hypercall, long before there is a descriptor table of our own (H2).
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trap_save.inc"

#include <muster/arch/x86_64/mark.h>
#include <muster/mark_number.h>

#define __ASSEMBLY__
#include <xen/elfnote.h>
#include <xen/features.h>
#include <xen/xen.h>

	/* Notes: System V ABI, "Note Section"; the name is "Xen", descriptors are numbers of 8 bytes or
	 * strings. public/elfnote.h says what each means. */
	.macro note_number type, value
	.balign 4
	.long	4, 8, \type
	.asciz	"Xen"
	.quad	\value
	.endm
	.macro note_text type, text
	.balign 4
	.long	4, 12f - 11f, \type
	.asciz	"Xen"
11:	.asciz	"\text"
12:
	.endm

	.section .note.xen, "a", @note
	note_text	XEN_ELFNOTE_GUEST_OS, "muster"
	note_text	XEN_ELFNOTE_XEN_VERSION, "xen-3.0"	/* the version of the interface */
	note_text	XEN_ELFNOTE_LOADER, "generic"
	note_number	XEN_ELFNOTE_VIRT_BASE, KERNEL_VIRTUAL
	note_number	XEN_ELFNOTE_PADDR_OFFSET, 0
	note_number	XEN_ELFNOTE_ENTRY, xen_pv_entry
	note_number	XEN_ELFNOTE_HYPERCALL_PAGE, xen_hypercall_page
	/* We can be the hardware domain; and a guest whose kernel is in what Xen calls ring 1. */
	note_number	XEN_ELFNOTE_SUPPORTED_FEATURES, (1 << XENFEAT_dom0)
	.balign 4

	.text
	.weak xen_pv_entry		/* a kernel may have its own: docs/embedding.md */
	.type xen_pv_entry, @function
xen_pv_entry:
	cld
	movq	%rsi, %r13
	leaq	boot_stack_top(%rip), %rsp
	xorl	%ebp, %ebp		/* the end of every backtrace */

	/* The base that faults: this way in's. */
	movl	$__HYPERVISOR_set_segment_base, %edi
	movl	$SEGBASE_GS_KERNEL, %esi
	movabsq	$POISON_BASE_XEN_PV, %rdx
	call	xen_hypercall_raw

	call	xen_pv_early		/* so that using the base that faults is reported */
	call	percpu_boot_area_fill
	xorl	%edi, %edi
	call	percpu_base_load	/* CPU 0, whose area is the boot area */

	movq	%r13, %rdi
	call	xen_pv_start
	ud2
	.size xen_pv_entry, . - xen_pv_entry

	/*
	 * The way in of every other vCPU: begun by VCPUOP_up with the registers of its vcpu_guest_context
	 * (pv_vcpu.c), among them the per-CPU base, on the kernel's page tables. %rbx = its record in
	 * the CPU table. One that was down goes on behind VCPUOP_down, and comes here too. A CPU that was
	 * given up on must not touch its stack or unit: so the record is claimed first.
	 */
	.globl xen_pv_secondary_entry
	.type xen_pv_secondary_entry, @function
xen_pv_secondary_entry:
	MARK(MARK_NUMBER_PHASE + MARK_ARRIVE)
	cld
	movl	$STATE_STARTING, %eax
	movl	$STATE_ARRIVED, %ecx
	lock cmpxchgl %ecx, RECORD_STATE(%rbx)
	jne	xen_pv_late
	movq	RECORD_STACK(%rbx), %rsp
	xorl	%ebp, %ebp
	call	bringup_secondary
	ud2
	/* Late: held, if it was given up on. Any other state is not ours to change. */
xen_pv_late:
	movl	$STATE_FAILED, %eax
	movl	$STATE_HELD, %ecx
	lock cmpxchgl %ecx, RECORD_STATE(%rbx)
	jmp	xen_pv_stopped
	.size xen_pv_secondary_entry, . - xen_pv_secondary_entry

	/*
	 * void xen_pv_stop_this_cpu(uint32_t *state_word, uint32_t state)
	 *
	 * struct machine's stop_this_cpu: off the stack for good, say so, and down. VCPUOP_down returns
	 * when another CPU has made VCPUOP_up. Upcalls are masked, and stay so. All stopped CPUs share one
	 * small stack; what they push is the same for all.
	 */
	.globl xen_pv_stop_this_cpu
	.type xen_pv_stop_this_cpu, @function
xen_pv_stop_this_cpu:
	leaq	xen_pv_stopped_stack_top(%rip), %rsp
	movq	%rdi, %rbx		/* the state is a record's first field: offsets.h */
	movl	%esi, RECORD_STATE(%rbx)	/* x86 stores are not reordered with stores */
xen_pv_stopped:
	leaq	xen_pv_stopped_stack_top(%rip), %rsp
	MARK(MARK_NUMBER_WAIT_NONE)	/* it may have stopped within one */
	/* One that another CPU held up right here, and let go on, has its start-up behind it. */
	cmpl	$STATE_STARTING, RECORD_STATE(%rbx)
	je	xen_pv_secondary_entry
	movl	$__HYPERVISOR_vcpu_op, %edi
	movl	$2, %esi		/* VCPUOP_down: public/vcpu.h */
	movl	RECORD_VCPU(%rbx), %edx
	xorl	%ecx, %ecx
	call	xen_hypercall_raw
	jmp	xen_pv_secondary_entry
	.size xen_pv_stop_this_cpu, . - xen_pv_stop_this_cpu

	/*
	 * Traps. Xen pushes what the processor would have, and then r11 and rcx, which its own way back
	 * destroys (public/arch-x86/xen.h says nothing of it; measured, and so in every PV kernel). One
	 * stub a vector, XEN_PV_STUB_STRIDE bytes each, as in trap_entry.S.
	 */
	.macro stub vector
	.balign XEN_PV_STUB_STRIDE
	movq	(%rsp), %rcx
	movq	8(%rsp), %r11
	.if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
	addq	$16, %rsp
	.else
	movq	$0, 8(%rsp)
	addq	$8, %rsp
	.endif
	pushq	$\vector
	jmp	xen_pv_trap_save
	.endm

	.balign XEN_PV_STUB_STRIDE
	.globl xen_pv_trap_stubs, xen_pv_upcall
xen_pv_trap_stubs:
	.irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31
	stub	\vector
	.endr
	/* The event callback: whatever is pending, one vector. */
xen_pv_upcall:
	stub	0xf0

	.type xen_pv_trap_save, @function
xen_pv_trap_save:
	cld
	/* Xen keeps the upcall mask in the upper half of cs (public/arch-x86/xen-x86_64.h,
	 * saved_upcall_mask); in rflags it is IF. */
	movl	$0, 28(%rsp)
	trap_save_and_dispatch
	trap_restore
	/* Back by Xen, which unmasks upcalls in the same moment: HYPERVISOR_iret wants flags below rip,
	 * and its entry of the page pushes the three registers that are below those. */
	pushq	$0
	jmp	xen_hypercall_page + __HYPERVISOR_iret * 32
	.size xen_pv_trap_save, . - xen_pv_trap_save

	/* The failsafe and the syscall callback: nothing of ours can bring them about. */
	.globl xen_pv_failsafe, xen_pv_syscall
xen_pv_failsafe:
	cld
	xorl	%edi, %edi
	jmp	1f
xen_pv_syscall:
	cld
	movl	$1, %edi
1:	andq	$-16, %rsp
	call	xen_pv_callback_unexpected
	ud2

	.bss
	.balign 16
	.skip 256
xen_pv_stopped_stack_top:

	.section .note.GNU-stack, "", @progbits
