// SPDX-License-Identifier: MIT
/*
 * Rules of a vCPU's two timers (public/vcpu.h), with VIRQ_TIMER bound: they come when they should, as often
 * as they should, and not after they were stopped. Called by test_xen.c, on the boot CPU.
 */
#include "kernel/xen_test.h"

#include <muster/arch/cpu.h>

#define MILLISECOND UINT64_C(1000000)
#define SOON	    (5 * MILLISECOND)
/* Long enough to stop it before, also on a busy machine; and longer than that. */
#define LATER	     (100 * MILLISECOND)
#define LATER_LIMIT  120u
#define FOREVER	     (UINT64_C(1) << 62)
#define PERIOD_MIN   MILLISECOND
#define PERIODS	     5u
#define TIME_TRIES   1000u
#define ARRIVE_LIMIT 2000u /* milliseconds: the machine may be busy */

static uint32_t fired;
static uint64_t fired_at;

/* public/xen.h, struct vcpu_time_info: what its comments say how to compute. */
static uint64_t system_time(const volatile struct vcpu_time_info *time)
{
	for (uint32_t tries = 0; tries < TIME_TRIES; tries++) {
		uint32_t version = time->version;
		unsigned __int128 scaled;
		uint64_t delta, result;
		int8_t shift;

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		shift = time->tsc_shift;
		delta = counter_read() - time->tsc_timestamp;
		delta = shift < 0 ? delta >> -shift : delta << shift;
		scaled = (unsigned __int128)delta * time->tsc_to_system_mul;
		result = time->system_time + (uint64_t)(scaled >> 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(version & 1) && version == time->version)
			return result;
	}
	return 0;
}

uint64_t xen_time(void)
{
	const size_t kind = area_named("vcpu-info");
	const struct vcpu_info *info;

	if (kind == SIZE_MAX)
		return 0;
	info = area_ptr(cpu_this(), kind);
	return system_time(&info->time);
}

void wait_milliseconds(uint32_t milliseconds)
{
	struct clock_limit limit = clock_limit_begin(milliseconds);

	while (!clock_limit_over(&limit))
		cpu_relax();
}

bool wait_until(const uint32_t *word, uint32_t value, uint32_t milliseconds)
{
	struct clock_limit limit = clock_limit_begin(milliseconds);

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) < value)
		if (clock_limit_over(&limit))
			return false;
	return true;
}

static void on_timer(uint32_t port)
{
	(void)port;
	fired_at = xen_time();
	__atomic_add_fetch(&fired, 1, __ATOMIC_RELEASE);
}

static uint32_t fired_now(void)
{
	return __atomic_load_n(&fired, __ATOMIC_ACQUIRE);
}

static void fired_reset(void)
{
	__atomic_store_n(&fired, 0, __ATOMIC_RELEASE);
}

static long singleshot(uint32_t vcpu, uint64_t at, uint32_t flags)
{
	struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns = at, .flags = flags };

	return vcpu_op(VCPUOP_set_singleshot_timer, vcpu, &timer);
}

static void test_singleshot(struct xen_test *test)
{
	const uint32_t here = vcpu_of(test->here);
	uint64_t at = xen_time() + SOON;

	fired_reset();
	xen_rule(test, "vcpu.h", singleshot(here, at, 0), 0,
		 "VCPUOP_set_singleshot_timer, in 5 ms");
	(void)wait_until(&fired, 1, ARRIVE_LIMIT);
	xen_holds(test, "vcpu.h: absolute system time", fired_now() && fired_at >= at,
		  "VCPUOP_set_singleshot_timer: it comes %lld us after its time",
		  (long long)(fired_at - at) / 1000);
	wait_milliseconds(20);
	xen_rule(test, "vcpu.h: single-shot", fired_now(), 1,
		 "VCPUOP_set_singleshot_timer, in 5 ms: times that it came");

	fired_reset();
	(void)singleshot(here, xen_time() + LATER, 0);
	xen_rule(test, "vcpu.h: arg == NULL", vcpu_op(VCPUOP_stop_singleshot_timer, here, NULL), 0,
		 "VCPUOP_stop_singleshot_timer");
	wait_milliseconds(LATER_LIMIT);
	xen_rule(test, "vcpu.h: stopped", fired_now(), 0,
		 "VCPUOP_stop_singleshot_timer: times that it came");
	xen_rule(test, "source: nothing to do", vcpu_op(VCPUOP_stop_singleshot_timer, here, NULL),
		 0, "VCPUOP_stop_singleshot_timer, none is set");

	fired_reset();
	(void)singleshot(here, xen_time() + FOREVER, 0);
	xen_rule(test, "vcpu.h: one timer", singleshot(here, xen_time() + SOON, 0), 0,
		 "VCPUOP_set_singleshot_timer, another time instead");
	(void)wait_until(&fired, 1, ARRIVE_LIMIT);
	xen_rule(test, "vcpu.h: one timer", fired_now(), 1,
		 "VCPUOP_set_singleshot_timer, instead: times that it came");
}

static void test_past(struct xen_test *test)
{
	const uint32_t here = vcpu_of(test->here);
	long answer;

	fired_reset();
	xen_rule(test, "source: an event at once", singleshot(here, 1, 0), 0,
		 "VCPUOP_set_singleshot_timer, in the past");
	(void)wait_until(&fired, 1, ARRIVE_LIMIT);
	xen_rule(test, "source: an event at once", fired_now(), 1,
		 "VCPUOP_set_singleshot_timer, in the past: times that it came");

	/* Both ways are good; each has its consequence. */
	fired_reset();
	answer = singleshot(here, 1, VCPU_SSHOTTMR_future);
	wait_milliseconds(20);
	if (answer == -XEN_ETIME)
		xen_rule(test, "vcpu.h: ETIME if it's passed", fired_now(), 0,
			 "VCPU_SSHOTTMR_future, in the past: ETIME, and times that it came");
	else
		xen_rule(test, "vcpu.h: can be ignored; then it comes",
			 answer ? answer : (long)fired_now(), 1,
			 "VCPU_SSHOTTMR_future, in the past: times that it came");
}

static void test_others_timer(struct xen_test *test)
{
	if (!has_other(test)) {
		xen_skip(test, "the timers of another vCPU", "there is one CPU");
		return;
	}
	xen_rule_deviates(test, DEVIATION_SINGLESHOT_OF_OTHER, "vcpu.h: a VCPU's",
			  vcpu_op(VCPUOP_stop_singleshot_timer, vcpu_of(test->other), NULL), 0,
			  "VCPUOP_stop_singleshot_timer, another vCPU");
	xen_rule_deviates(test, DEVIATION_SINGLESHOT_OF_OTHER, "vcpu.h: a VCPU's",
			  singleshot(vcpu_of(test->other), xen_time() + SOON, 0), 0,
			  "VCPUOP_set_singleshot_timer, another vCPU");
	xen_rule(test, "vcpu.h: a VCPU's",
		 vcpu_op(VCPUOP_stop_periodic_timer, vcpu_of(test->other), NULL), 0,
		 "VCPUOP_stop_periodic_timer, another vCPU");
}

static long periodic(uint32_t vcpu, uint64_t period)
{
	struct vcpu_set_periodic_timer timer = { .period_ns = period };

	return vcpu_op(VCPUOP_set_periodic_timer, vcpu, &timer);
}

static void test_periods(struct xen_test *test)
{
	const uint32_t here = vcpu_of(test->here);

	/* The library sets none, so one that was set by mistake is stopped below. */
	xen_rule(test, "vcpu.h: below 1 ms may not be supported; source: EINVAL",
		 periodic(here, PERIOD_MIN - 1), -XEN_EINVAL,
		 "VCPUOP_set_periodic_timer, 999999 ns");
	xen_rule(test, "vcpu.h: below 1 ms may not be supported; source: EINVAL", periodic(here, 0),
		 -XEN_EINVAL, "VCPUOP_set_periodic_timer, 0");
	xen_rule(test, "source: 2^63 is too long", periodic(here, UINT64_MAX), -XEN_EINVAL,
		 "VCPUOP_set_periodic_timer, 2^64 - 1 ns");
	xen_rule(test, "source", vcpu_op(VCPUOP_set_periodic_timer, here, bad_pointer()),
		 -XEN_EFAULT, "VCPUOP_set_periodic_timer, bad pointer");
}

static void test_periodic(struct xen_test *test)
{
	const uint32_t here = vcpu_of(test->here);
	uint64_t began, took;
	bool came;

	fired_reset();
	began = xen_time();
	xen_rule(test, "vcpu.h", periodic(here, 2 * MILLISECOND), 0,
		 "VCPUOP_set_periodic_timer, 2 ms");
	came = wait_until(&fired, PERIODS, ARRIVE_LIMIT);
	took = xen_time() - began;
	/* Phases are Xen's to choose: five events are four periods. */
	xen_holds(test, "vcpu.h: periodic", came && took >= (PERIODS - 1) * 2 * MILLISECOND,
		  "VCPUOP_set_periodic_timer, 2 ms: %u times in %llu us", PERIODS,
		  (unsigned long long)took / 1000);
	xen_rule(test, "vcpu.h: arg == NULL", vcpu_op(VCPUOP_stop_periodic_timer, here, NULL), 0,
		 "VCPUOP_stop_periodic_timer");
	fired_reset();
	wait_milliseconds(20);
	xen_rule(test, "vcpu.h: stopped", fired_now(), 0,
		 "VCPUOP_stop_periodic_timer: times that it came");
	xen_rule(test, "source: nothing to do", vcpu_op(VCPUOP_stop_periodic_timer, here, NULL), 0,
		 "VCPUOP_stop_periodic_timer, none is set");
}

static void test_set_timer_op(struct xen_test *test)
{
	uint64_t at = xen_time() + SOON;

	fired_reset();
	xen_rule(test, "xen.h: set_timer_op",
		 xen_hypercall(__HYPERVISOR_set_timer_op, at, 0, 0, 0, 0), 0,
		 "set_timer_op, in 5 ms");
	(void)wait_until(&fired, 1, ARRIVE_LIMIT);
	xen_holds(test, "xen.h: absolute system time", fired_now() == 1 && fired_at >= at,
		  "set_timer_op: it comes once, %lld us after its time",
		  (long long)(fired_at - at) / 1000);
	fired_reset();
	(void)xen_hypercall(__HYPERVISOR_set_timer_op, xen_time() + LATER, 0, 0, 0, 0);
	xen_rule(test, "source: 0 stops it",
		 xen_hypercall(__HYPERVISOR_set_timer_op, 0, 0, 0, 0, 0), 0, "set_timer_op, 0");
	wait_milliseconds(LATER_LIMIT);
	xen_rule(test, "source: 0 stops it", fired_now(), 0, "set_timer_op, 0: times that it came");
}

void xen_test_timers(struct xen_test *test)
{
	struct evtchn_bind_virq bind = { .virq = VIRQ_TIMER, .vcpu = vcpu_of(test->here) };
	long answer;

	test_periods(test);
	xen_rule(test, "source",
		 vcpu_op(VCPUOP_set_singleshot_timer, vcpu_of(test->here), bad_pointer()),
		 -XEN_EFAULT, "VCPUOP_set_singleshot_timer, bad pointer");
	test_others_timer(test);
	/* A vCPU may begin with a periodic timer, whose event would come before anybody listens. */
	(void)vcpu_op(VCPUOP_stop_periodic_timer, vcpu_of(test->here), NULL);
	answer = event_op(EVTCHNOP_bind_virq, &bind);
	if (answer == -XEN_EEXIST) {
		xen_skip(test, "timers, as they come", "VIRQ_TIMER is bound already");
		return;
	}
	if (!xen_rule(test, "event_channel.h", answer, 0, "EVTCHNOP_bind_virq, VIRQ_TIMER"))
		return;
	if (xen_event_listen(bind.port, test->here, on_timer)) {
		xen_holds(test, "vcpu.h", false, "timers, as they come: nobody can listen");
		(void)port_close(bind.port);
		return;
	}
	(void)port_unmask(bind.port);
	wait_milliseconds(1);
	test_singleshot(test);
	test_past(test);
	test_periodic(test);
	test_set_timer_op(test);
	(void)xen_event_forget(bind.port);
	(void)port_close(bind.port);
}
