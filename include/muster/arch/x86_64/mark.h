/* SPDX-License-Identifier: MIT */
/*
 * x86-64, and i386: see muster/mark.h. A mark is the long NOP with a 32-bit displacement, 0F 1F 80 and
 * the displacement (Intel SDM vol. 2B, NOP), which no CPU looks at. Those that assemblers pad with have
 * the displacement 0. It decodes alike in 64- and 32-bit code; 16-bit code needs the address-size
 * prefix, 67. Any CPU since the Pentium Pro has it. Assembly includes this too.
 */
#ifndef MUSTER_ARCH_X86_64_MARK_H
#define MUSTER_ARCH_X86_64_MARK_H

#define X86_MARK_OPCODE_BYTES 0x0f, 0x1f, 0x80
#define X86_MARK_BASE	      0x6d757300 /* "mus" above the number's 8 bits */

#ifdef __ASSEMBLER__
/* In code of 32 and 64 bits; MARK_16 in code of 16. */
#define MARK(number)                 \
	.byte X86_MARK_OPCODE_BYTES; \
	.long X86_MARK_BASE + (number)
#define MARK_16(number)                    \
	.byte 0x67, X86_MARK_OPCODE_BYTES; \
	.long X86_MARK_BASE + (number)
#else
#ifdef __i386__
#define X86_MARK_REGISTER "%%eax"
#else
#define X86_MARK_REGISTER "%%rax"
#endif
/* Nothing that touches memory moves across it. */
#define MARK_EMIT(number)                                                                  \
	__asm__ volatile("nopl %c0(" X86_MARK_REGISTER ")" ::"i"(X86_MARK_BASE + (number)) \
			 : "memory")
#endif

#endif
