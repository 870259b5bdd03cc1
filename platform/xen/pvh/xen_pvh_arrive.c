// SPDX-License-Identifier: MIT
/*
 * What a PVH guest of Xen takes over from the kernel before it (docs/park.md): areas and a page that Xen knows
 * already and cannot be told of again. Called by steps on the boot CPU. Of the record only addresses are
 * taken, which have been kept from being given out.
 */
#include "arch/x86_64/page_table.h"
#include "core/area_store.h"
#include "core/machine.h"
#include "platform/pc/pc_park.h"
#include "platform/xen/pvh/xen_pvh.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_time.h"

#include <muster/arch/cpu.h>
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

/* A place that Xen would have taken (public/vcpu.h: aligned, within a page), and memory that has been claimed for what
 * is held. */
static bool is_vcpu_info(const struct handover_entry *entry)
{
	const uint64_t offset = entry->address % MEMORY_PAGE_SIZE;

	return entry->size == sizeof(struct vcpu_info) && !(offset % sizeof(uint64_t)) &&
	       offset + entry->size <= MEMORY_PAGE_SIZE &&
	       mem_is_owned_by(entry->address - offset, AREA_ADOPTED_OWNER);
}

/* What Xen writes for the boot CPU, all the time; NULL: not known. */
static struct vcpu_info *boot_info(void)
{
	const struct handed_over *handed = parked_handed_over();
	struct handover_entry entry;

	for (uint32_t i = 0; park_read_entry(&fixmap_reader, &handed->found, i, &entry); i++)
		if (entry.kind == HANDOVER_XEN_VCPU_INFO &&
		    entry.hwid == handed->found.record.boot_hwid)
			return is_vcpu_info(&entry) ? machine_get()->direct(entry.address) : NULL;
	return NULL;
}

static uint64_t time_blocked(vcpu_id_t vcpu)
{
	struct vcpu_runstate_info info = { .state = RUNSTATE_running };

	return xen_vcpu_op(VCPUOP_get_runstate_info, vcpu, &info) ? 0 : info.time[RUNSTATE_blocked];
}

/*
 * What Xen still has of the boot CPU it writes to now, or never: soon it is told of an area of ours in its place. A
 * vCPU that waits is not running, and Xen says so in its runstate area before another runs. It must really wait: a
 * moment that is over already ends before anybody looks whether it waits; and what we take for the time may be behind
 * what Xen does. A time area it writes, too, if what it has to say is not what vcpu_info says: so something there, which nobody
 * reads, is made wrong. CPUs that are parked go on running; but what
 * the kernel before forgot for one it forgot for all.
 */
#define LOOK_FIRST 200000u /* ns */
#define LOOK_LAST  (UINT64_C(2) << 30)

void xen_pvh_look(void)
{
	struct vcpu_info *info = boot_info();
	uint64_t now = info ? xen_system_time(&info->time, counter_read()) : 0;
	vcpu_id_t vcpu = xen_cpuid_vcpu_id(&xen_pvh_cpuid);
	uint64_t before;

	if (!now || vcpu.value == VCPU_ID_UNKNOWN_VALUE)
		return;
	before = time_blocked(vcpu);
	for (uint64_t wait = LOOK_FIRST; wait < LOOK_LAST && time_blocked(vcpu) == before;
	     wait *= 2) {
		struct sched_poll poll = { .timeout = now + wait };

		__atomic_store_n(&info->time.pad0, 1, __ATOMIC_RELEASE);
		(void)xen_sched_op(SCHEDOP_poll, &poll);
	}
}

/* What is left of event channels Xen would write to when an event comes. The first that a guest opens have the lowest
 * numbers. */
#define PORTS_LOOKED_AT 8u

void xen_pvh_look_at_events(void)
{
	struct handed_over *handed = parked_handed_over();

	for (uint32_t port = 1; port <= PORTS_LOOKED_AT; port++) {
		struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

		if (!handed->good || xen_event_op(EVTCHNOP_status, &status) ||
		    status.status == EVTCHNSTAT_closed)
			continue;
		handed->held++;
		console_print("muster: handover: event channel %u of the kernel before is still "
			      "open\n",
			      port);
	}
}

bool xen_pvh_handed_over(void)
{
	return parked_handed_over()->region_size;
}
