/* SPDX-License-Identifier: MIT */
/*
 * Page tables: the radix tree of process 0, which is all there is (Power ISA 3.0 B, book III, 5.7.10). The
 * hypervisor translates what comes out of them once more. Where a processor has hash translation only, or
 * the hypervisor offers no other, translation stays off.
 */
#ifndef ARCH_PPC64_PAGE_TABLE_H
#define ARCH_PPC64_PAGE_TABLE_H

#include "core/machine.h"

#include <muster/layout.h>

/* Slots of the fixmap: pages of devices. */
enum fixmap_slot {
	FIXMAP_INTERRUPTS, /* XIVE's thread management page */
	FIXMAP_SLOTS = 16,
};
/* Map one slot to a physical page; returns its address, 0: no memory. Needs translation. */
uintptr_t fixmap_set(uint32_t slot, uint64_t physical, enum map_protection protection);

/* Step `layout`: our part of the draft. */
void ppc64_layout_draft(struct layout_draft *draft);

/* How the platform tells the hypervisor where the process table is: its physical address, and the binary
 * logarithm of its size, from 4 KiB on, less 12. Returns 0 or an error that it has named. */
typedef int process_table_register(uint64_t physical, uint32_t size_log2);

/*
 * Step `page-tables`: build the kernel's own tables and go over to them: the image with each part's
 * protection and the direct map of all RAM. With the vectors in their place.
 */
int page_tables_begin(process_table_register *tell);
/* Is translation on? */
bool page_tables_in_use(void);

/* What struct machine wants. */
int page_table_map(uint64_t address, uint64_t physical, uint64_t size,
		   enum map_protection protection, uint32_t node);
int page_table_map_pages(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
			 enum map_protection protection, uint32_t node);
void page_table_unmap(uint64_t address, uint64_t size);
void *page_table_direct(uint64_t physical);
uint64_t page_table_physical(uintptr_t address);
void page_table_flush(void);
uint64_t page_table_behind(uintptr_t address);

/* Entries, in our byte order: one that leads to a table; one for a page of any size with every right; that of the
 * process table for a root. */
uint64_t page_table_pointer_bits(uint64_t table);
uint64_t page_table_any_bits(uint64_t physical);
uint64_t page_table_process_bits(uint64_t root);

/* boot_translation.c, from assembly: the tree of the first moments. And: translation on or off, as nobody but
 * who makes tables and who calls the firmware may want it. */
void boot_translation_begin(void);
void translation_set(bool on);
bool translation_is_on(void);

/* page_table.c, for page_table_build.c: a range of one root, with pages of 2 MiB and 1 GiB where `large`
 * allows it. And a new table of that many bytes, cleared; 0: no memory. */
int page_table_range(uint64_t address, uint64_t physical, uint64_t size,
		     enum map_protection protection, bool large);
uint64_t page_table_create(uint64_t bytes, uint32_t node);
/* The root: from now on what is mapped is mapped in it. And translation is on. */
void page_table_root_set(uint64_t physical);
void page_table_on(void);

#endif
