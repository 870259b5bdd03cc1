/* SPDX-License-Identifier: MIT */
/*
 * What the files of test=papr share. Each sends calls, good and bad, and holds the answers against the rules of
 * LoPAPR (docs/papr-conformance.md has the list).
 */
#ifndef KERNEL_PAPR_TEST_H
#define KERNEL_PAPR_TEST_H

#include "kernel/tests.h"

#include <muster/papr.h>

/* Hypercalls (LoPAPR, Hypervisor Call Functions; those of POWER9 by Linux's arch/powerpc/include/asm/hvcall.h). */
#define H_GET_TERM_CHAR		  0x54u
#define H_PUT_TERM_CHAR		  0x58u
#define H_IPI			  0x6cu
#define H_REGISTER_VPA		  0xdcu
#define H_CEDE			  0xe0u
#define H_CONFER		  0xe4u
#define H_PROD			  0xe8u
#define H_HOME_NODE_ASSOCIATIVITY 0x2ecu
#define H_SET_MODE		  0x31cu
#define H_REGISTER_PROC_TBL	  0x37cu

/* Statuses (LoPAPR, Hypervisor Call Return Code Values). */
#define H_SUCCESS	   0
#define H_HARDWARE	   (-1)
#define H_FUNCTION	   (-2)
#define H_PARAMETER	   (-4)
#define H_RESOURCE	   (-16)
#define H_P2		   (-55)
#define H_P3		   (-56)
#define H_P4		   (-57)
#define H_UNSUPPORTED_FLAG (-256) /* to -511, which say which bit */

/* Subfunctions of H_REGISTER_VPA. */
#define VPA_FUNCTION(function) ((uint64_t)(function) << 45)
#define REGISTER_VPA	       VPA_FUNCTION(1)
#define REGISTER_LOG	       VPA_FUNCTION(2)
#define REGISTER_SHADOW	       VPA_FUNCTION(3)
#define DEREGISTER_VPA	       VPA_FUNCTION(5)
#define DEREGISTER_LOG	       VPA_FUNCTION(6)
#define DEREGISTER_SHADOW      VPA_FUNCTION(7)

/* A server number that nobody has. */
#define SERVER_NONE UINT64_C(0xbadbad)

struct papr_test {
	struct ktap *ktap;
	bool qemu; /* its known deviations may be */
	cpu_t here;
	cpu_t other;	/* another CPU that is online; `here` if there is none */
	cpu_t spare;	/* one that is there and was never started, or none */
	uint32_t known; /* known deviations that were seen, a bit each */
	bool services;	/* answers are statuses of RTAS */
};

/* For rules that name no number: any answer that is an error. */
#define ANY_ERROR INT64_MIN
/* One of -256 to -511. */
#define ANY_FLAG_ERROR (INT64_MIN + 1)

/*
 * One rule: what was sent (a format), what came back, what should have. rule: where it stands in LoPAPR, and
 * what it says; "source: ..." where the book leaves it open. Returns whether it was kept.
 */
bool papr_rule(struct papr_test *test, const char *rule, int64_t answer, int64_t expected,
	       const char *sent, ...) __attribute__((format(printf, 5, 6)));

/* The same for a rule about something else than an answer. */
bool papr_holds(struct papr_test *test, const char *rule, bool holds, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

/* Cannot be tested here, and why. */
void papr_skip(struct papr_test *test, const char *what, const char *why);

/* Where QEMU is known to answer otherwise than the book says: rows of a table in test_papr.c. */
enum papr_deviation {
	DEVIATION_ADDRESS_0,
	DEVIATION_SHADOW_ALIGNMENT,
	DEVIATION_LOG_ALIGNMENT,
	DEVIATION_LOG_NOT_WRITTEN,
	DEVIATION_SERVER_CUT,
	DEVIATION_CEDED_IS_STOPPED,
	DEVIATION_CONFER_NO_STATUS,
	DEVIATION_PROD_IS_LOST,
	DEVIATION_NANOSECONDS,
	PAPR_DEVIATIONS,
};
bool papr_rule_deviates(struct papr_test *test, enum papr_deviation deviation, const char *rule,
			int64_t answer, int64_t expected, const char *sent);

static inline uint64_t server_of(cpu_t cpu)
{
	return cpu_vcpu_id(cpu).value;
}

static inline bool has_another(const struct papr_test *test)
{
	return !cpu_equal(test->here, test->other);
}

static inline long register_area(uint64_t flags, uint64_t server, uint64_t address)
{
	return papr_hypercall(H_REGISTER_VPA, flags, server, address, 0, NULL);
}

/* Busy for that long. */
void papr_wait(uint32_t milliseconds);

void papr_test_areas(struct papr_test *test);
void papr_test_dispatch(struct papr_test *test);
void papr_test_calls(struct papr_test *test);
void papr_test_services(struct papr_test *test);
void papr_test_resets(struct papr_test *test);

#endif
