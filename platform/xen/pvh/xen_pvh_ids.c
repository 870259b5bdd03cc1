// SPDX-License-Identifier: MIT
/*
 * The ids of a PVH guest's CPUs. Hardware id: the APIC id. Firmware id: the MADT's processor UID. vCPU
 * id: of the CPU that runs, as Xen's CPUID leaf says; of the others, their processor UID, because that is
 * what Xen numbers the MADT's processors by (docs/ids.md). Never the APIC id, which is twice that. Each CPU
 * compares, as soon as it can say what is wrong.
 */
#include "arch/x86_64/cpu_check.h"
#include "platform/pc/pc.h"
#include "platform/xen/pvh/xen_pvh.h"

#include <muster/muster.h>

struct xen_cpuid xen_pvh_cpuid;

static bool known(vcpu_id_t id)
{
	return id.value != VCPU_ID_UNKNOWN_VALUE;
}

/* What the vCPU itself is told stands; before Xen 4.6 it is told nothing. */
static vcpu_id_t vcpu_id_of(uint32_t uid, uint32_t apic_id, bool running)
{
	vcpu_id_t told =
		vcpu_id_from_value(uid == FWID_UNKNOWN_VALUE ? VCPU_ID_UNKNOWN_VALUE : uid);
	vcpu_id_t own = vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE);

	if (running)
		own = xen_cpuid_vcpu_id(&xen_pvh_cpuid);
	if (known(own) && known(told) && own.value != told.value)
		console_print("muster: xen: the CPU that boots (APIC id %#x) says that it is vCPU "
			      "%u, the MADT %u: it is believed itself\n",
			      apic_id, own.value, told.value);
	return known(own) ? own : told;
}

int xen_pvh_cpu_ids_step(cpu_t cpu)
{
	(void)cpu;
	return pc_cpu_ids_read(vcpu_id_of);
}

/* A CPU with another vCPU's id would set up that one's areas and events as its own (H4, H5). */
int xen_pvh_cpu_check_step(cpu_t cpu)
{
	vcpu_id_t own = xen_cpuid_vcpu_id(&xen_pvh_cpuid);
	int error = cpu_check_step(cpu);

	if (error || !known(own))
		return error;
	if (cpu_vcpu_id_known(cpu) && cpu_vcpu_id(cpu).value == own.value)
		return 0;
	console_print("muster: CPU %u: vCPU id is %u, expected %s%u\n", cpu.number, own.value,
		      cpu_vcpu_id_known(cpu) ? "" : "none, not ",
		      cpu_vcpu_id_known(cpu) ? cpu_vcpu_id(cpu).value : own.value);
	return MUSTER_E_MISMATCH;
}
