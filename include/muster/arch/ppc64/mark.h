/* SPDX-License-Identifier: MIT */
/*
 * ppc64: see muster/mark.h. A mark is `tdi 0,r0,0x6dNN`, a trap on no condition (Power ISA 3.0 B, 3.3.11),
 * which no CPU looks at. Assembly includes this too.
 */
#ifndef MUSTER_ARCH_PPC64_MARK_H
#define MUSTER_ARCH_PPC64_MARK_H

#define PPC64_MARK_BASE 0x6d00 /* above the number's 8 bits */

#ifdef __ASSEMBLER__
#define MARK(number) tdi 0, 0, PPC64_MARK_BASE + (number)
#else
/* Nothing that touches memory moves across it. */
#define MARK_EMIT(number) \
	__asm__ volatile("tdi 0, 0, %c0" ::"i"(PPC64_MARK_BASE + (number)) : "memory")
#endif

#endif
