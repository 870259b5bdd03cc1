// SPDX-License-Identifier: MIT
/*
 * Rules of sched_op (public/sched.h): waiting for events with and without a limit, watchdogs, and what is
 * refused. Called by test_xen.c, on the boot CPU. Nothing here may end the guest.
 */
#include "kernel/xen_test.h"

#include <muster/arch/cpu.h>

#define MILLISECOND UINT64_C(1000000)
#define LIMIT	    (200 * MILLISECOND)
#define PORTS_MANY  129u  /* Xen's own limit is 128 */
#define FAR_AWAY    3600u /* seconds */
#define PCPU_NONE   0x7ffffff0

static uint32_t heard;

static void hear(uint32_t port)
{
	(void)port;
	__atomic_add_fetch(&heard, 1, __ATOMIC_RELEASE);
}

static long poll(uint32_t *ports, uint32_t count, uint64_t until)
{
	struct sched_poll call = { .nr_ports = count, .timeout = until };

	set_xen_guest_handle(call.ports, ports);
	return sched_op(SCHEDOP_poll, &call);
}

static void test_poll_refused(struct xen_test *test)
{
	static uint32_t ports[PORTS_MANY];
	uint32_t closed = port_unbound();

	(void)port_close(closed);
	xen_rule(test, "source: at most 128", poll(ports, PORTS_MANY, 1), -XEN_EINVAL,
		 "SCHEDOP_poll, 129 ports");
	xen_rule(test, "source", poll(bad_pointer(), 1, 1), -XEN_EFAULT,
		 "SCHEDOP_poll, a bad pointer to ports");
	if (test->pv)
		xen_rule(test, "xen.h: Xen's part of the address space; source",
			 poll((uint32_t *)HYPERVISOR_VIRT_START, 1, 1), -XEN_EFAULT,
			 "SCHEDOP_poll, ports in Xen");
	ports[0] = closed;
	xen_rule(test, "source", poll(ports, 1, 1), -XEN_EINVAL, "SCHEDOP_poll, a closed port");
	ports[0] = PORT_NONE;
	xen_rule(test, "source", poll(ports, 1, 1), -XEN_EINVAL,
		 "SCHEDOP_poll, a port that cannot be");
}

static void send(void *port)
{
	wait_milliseconds(5);
	(void)port_send(*(uint32_t *)port);
}

static void test_poll_woken(struct xen_test *test, uint32_t port)
{
	static struct cpu_call_request request;
	uint64_t flags, began, took;
	struct clock_limit limit;
	long answer;

	if (!has_other(test)) {
		xen_skip(test, "SCHEDOP_poll, woken by another CPU", "there is one CPU");
		return;
	}
	flags = interrupts_save_off();
	began = xen_time();
	(void)cpu_call_async(test->other, &request, send, &port);
	answer = poll(&port, 1, began + 10 * LIMIT);
	took = xen_time() - began;
	interrupts_restore(flags);
	xen_rule(test, "sched.h", answer, 0, "SCHEDOP_poll, another CPU sends in 5 ms");
	xen_holds(test, "sched.h: when one is pending",
		  took < 10 * LIMIT && xen_event_is_pending(port),
		  "SCHEDOP_poll, another sends: back after %llu us, the event pending",
		  (unsigned long long)took / 1000);
	limit = clock_limit_begin(clock_cpu_limit());
	while (!cpu_call_done(&request) && !clock_limit_over(&limit))
		cpu_relax();
}

/* A masked port, with upcalls off: so nothing else wakes the CPU. */
static void test_poll(struct xen_test *test)
{
	uint32_t port = port_ipi(test->here);
	uint64_t flags, began, took;
	long answer;

	if (xen_event_listen(port, test->here, hear)) {
		xen_holds(test, "event_channel.h", false, "a channel to poll");
		(void)port_close(port);
		return;
	}
	xen_event_mask(port);
	flags = interrupts_save_off();
	began = xen_time();
	answer = poll(&port, 1, began + 10 * MILLISECOND);
	took = xen_time() - began;
	interrupts_restore(flags);
	xen_rule(test, "sched.h: an optional timeout", answer, 0,
		 "SCHEDOP_poll, nothing pending, 10 ms");
	xen_holds(test, "sched.h; source: system time", took >= 10 * MILLISECOND,
		  "SCHEDOP_poll, nothing pending: back after %llu us",
		  (unsigned long long)took / 1000);
	test_poll_woken(test, port);
	(void)port_send(port);
	flags = interrupts_save_off();
	began = xen_time();
	answer = poll(&port, 1, began + LIMIT);
	took = xen_time() - began;
	interrupts_restore(flags);
	xen_rule(test, "sched.h", answer, 0, "SCHEDOP_poll, an event pending, 200 ms");
	xen_holds(test, "sched.h: when one is pending", took < LIMIT && xen_event_is_pending(port),
		  "SCHEDOP_poll, pending: back after %llu us, the event still pending",
		  (unsigned long long)took / 1000);
	(void)port_close(port);
	(void)xen_event_forget(port);
}

/* Upcalls off, an event pending: block turns them on and does not lose it. */
static void test_block(struct xen_test *test)
{
	uint32_t port, came;
	uint64_t flags;
	long answer;

	if (!test->pv) {
		xen_skip(test, "SCHEDOP_block", "an HVM guest has its interrupt flag from the CPU");
		return;
	}
	port = port_ipi(test->here);
	heard = 0;
	if (xen_event_listen(port, test->here, hear) || port_unmask(port)) {
		xen_holds(test, "event_channel.h", false, "a channel to block for");
		(void)port_close(port);
		return;
	}
	flags = interrupts_save_off();
	(void)port_send(port);
	answer = sched_op(SCHEDOP_block, NULL);
	(void)wait_until(&heard, 1, 100);
	/* Looked at before upcalls are turned on by us. */
	came = heard;
	interrupts_restore(flags);
	xen_rule(test, "sched.h", answer, 0, "SCHEDOP_block, upcalls off, an event pending");
	xen_rule(test, "sched.h: reenables delivery; no lost wakeup", came, 1,
		 "SCHEDOP_block: times that the event came");
	(void)port_close(port);
	(void)xen_event_forget(port);
}

static long watchdog(uint32_t id, uint32_t seconds)
{
	struct sched_watchdog call = { .id = id, .timeout = seconds };

	return sched_op(SCHEDOP_watchdog, &call);
}

static void test_watchdog(struct xen_test *test)
{
	long id = watchdog(0, FAR_AWAY), second;

	xen_rule(test, "sched.h: id == 0: returns watchdog id", id > 0, 1,
		 "SCHEDOP_watchdog, a new one: an id");
	if (id <= 0)
		return;
	second = watchdog(0, FAR_AWAY);
	xen_holds(test, "sched.h: returns watchdog id", second > 0 && second != id,
		  "SCHEDOP_watchdog, a second one: %ld, the first %ld", second, id);
	if (second > 0)
		(void)watchdog((uint32_t)second, 0);
	xen_rule(test, "sched.h: poke and set new timeout", watchdog((uint32_t)id, FAR_AWAY), 0,
		 "SCHEDOP_watchdog, once more");
	xen_rule(test, "sched.h: timeout == 0: destroy", watchdog((uint32_t)id, 0), 0,
		 "SCHEDOP_watchdog, timeout 0");
	xen_rule(test, "source", watchdog((uint32_t)id, 0), -XEN_EINVAL,
		 "SCHEDOP_watchdog, timeout 0, one that is gone");
	xen_rule(test, "source", watchdog((uint32_t)id, FAR_AWAY), -XEN_EINVAL,
		 "SCHEDOP_watchdog, once more, one that is gone");
	xen_rule(test, "source", watchdog(UINT32_MAX, 0), -XEN_EINVAL,
		 "SCHEDOP_watchdog, an id that cannot be");
}

static void test_pin(struct xen_test *test)
{
	struct sched_pin_override pin = { .pcpu = PCPU_NONE };
	long answer = sched_op(SCHEDOP_pin_override, &pin);

	if (!test->privileged) {
		xen_rule(test, "sched.h: hardware domain only; source: EPERM", answer, -XEN_EPERM,
			 "SCHEDOP_pin_override");
		return;
	}
	xen_rule(test, "sched.h: one physical cpu; source: EINVAL", answer, -XEN_EINVAL,
		 "SCHEDOP_pin_override, a CPU that does not exist");
	pin.pcpu = 0;
	xen_rule(test, "sched.h", sched_op(SCHEDOP_pin_override, &pin), 0,
		 "SCHEDOP_pin_override, CPU 0");
	xen_rule(test, "source", sched_op(SCHEDOP_pin_override, &pin), -XEN_EBUSY,
		 "SCHEDOP_pin_override, once more");
	pin.pcpu = -1;
	xen_rule(test, "sched.h: negative: undo", sched_op(SCHEDOP_pin_override, &pin), 0,
		 "SCHEDOP_pin_override, -1");
	xen_rule(test, "source: nothing to undo", sched_op(SCHEDOP_pin_override, &pin), -XEN_EINVAL,
		 "SCHEDOP_pin_override, -1 once more");
}

static void test_refused(struct xen_test *test)
{
	static const struct {
		uint32_t op;
		const char *name;
	} ops[] = {
		{ SCHEDOP_shutdown, "shutdown" },
		{ SCHEDOP_poll, "poll" },
		{ SCHEDOP_remote_shutdown, "remote_shutdown" },
		{ SCHEDOP_shutdown_code, "shutdown_code" },
		{ SCHEDOP_watchdog, "watchdog" },
	};
	struct sched_remote_shutdown remote = { .domain_id = DOMAIN_NONE };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		xen_rule(test, "source", sched_op(ops[i].op, bad_pointer()), -XEN_EFAULT,
			 "SCHEDOP_%s, bad pointer", ops[i].name);
	xen_rule(test, "source", sched_op(SCHEDOP_remote_shutdown, &remote), -XEN_ESRCH,
		 "SCHEDOP_remote_shutdown, domain %#x, which is none", DOMAIN_NONE);
	xen_rule(test, "source", sched_op(OP_NONE, NULL), -XEN_ENOSYS, "sched_op %u", OP_NONE);
}

void xen_test_sched(struct xen_test *test)
{
	xen_rule(test, "sched.h: @arg == NULL", sched_op(SCHEDOP_yield, NULL), 0, "SCHEDOP_yield");
	test_refused(test);
	test_poll_refused(test);
	test_poll(test);
	test_block(test);
	test_watchdog(test);
	test_pin(test);
}
