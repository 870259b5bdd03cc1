// SPDX-License-Identifier: MIT
/*
 * The steps of a PV guest that read what Xen says: `layout`, `command-line`, `memory-map`, `clock`. What
 * is read is checked by pv_boot.c; here it becomes what core wants.
 */
#include "platform/xen/pv/pv.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/start.h"
#include "core/clock_store.h"
#include "core/console_early.h"
#include "core/memory_map.h"
#include "platform/options.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_guest.h"
#include "platform/xen/xen_time.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

_Static_assert(PV_INITIAL_BASE == KERNEL_VIRTUAL, "XEN_ELFNOTE_VIRT_BASE: entry_xen_pv.S");

struct pv_boot pv_boot;

extern char image_start[], image_end[];
extern char percpu_boot_area[], percpu_boot_area_end[];

int pv_layout_step(cpu_t cpu)
{
	static struct layout_draft draft;
	struct xen_platform_parameters parameters = { 0 };
	long answer = xen_version_op(XENVER_platform_parameters, &parameters);
	struct pv_hole hole = pv_hole_from(answer < 0 ? 0 : parameters.virt_start);
	int error;

	(void)cpu;
	x86_layout_draft(&draft);
	error = layout_reserve(&draft, hole.start, hole.end - hole.start, "xen");
	if (error)
		return error;
	return layout_seal(&draft) ? 0 : MUSTER_E_INVALID;
}

static uint64_t physical_of(const char *symbol)
{
	return (uintptr_t)symbol - KERNEL_VIRTUAL;
}

int pv_hypervisor_step(cpu_t cpu)
{
	const uint64_t address = boot_source()->physical;
	int error;

	(void)cpu;
	/* What Xen begins us on is mapped from the image on. */
	if (address < KERNEL_VIRTUAL + physical_of(image_end) || address & 7) {
		console_print("muster: xen: start_info at %#lx: not behind the image, or not "
			      "aligned to 8\n",
			      address);
		return MUSTER_E_CORRUPT;
	}
	error = pv_boot_read((const struct start_info *)address, physical_of(image_end), &pv_boot);
	/* The hardware domain is who gets the machine's NMIs. */
	console_is_dear = pv_boot.privileged;
	return error;
}

int pv_command_line_step(cpu_t cpu)
{
	(void)cpu;
	xen_guest.frame = pv_frame;
	xen_guest.shared = (struct shared_info *)pv_fixmap_set(FIXMAP_XEN_SHARED,
							       pv_boot.shared_info, MAP_READ_WRITE);
	xen_vcpu_info_set(&xen_guest.shared->vcpu_info[0]);
	return options_read(pv_boot.command_line);
}

static void add_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	(void)context;
	(void)memory_map_add(base, size, type == BOOT_RANGE_RAM ? MEMORY_RAM : MEMORY_RESERVED);
}

/* The image has three owners: the boot area in its middle goes back one day. */
static int claim_all(void)
{
	const uint64_t area = physical_of(percpu_boot_area);
	const uint64_t area_end = physical_of(percpu_boot_area_end);
	const struct {
		uint64_t base, size;
		const char *owner;
	} claims[] = {
		{ physical_of(image_start), area - physical_of(image_start), "image" },
		{ area, area_end - area, "boot area" },
		{ area_end, physical_of(image_end) - area_end, "image" },
		{ pv_boot.tables.physical, pv_boot.tables.size, "page table" },
		{ pv_boot.frame_list.physical, pv_boot.frame_list.size, "frame list" },
		{ pv_boot.module.physical, pv_boot.module.size, "module" },
	};

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		int error = claims[i].size
				    ? mem_claim(claims[i].base, claims[i].size, claims[i].owner)
				    : 0;

		if (error) {
			console_print("muster: xen: %s at %#lx, %#lx bytes: not within free RAM\n",
				      claims[i].owner, claims[i].base, claims[i].size);
			return error;
		}
	}
	return 0;
}

int pv_memory_map_step(cpu_t cpu)
{
	static struct xen_memory_range entries[PV_MEMORY_ENTRIES];
	uint32_t count = 0;
	/* The memory of a PV dom0 is its pages, and Xen has no map of them. */
	long answer =
		pv_boot.privileged ? 0 : xen_memory_map_ask(entries, PV_MEMORY_ENTRIES, &count);
	int error;

	(void)cpu;
	if (answer < 0)
		console_print("muster: xen: memory map: Xen has none (%s): all %lu pages are taken "
			      "for RAM\n",
			      xen_error_name(answer), pv_boot.pages);
	if (count > PV_MEMORY_ENTRIES)
		count = PV_MEMORY_ENTRIES;
	memory_map_begin();
	(void)pv_memory_map_read(entries, count, pv_boot.pages, add_range, NULL);
	error = memory_map_end();
	return error ? error : claim_all();
}

int pv_clock_step(cpu_t cpu)
{
	uint64_t frequency = xen_tsc_frequency(&xen_guest.shared->vcpu_info[0].time);

	(void)cpu;
	if (!frequency) {
		console_print("muster: clock: Xen's time information does not say how fast the "
			      "time-stamp counter runs\n");
		return MUSTER_E_NOT_SUPPORTED;
	}
	clock_frequency_set(frequency);
	return 0;
}
