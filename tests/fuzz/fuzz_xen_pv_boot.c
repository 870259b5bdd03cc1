// SPDX-License-Identifier: MIT
/*
 * What Xen tells a PV guest over any bytes: the input is a struct start_info and, behind it, a memory map;
 * the first 8 bytes are what Xen says its range of addresses begins with. The magic is put right, since
 * nothing happens without it.
 */
#include "platform/xen/pv/pv_boot.h"
#include "tests/fuzz/silence.h"

#include <stdlib.h>
#include <string.h>

#define PAGE	  UINT64_C(4096)
#define IMAGE_END UINT64_C(0x300000)

struct seen {
	uint64_t end; /* of our memory */
	int ranges;
};

static void look(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	struct seen *seen = context;

	(void)type;
	must(size && base < seen->end && size <= seen->end - base);
	seen->ranges++;
}

static void check_range(const struct pv_boot *boot, const struct pv_range *range, bool is_there)
{
	if (!is_there && !range->size)
		return;
	must(range->size && !(range->size % PAGE) && !(range->physical % PAGE));
	must(range->physical < boot->pages * PAGE);
	must(range->size <= boot->pages * PAGE - range->physical);
}

static void read_boot(const struct start_info *info)
{
	static struct pv_boot boot;

	if (pv_boot_read(info, IMAGE_END, &boot))
		return;
	must(boot.pages * PAGE >= IMAGE_END && boot.pages <= PV_PAGES_MAX);
	check_range(&boot, &boot.tables, true);
	check_range(&boot, &boot.frame_list, true);
	check_range(&boot, &boot.module, false);
	must(boot.frame_list.size >= boot.pages * sizeof(uint64_t));
	must(boot.tables.physical >= IMAGE_END && boot.frame_list.physical >= IMAGE_END);
	must(memchr(boot.command_line, '\0', sizeof(boot.command_line)));
}

static void read_map(const uint8_t *data, size_t size, uint64_t pages)
{
	uint32_t count = (uint32_t)(size / sizeof(struct xen_memory_range));
	struct xen_memory_range *entries = malloc(size ? size : 1);
	struct seen seen = { .end = pages * PAGE };

	if (!entries)
		return;
	memcpy(entries, data, size);
	must(pv_memory_map_read(entries, count, pages, look, &seen) == seen.ranges);
	must(seen.ranges > 0);
	free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char magic[] = "xen-3.0-x86_64";
	struct start_info info = { 0 };
	struct pv_hole hole;
	uint64_t told;
	size_t part;

	silence_begin();
	if (size < sizeof(told))
		return 0;
	memcpy(&told, data, sizeof(told));
	hole = pv_hole_from(told);
	must(hole.start >= HYPERVISOR_VIRT_START && hole.start < hole.end &&
	     hole.end == HYPERVISOR_VIRT_END);
	data += sizeof(told);
	size -= sizeof(told);
	part = size < sizeof(info) ? size : sizeof(info);
	memcpy(&info, data, part);
	memcpy(info.magic, magic, sizeof(magic));
	read_boot(&info);
	read_map(data + part, size - part, told % PV_PAGES_MAX + 1);
	return 0;
}
