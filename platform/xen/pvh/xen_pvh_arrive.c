// SPDX-License-Identifier: MIT
/*
 * What a PVH guest of Xen takes over from the kernel before it (docs/park.md): areas and a page that Xen knows
 * already and cannot be told of again. Called by steps on the boot CPU. Of the record only addresses are
 * taken, which have been kept from being given out.
 */
#include "arch/x86_64/page_table.h"
#include "core/machine.h"
#include "platform/pc/pc_park.h"
#include "platform/xen/pvh/xen_pvh.h"
#include "platform/xen/vcpu_areas.h"

#include <muster/muster.h>

uint64_t xen_pvh_shared_info_before(void)
{
	struct handover_entry entry;

	for (uint32_t i = 0;
	     park_read_entry(&fixmap_reader, &parked_handed_over()->found, i, &entry); i++)
		if (entry.kind == HANDOVER_XEN_SHARED_INFO &&
		    entry.address % MEMORY_PAGE_SIZE == 0 && entry.size == MEMORY_PAGE_SIZE &&
		    machine_get()->direct(entry.address))
			return entry.address;
	return 0;
}

/* Events that were on their way to the kernel before us are nobody's, and one that is marked as pending
 * would keep Xen from ever telling us of another. */
static void forget_events(uint64_t address)
{
	struct vcpu_info *info = machine_get()->direct(address);

	__atomic_store_n(&info->evtchn_pending_sel, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_RELEASE);
}

int xen_pvh_adopt(void)
{
	struct handover_entry entry;

	for (uint32_t i = 0;
	     park_read_entry(&fixmap_reader, &parked_handed_over()->found, i, &entry); i++) {
		cpu_t cpu = cpu_by_hwid(hwid_from_value(entry.hwid));
		int error;

		if (entry.kind != HANDOVER_XEN_VCPU_INFO)
			continue;
		if (cpu_is_none(cpu)) {
			console_print(
				"muster: xen: vcpu_info of APIC id %#lx: there is no such CPU\n",
				entry.hwid);
			continue;
		}
		error = area_adopt(cpu, XEN_AREA_VCPU_INFO, entry.address);
		if (error)
			return error;
		forget_events(entry.address);
	}
	return 0;
}

bool xen_pvh_handed_over(void)
{
	return parked_handed_over()->region_size;
}
