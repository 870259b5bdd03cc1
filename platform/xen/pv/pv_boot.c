// SPDX-License-Identifier: MIT
/*
 * Checks what Xen tells a PV guest at its start: pv_boot.h. Called by the steps `layout`,
 * `command-line` and `memory-map`. Must not touch what it has not checked, nor anything but what it is
 * given.
 */
#include "platform/xen/pv/pv_boot.h"

#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>

_Static_assert(sizeof(struct start_info) == 1168, "public/xen.h, struct start_info");
_Static_assert(offsetof(struct start_info, shared_info) == 40, "public/xen.h, struct start_info");
_Static_assert(offsetof(struct start_info, pt_base) == 88, "public/xen.h, struct start_info");
_Static_assert(offsetof(struct start_info, cmd_line) == 128, "public/xen.h, struct start_info");

/* What every magic begins with; "xen-3.0-x86_64" is what all versions since then have. */
#define MAGIC "xen-3."

static int wrong(const char *field, uint64_t value, const char *rule)
{
	console_print("muster: xen: start_info: %s is %#lx: %s\n", field, value, rule);
	return MUSTER_E_CORRUPT;
}

/* A virtual range of the tables that we began on, as a physical one, in whole pages. */
static bool range_read(uint64_t address, uint64_t size, uint64_t pages, struct pv_range *range)
{
	uint64_t physical = address - PV_INITIAL_BASE;
	uint64_t start = physical & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

	if (address < PV_INITIAL_BASE || size > pages * MEMORY_PAGE_SIZE ||
	    physical > pages * MEMORY_PAGE_SIZE - size)
		return false;
	range->physical = start;
	range->size = (physical + size - start + MEMORY_PAGE_SIZE - 1) &
		      ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	return true;
}

static int module_read(const struct start_info *info, struct pv_boot *boot)
{
	uint64_t address = info->mod_start;

	if (!info->mod_len)
		return 0;
	/* Then it is a page number, and not mapped. */
	if (info->flags & SIF_MOD_START_PFN)
		address = address < boot->pages ? PV_INITIAL_BASE + address * MEMORY_PAGE_SIZE : 0;
	if (!range_read(address, info->mod_len, boot->pages, &boot->module))
		return wrong("mod_start", info->mod_start, "not within our memory");
	return 0;
}

int pv_boot_read(const struct start_info *info, uint64_t image_end, struct pv_boot *boot)
{
	*boot = (struct pv_boot){ 0 };
	if (memcmp(info->magic, MAGIC, sizeof(MAGIC) - 1)) {
		console_print("muster: xen: start_info: magic is not \"" MAGIC "...\"\n");
		return MUSTER_E_CORRUPT;
	}
	if (!info->nr_pages || info->nr_pages > PV_PAGES_MAX ||
	    info->nr_pages * MEMORY_PAGE_SIZE < image_end)
		return wrong("nr_pages", info->nr_pages, "at least the image, at most 2^34");
	boot->pages = info->nr_pages;
	boot->shared_info = info->shared_info;
	if (!boot->shared_info || boot->shared_info & (MEMORY_PAGE_SIZE - 1))
		return wrong("shared_info", info->shared_info, "the address of a page");
	if (info->pt_base & (MEMORY_PAGE_SIZE - 1) || !info->nr_pt_frames ||
	    info->nr_pt_frames > boot->pages ||
	    !range_read(info->pt_base, info->nr_pt_frames * MEMORY_PAGE_SIZE, boot->pages,
			&boot->tables) ||
	    boot->tables.physical < image_end)
		return wrong("pt_base", info->pt_base, "whole pages within our memory");
	boot->root = boot->tables.physical;
	if (info->mfn_list & (MEMORY_PAGE_SIZE - 1) ||
	    !range_read(info->mfn_list, boot->pages * sizeof(uint64_t), boot->pages,
			&boot->frame_list) ||
	    boot->frame_list.physical < image_end)
		return wrong("mfn_list", info->mfn_list, "whole pages within our memory");
	boot->privileged = info->flags & SIF_INITDOMAIN;
	/* With no zero in it, it ends where the field does. */
	memcpy(boot->command_line, info->cmd_line, MAX_GUEST_CMDLINE);
	return module_read(info, boot);
}

int pv_memory_map_read(const struct xen_memory_range *entries, uint32_t count, uint64_t pages,
		       boot_range_function *range, void *context)
{
	const uint64_t end = pages * MEMORY_PAGE_SIZE;
	bool any_ram = false;
	int passed = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t size = entries[i].size;

		if (!size || entries[i].base >= end)
			continue;
		if (size > end - entries[i].base)
			size = end - entries[i].base;
		any_ram |= entries[i].type == BOOT_RANGE_RAM;
		range(context, entries[i].base, size, entries[i].type);
		passed++;
	}
	if (any_ram)
		return passed;
	if (count)
		console_print(
			"muster: xen: memory map: no RAM in its %u entries: all %lu pages are taken "
			"for it\n",
			count, pages);
	range(context, 0, end, BOOT_RANGE_RAM);
	return passed + 1;
}

struct pv_hole pv_hole_from(uint64_t told_start)
{
	struct pv_hole hole = { HYPERVISOR_VIRT_START, HYPERVISOR_VIRT_END };

	/* A range that begins later is smaller; the constant is the largest that any Xen keeps. */
	if (told_start >= hole.start && told_start < hole.end &&
	    !(told_start & (MEMORY_PAGE_SIZE - 1)))
		hole.start = told_start;
	else if (told_start)
		console_print("muster: xen: virt_start is %#lx: not in %#lx to %#lx: all of that "
			      "is taken for Xen's\n",
			      told_start, hole.start, hole.end);
	return hole;
}
