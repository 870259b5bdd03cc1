// SPDX-License-Identifier: MIT
/*
 * What a kernel can ask about VMI (muster/vmi.h). The counts are those of a ROM that offers them, in RAM of its
 * own that is mapped with the rest of the first MiB; where it says they are is not believed. Reads only.
 */
#include "arch/i386/offsets.h"
#include "arch/x86_64/page_table.h"
#include "core/image_choice.h"
#include "core/layout_current.h"
#include "platform/vmi/vmi.h"

#include <muster/muster.h>
#include <muster/vmi.h>

IMAGE_CHOICE(vmi_facts);

#define CONVENTIONAL_START 0x1000u
#define CONVENTIONAL_END   0xa0000u

bool vmi_is_active(void)
{
	return vmi_guest.active;
}

uint32_t vmi_hole_start(void)
{
	return vmi_guest.rom.virtual_top;
}

uint64_t vmi_low_memory_lost(void)
{
	static struct layout_draft draft;

	x86_layout_draft(&draft);
	if (layout_draft_fit(&draft, 0))
		return 0;
	return draft.machine.direct_size - layout_direct_size(layout_current());
}

/* By its selector, of a segment that begins at `base`: Intel SDM vol. 2A, LSL. */
static uint32_t segment_last(uint32_t selector, uint32_t base)
{
	uint32_t limit = 0;

	__asm__("lsl %1, %0" : "+r"(limit) : "r"(selector) : "cc");
	return limit > UINT32_MAX - base ? UINT32_MAX : base + limit;
}

uint32_t vmi_segments_last(void)
{
	uint32_t unit = (uint32_t)percpu_unit(cpu_this());
	uint32_t lasts[] = { segment_last(SELECTOR_CODE, 0), segment_last(SELECTOR_DATA, 0),
			     segment_last(SELECTOR_PERCPU, unit) };
	uint32_t last = lasts[0];

	for (size_t i = 1; i < sizeof(lasts) / sizeof(lasts[0]); i++)
		if (lasts[i] > last)
			last = lasts[i];
	return last;
}

/* The counts; NULL: this ROM has none. */
static const uint32_t *counts(void)
{
	const uint32_t *told = (const uint32_t *)(uintptr_t)(vmi_rom_start() + VMI_COUNTS_OFFSET);

	if (!vmi_guest.active || told[0] != VMI_COUNTS_SIGNATURE || told[1] % sizeof(uint32_t) ||
	    told[1] < CONVENTIONAL_START || told[1] > CONVENTIONAL_END - VMI_COUNTS_SIZE ||
	    page_table_physical(KERNEL_VIRTUAL + told[1]) != told[1])
		return NULL;
	return (const uint32_t *)(uintptr_t)(KERNEL_VIRTUAL + told[1]);
}

int64_t vmi_rom_calls(uint16_t call)
{
	const uint32_t *at = counts();

	if (!at || call >= VMI_COUNTS_CALLS)
		return MUSTER_E_NOT_SUPPORTED;
	return __atomic_load_n(&at[call], __ATOMIC_RELAXED);
}

static int64_t hole_mapped(void)
{
	struct vmi_relocation relocation;

	if (vmi_record_read(VMI_COUNTS_CHECK, &relocation) || relocation.kind != VMI_KIND_CALL)
		return MUSTER_E_NOT_SUPPORTED;
	return (uint32_t)vmi_code_call(relocation.address, 0, 0, 0, 0, 0);
}

int64_t vmi_rom_fact(enum vmi_rom_fact fact)
{
	static const uint16_t offsets[] = {
		[VMI_ROM_MAPPING_START] = VMI_COUNTS_MAPPINGS,
		[VMI_ROM_MAPPING_PAGES] = VMI_COUNTS_MAPPINGS + 4,
		[VMI_ROM_MAPPING_FRAME] = VMI_COUNTS_MAPPINGS + 8,
		[VMI_ROM_MAPPINGS] = VMI_COUNTS_MAPPINGS + 12,
		[VMI_ROM_UNMAPPED] = VMI_COUNTS_UNMAPPED,
		[VMI_ROM_SEGMENTS] = VMI_COUNTS_SEGMENTS,
		[VMI_ROM_STARTED] = VMI_COUNTS_STARTED,
	};
	const uint32_t *at = counts();

	if (!at)
		return MUSTER_E_NOT_SUPPORTED;
	if (fact == VMI_ROM_HOLE_MAPPED)
		return hole_mapped();
	if ((size_t)fact >= sizeof(offsets) / sizeof(offsets[0]))
		return MUSTER_E_INVALID;
	return __atomic_load_n(&at[offsets[fact] / sizeof(*at)], __ATOMIC_RELAXED);
}
