// SPDX-License-Identifier: MIT
/*
 * How a PVH guest is interrupted. Step `shared-info` maps the page that Xen shares with the whole
 * guest. Step `interrupts`: event channels come by one vector on every vCPU. The local APIC is still
 * there, for what has no event channel: INIT, start-up and NMI; it is used in x2APIC mode, where an
 * access is one exit to Xen and not an instruction for it to emulate.
 */
#include "arch/x86_64/start.h"
#include "arch/x86_64/trap.h"
#include "core/machine.h"
#include "device/local_apic.h"
#include "platform/pc/pc.h"
#include "platform/pc/pc_park.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/pvh/xen_pvh.h"
#include "platform/xen/xen_guest.h"
#include "platform/xen/xen_time.h"

#include <muster/muster.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

_Static_assert(sizeof(struct xen_hvm_param) == 16, "public/hvm/hvm_op.h");
_Static_assert(offsetof(struct xen_hvm_param, value) == 8, "public/hvm/hvm_op.h");
_Static_assert(sizeof(struct xen_add_to_physmap) == 24, "public/memory.h");
_Static_assert(offsetof(struct xen_add_to_physmap, gpfn) == 16, "public/memory.h");

/* public/hvm/params.h, HVM_PARAM_CALLBACK_IRQ: the type in bits 63:56. */
#define CALLBACK_TYPE_SHIFT 56

/* What is ours is what Xen calls it. */
static uint64_t frame(uint64_t physical)
{
	return physical / MEMORY_PAGE_SIZE;
}

/* A page of RAM of ours, in whose place Xen puts its own. */
int xen_pvh_shared_info_step(cpu_t cpu)
{
	uint64_t before = xen_pvh_shared_info_before();
	struct xen_add_to_physmap map = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info };
	uint64_t physical =
		before ? before
		       : mem_alloc(MEMORY_PAGE_SIZE, MEMORY_PAGE_SIZE, .owner = "xen shared info");
	long answer;

	(void)cpu;
	xen_guest.frame = frame;
	/* Before Xen is told of areas again. */
	parked_mark();
	if (xen_pvh_handed_over())
		xen_pvh_look();
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	map.gpfn = frame(physical);
	/* Where it was it left a hole; and there it still is. */
	answer = before ? 0 : xen_memory_op(XENMEM_add_to_physmap, &map);
	if (answer) {
		console_print("muster: xen: shared info at %#lx: XENMEM_add_to_physmap: %s\n",
			      physical, xen_error_name(answer));
		(void)mem_free(physical, MEMORY_PAGE_SIZE);
		return xen_error(answer);
	}
	xen_guest.shared = machine_get()->direct(physical);
	return 0;
}

/*
 * One vector for all vCPUs. Of Xen's two ways this one is undone by writing 0, for the whole guest, so
 * the next kernel finds it as it was; HVMOP_set_evtchn_upcall_vector is for one vCPU, goes through its
 * local APIC, and cannot be taken back.
 */
static int callback_set(uint8_t vector)
{
	struct xen_hvm_param param = {
		.domid = DOMID_SELF,
		.index = HVM_PARAM_CALLBACK_IRQ,
		.value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << CALLBACK_TYPE_SHIFT | vector,
	};
	long answer = xen_hypercall3(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&param, 0);

	if (answer)
		console_print("muster: xen: event channels by vector %#x: HVMOP_set_param: %s\n",
			      vector, xen_error_name(answer));
	return xen_error(answer);
}

/* INIT: Xen takes the vCPU down, and it can be initialised again. */
static int reset(cpu_t cpu)
{
	return local_apic_send_init(cpu_hwid(cpu));
}

/* An NMI of a hypercall's does not ask the vCPU's local APIC. */
static int send_nmi(cpu_t cpu)
{
	return xen_error(xen_vcpu_op(VCPUOP_send_nmi, cpu_vcpu_id(cpu), NULL));
}

int xen_pvh_interrupts_step(cpu_t cpu)
{
	int error;

	(void)cpu;
	local_apic_prefer_x2apic();
	error = pc_interrupts_begin(xen_events_upcall, xen_events_kick, reset);
	if (error)
		return error;
	if (xen_pvh_handed_over()) {
		xen_pvh_look_at_events();
		xen_events_reset();
		xen_guest.adopt = xen_pvh_adopt;
	}
	if (xen_pvh_start_by != XEN_PVH_START_BY_APIC)
		x86_machine.send_nmi = send_nmi;
	x86_machine.wait_a_moment = xen_wait_a_moment;
	xen_events_choose(false);
	return callback_set(TRAP_CALL);
}
