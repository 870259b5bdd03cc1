/* SPDX-License-Identifier: MIT */
/*
 * Numbers that assembly and C share. Each that stands for a place in a C structure is checked
 * against it in offsets.c.
 */
#ifndef ARCH_X86_64_OFFSETS_H
#define ARCH_X86_64_OFFSETS_H

#ifdef __i386__
#include "arch/i386/offsets.h" /* the same names, for files that are compiled for both */
#else

#define ARCHITECTURE_NAME      "x86_64"

/* Where the image is linked: the top 2 GiB, so that code addresses fit in 32 signed bits (System V
 * ABI, AMD64 supplement, 3.5.1, kernel code model), and where it is loaded. muster.lds has both. */
#define KERNEL_VIRTUAL	       0xffffffff80000000
#define KERNEL_PHYSICAL	       0x200000
/* For entry code: where the image's symbol is while there are no page tables. */
#define PHYSICAL(symbol)       (symbol - KERNEL_VIRTUAL)

/* The ways in, by number. */
#define WAY_PVH		       0
#define WAY_SECONDARY	       1
#define WAY_MULTIBOOT2	       2
#define WAY_LINUX	       3
#define WAY_XEN_PV	       4
#define WAYS		       5

/*
 * The base that faults: a canonical address where nothing is ever mapped, one for each way in, so
 * that the address of the fault tells which way it was. They lie above what Xen keeps for itself
 * (public/arch-x86/xen-x86_64.h), some of which a guest can read, and right below what the layout
 * gives out (page_table_build.c).
 */
#define POISON_BASE	       0xffff880000000000
#define POISON_SHIFT	       30
#define POISON_SPAN	       0x40000000
#define POISON_BASE_SECONDARY  0xffff880040000000 /* POISON_BASE + WAY_SECONDARY * POISON_SPAN */
#define POISON_BASE_XEN_PV     0xffff880100000000 /* POISON_BASE + WAY_XEN_PV * POISON_SPAN */
#define LAYOUT_START	       0xffff880140000000

/* The rest of the address space's numbers. Canonical addresses of 48 bits: Intel SDM vol. 1, 3.3.7.1. */
#define LAYOUT_USER_END	       UINT64_C(0x0000800000000000)
#define ADDRESS_LAST	       UINT64_MAX
#define LAYOUT_DIRECT_ALIGN    (UINT64_C(1) << 30)
#define LAYOUT_WINDOWS	       (1u << 20)	   /* 64 GiB with the smallest stride */
#define LAYOUT_DIRECT_SIZE     (UINT64_C(1) << 46) /* what 46 bits of physical address can reach */
#define IMAGE_IS_IN_DIRECT_MAP 0

/* MSRs: Intel SDM vol. 4. */
#define MSR_APIC_BASE	       0x1b
#define MSR_PAT		       0x277
#define MSR_EFER	       0xc0000080
#define MSR_GS_BASE	       0xc0000101

/* Memory types by number, as after power-on (Intel SDM vol. 3A, "Programming the PAT"): WB, WT,
 * UC-, UC, twice. */
#define PAT_POWER_ON	       0x0007040600070406

#define CPU_HAS_EFER	       1
#define EFER_LME	       0x100
#define EFER_LMA	       0x400
#define EFER_NXE	       0x800

/* Control registers: Intel SDM vol. 3A, 2.5. */
#define CR0_PE		       0x1
#define CR0_MP		       0x2
#define CR0_ET		       0x10
#define CR0_NE		       0x20
#define CR0_WP		       0x10000
#define CR0_PG		       0x80000000
#define CR0_OURS	       (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG)
#define CR4_PAE		       0x20
#define CR4_MCE		       0x40
#define CR4_PCIDE	       0x20000
#define CR4_CET		       0x800000
#define CR4_PGE		       0x80
#define CR4_LA57	       0x1000

/* Page-table entry bits: Intel SDM vol. 3A, 4.5. */
#define PAGE_LEVELS	       4
#define PAGE_PRESENT	       0x1
#define PAGE_WRITE	       0x2
#define PAGE_LARGE	       0x80
#define PAGE_ROOT_ENTRY	       (PAGE_PRESENT | PAGE_WRITE)
#define PAGE_BITS_KNOWN	       UINT64_MAX /* all that protections use */

/* Segment selectors: the same in the start code's, the boot and the per-CPU descriptor tables. */
#define SELECTOR_CODE	       0x08
#define SELECTOR_DATA	       0x10
#define SELECTOR_TSS	       0x18
/* Only in the entry code's own table. */
#define SELECTOR_CODE_32       0x18

/* struct cpu_record and struct cpu_lookup (core/cpu_table.h). */
#define RECORD_STATE	       0
#define RECORD_NUMBER	       4
#define RECORD_UNIT	       8
#define RECORD_STACK	       16
#define RECORD_VCPU	       36
#define LOOKUP_SLOTS	       0
#define LOOKUP_MASK	       8
#define LOOKUP_RECORDS	       16
#define SLOT_HWID	       0
#define SLOT_CPU	       8
#define SLOT_SIZE	       16
#define CPU_NONE	       0xffffffff

/* enum cpu_state (muster/cpu.h). */
#define STATE_STARTING	       3
#define STATE_ARRIVED	       4
#define STATE_HELD	       7
#define STATE_FAILED	       8

/* struct start_page (start_page.h): what the start code finds at the end of its page. */
#define START_PAGE_SIZE	       4096
#define START_CR3	       0xfc0
#define START_CR4	       0xfc8
#define START_EFER_LOW	       0xfd0
#define START_CR0	       0xfd4
#define START_ENTRY	       0xfd8
#define START_JUMP	       0xfe0
#define START_GDT_LIMIT	       0xfe6
#define START_GDT_BASE	       0xfe8
#define START_GDT	       0xfa0
#define START_COMPAT	       0xff0
/* A selector of the start page's descriptor table only. */
#define SELECTOR_CODE_32       0x18

/* What a trap pushes (trap.h): bytes of the registers that trap_entry.S saves. */
#define TRAP_SAVED_BYTES       120

/* Bytes from one stub of a Xen PV trap to the next: entry_xen_pv.S. */
#define XEN_PV_STUB_STRIDE     32

#define BOOT_STACK_SIZE	       16384

#endif
#endif
