// SPDX-License-Identifier: MIT
/*
 * How a PVH guest of Xen is left for the next kernel: platform/handover.h. What can be taken back from Xen is;
 * vcpu_info and the shared info page cannot, and are told. Called by a handover, on the boot CPU, when no
 * other runs.
 */
#include "core/area_store.h"
#include "core/machine.h"
#include "core/string.h"
#include "platform/pc/pc_leave.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/pvh/xen_pvh.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_guest.h"

#include <muster/muster.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#define SHARED_OWNER "xen shared info"

static bool is_held_by_xen(const char *owner)
{
	return owner && (!strcmp(owner, AREA_REGION_OWNER) || !strcmp(owner, AREA_ADOPTED_OWNER) ||
			 !strcmp(owner, SHARED_OWNER));
}

static bool holds(uint64_t base, uint64_t size)
{
	const struct memory_range *range;

	for (size_t i = 0; (range = mem_at(i)); i++)
		if (base < range->base + range->size && range->base < base + size &&
		    is_held_by_xen(range->owner))
			return true;
	return false;
}

/*
 * The area is told again, as nowhere. Xen 4.17 has no value for that in its public headers; but it never
 * writes to a null handle, and from then on that is what it has (xen/arch/x86/domain.c and time.c, seen to
 * be so by the next kernel, which watches what was the area).
 */
static void take_back(cpu_t cpu, const char *kind, uint64_t address, uint64_t size,
		      struct handover_list *list)
{
	struct vcpu_register_runstate_memory_area nowhere = { .addr.p = 0 };
	uint32_t command = !strcmp(kind, "time") ? VCPUOP_register_vcpu_time_memory_area
						 : VCPUOP_register_runstate_memory_area;
	long answer = xen_vcpu_op(command, cpu_vcpu_id(cpu), &nowhere);

	if (answer)
		console_print("muster: CPU %u: area %s at %#lx: Xen keeps it: %s\n", cpu.number,
			      kind, address, xen_error_name(answer));
	/* What stays is nobody's: of a kind that no reader knows. */
	handover_list_add(list, answer ? 0 : HANDOVER_GIVEN_BACK, cpu_hwid(cpu).value, address,
			  size);
}

static void undo_areas(cpu_t cpu, struct handover_list *list)
{
	const struct area_table *table = area_table_current();
	uint64_t hwid = cpu_hwid(cpu).value;

	for (size_t i = 0; i < table->count; i++) {
		const struct area_kind *kind = &table->kinds[i];
		struct area_info info = area_info(cpu, i);

		if (info.state != AREA_SHARED && info.state != AREA_KEPT)
			continue;
		if (i == XEN_AREA_VCPU_INFO)
			handover_list_add(list, HANDOVER_XEN_VCPU_INFO, hwid, info.physical,
					  kind->told);
		else if (kind->undo_kind == UNDO_WHOLE_GUEST)
			handover_list_add(list, HANDOVER_GIVEN_BACK, hwid, info.physical,
					  kind->told);
		else
			take_back(cpu, kind->name, info.physical, kind->told, list);
	}
}

static void undo(struct handover_list *list)
{
	uint64_t page;

	for_each_cpu (cpu)
		undo_areas(cpu, list);
	for (uint32_t i = 0; (page = xen_events_page(i)); i++)
		handover_list_add(list, HANDOVER_GIVEN_BACK, HANDOVER_NO_CPU, page,
				  MEMORY_PAGE_SIZE);
	handover_list_add(list, HANDOVER_XEN_SHARED_INFO, HANDOVER_NO_CPU,
			  machine_get()->physical((uintptr_t)xen_guest.shared), MEMORY_PAGE_SIZE);
}

static void undo_last(struct handover_list *list)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = HVM_PARAM_CALLBACK_IRQ };
	long answer = xen_hypercall3(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&param, 0);

	(void)list;
	if (answer)
		console_print("muster: xen: event channels by no vector: HVMOP_set_param: %s\n",
			      xen_error_name(answer));
	xen_events_reset();
	areas_whole_guest_undone();
}

static uint32_t entries_max(void)
{
	uint32_t pages = 0;

	while (xen_events_page(pages))
		pages++;
	return cpu_possible_count() * (uint32_t)area_table_current()->count + pages + 1;
}

const struct platform_handover xen_pvh_handover = {
	.arrived = parked_handed_over,
	.module = pc_leave_module,
	.tell = pc_tell,
	.is_sibling = pc_leave_is_sibling,
	.listen_for_nmis = pc_leave_listen_for_nmis,
	.holds = holds,
	.undo = undo,
	.undo_last = undo_last,
	.entries_max = entries_max,
};
