// SPDX-License-Identifier: MIT
/*
 * XICS on a PAPR guest: device/xics.h with real hypercalls. Called by papr_interrupts.c where XICS was agreed
 * on, or nothing was.
 */
#include "core/runner.h"
#include "device/xics.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr_interrupts.h"

#include <muster/muster.h>

static uint32_t server_of(cpu_t cpu)
{
	return (uint32_t)cpu_vcpu_id(cpu).value;
}

static long call_xirr(uint32_t *xirr)
{
	uint64_t results[PAPR_RESULTS_MAX];
	long status = papr_hcall(H_XIRR, 0, 0, 0, 0, results);

	*xirr = (uint32_t)results[0];
	return status;
}

static long call_eoi(uint32_t xirr)
{
	return papr_hcall(H_EOI, xirr, 0, 0, 0, NULL);
}

static long call_cppr(uint8_t priority)
{
	return papr_hcall(H_CPPR, priority, 0, 0, 0, NULL);
}

static long call_ipi(uint32_t server, uint8_t priority)
{
	return papr_hcall(H_IPI, server, priority, 0, 0, NULL);
}

static long call_ipoll(uint32_t server, uint32_t *xirr, uint8_t *mfrr)
{
	uint64_t results[PAPR_RESULTS_MAX];
	long status = papr_hcall(H_IPOLL, server, 0, 0, 0, results);

	*xirr = (uint32_t)results[0];
	*mfrr = (uint8_t)results[1];
	return status;
}

static int begin(cpu_t boot)
{
	static const struct xics_calls calls = {
		.xirr = call_xirr,
		.eoi = call_eoi,
		.cppr = call_cppr,
		.ipi = call_ipi,
		.ipoll = call_ipoll,
	};

	return xics_begin(&calls, server_of(boot));
}

static int enable(cpu_t cpu)
{
	return xics_enable(server_of(cpu));
}

static void disable(cpu_t cpu)
{
	xics_disable(server_of(cpu));
}

static void take(void)
{
	uint32_t source = 0;

	switch (xics_take(server_of(cpu_this()), &source)) {
	case XICS_IPI:
		call_queue_serve();
		break;
	case XICS_OTHER:
		papr_stray_interrupt(source);
		break;
	case XICS_BROKEN:
		muster_panic("xics: an interrupt cannot be taken, and would come for ever");
	case XICS_NOTHING:
		break;
	}
}

static void kick(cpu_t cpu)
{
	/* If it cannot be sent, a line has said so, and the caller's wait has a limit. */
	(void)xics_send(server_of(cpu));
}

const struct papr_controller papr_xics = {
	.begin = begin,
	.enable = enable,
	.disable = disable,
	.take = take,
	.kick = kick,
};
