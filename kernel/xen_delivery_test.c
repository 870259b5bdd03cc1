// SPDX-License-Identifier: MIT
/*
 * Rules of what comes by an event channel (public/event_channel.h, xen.h): once for each send, to the CPU
 * that is bound, not while it is masked, once for many that were not taken, in the order of priorities.
 * Called by test_xen.c, on the boot CPU. A wait for something that must not come is short, for something
 * that must come long.
 */
#include "kernel/xen_test.h"

#include <muster/arch/cpu.h>

#define SENDS	     5u
#define ARRIVE_LIMIT 2000u
#define QUIET	     10u

/* What was heard: how often, and the last ones' ports and CPU. */
#define KEPT 8u
static struct {
	uint32_t count;
	uint32_t ports[KEPT];
	uint32_t cpu;
} heard;

static void hear(uint32_t port)
{
	uint32_t at = __atomic_load_n(&heard.count, __ATOMIC_RELAXED);

	if (at < KEPT)
		heard.ports[at] = port;
	heard.cpu = cpu_this().number;
	__atomic_store_n(&heard.count, at + 1, __ATOMIC_RELEASE);
}

static uint32_t heard_now(void)
{
	return __atomic_load_n(&heard.count, __ATOMIC_ACQUIRE);
}

static void heard_reset(void)
{
	__atomic_store_n(&heard.count, 0, __ATOMIC_RELEASE);
}

static bool hears(uint32_t count)
{
	return wait_until(&heard.count, count, ARRIVE_LIMIT);
}

/* Listen, and let events through. */
static bool open_port(struct xen_test *test, uint32_t port, cpu_t cpu)
{
	if (port && !xen_event_listen(port, cpu, hear) && !port_unmask(port))
		return true;
	xen_holds(test, "event_channel.h", false, "a channel for CPU %u", cpu.number);
	return false;
}

static void close_port(uint32_t port)
{
	if (!port)
		return;
	(void)port_close(port);
	(void)xen_event_forget(port);
}

static void test_each_send(struct xen_test *test, cpu_t cpu, const char *whose)
{
	const uint32_t port = port_ipi(cpu);
	bool all = true;

	heard_reset();
	if (open_port(test, port, cpu)) {
		for (uint32_t i = 1; i <= SENDS; i++)
			all &= !port_send(port) && hears(i);
		wait_milliseconds(QUIET);
		xen_rule(test, "event_channel.h: to the local endpoint",
			 all ? (long)heard_now() : -1, SENDS,
			 "EVTCHNOP_send, IPI of %s, %u times: times that it came", whose, SENDS);
		xen_rule(test, "event_channel.h: bound to the vCPU", heard.cpu, cpu.number,
			 "EVTCHNOP_send, IPI of %s: the CPU that heard it", whose);
	}
	close_port(port);
}

static void test_masked(struct xen_test *test)
{
	const uint32_t port = port_ipi(test->here);

	heard_reset();
	if (open_port(test, port, test->here)) {
		xen_event_mask(port);
		(void)port_send(port);
		(void)port_send(port);
		wait_milliseconds(QUIET);
		xen_rule(test, "xen.h: MASK: no upcall", heard_now(), 0,
			 "EVTCHNOP_send, masked, twice: times that it came");
		xen_holds(test, "xen.h: PENDING, and MASK stays",
			  xen_event_is_pending(port) && xen_event_is_masked(port),
			  "EVTCHNOP_send, masked: it is pending, and still masked");
		xen_rule(test, "event_channel.h", port_unmask(port), 0, "EVTCHNOP_unmask");
		(void)hears(1);
		wait_milliseconds(QUIET);
		xen_rule(test, "event_channel.h: deliver if pending; one bit", heard_now(), 1,
			 "EVTCHNOP_unmask: times that it came");
		xen_holds(test, "event_channel.h: unmask",
			  !xen_event_is_pending(port) && !xen_event_is_masked(port),
			  "EVTCHNOP_unmask: it is neither pending nor masked");
		(void)port_unmask(port);
		wait_milliseconds(QUIET);
		xen_rule(test, "event_channel.h: if an event is pending", heard_now(), 1,
			 "EVTCHNOP_unmask, none pending: times that it came");
	}
	close_port(port);
}

static void test_merged(struct xen_test *test)
{
	const uint32_t port = port_ipi(test->here);
	uint64_t flags;

	heard_reset();
	if (open_port(test, port, test->here)) {
		flags = interrupts_save_off();
		for (uint32_t i = 0; i < SENDS; i++)
			(void)port_send(port);
		xen_rule(test, "xen.h: upcalls are masked", heard_now(), 0,
			 "EVTCHNOP_send, upcalls off, %u times: times that it came", SENDS);
		interrupts_restore(flags);
		(void)hears(1);
		wait_milliseconds(QUIET);
		xen_rule(test, "event_channel.h: one bit of information", heard_now(), 1,
			 "EVTCHNOP_send, then upcalls on: times that it came");
	}
	close_port(port);
}

static void test_loopback(struct xen_test *test)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
	const uint32_t remote = port_unbound();
	uint64_t flags = interrupts_save_off();
	bool open;

	heard_reset();
	bind.remote_port = remote;
	/* Upcalls are off until there is somebody to hear the first event. */
	open = !event_op(EVTCHNOP_bind_interdomain, &bind) && open_port(test, remote, test->here) &&
	       open_port(test, bind.local_port, test->here);
	interrupts_restore(flags);
	if (open) {
		(void)hears(1);
		xen_rule(test, "event_channel.h: always sets it pending", heard.ports[0],
			 bind.local_port, "EVTCHNOP_bind_interdomain: the port that comes");
		heard_reset();
		(void)port_send(bind.local_port);
		(void)hears(1);
		xen_rule(test, "event_channel.h: to the remote end", heard.ports[0], remote,
			 "EVTCHNOP_send, loopback port %u: the port that comes", bind.local_port);
		heard_reset();
		(void)port_send(remote);
		(void)hears(1);
		xen_rule(test, "event_channel.h: to the remote end", heard.ports[0],
			 bind.local_port, "EVTCHNOP_send, loopback port %u: the port that comes",
			 remote);
		wait_milliseconds(QUIET);
		xen_rule(test, "event_channel.h: to the remote end", heard_now(), 1,
			 "EVTCHNOP_send, loopback: times that one came");
	}
	close_port(bind.local_port);
	close_port(remote);
}

static void test_moved(struct xen_test *test)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };
	struct evtchn_bind_vcpu move = { .vcpu = vcpu_of(test->other) };
	const uint32_t remote = port_unbound();
	uint64_t flags;

	if (!has_other(test)) {
		xen_skip(test, "a channel that is moved to another vCPU", "there is one CPU");
		close_port(remote);
		return;
	}
	heard_reset();
	flags = interrupts_save_off();
	bind.remote_port = remote;
	(void)event_op(EVTCHNOP_bind_interdomain, &bind);
	(void)xen_event_listen(bind.local_port, test->here, hear);
	interrupts_restore(flags);
	(void)hears(1);
	move.port = remote;
	heard_reset();
	if (!event_op(EVTCHNOP_bind_vcpu, &move) && open_port(test, remote, test->other)) {
		(void)port_send(bind.local_port);
		(void)hears(1);
		xen_rule(test, "event_channel.h: which vcpu to notify",
			 heard_now() ? (long)heard.cpu : -1, test->other.number,
			 "EVTCHNOP_bind_vcpu: the CPU that hears it");
	}
	close_port(bind.local_port);
	close_port(remote);
}

/* What was pending when the channel was closed is nobody's who has the port next. */
static void test_closed(struct xen_test *test)
{
	uint32_t port = port_ipi(test->here), next;

	heard_reset();
	if (!open_port(test, port, test->here)) {
		close_port(port);
		return;
	}
	xen_event_mask(port);
	(void)port_send(port);
	close_port(port);
	next = port_ipi(test->here);
	if (next == port && open_port(test, next, test->here)) {
		wait_milliseconds(QUIET);
		xen_rule(test, "source: cleared when it is closed", heard_now(), 0,
			 "EVTCHNOP_close while pending, the same port anew: times that it came");
	} else {
		xen_skip(test, "a port that was closed while pending", "Xen gave another");
	}
	close_port(next);
}

/* With upcalls off two events are sent; which comes first? */
static void test_order(struct xen_test *test, uint32_t first_priority, uint32_t second_priority)
{
	struct evtchn_set_priority set;
	const uint32_t first = port_ipi(test->here), second = port_ipi(test->here);
	const bool swapped = second_priority < first_priority;
	uint64_t flags;

	heard_reset();
	if (open_port(test, first, test->here) && open_port(test, second, test->here)) {
		set = (struct evtchn_set_priority){ first, first_priority };
		(void)event_op(EVTCHNOP_set_priority, &set);
		set = (struct evtchn_set_priority){ second, second_priority };
		(void)event_op(EVTCHNOP_set_priority, &set);
		flags = interrupts_save_off();
		(void)port_send(first);
		(void)port_send(second);
		interrupts_restore(flags);
		(void)hears(2);
		xen_rule(test,
			 swapped ? "event_channel.h: 0 is the highest"
				 : "docs, FIFO-based ABI: in order",
			 heard_now() == 2 ? (long)heard.ports[0] : -1, swapped ? second : first,
			 "EVTCHNOP_set_priority %u and %u, ports %u and %u: the first that comes",
			 first_priority, second_priority, first, second);
	}
	close_port(first);
	close_port(second);
}

static void test_orders(struct xen_test *test)
{
	if (!xen_events_are_fifo()) {
		xen_skip(test, "the order of events", "the ABI is 2-level, which has none");
		return;
	}
	test_order(test, EVTCHN_FIFO_PRIORITY_DEFAULT, EVTCHN_FIFO_PRIORITY_DEFAULT);
	test_order(test, EVTCHN_FIFO_PRIORITY_MIN, EVTCHN_FIFO_PRIORITY_MAX);
	test_order(test, EVTCHN_FIFO_PRIORITY_MAX, EVTCHN_FIFO_PRIORITY_MIN);
}

void xen_test_delivery(struct xen_test *test)
{
	test_each_send(test, test->here, "our own");
	if (has_other(test))
		test_each_send(test, test->other, "another");
	else
		xen_skip(test, "the IPI of another", "there is one CPU");
	test_masked(test);
	test_merged(test);
	test_loopback(test);
	test_moved(test);
	test_closed(test);
	test_orders(test);
}
