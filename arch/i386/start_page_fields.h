/* SPDX-License-Identifier: MIT */
/*
 * The page below 1 MiB in which other CPUs begin: code at its start, what the code needs at its end.
 * Written by the boot CPU in step `start-code`, then read-only for everybody. What makes it is declared in
 * arch/x86_64/start_page.h, for both.
 */
#ifndef ARCH_I386_START_PAGE_FIELDS_H
#define ARCH_I386_START_PAGE_FIELDS_H

#include "arch/i386/offsets.h"

#include <stdint.h>

struct start_page {
	uint8_t code[START_GDT];
	uint64_t gdt[3];
	uint32_t cr3;
	uint32_t cr4;
	uint32_t efer; /* 0: this CPU has none, or it is to be left alone */
	uint32_t cr0;
	uint32_t entry;	      /* secondary_entry, by its kernel address */
	uint32_t jump_offset; /* far pointer to start_code_32 in this page */
	uint16_t jump_selector;
	uint16_t gdt_limit;
	uint32_t gdt_base;
	uint8_t reserved[START_PAGE_SIZE - START_GDT_BASE - 4];
} __attribute__((packed));

#endif
