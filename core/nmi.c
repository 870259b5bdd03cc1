// SPDX-License-Identifier: MIT
/*
 * Sending another CPU a non-maskable interrupt: muster/fault.h. Called by a kernel, on any CPU. It does not wait: what
 * comes of it is for the target to say.
 */
#include "core/machine.h"

#include <muster/error.h>
#include <muster/fault.h>

int nmi_send(cpu_t cpu)
{
	if (cpu.number >= cpu_possible_count() || cpu_equal(cpu, cpu_this()))
		return MUSTER_E_INVALID;
	return machine_get()->send_nmi ? machine_get()->send_nmi(cpu) : MUSTER_E_NOT_SUPPORTED;
}
