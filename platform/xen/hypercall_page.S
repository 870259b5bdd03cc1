/* SPDX-License-Identifier: MIT */
/*
 * The page that Xen fills with the way into it, and the one function that uses it. Each entry is 32
 * bytes: public/arch-x86/xen.h, "hypercall page". The registers are the ABI's (public/arch-x86/
 * xen-x86_64.h): arguments in rdi, rsi, rdx, r10, r8; the answer in rax.
 */
	.section .text.xen_hypercall_page, "ax", @progbits
	.balign 4096
	.globl xen_hypercall_page
	.type xen_hypercall_page, @object
xen_hypercall_page:
	.fill 4096, 1, 0xcc		/* int3 */
	.size xen_hypercall_page, . - xen_hypercall_page

	.text
	/* long xen_hypercall_raw(uint32_t number, uint64_t a, b, c, d, e) */
	.globl xen_hypercall_raw
	.type xen_hypercall_raw, @function
xen_hypercall_raw:
	movl	%edi, %eax
	shll	$5, %eax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	addq	$xen_hypercall_page, %rax
	jmpq	*%rax			/* the entry returns to our caller */
	.size xen_hypercall_raw, . - xen_hypercall_raw

	.section .note.GNU-stack, "", @progbits
