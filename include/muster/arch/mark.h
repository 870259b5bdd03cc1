/* SPDX-License-Identifier: MIT */
/*
 * Chooses the architecture's MARK_EMIT(number): one instruction that is architecturally a no-op, carries
 * the number (8 bits, muster/mark_number.h) and is nothing that a compiler would emit for another
 * reason. A hosted program has none. For an architecture that is to come:
 *
 *   x86-64, i386   0F 1F /0 with a 32-bit displacement, the long NOP: Intel SDM vol. 2B, NOP
 *   arm64          movz xzr, #0x6dNN: a move to the zero register. Not HINT: numbers that mean nothing
 *		    today are there to be given a meaning
 *   ppc64          tdi 0,r0,0x6dNN: a trap on no condition (Power ISA, 3.3.11). Not `or rx,rx,rx`: some
 *		    of those set the thread's priority
 *   riscv64        lui zero, 0x6d7NN: a HINT in the space for custom use
 */
#ifndef MUSTER_ARCH_MARK_H
#define MUSTER_ARCH_MARK_H

#if __STDC_HOSTED__
#include <muster/arch/host/mark.h>
#elif defined(__x86_64__) || defined(__i386__)
#include <muster/arch/x86_64/mark.h>
#elif defined(__powerpc64__)
#include <muster/arch/ppc64/mark.h>
#else
#error "muster: no marks for this architecture"
#endif

#endif
