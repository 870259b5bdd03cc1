/* SPDX-License-Identifier: MIT */
/*
 * x86-64 per-CPU access. The section .percpu is linked at address 0 and its symbols are offsets;
 * IA32_GS_BASE (Intel SDM vol. 4, MSR C0000101H) holds the address of the CPU's unit. Named address
 * space __seg_gs (GCC manual, "x86 Named Address Spaces"; clang has the same) makes
 * this_cpu(n)++ one instruction. Offset 0 holds struct percpu_head, which assembly also knows.
 */
#ifndef MUSTER_ARCH_X86_64_PERCPU_H
#define MUSTER_ARCH_X86_64_PERCPU_H

#include <stdint.h>

#define PERCPU_SECTION	    __attribute__((section(".percpu")))
#define PERCPU_HEAD_SECTION __attribute__((section(".percpu.head"))) /* linked before .percpu */
#define PERCPU_THIS(name)   (*(__typeof__(name) __seg_gs *)(uintptr_t) & (name))
#define PERCPU_LOAD(name)   (*(const volatile __typeof__(name) __seg_gs *)(uintptr_t) & (name))
#define PERCPU_OFFSET(name) ((uintptr_t) & (name))
#define PERCPU_CANARY_WORD  5 /* %gs:40 */
/* The same for what has an offset and no name. */
#define PERCPU_THIS_AT(type, offset) (*(__typeof__(type) __seg_gs *)(uintptr_t)(offset))

#endif
