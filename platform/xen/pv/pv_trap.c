// SPDX-License-Identifier: MIT
/*
 * Traps of a PV guest: the table that Xen looks in instead of an IDT, the callbacks for events, for a
 * failed return and for system calls. The boot CPU tells Xen itself; every other CPU begins with the same
 * (pv_vcpu.c). pv_traps_early() runs before there is a per-CPU base.
 */
#include "platform/xen/pv/pv.h"

#include "arch/x86_64/offsets.h"
#include "arch/x86_64/trap.h"
#include "core/string.h"
#include "platform/xen/event_channel.h"

#include <muster/muster.h>
#include <xen/callback.h>

#define CALLBACKS 4

static void trap_fill(struct trap_info *info, uint32_t vector)
{
	*info = (struct trap_info){
		.vector = (uint8_t)vector,
		.cs = FLAT_KERNEL_CS,
		.address = (uintptr_t)xen_pv_trap_stubs + (uintptr_t)XEN_PV_STUB_STRIDE * vector,
	};
	/* Every trap begins with upcalls masked, as an interrupt gate would. */
	TI_SET_IF(info, 1);
}

void pv_traps_early(void)
{
	/* One more, of zeroes, ends the table. */
	struct trap_info traps[TRAP_EXCEPTIONS + 1];

	for (uint32_t vector = 0; vector < TRAP_EXCEPTIONS; vector++)
		trap_fill(&traps[vector], vector);
	memset(&traps[TRAP_EXCEPTIONS], 0, sizeof(traps[0]));
	(void)xen_hypercall3(__HYPERVISOR_set_trap_table, (uintptr_t)traps, 0, 0);
}

int pv_callbacks_step(cpu_t cpu)
{
	const struct {
		uint16_t type;
		const char *address;
	} callbacks[CALLBACKS] = {
		{ CALLBACKTYPE_event, xen_pv_upcall },
		{ CALLBACKTYPE_failsafe, xen_pv_failsafe },
		{ CALLBACKTYPE_syscall, xen_pv_syscall },
		{ CALLBACKTYPE_nmi, xen_pv_trap_stubs + XEN_PV_STUB_STRIDE * TRAP_NMI },
	};

	(void)cpu;
	for (uint32_t i = 0; i < CALLBACKS; i++) {
		struct callback_register callback = { .type = callbacks[i].type,
						      .flags = CALLBACKF_mask_events,
						      .address = (uintptr_t)callbacks[i].address };
		long answer = xen_hypercall3(__HYPERVISOR_callback_op, CALLBACKOP_register,
					     (uintptr_t)&callback, 0);

		if (answer < 0) {
			console_print("muster: xen: callback %u: Xen refuses it: %s\n",
				      callbacks[i].type, xen_error_name(answer));
			return xen_error(answer);
		}
	}
	return 0;
}

void pv_traps_into(struct vcpu_guest_context *context)
{
	for (uint32_t vector = 0; vector < TRAP_EXCEPTIONS; vector++)
		trap_fill(&context->trap_ctxt[vector], vector);
	context->event_callback_eip = (uintptr_t)xen_pv_upcall;
	context->failsafe_callback_eip = (uintptr_t)xen_pv_failsafe;
	context->syscall_callback_eip = (uintptr_t)xen_pv_syscall;
	context->flags |= VGCF_failsafe_disables_events | VGCF_syscall_disables_events;
}

void xen_pv_callback_unexpected(uint32_t which)
{
	muster_panic("xen: the %s callback: there is nothing here that could bring it about",
		     which ? "syscall" : "failsafe");
}
