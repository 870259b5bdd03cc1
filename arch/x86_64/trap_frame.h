/* SPDX-License-Identifier: MIT */
/* What a trap leaves on an x86-64's stack, and what trap.c asks of it. */
#ifndef ARCH_X86_64_TRAP_FRAME_H
#define ARCH_X86_64_TRAP_FRAME_H

#include <stdint.h>

/* What trap_entry.S leaves on the stack. The last five are the processor's (SDM vol. 3A, 6.14). */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error_code;
	uint64_t rip, cs, rflags, rsp, ss;
};

static inline uintptr_t trap_frame_place(const struct trap_frame *frame)
{
	return frame->rip;
}

static inline uintptr_t trap_frame_base(const struct trap_frame *frame)
{
	return frame->rbp;
}

/* Of what was interrupted. */
static inline uintptr_t trap_frame_stack(const struct trap_frame *frame)
{
	return frame->rsp;
}

#endif
