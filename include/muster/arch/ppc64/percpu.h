/* SPDX-License-Identifier: MIT */
/*
 * ppc64 per-CPU access. r13 is the thread pointer of the ELFv2 ABI (OpenPOWER ABI for Linux Supplement
 * 3.7.2): it points 0x7000 behind the start of thread-local storage, so that 16-bit displacements reach
 * all of it. Per-CPU variables lie where thread-local ones do, in a section of that type, and the linker
 * makes displacements from r13 of their names (@tprel). The head of a unit lies right before them, with the
 * stack protector's word where the ABI has it, at -0x7010(r13).
 *
 * The address is made of r13 at each use, in the instruction before the use. A kernel that moves threads
 * between CPUs in kernel code must not do so between these two.
 */
#ifndef MUSTER_ARCH_PPC64_PERCPU_H
#define MUSTER_ARCH_PPC64_PERCPU_H

#include <stdint.h>

#define PERCPU_SECTION __attribute__((section(".tdata.percpu")))
#define PERCPU_HEAD_SECTION \
	__attribute__((section(".tdata.head"))) /* linked before .tdata.percpu */
#define PERCPU_BIAS	   0x7040 /* r13 less the unit's address: 0x7000, and the head's 64 bytes */
#define PERCPU_CANARY_WORD 6	  /* PERCPU_BIAS - 0x7010 bytes from the unit's start */

#define PERCPU_POINTER(name)                                                                      \
	({                                                                                        \
		__typeof__(name) *percpu_pointer_;                                                \
		__asm__ volatile("addi %0, 13, %1@tprel" : "=b"(percpu_pointer_) : "i"(&(name))); \
		percpu_pointer_;                                                                  \
	})
#define PERCPU_THIS(name) (*PERCPU_POINTER(name))
#define PERCPU_LOAD(name) (*(const volatile __typeof__(name) *)PERCPU_POINTER(name))
#define PERCPU_OFFSET(name)                                                       \
	({                                                                        \
		uintptr_t percpu_offset_;                                         \
		__asm__("li %0, %1@tprel" : "=r"(percpu_offset_) : "i"(&(name))); \
		percpu_offset_ + PERCPU_BIAS;                                     \
	})
/* The same for what has an offset and no name. */
#define PERCPU_THIS_AT(type, offset)                                      \
	(*({                                                              \
		__typeof__(type) *percpu_pointer_;                        \
		__asm__ volatile("add %0, 13, %1"                         \
				 : "=b"(percpu_pointer_)                  \
				 : "r"((uintptr_t)(offset)-PERCPU_BIAS)); \
		percpu_pointer_;                                          \
	}))

#endif
