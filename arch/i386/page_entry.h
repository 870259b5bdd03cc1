/* SPDX-License-Identifier: MIT */
/* arch/x86_64/page_entry.h for i386: a hypervisor with a VMI ROM may want to be asked (platform/vmi). */
#ifndef ARCH_I386_PAGE_ENTRY_H
#define ARCH_I386_PAGE_ENTRY_H

#include "arch/i386/patch_site.h"

#include <stdint.h>

/* The call has its flags on the stack: what level that is, and no address. */
static inline void page_entry_write(uint64_t *entry, uint64_t value, uint32_t level)
{
	uint32_t eax = (uint32_t)value, edx = (uint32_t)(value >> 32), ecx = (uintptr_t)entry;
	uint32_t flags = 1u << level;

	/* Upper half first: the lower one has the bit that makes it count. */
	__asm__ volatile("pushl %3\n\t" PATCH_SITE("movl %%edx, 4(%%ecx)\n\t"
						   "movl %%eax, (%%ecx)",
						   0, VMI_CALL_SET_PXE_LONG) "popl %3"
			 : "+a"(eax), "+d"(edx), "+c"(ecx)
			 : "S"(flags)
			 : "memory", "cc");
}
_Static_assert(VMI_PAGE_PT == 1 << 0 && VMI_PAGE_PD == 1 << 1 && VMI_PAGE_PDP == 1 << 2,
	       "flags by level");

/* platform/vmi/vmi_page_table.c, if it is in the image. */
void page_table_made(uint64_t physical, uint32_t level) __attribute__((weak));
int page_tables_complete(uint64_t root) __attribute__((weak));
void page_entries_changed(uint32_t count) __attribute__((weak));

#endif
