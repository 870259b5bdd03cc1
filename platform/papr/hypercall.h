/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of PAPR (LoPAPR 1.1, 14.5): `sc 1`, the token in r3, arguments from r4 on, the status in r3 and
 * results from r4 on. Each has two forms. papr_hcall() is counted while CPUs are brought up
 * (core/hypercall_count.h), which needs the per-CPU base. papr_hcall_raw() is the call and nothing else: for
 * what has to work before there is a base, for the console, and when everything else is broken (H10).
 */
#ifndef PLATFORM_PAPR_HYPERCALL_H
#define PLATFORM_PAPR_HYPERCALL_H

#include <muster/papr.h>
#include <stdint.h>

/* Tokens: LoPAPR 14.5.4 and, those of POWER9, Linux's arch/powerpc/include/asm/hvcall.h. */
enum papr_token {
	H_PUT_TERM_CHAR = 0x58,
	H_EOI = 0x64,
	H_CPPR = 0x68,
	H_IPI = 0x6c,
	H_IPOLL = 0x70,
	H_XIRR = 0x74,
	H_REGISTER_VPA = 0xdc,
	H_CEDE = 0xe0,
	H_CONFER = 0xe4,
	H_PROD = 0xe8,
	H_SET_MODE = 0x31c,
	H_SIGNAL_SYS_RESET = 0x380,
	H_REGISTER_PROC_TBL = 0x37c,
	H_INT_GET_SOURCE_INFO = 0x3a8,
	H_INT_SET_SOURCE_CONFIG = 0x3ac,
	H_INT_GET_SOURCE_CONFIG = 0x3b0,
	H_INT_GET_QUEUE_INFO = 0x3b4,
	H_INT_SET_QUEUE_CONFIG = 0x3b8,
	H_INT_GET_QUEUE_CONFIG = 0x3bc,
	H_INT_SET_OS_REPORTING_LINE = 0x3c0,
	H_INT_GET_OS_REPORTING_LINE = 0x3c4,
	H_INT_ESB = 0x3c8,
	H_INT_SYNC = 0x3cc,
	H_INT_RESET = 0x3d0,
};

/* Statuses: LoPAPR 14.5.3, table 170. */
#define H_SUCCESS	0
#define H_BUSY		1
#define H_CLOSED	2
#define H_NOT_AVAILABLE 3
#define H_HARDWARE	(-1)
#define H_FUNCTION	(-2)
#define H_PRIVILEGE	(-3)
#define H_PARAMETER	(-4)
#define H_RESOURCE	(-16)
#define H_P2		(-55)
#define H_P3		(-56)
#define H_P4		(-57)

/* results: PAPR_RESULTS_MAX words, r4 to r9; or NULL. */
long papr_hcall(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t *results);

/* The count alone, for a call that is made elsewhere. */
void papr_hcall_seen(uint32_t token);

static inline long papr_hcall_raw(uint64_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
				  uint64_t *results)
{
	register uint64_t r3 __asm__("r3") = token;
	register uint64_t r4 __asm__("r4") = a;
	register uint64_t r5 __asm__("r5") = b;
	register uint64_t r6 __asm__("r6") = c;
	register uint64_t r7 __asm__("r7") = d;
	register uint64_t r8 __asm__("r8") = 0;
	register uint64_t r9 __asm__("r9") = 0;

	__asm__ volatile("sc 1"
			 : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8), "+r"(r9)
			 :
			 : "r0", "r10", "r11", "r12", "ctr", "xer", "cr0", "cr1", "cr5", "cr6",
			   "cr7", "memory");
	if (results) {
		results[0] = r4;
		results[1] = r5;
		results[2] = r6;
		results[3] = r7;
		results[4] = r8;
		results[5] = r9;
	}
	return (long)r3;
}

/* The same for five arguments, of a call without results. */
long papr_hcall5(uint32_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

/* The status as one of muster_error; 0 for success. */
int papr_error(long status);

#endif
