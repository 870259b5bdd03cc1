/* SPDX-License-Identifier: MIT */
/* What page_table.c offers to the one who builds the kernel's first root. */
#ifndef ARCH_X86_64_PAGE_TABLE_BUILD_H
#define ARCH_X86_64_PAGE_TABLE_BUILD_H

#include "arch/x86_64/page_table.h"

uint64_t page_table_build_root(void);
int page_table_build_range(uint64_t root, uint64_t address, uint64_t physical, uint64_t size,
			   enum map_protection protection, bool large);
int page_table_build_fixmap(uint64_t root);
void page_table_switch(uint64_t root);

#endif
