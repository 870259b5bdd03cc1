/* SPDX-License-Identifier: MIT */
/*
 * Where things are in a park region of i386: what arch/x86_64/park_layout.h is there, under the same names.
 * There are no page tables: paging is off there.
 */
#ifndef ARCH_I386_PARK_LAYOUT_H
#define ARCH_I386_PARK_LAYOUT_H

#define PARK_MACHINE PARK_MACHINE_386

/* The region, in pages: the park page, the code with its descriptor tables, the list of what is copied, what
 * the payload is told, the slots, the record. */
#define PARK_CODE_PAGE	0x1000
#define PARK_COPY_PAGE	0x2000
#define PARK_TOLD_PAGE	0x3000
#define PARK_TOLD_BYTES 0x4000
#define PARK_SLOTS_PAGE 0x7000

/* In the code's page, behind the code. */
#define PARK_GDT	 0xc00
#define PARK_GDT_BYTES	 0x28
#define PARK_TSS	 0xc40
#define PARK_TSS_BYTES	 0x68
#define PARK_GDT_POINTER 0xcc0
#define PARK_IDT_POINTER 0xcd0
#define PARK_IDT	 0xd00
#define PARK_APIC	 0xf00 /* struct park_apic */

#define PARK_GATE_BYTES	 8
/* Flat 32-bit code, present, accessed: Intel SDM vol. 3A, 3.4.5. */
#define PARK_DESCRIPTOR_CODE UINT64_C(0x00cf9b000000ffff)

/* struct park_arrival. */
#define ARRIVAL_CR3   128
#define ARRIVAL_CR4   132
#define ARRIVAL_CR0   136
#define ARRIVAL_EFER  140
#define ARRIVAL_ENTRY 144

#endif
