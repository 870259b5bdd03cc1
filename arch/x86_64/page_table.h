/* SPDX-License-Identifier: MIT */
/*
 * Page tables and the fixmap. 4-level paging: Intel SDM vol. 3A, 4.5.
 */
#ifndef ARCH_X86_64_PAGE_TABLE_H
#define ARCH_X86_64_PAGE_TABLE_H

#include "core/machine.h"
#include "firmware/reader.h"

#include <muster/layout.h>

/* Slots of the fixmap. */
enum fixmap_slot {
	FIXMAP_TABLE, /* four: one for each level of page tables, until they can be
		       * reached through the direct map */
	FIXMAP_FIRMWARE = FIXMAP_TABLE + 4, /* the page of firmware memory that is being read */
	FIXMAP_LOCAL_APIC,
	FIXMAP_MAILBOX,	   /* the Multiprocessor Wakeup mailbox */
	FIXMAP_XEN_SHARED, /* Xen's shared info page */
	FIXMAP_SLOTS = 64,
};

/* Step `layout`: our part of the draft. */
void x86_layout_draft(struct layout_draft *draft);
/* Step `fixmap`: make the slots usable. Needs the sealed layout. */
int fixmap_step(cpu_t cpu);
/* Map one slot to a physical page; returns its address. */
uintptr_t fixmap_set(uint32_t slot, uint64_t physical, enum map_protection protection);

/* The first physical address that the CPU cannot address: 2^MAXPHYADDR. Needs no step. */
uint64_t physical_limit(void);

/* Reads firmware's memory through the fixmap. Needs CAP_FIXMAP; boot CPU only. */
extern const struct firmware_reader fixmap_reader;

/*
 * Step `page-tables`: build the kernel's own tables and go over to them: the image with each part's
 * protection, the fixmap, and the direct map of all RAM; no identity map any more.
 */
int page_tables_step(cpu_t cpu);

/* What struct machine wants. */
int page_table_map(uint64_t address, uint64_t physical, uint64_t size,
		   enum map_protection protection, uint32_t node);
int page_table_map_pages(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
			 enum map_protection protection, uint32_t node);
void page_table_unmap(uint64_t address, uint64_t size);
void *page_table_direct(uint64_t physical);
uint64_t page_table_physical(uintptr_t address);
void page_table_flush(void);
/* page_walk.c: the last-level table that maps the address; UINT64_MAX if none does. */
uint64_t page_table_behind(uintptr_t address);

/* Change the protection of what is mapped with 4 KiB pages. */
int page_table_protect(uint64_t address, uint64_t size, enum map_protection protection);

/*
 * A second root for CPUs on their way to long mode: the kernel's own upper half, and one page
 * mapped at its physical address, executable. Below 4 GiB. Returns 0 or the physical address.
 */
uint64_t page_table_start_root(uint64_t page);
/* Give it back, with the tables made for the page. */
void page_table_start_root_free(uint64_t root, uint64_t page);

/* CR3 of the kernel's tables; secondary entry code loads it. */
extern uint64_t kernel_cr3;

#endif
