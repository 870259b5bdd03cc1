// SPDX-License-Identifier: MIT
/*
 * Hypercalls that are counted, and the names that reports have for them. Called wherever the platform calls
 * the hypervisor, but for the console and the way out, which are raw. Must not be used before there is a
 * per-CPU base.
 */
#include "platform/papr/hypercall.h"

#include "core/hypercall_count.h"
#include "platform/papr/papr_home.h"

#include <muster/error.h>

static const struct {
	uint16_t token;
	const char *name;
} names[] = {
	{ H_PUT_TERM_CHAR, "h-put-term-char" },
	{ H_EOI, "h-eoi" },
	{ H_CPPR, "h-cppr" },
	{ H_IPI, "h-ipi" },
	{ H_IPOLL, "h-ipoll" },
	{ H_XIRR, "h-xirr" },
	{ H_REGISTER_VPA, "h-register-vpa" },
	{ H_CEDE, "h-cede" },
	{ H_CONFER, "h-confer" },
	{ H_PROD, "h-prod" },
	{ H_SET_MODE, "h-set-mode" },
	{ H_SIGNAL_SYS_RESET, "h-signal-sys-reset" },
	{ H_HOME_NODE_ASSOCIATIVITY, "h-home-node-associativity" },
	{ H_REGISTER_PROC_TBL, "h-register-proc-tbl" },
	{ H_INT_GET_SOURCE_INFO, "h-int-get-source-info" },
	{ H_INT_SET_SOURCE_CONFIG, "h-int-set-source-config" },
	{ H_INT_GET_SOURCE_CONFIG, "h-int-get-source-config" },
	{ H_INT_GET_QUEUE_INFO, "h-int-get-queue-info" },
	{ H_INT_SET_QUEUE_CONFIG, "h-int-set-queue-config" },
	{ H_INT_GET_QUEUE_CONFIG, "h-int-get-queue-config" },
	{ H_INT_SET_OS_REPORTING_LINE, "h-int-set-os-reporting-line" },
	{ H_INT_GET_OS_REPORTING_LINE, "h-int-get-os-reporting-line" },
	{ H_INT_ESB, "h-int-esb" },
	{ H_INT_SYNC, "h-int-sync" },
	{ H_INT_RESET, "h-int-reset" },
};

static const char *call_name(uint16_t token)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].token == token)
			return names[i].name;
	return "other";
}

void papr_hcall_seen(uint32_t token)
{
	hypercall_count((uint16_t)token, call_name);
}

long papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *results)
{
	papr_hcall_seen(token);
	return papr_hcall_raw(token, a, b, c, d, results);
}

static long hcall5_raw(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t r3 __asm__("r3") = token;
	register uint64_t r4 __asm__("r4") = a;
	register uint64_t r5 __asm__("r5") = b;
	register uint64_t r6 __asm__("r6") = c;
	register uint64_t r7 __asm__("r7") = d;
	register uint64_t r8 __asm__("r8") = e;

	__asm__ volatile("sc 1"
			 : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
			 :
			 : "r0", "r9", "r10", "r11", "r12", "ctr", "xer", "cr0", "cr1", "cr5",
			   "cr6", "cr7", "memory");
	return (long)r3;
}

long papr_hcall5(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	hypercall_count((uint16_t)token, call_name);
	return hcall5_raw(token, a, b, c, d, e);
}

int papr_error(long status)
{
	switch (status) {
	case H_SUCCESS:
		return 0;
	case H_BUSY:
		return MUSTER_E_BUSY;
	case H_FUNCTION:
		return MUSTER_E_NOT_SUPPORTED;
	case H_RESOURCE:
		return MUSTER_E_NO_MEMORY;
	default:
		return MUSTER_E_INVALID;
	}
}
