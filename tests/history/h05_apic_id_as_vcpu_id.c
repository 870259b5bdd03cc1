// SPDX-License-Identifier: MIT
/*
 * H5: the firmware's processor id, not the APIC id, is what Xen calls a vCPU, and CPU 0 need not be vCPU
 * 0. A kernel that takes the APIC id for it, as real ones did, linked under Xen's PVH: every CPU that
 * gets another's areas, or those of a vCPU that there is not, must be refused by name, and the boot CPU
 * goes on. Booting on another vCPU than 0 is in tests/unit/test_xen_pvh_ids.c.
 */
#include "platform/pc/pc.h"

#include <muster/muster.h>

int __real_pc_cpu_ids_read(pc_vcpu_id_function *vcpu_id);
int __wrap_pc_cpu_ids_read(pc_vcpu_id_function *vcpu_id);

static pc_vcpu_id_function *right;

static vcpu_id_t apic_id_as_vcpu_id(uint32_t uid, uint32_t apic_id, bool running)
{
	return running ? right(uid, apic_id, running) : vcpu_id_from_value(apic_id);
}

int __wrap_pc_cpu_ids_read(pc_vcpu_id_function *vcpu_id)
{
	right = vcpu_id;
	return __real_pc_cpu_ids_read(apic_id_as_vcpu_id);
}

int muster_main(void)
{
	int missing = muster_bring_up(NULL);

	console_print("history: H5: %u of %u CPUs are online\n", cpu_online_count(),
		      cpu_present_count());
	report_send(NULL, missing ? 1 : 0);
	return missing ? 1 : 0;
}
