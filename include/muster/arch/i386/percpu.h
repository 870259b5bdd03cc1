/* SPDX-License-Identifier: MIT */
/*
 * i386 per-CPU access. The section .percpu is linked at address 0 and its symbols are offsets; %fs holds a
 * selector of the CPU's own descriptor table, whose descriptor has the address of the CPU's unit as its
 * base (Intel SDM vol. 3A, 3.4.5). Named address space __seg_fs (GCC manual, "x86 Named Address
 * Spaces"; clang has the same) makes this_cpu(n)++ one instruction for what has 32 bits.
 */
#ifndef MUSTER_ARCH_I386_PERCPU_H
#define MUSTER_ARCH_I386_PERCPU_H

#include <stdint.h>

#define PERCPU_SECTION	    __attribute__((section(".percpu")))
#define PERCPU_HEAD_SECTION __attribute__((section(".percpu.head"))) /* linked before .percpu */
#define PERCPU_THIS(name)   (*(__typeof__(name) __seg_fs *)(uintptr_t) & (name))
#define PERCPU_LOAD(name)   (*(const volatile __typeof__(name) __seg_fs *)(uintptr_t) & (name))
#define PERCPU_OFFSET(name) ((uintptr_t) & (name))
#define PERCPU_CANARY_WORD  3 /* %fs:20, -mstack-protector-guard-reg=fs */
/* The same for what has an offset and no name. */
#define PERCPU_THIS_AT(type, offset) (*(__typeof__(type) __seg_fs *)(uintptr_t)(offset))

#endif
