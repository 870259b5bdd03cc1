// SPDX-License-Identifier: MIT
/* What stands in the page in which other CPUs begin, for 32 bits. Called by arch/x86_64/start_page.c. */
#include "arch/x86_64/start_page.h"

#include "arch/i386/descriptor_tables.h"
#include "arch/i386/start_page_fields.h"
#include "arch/x86_64/registers.h"
#include "core/string.h"

extern const char start_code[], start_code_end[], start_code_32[];
void secondary_entry(void);

void start_page_fill(struct start_page *page, uint64_t physical, uint64_t root)
{
	memset(page, 0, sizeof(*page));
	memcpy(page->code, start_code, (size_t)(start_code_end - start_code));
	page->gdt[SELECTOR_CODE / 8] = boot_gdt[SELECTOR_CODE / 8];
	page->gdt[SELECTOR_DATA / 8] = boot_gdt[SELECTOR_DATA / 8];
	page->gdt_limit = sizeof(page->gdt) - 1;
	page->gdt_base = (uint32_t)(physical + START_GDT);
	page->cr3 = (uint32_t)root;
	/* The same as on the boot CPU; step `cpu-check` compares. */
	page->cr4 = (uint32_t)cr4_read();
	page->efer = i386_has_no_execute ? (uint32_t)msr_read(MSR_EFER) : 0;
	page->cr0 = (uint32_t)cr0_read();
	page->entry = (uintptr_t)secondary_entry;
	page->jump_offset = (uint32_t)(physical + (uint64_t)(start_code_32 - start_code));
	page->jump_selector = SELECTOR_CODE;
}
