/* SPDX-License-Identifier: MIT */
/* What a trap leaves on an i386's stack, and what arch/x86_64/trap.c asks of it. */
#ifndef ARCH_I386_TRAP_FRAME_H
#define ARCH_I386_TRAP_FRAME_H

#include <stdint.h>

/* What trap_entry.S leaves on the stack. The last three are the processor's (SDM vol. 3A, 6.12.1): a trap
 * within one ring pushes no stack pointer, so that trap_entry.S works it out. */
struct trap_frame {
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t vector;
	uint32_t error_code;
	uint32_t eip, cs, eflags;
};

static inline uintptr_t trap_frame_place(const struct trap_frame *frame)
{
	return frame->eip;
}

static inline uintptr_t trap_frame_base(const struct trap_frame *frame)
{
	return frame->ebp;
}

/* Of what was interrupted. */
static inline uintptr_t trap_frame_stack(const struct trap_frame *frame)
{
	return frame->esp;
}

#endif
