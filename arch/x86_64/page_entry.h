/* SPDX-License-Identifier: MIT */
/*
 * How an entry of page tables that are in use is written, and who has to know of a new table. Tables
 * that nobody uses yet are memory like any other.
 */
#ifndef ARCH_X86_64_PAGE_ENTRY_H
#define ARCH_X86_64_PAGE_ENTRY_H

#ifdef __i386__
#include "arch/i386/page_entry.h"
#else

#include <stdint.h>

/* level: of the table that the entry is in; 0 has the pages of 4 KiB. */
static inline void page_entry_write(uint64_t *entry, uint64_t value, uint32_t level)
{
	(void)level;
	*entry = value;
}

/* A cleared page becomes a table of that level. NULL: nobody has to know. */
#define page_table_made	     ((void (*)(uint64_t physical, uint32_t level))0)
/* The first root is complete, and about to be used: add to it. Returns 0 or an error. */
#define page_tables_complete ((int (*)(uint64_t root))0)

/* So many entries have been written, for who counts calls. */
#define page_entries_changed ((void (*)(uint32_t count))0)

#endif
#endif
