// SPDX-License-Identifier: MIT
/*
 * Reads memory before there is a layout, for what decides about the layout: through one large page of the
 * boot page tables, in the half of the address space that no layout gives out. Must not be used once the
 * kernel has page tables of its own, which have nothing there.
 */
#include "arch/i386/boot_window.h"

#include "arch/i386/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/registers.h"
#include "core/string.h"

#define WINDOW_ENTRY 256u /* of the table of the first GiB, whose first entries are in use */
#define WINDOW	     (WINDOW_ENTRY << 21)
#define WINDOW_SIZE  (UINT32_C(1) << 21)

extern uint64_t boot_pd_low[];

static bool window_read(void *context, uint64_t physical, void *buffer, size_t size)
{
	char *to = buffer;

	(void)context;
	if (kernel_cr3 || physical >= physical_limit() || size > physical_limit() - physical)
		return false;
	while (size) {
		uint32_t offset = (uint32_t)physical & (WINDOW_SIZE - 1);
		size_t part = WINDOW_SIZE - offset < size ? WINDOW_SIZE - offset : size;

		boot_pd_low[WINDOW_ENTRY] = (physical - offset) | PAGE_PRESENT | PAGE_LARGE;
		page_invalidate(WINDOW);
		memcpy(to, (const void *)(uintptr_t)(WINDOW + offset), part);
		to += part;
		physical += part;
		size -= part;
	}
	return true;
}

const struct firmware_reader boot_window_reader = { .read = window_read };
