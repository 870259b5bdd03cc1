/* SPDX-License-Identifier: MIT */
/* What pv_page_table.c offers to the one who builds the kernel's own tables, and to who wants pages of
 * another protection. Addresses are physical unless they say otherwise. */
#ifndef PLATFORM_XEN_PV_PV_PAGE_TABLE_H
#define PLATFORM_XEN_PV_PV_PAGE_TABLE_H

#include "core/machine.h"
#include "platform/xen/hypercall.h"

#define PV_LEVELS 4u /* level 0 holds pages, 3 is the root */

/* Tables are read, and RAM reached, by the direct map and no more where Xen mapped us. */
extern bool pv_direct_ready;

/* Where that is: no address of a page that is not mapped yet. */
void *pv_pointer_to(uint64_t physical);
/* Most of the direct map is made when it is first used: that page of it, and those around it. pv_direct_map.c;
 * returns 0, or an error. A fault does the same. */
int pv_direct_make(uint64_t page);

/* The frames of our pages, from the one at that physical address on: UINT64_MAX where there is none. */
const uint64_t *pv_frames_from(uint64_t physical);
/* The machine address behind a physical one, and back (UINT64_MAX: it is not ours). */
uint64_t pv_machine(uint64_t physical);
uint64_t pv_physical(uint64_t machine);
/* A last-level entry for a page of ours. */
uint64_t pv_entry(uint64_t physical, enum map_protection protection);

/* An entry for a table of ours is its machine address and this: present, writable, accessed, dirty. */
#define PV_TABLE_ENTRY	UINT64_C(0x63)
#define PV_NO_EXECUTE	(UINT64_C(1) << 63)
#define PV_ADDRESS_MASK UINT64_C(0x000ffffffffff000)
#define PV_ENTRIES	512u

/* Order one change of a table's entry; make all that were ordered. Return 0, or an error with a line. */
int pv_update(uint64_t table, uint32_t index, uint64_t value);
int pv_update_flush(void);
/* The change itself, for a call of the caller's own. */
struct mmu_update pv_update_of(uint64_t table, uint32_t index, uint64_t value);
/* Change the last-level entry behind a virtual address now; this CPU forgets the old one. Others are made
 * to by who needs that (struct machine), and by Xen where a page becomes another kind of page. */
int pv_update_address(uintptr_t address, uint64_t value);
/* Change the protection of a page in the direct map. */
int pv_protect(uint64_t page, enum map_protection protection);

/* Walk towards the table of that level that maps a virtual address: returns the level of the last one
 * that is there. And the last-level entry; 0 if there is none. */
uint32_t pv_walk(uint64_t address, uint32_t level, uint64_t *table);
uint64_t pv_entry_at(uint64_t address);

/* Fill in struct machine. */
void pv_page_table_begin(void);

#endif
