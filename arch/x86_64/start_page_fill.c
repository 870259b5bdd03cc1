// SPDX-License-Identifier: MIT
/*
 * What stands in the page in which other CPUs begin, for 64 bits; and where those are sent back to that came by
 * the firmware's mailbox. Called by start_page.c, and by the platform that has such a mailbox.
 */
#include "arch/x86_64/start_page.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/registers.h"
#include "core/string.h"

#include <muster/error.h>
#include <muster/memory.h>

/* Flat 32-bit code: present, executable, readable, accessed (Intel SDM vol. 3A, 3.4.5). */
#define DESCRIPTOR_CODE_32 UINT64_C(0x00cf9b000000ffff)

extern const char start_code[], start_code_end[], start_code_64[];
extern const char start_code_mailbox[], start_code_compat[];
extern const uint64_t boot_gdt[];
void secondary_entry(void);

/* Read by entry_secondary.S. */
uint64_t stopped_vector; /* 0: a CPU that stops halts */
uint64_t stopped_cr3;

void start_page_fill(struct start_page *page, uint64_t physical, uint64_t root)
{
	memset(page, 0, sizeof(*page));
	memcpy(page->code, start_code, (size_t)(start_code_end - start_code));
	page->gdt[SELECTOR_CODE / 8] = boot_gdt[SELECTOR_CODE / 8];
	page->gdt[SELECTOR_DATA / 8] = boot_gdt[SELECTOR_DATA / 8];
	page->gdt[SELECTOR_CODE_32 / 8] = DESCRIPTOR_CODE_32;
	page->gdt_limit = sizeof(page->gdt) - 1;
	page->gdt_base = (uint32_t)(physical + START_GDT);
	page->cr3 = root;
	/* The same as on the boot CPU; step `cpu-check` compares. LMA is read-only. */
	page->cr4 = cr4_read();
	page->efer = (uint32_t)(msr_read(MSR_EFER) & ~(uint64_t)EFER_LMA);
	page->cr0 = (uint32_t)cr0_read();
	page->entry = (uintptr_t)secondary_entry;
	page->jump_offset = (uint32_t)(physical + (uint64_t)(start_code_64 - start_code));
	page->jump_selector = SELECTOR_CODE;
	page->compat_offset = (uint32_t)(physical + (uint64_t)(start_code_compat - start_code));
	page->compat_selector = SELECTOR_CODE_32;
}

uint64_t start_page_vector(void)
{
	return start_page_physical() + (uint64_t)(start_code_mailbox - start_code);
}

int start_page_give_back_begin(uint64_t vector)
{
	stopped_cr3 = page_table_start_root(vector & ~(uint64_t)(MEMORY_PAGE_SIZE - 1));
	stopped_vector = stopped_cr3 ? vector : 0;
	return stopped_cr3 ? 0 : MUSTER_E_NO_MEMORY;
}

void start_page_give_back_end(void)
{
	uint64_t page = stopped_vector & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

	stopped_vector = 0;
	page_table_start_root_free(stopped_cr3, page);
}
