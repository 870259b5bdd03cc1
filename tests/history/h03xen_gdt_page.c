// SPDX-License-Identifier: MIT
/*
 * H3 on a real Xen, with pages that Xen did hold read-only: GDTs. A kernel (linked with --wrap=pv_gdt_destroy) that
 * is told to fail a step behind `gdt`, and looks at each page that goes back because of that: it could not be written
 * before, is free and can be written then, and whoever gets it next does.
 */
#include "core/machine.h"
#include "core/string.h"
#include "platform/xen/pv/pv.h"

#include <muster/muster.h>

#define PAGES_MAX 64u
#define WRITTEN	  0xa5

static uint64_t pages[PAGES_MAX]; /* of GDTs, before one goes */
static uint32_t back;

void __real_pv_gdt_destroy(cpu_t cpu);
void __wrap_pv_gdt_destroy(cpu_t cpu);

static uint32_t pages_note(void)
{
	const struct memory_range *range;
	uint32_t count = 0;

	for (size_t i = 0; (range = mem_at(i)); i++)
		for (uint64_t at = 0; at < range->size && range->owner &&
				      !strcmp(range->owner, "gdt") && count < PAGES_MAX;
		     at += MEMORY_PAGE_SIZE)
			pages[count++] = range->base + at;
	return count;
}

/* Its next owner's: every byte of it. */
static bool take_and_write(uint64_t page)
{
	uint8_t *bytes = machine_get()->direct(page);

	if (mem_claim(page, MEMORY_PAGE_SIZE, "history") || fault_on_write((uintptr_t)bytes))
		return false;
	memset(bytes, WRITTEN, MEMORY_PAGE_SIZE);
	return bytes[0] == WRITTEN && bytes[MEMORY_PAGE_SIZE - 1] == WRITTEN;
}

void __wrap_pv_gdt_destroy(cpu_t cpu)
{
	uint32_t count = pages_note();

	for (uint32_t i = 0; i < count; i++)
		if (!fault_on_write((uintptr_t)machine_get()->direct(pages[i])))
			muster_panic("H3: the GDT at %#jx can be written", pages[i]);
	__real_pv_gdt_destroy(cpu);
	for (uint32_t i = 0; i < count; i++)
		if (!mem_is_owned_by(pages[i], "gdt"))
			back += take_and_write(pages[i]);
}

int muster_main(void)
{
	(void)muster_bring_up(NULL);
	console_print(
		"history: H3: %u pages of GDTs went back and were written to; %u CPUs online\n",
		back, cpu_online_count());
	report_send(NULL, back == 1 ? 0 : 2);
	return back == 1 ? 0 : 2;
}
