// SPDX-License-Identifier: MIT
/*
 * Calls to Xen that are counted, and the names that reports have for them. Called wherever the platforms
 * of Xen call it, but for the console and the way out, which are raw. Must not be used before there is a
 * per-CPU base.
 */
#include "platform/xen/hypercall.h"

#include "core/hypercall_count.h"

/* A call is known by its number and, where its first argument is a command, by that. */
#define CALL(number, command) ((uint16_t)((number) << 8 | (command)))

static const struct {
	uint16_t call;
	const char *name;
} names[] = {
	{ CALL(__HYPERVISOR_set_trap_table, 0), "set-trap-table" },
	{ CALL(__HYPERVISOR_mmu_update, 0), "mmu-update" },
	{ CALL(__HYPERVISOR_set_gdt, 0), "set-gdt" },
	{ CALL(__HYPERVISOR_update_va_mapping, 0), "update-va-mapping" },
	{ CALL(__HYPERVISOR_mmuext_op, 0), "mmuext-op" },
	{ CALL(__HYPERVISOR_set_segment_base, 0), "set-segment-base" },
	{ CALL(__HYPERVISOR_callback_op, 0), "callback-op" },
	{ CALL(__HYPERVISOR_hvm_op, 0), "hvm-op" },
	{ CALL(__HYPERVISOR_physdev_op, 0), "physdev-op" },
	{ CALL(__HYPERVISOR_xen_version, 0), "xen-version" },
	{ CALL(__HYPERVISOR_memory_op, 0), "memory-op" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_initialise), "vcpu-op-initialise" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_up), "vcpu-op-up" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_down), "vcpu-op-down" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_is_up), "vcpu-op-is-up" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area),
	  "vcpu-op-register-runstate" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info), "vcpu-op-register-vcpu-info" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area),
	  "vcpu-op-register-time" },
	{ CALL(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi), "vcpu-op-send-nmi" },
	{ CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_init_control),
	  "event-channel-op-init-control" },
	{ CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_expand_array),
	  "event-channel-op-expand-array" },
	{ CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi), "event-channel-op-bind-ipi" },
	{ CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_unmask), "event-channel-op-unmask" },
	{ CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_send), "event-channel-op-send" },
	{ CALL(__HYPERVISOR_event_channel_op, EVTCHNOP_close), "event-channel-op-close" },
};

static const char *call_name(uint16_t call)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].call == call)
			return names[i].name;
	return "other";
}

long xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	bool has_command =
		number == __HYPERVISOR_vcpu_op || number == __HYPERVISOR_event_channel_op;

	hypercall_count(CALL(number, has_command ? (uint8_t)a : 0), call_name);
	return xen_hypercall_raw(number, a, b, c, d, e);
}
