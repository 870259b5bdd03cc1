/* SPDX-License-Identifier: MIT */
/*
 * The page below 1 MiB in which other CPUs begin: code at its start, what the code needs at its
 * end. There are two ways in, in real mode and in 64-bit mode. Written by the boot CPU in step `start-code`, then read-only for everybody.
 */
#ifndef ARCH_X86_64_START_PAGE_H
#define ARCH_X86_64_START_PAGE_H

#include "arch/x86_64/offsets.h"

#include <muster/cpu.h>

#ifndef __i386__ /* whose page has its fields in arch/i386/start_page_fields.h */
struct start_page {
	uint8_t code[START_GDT];
	uint64_t gdt[4];
	uint64_t cr3; /* below 4 GiB: the code loads it with 32 bits */
	uint64_t cr4;
	uint32_t efer;
	uint32_t cr0;
	uint64_t entry;	      /* secondary_entry, by its kernel address */
	uint32_t jump_offset; /* far pointer to start_code_64 in this page */
	uint16_t jump_selector;
	uint16_t gdt_limit;
	uint32_t gdt_base;
	uint32_t gdt_base_high; /* 0: code that loads it in 64-bit mode reads this too */
	uint32_t compat_offset; /* far pointer to start_code_compat in this page */
	uint16_t compat_selector;
	uint8_t reserved[START_PAGE_SIZE - START_COMPAT - 6];
} __attribute__((packed));
#endif

/*
 * Make the page and the page tables it runs on. Steps `start-code`. Returns 0 or
 * MUSTER_E_NO_MEMORY. Needs CAP_PAGE_TABLES, CAP_CPU_IDS.
 */
int start_page_create(cpu_t boot);
void start_page_destroy(cpu_t boot);

/* For start_page_create(): put code and fields into the page, which is cleared first. physical: the page; root:
 * the page tables that it runs on. */
struct start_page;
void start_page_fill(struct start_page *page, uint64_t physical, uint64_t root);

/* Its physical address, a multiple of 4 KiB below 1 MiB. */
uint64_t start_page_physical(void);

/* Where in the page a CPU begins that is in 64-bit mode already, on an identity map: as the firmware's
 * wakeup mailbox hands it over. */
uint64_t start_page_vector(void);

/*
 * From now on a CPU that stops goes to a physical address, in 64-bit mode with interrupts off, on
 * page tables that map that page at its own address and the kernel's half; and back to halting.
 * Returns 0 or MUSTER_E_NO_MEMORY. Boot CPU; needs CAP_PAGE_TABLES.
 */
int start_page_give_back_begin(uint64_t vector);
void start_page_give_back_end(void);

/* CPUs that arrived and are in no table, and the hardware id of the last. */
uint32_t secondary_unknown(hwid_t *hwid);

#endif
