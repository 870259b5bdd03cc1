/* SPDX-License-Identifier: MIT */
/* Where things are in a park region of x86-64, and what else is its own there: park.h. */
#ifndef ARCH_X86_64_PARK_LAYOUT_H
#define ARCH_X86_64_PARK_LAYOUT_H

#define PARK_MACHINE PARK_MACHINE_X86_64

/* The region, in pages: the park page, the code with its descriptor tables, page tables, the list of what
 * is copied, what the payload is told, the slots, the record. */
#define PARK_CODE_PAGE	 0x1000
#define PARK_TABLES_PAGE 0x2000 /* PML4, PDPT, and a page directory for each GiB */
#define PARK_COPY_PAGE	 0x8000
#define PARK_TOLD_PAGE	 0x9000
#define PARK_TOLD_BYTES	 0x4000
#define PARK_SLOTS_PAGE	 0xd000

/* In the code's page, behind the code. */
#define PARK_GDT	 0xc00
#define PARK_GDT_BYTES	 0x28
#define PARK_TSS	 0xc40
#define PARK_TSS_BYTES	 0x68
#define PARK_GDT_POINTER 0xcc0
#define PARK_IDT_POINTER 0xcd0
#define PARK_FAR	 0xce0 /* far pointer to the 32-bit part */
#define PARK_LOCAL_CR3	 0xcf0
#define PARK_IDT	 0xd00
#define PARK_APIC	 0xf00 /* struct park_apic */

#define PARK_GATE_BYTES	 16
/* Flat 64-bit code, present, accessed: Intel SDM vol. 3A, 3.4.5. */
#define PARK_DESCRIPTOR_CODE UINT64_C(0x00af9b000000ffff)

/* struct park_arrival. */
#define ARRIVAL_CR3   128
#define ARRIVAL_CR4   136
#define ARRIVAL_CR0   144
#define ARRIVAL_EFER  152
#define ARRIVAL_ENTRY 160

#endif
