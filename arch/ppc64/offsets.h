/* SPDX-License-Identifier: MIT */
/*
 * Numbers that assembly and C share. Each that stands for a place in a C structure is checked
 * against it in offsets.c.
 */
#ifndef ARCH_PPC64_OFFSETS_H
#define ARCH_PPC64_OFFSETS_H

/*
 * Where the direct map begins, and the image is linked as if it lay at physical address 0; the entry code
 * moves it to where it was loaded. The first address of quadrant 3, the privileged one (Power ISA 3.0 B,
 * book III, 5.7.5.1). With translation off a CPU ignores these four bits (5.7.3), so that every pointer
 * into the direct map, code and stacks among them, is good with and without translation.
 */
#define KERNEL_VIRTUAL 0xc000000000000000
/* Effective addresses of a quadrant have 52 bits: 5.7.5.1. */
#define KERNEL_LAST 0xc00fffffffffffff

/* The ways in, by number. */
#define WAY_OPENFIRMWARE 0
#define WAY_FLATTENED	 1
#define WAY_SECONDARY	 2
#define WAYS		 3

/* The base that faults: an address where nothing is ever mapped, one for each way in, right below the
 * end of the quadrant: above the fixmap. */
#define POISON_BASE	      0xc00fffff00000000
#define POISON_SHIFT	      24
#define POISON_SPAN	      0x1000000
#define POISON_BASE_SECONDARY 0xc00fffff02000000 /* POISON_BASE + WAY_SECONDARY * POISON_SPAN */
#define LAYOUT_LAST	      0xc00ffffeffefffff

/* r13 less the address of the unit: muster/arch/ppc64/percpu.h. */
#define UNIT_BIAS 0x7040

/* Machine state register: Power ISA 3.0 B, book III, 3.2.1. */
#define MSR_SF	     0x8000000000000000
#define MSR_HV	     0x1000000000000000
#define MSR_VEC	     0x2000000
#define MSR_VSX	     0x800000
#define MSR_FP	     0x2000
#define MSR_EE	     0x8000
#define MSR_ME	     0x1000
#define MSR_IR	     0x20
#define MSR_DR	     0x10
#define MSR_RI	     0x2
#define MSR_LE	     0x1
#define MSR_OURS_LOW 0x1003 /* ME, RI, LE: what fits an immediate; SF besides */

/* Special-purpose registers: book III, 5.4.4 and figure 18. */
#define SPR_DSISR 18
#define SPR_DAR	  19
#define SPR_SRR0  26
#define SPR_SRR1  27
#define SPR_PIDR  48
#define SPR_SPRG0 272
#define SPR_SPRG1 273
#define SPR_SPRG2 274
#define SPR_SPRG3 275
#define SPR_PVR	  287
#define SPR_PIR	  1023

/* What stands in PIDR: a process that the process table has nothing for, so that no address of user space
 * leads anywhere. The kernel's quadrant is always process 0's. */
#define PROCESS_NONE 1

/* A relocation of a position-independent image: ELFv2 ABI, 3.5.4. */
#define R_PPC64_RELATIVE 22
#define RELA_SIZE	 24
#define RELA_OFFSET	 0
#define RELA_INFO	 8
#define RELA_ADDEND	 16

/* struct cpu_record (core/cpu_table.h). */
#define RECORD_STATE  0
#define RECORD_NUMBER 4
#define RECORD_UNIT   8
#define RECORD_STACK  16
/* struct cpu_records. */
#define RECORDS_FIRST 0

/* enum cpu_state (muster/cpu.h). */
#define STATE_STARTING 3
#define STATE_ARRIVED  4
#define STATE_HELD     7
#define STATE_FAILED   8

/* A stack frame without anything of its own: ELFv2 ABI, 2.2.2. What lies below a stack pointer may be in
 * use down to 288 bytes (2.2.2.4). */
#define FRAME_SMALLEST 32
#define FRAME_LR       16
#define RED_ZONE       288

/* struct trap_frame (trap.h), behind a smallest stack frame. */
#define TRAP_GPR    0
#define TRAP_NIP    256
#define TRAP_MSR    264
#define TRAP_CTR    272
#define TRAP_LR	    280
#define TRAP_XER    288
#define TRAP_CR	    296
#define TRAP_DAR    304
#define TRAP_DSISR  312
#define TRAP_VECTOR 320
#define TRAP_SIZE   336
/* A multiple of 16, as stack pointers are. */
#define TRAP_FRAME_SIZE (FRAME_SMALLEST + TRAP_SIZE)

/* Interrupts whose vectors lie in memory: 0x100 to 0x1000 and beyond (book III, 6.5). */
#define VECTORS_SIZE 0x4000
/* System reset and machine check always come with translation off: to a branch at 0x100 and 0x200, and from there to
 * the code at vectors_low (trap_entry.S), of which there is room for two copies; so that one can be made while
 * a CPU is in the other. By instructions: what trap_vectors.c fills in. */
#define VECTORS_SAVE	   0x1800
#define VECTORS_LOW	   0x1900 /* in the image */
#define VECTORS_LOW_EACH   0x100  /* bytes for one vector */
#define VECTORS_LOW_FIRST  0x2000 /* below, at physical addresses */
#define VECTORS_LOW_SECOND 0x2400
#define LOW_REGION	   5
#define LOW_REGION_SIZE	   11
#define LOW_HANDLER	   18
#define LOW_ELSE	   28

/* Where they are with translation on: alternate interrupt location 3 (LPCR, book III, 2.2). */
#define VECTORS_VIRTUAL 0xc000000000004000

/* In SPRG0, where the lowest address of the stack in use is else: there is none. No stack pointer is as high, and
 * it fits an immediate. */
#define STACK_NONE	 (-32768)

#define BOOT_STACK_SIZE	 16384
#define FATAL_STACK_SIZE 8192
/* For traps that come while the firmware is called. */
#define FIRMWARE_TRAP_STACK 4096

#endif
