/* SPDX-License-Identifier: MIT */
/*
 * What the files of test=xen share. Each sends Xen calls, good and bad, and holds the answers against
 * the rules of Xen's public headers (docs/xen-conformance.md has the list, and where each rule is from).
 */
#ifndef KERNEL_XEN_TEST_H
#define KERNEL_XEN_TEST_H

#include "kernel/tests.h"

#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <muster/xen.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

#define PAGE_BYTES 4096u
/* More than any Xen has: 8,192 vCPUs is its largest limit. */
#define VCPU_NONE 0x7fffffffu
/* The last number that a domain could have, and none has; and a port beyond both ABIs. */
#define DOMAIN_NONE (DOMID_FIRST_RESERVED - 1)
#define PORT_NONE   0x7fffffffu
/* Sub-operations end long before this one. */
#define OP_NONE 99u

/* Nothing is mapped there. */
static inline void *bad_pointer(void)
{
	return (void *)0x10;
}

struct xen_test {
	struct ktap *ktap;
	bool pv;	 /* else HVM or PVH */
	bool privileged; /* the hardware domain */
	uint32_t version;
	cpu_t here;
	cpu_t other;	/* another CPU that is online; `here` if there is none */
	cpu_t spare;	/* one that nothing was ever prepared for, or none */
	uint32_t known; /* known deviations that were seen, a bit each */
};

#define XEN_VERSION(major, minor) ((uint32_t)(major) << 16 | (minor))

/* Any answer that is an error; any that is not. For rules that name no number. */
#define ANY_ERROR   INT64_MIN
#define ANY_SUCCESS INT64_MAX

/*
 * One rule: what was sent (a format), what came back, what should have. rule: "HEADER: what it says";
 * "source: ..." where the headers say nothing of it, and Xen's own code is the rule. Returns whether it
 * was kept.
 */
bool xen_rule(struct xen_test *test, const char *rule, long answer, int64_t expected,
	      const char *sent, ...) __attribute__((format(printf, 5, 6)));

/* The same for a rule about something else than an answer. */
bool xen_holds(struct xen_test *test, const char *rule, bool holds, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

/* Cannot be tested here, and why. */
void xen_skip(struct xen_test *test, const char *what, const char *why);

/* Where Xen is known to answer otherwise than its headers say: rows of a table in test_xen.c. */
enum xen_deviation {
	DEVIATION_NO_MEMORY_MAP,
	DEVIATION_SINGLESHOT_OF_OTHER,
	DEVIATION_EXCHANGE_BY_HVM,
	DEVIATION_NO_TSC_FREQUENCY,
	DEVIATIONS,
};
bool xen_rule_deviates(struct xen_test *test, enum xen_deviation deviation, const char *rule,
		       long answer, int64_t expected, const char *sent);

static inline long vcpu_op(uint32_t op, uint32_t vcpu, const void *argument)
{
	return xen_hypercall(__HYPERVISOR_vcpu_op, op, vcpu, (uintptr_t)argument, 0, 0);
}

static inline long event_op(uint32_t op, void *argument)
{
	return xen_hypercall(__HYPERVISOR_event_channel_op, op, (uintptr_t)argument, 0, 0, 0);
}

static inline long memory_op(uint32_t op, void *argument)
{
	return xen_hypercall(__HYPERVISOR_memory_op, op, (uintptr_t)argument, 0, 0, 0);
}

static inline long version_op(uint32_t op, void *argument)
{
	return xen_hypercall(__HYPERVISOR_xen_version, op, (uintptr_t)argument, 0, 0, 0);
}

static inline long sched_op(uint32_t op, void *argument)
{
	return xen_hypercall(__HYPERVISOR_sched_op, op, (uintptr_t)argument, 0, 0, 0);
}

static inline uint32_t vcpu_of(cpu_t cpu)
{
	return cpu_vcpu_id(cpu).value;
}

static inline bool has_other(const struct xen_test *test)
{
	return !cpu_equal(test->here, test->other);
}

/* Ports, for the files about event channels. A port of 0: it could not be had. */
uint32_t port_unbound(void);
uint32_t port_ipi(cpu_t cpu);
long port_close(uint32_t port);
long port_send(uint32_t port);
long port_unmask(uint32_t port);
long port_status(uint32_t port, struct evtchn_status *status);

/* Which row of the table of areas has this name; SIZE_MAX: none. And where it is, on the boot CPU. */
size_t area_named(const char *name);

/* Xen's time now, in nanoseconds, from this CPU's vcpu_info; 0: it is not known. On the boot CPU. */
uint64_t xen_time(void);

/* Busy for that long, with interrupts on; until *word is at least value, or that long. */
void wait_milliseconds(uint32_t milliseconds);
bool wait_until(const uint32_t *word, uint32_t value, uint32_t milliseconds);

void xen_test_version(struct xen_test *test);
void xen_test_cpuid(struct xen_test *test);
void xen_test_vcpu(struct xen_test *test);
void xen_test_areas(struct xen_test *test);
void xen_test_timers(struct xen_test *test);
void xen_test_ports(struct xen_test *test);
void xen_test_fifo(struct xen_test *test);
void xen_test_delivery(struct xen_test *test);
void xen_test_sched(struct xen_test *test);
void xen_test_memory(struct xen_test *test);
void xen_test_kind(struct xen_test *test);

#endif
