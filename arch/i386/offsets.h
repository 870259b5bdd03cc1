/* SPDX-License-Identifier: MIT */
/*
 * Numbers that assembly and C share, for i386: what arch/x86_64/offsets.h is for x86-64, under the same
 * names, because most of the C of that folder is compiled for both. Each that stands for a place in a C
 * structure is checked against it in offsets.c.
 */
#ifndef ARCH_I386_OFFSETS_H
#define ARCH_I386_OFFSETS_H

#define ARCHITECTURE_NAME "i386"

/* Where the image is linked, which is within the direct map, and where it is loaded. muster.lds has
 * both. */
#define KERNEL_VIRTUAL	0xc0000000
#define KERNEL_PHYSICAL 0x200000
/* For entry code: where the image's symbol is while there are no page tables. */
#define PHYSICAL(symbol) (symbol - KERNEL_VIRTUAL)

/* The ways in, by number, as on x86-64. Those of Linux and Xen PV are 64-bit ones, and not here. */
#define WAY_PVH	       0
#define WAY_SECONDARY  1
#define WAY_MULTIBOOT2 2
#define WAY_LINUX      3
#define WAY_XEN_PV     4
#define WAYS	       5

/*
 * The base that faults: addresses where nothing is ever mapped, below the kernel's and above user space's,
 * one piece for each way in, so that the address of the fault tells which way it was.
 */
#define POISON_BASE  0xbec00000
#define POISON_SHIFT 22
#define POISON_SPAN  0x400000

/* The kernel's address space is the last GiB: one entry of the root. */
#define LAYOUT_USER_END	    POISON_BASE
#define LAYOUT_START	    0xc0000000
#define ADDRESS_LAST	    UINT64_C(0xffffffff)
#define LAYOUT_DIRECT_ALIGN 0x200000
/* Of 64 KiB each: two for each CPU that a local APIC without x2APIC mode can address. */
#define LAYOUT_WINDOWS 512u
/* More than there is: layout_draft_fit() makes it what is left. */
#define LAYOUT_DIRECT_SIZE     UINT64_C(0x40000000)
#define IMAGE_IS_IN_DIRECT_MAP 1

/* MSRs: Intel SDM vol. 4. */
#define MSR_APIC_BASE 0x1b
#define MSR_PAT	      0x277
#define MSR_EFER      0xc0000080

/* Memory types by number, as after power-on (Intel SDM vol. 3A, "Programming the PAT"): WB, WT,
 * UC-, UC, twice. */
#define PAT_POWER_ON 0x0007040600070406

#define CPU_HAS_EFER i386_has_no_execute
#define EFER_NXE     0x800

/* Control registers: Intel SDM vol. 3A, 2.5. */
#define CR0_PE	 0x1
#define CR0_MP	 0x2
#define CR0_ET	 0x10
#define CR0_NE	 0x20
#define CR0_WP	 0x10000
#define CR0_PG	 0x80000000
#define CR0_OURS (CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG)
#define CR4_PAE	 0x20
#define CR4_MCE	 0x40

/* What there must be, CPUID leaf 1 EDX: time-stamp counter, MSRs, PAE, CMPXCHG8B, PAT (Intel SDM vol. 2A,
 * CPUID): every processor since 1999. And what there may be, leaf 80000001h EDX: no-execute. */
#define FEATURES_NEEDED	   0x10170
#define FEATURE_NO_EXECUTE 0x100000

/* Page-table entry bits: Intel SDM vol. 3A, 4.4. The entries of the root have no bit for writing: it is
 * reserved there (table 4-8). */
#define PAGE_LEVELS	3
#define PAGE_PRESENT	0x1
#define PAGE_WRITE	0x2
#define PAGE_LARGE	0x80
#define PAGE_ROOT_ENTRY PAGE_PRESENT
/* Without no-execute its bit is reserved (4.4.2). */
#define PAGE_BITS_KNOWN (i386_has_no_execute ? UINT64_MAX : UINT64_MAX >> 1)

/* Segment selectors: the same in the start code's, the boot and the per-CPU descriptor tables. */
#define SELECTOR_CODE	      0x08
#define SELECTOR_DATA	      0x10
#define SELECTOR_TSS	      0x18
#define SELECTOR_DOUBLE_FAULT 0x20
#define SELECTOR_PERCPU	      0x28 /* only in a CPU's own table */
#define GDT_ENTRIES	      6
/* Only in the boot table: bases that fault, one for each way in. */
#define SELECTOR_POISON		  0x30
#define SELECTOR_POISON_SECONDARY 0x38

/* struct cpu_record and struct cpu_lookup (core/cpu_table.h). */
#define RECORD_STATE   0
#define RECORD_NUMBER  4
#define RECORD_UNIT    8
#define RECORD_STACK   12
#define LOOKUP_SLOTS   0
#define LOOKUP_MASK    4
#define LOOKUP_RECORDS 8
#define SLOT_HWID      0
#define SLOT_CPU       8
#define SLOT_SIZE      16
#define CPU_NONE       0xffffffff

/* enum cpu_state (muster/cpu.h). */
#define STATE_STARTING 3
#define STATE_ARRIVED  4
#define STATE_HELD     7
#define STATE_FAILED   8

/* struct start_page (arch/i386/start_page.c): what the start code finds at the end of its page. */
#define START_PAGE_SIZE 4096
#define START_GDT	0xfc0
#define START_CR3	0xfd8
#define START_CR4	0xfdc
#define START_EFER	0xfe0
#define START_CR0	0xfe4
#define START_ENTRY	0xfe8
#define START_JUMP	0xfec
#define START_GDT_LIMIT 0xff2
#define START_GDT_BASE	0xff4

/* struct trap_frame (trap_frame.h): where the registers that trap_entry.S saves end, and the place of the
 * stack pointer among them; and what is above: vector, error code, and what the processor pushes. */
#define TRAP_SAVED_BYTES   32
#define TRAP_STACK_POINTER 12
#define TRAP_PUSHED_BYTES  20

/* struct fault_expectation (arch/x86_64/fault_expect.h). */
#define EXPECTED_IP	0
#define EXPECTED_SP	8
#define EXPECTED_BP	16
#define EXPECTED_BX	24

#define BOOT_STACK_SIZE 16384

#endif
