// SPDX-License-Identifier: MIT
/*
 * Rules of event channels as ports (public/event_channel.h): getting, looking at, binding and closing
 * them, rightly and wrongly. Called by test_xen.c, on the boot CPU. What comes by them is
 * xen_delivery_test.c's. Each port that is got is closed in the function that got it.
 */
#include "kernel/xen_test.h"

#include <muster/arch/cpu.h>

uint32_t port_unbound(void)
{
	struct evtchn_alloc_unbound call = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

	return event_op(EVTCHNOP_alloc_unbound, &call) ? 0 : call.port;
}

uint32_t port_ipi(cpu_t cpu)
{
	struct evtchn_bind_ipi call = { .vcpu = vcpu_of(cpu) };

	return event_op(EVTCHNOP_bind_ipi, &call) ? 0 : call.port;
}

long port_close(uint32_t port)
{
	struct evtchn_close call = { .port = port };

	return event_op(EVTCHNOP_close, &call);
}

long port_send(uint32_t port)
{
	struct evtchn_send call = { .port = port };

	return event_op(EVTCHNOP_send, &call);
}

long port_unmask(uint32_t port)
{
	struct evtchn_unmask call = { .port = port };

	return event_op(EVTCHNOP_unmask, &call);
}

long port_status(uint32_t port, struct evtchn_status *status)
{
	*status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port, .status = ~0u };
	return event_op(EVTCHNOP_status, status);
}

static long bind_vcpu(uint32_t port, uint32_t vcpu)
{
	struct evtchn_bind_vcpu call = { .port = port, .vcpu = vcpu };

	return event_op(EVTCHNOP_bind_vcpu, &call);
}

static long bind_virq(uint32_t virq, uint32_t vcpu, uint32_t *port)
{
	struct evtchn_bind_virq call = { .virq = virq, .vcpu = vcpu };
	long answer = event_op(EVTCHNOP_bind_virq, &call);

	*port = answer ? 0 : call.port;
	return answer;
}

static long bind_interdomain(domid_t domain, uint32_t remote, uint32_t *port)
{
	struct evtchn_bind_interdomain call = { .remote_dom = domain, .remote_port = remote };
	long answer = event_op(EVTCHNOP_bind_interdomain, &call);

	*port = answer ? 0 : call.local_port;
	return answer;
}

/* A bind that should be refused, and was not, must not stay. */
static void close_if(uint32_t port)
{
	if (port)
		(void)port_close(port);
}

static void test_unbound(struct xen_test *test)
{
	struct evtchn_alloc_unbound call = { .dom = DOMAIN_NONE, .remote_dom = DOMID_SELF };
	struct evtchn_status status;
	uint32_t port;

	xen_rule(test, "source", event_op(EVTCHNOP_alloc_unbound, &call), -XEN_ESRCH,
		 "EVTCHNOP_alloc_unbound in domain %#x, which is none", DOMAIN_NONE);
	call.dom = DOMID_SELF;
	xen_rule(test, "event_channel.h: <remote_dom> may be DOMID_SELF",
		 event_op(EVTCHNOP_alloc_unbound, &call), 0,
		 "EVTCHNOP_alloc_unbound, self and self");
	port = call.port;
	xen_holds(test, "event_channel.h: a fresh port", port && port < EVTCHN_FIFO_NR_CHANNELS,
		  "EVTCHNOP_alloc_unbound: port %u", port);
	xen_rule(test, "event_channel.h", port_status(port, &status), 0, "EVTCHNOP_status of it");
	xen_holds(test, "event_channel.h: EVTCHNSTAT_unbound 1; vcpu0 by default",
		  status.status == EVTCHNSTAT_unbound && !status.vcpu,
		  "EVTCHNOP_status of it: status %u, vCPU %u", status.status, status.vcpu);
	xen_rule(test, "source: dropped", port_send(port), 0, "EVTCHNOP_send, an unbound port");
	xen_rule(test, "event_channel.h", port_close(port), 0, "EVTCHNOP_close of it");
	xen_rule(test, "event_channel.h", port_status(port, &status), 0,
		 "EVTCHNOP_status, a port that was closed");
	xen_rule(test, "event_channel.h: EVTCHNSTAT_closed is 0", status.status, EVTCHNSTAT_closed,
		 "EVTCHNOP_status, a port that was closed: status");
	xen_rule(test, "source", port_close(port), -XEN_EINVAL, "EVTCHNOP_close, once more");
	xen_rule(test, "source", port_send(port), -XEN_EINVAL, "EVTCHNOP_send, a closed port");
	xen_rule(test, "source: nothing to do", port_unmask(port), 0,
		 "EVTCHNOP_unmask, a closed port");
	xen_rule(test, "source", bind_vcpu(port, vcpu_of(test->here)), -XEN_EINVAL,
		 "EVTCHNOP_bind_vcpu, a closed port");
}

static void test_no_port(struct xen_test *test)
{
	static const struct {
		uint32_t port;
		const char *what;
	} none[] = { { 0, "port 0" }, { PORT_NONE, "a port that cannot be" } };
	struct evtchn_status status = { .dom = DOMAIN_NONE, .port = 1 };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		xen_rule(test, "source", port_send(none[i].port), -XEN_EINVAL, "EVTCHNOP_send, %s",
			 none[i].what);
		xen_rule(test, "source", port_close(none[i].port), -XEN_EINVAL,
			 "EVTCHNOP_close, %s", none[i].what);
		xen_rule(test, "source", bind_vcpu(none[i].port, vcpu_of(test->here)), -XEN_EINVAL,
			 "EVTCHNOP_bind_vcpu, %s", none[i].what);
	}
	xen_rule(test, "source", port_unmask(PORT_NONE), -XEN_EINVAL,
		 "EVTCHNOP_unmask, a port that cannot be");
	xen_rule(test, "source", event_op(EVTCHNOP_status, &status), -XEN_ESRCH,
		 "EVTCHNOP_status in domain %#x, which is none", DOMAIN_NONE);
	xen_rule(test, "source", port_status(PORT_NONE, &status), -XEN_EINVAL,
		 "EVTCHNOP_status, a port that cannot be");
	xen_rule(test, "source", port_status(0, &status), 0, "EVTCHNOP_status, port 0");
	xen_rule(test, "event_channel.h: EVTCHNSTAT_closed is 0", status.status, EVTCHNSTAT_closed,
		 "EVTCHNOP_status, port 0: status");
}

static void test_ipi(struct xen_test *test)
{
	struct evtchn_bind_ipi call = { .vcpu = VCPU_NONE };
	const uint32_t other = vcpu_of(test->other);
	struct evtchn_status status;
	uint32_t port;

	xen_rule(test, "source", event_op(EVTCHNOP_bind_ipi, &call), -XEN_ENOENT,
		 "EVTCHNOP_bind_ipi, vCPU %#x, which is none", VCPU_NONE);
	port = port_ipi(test->other);
	(void)port_status(port, &status);
	xen_holds(test, "event_channel.h: EVTCHNSTAT_ipi 5; bound to the vCPU",
		  port && status.status == EVTCHNSTAT_ipi && status.vcpu == other,
		  "EVTCHNOP_bind_ipi, vCPU %u: status %u, vCPU %u", other, status.status,
		  status.vcpu);
	xen_rule(test, "event_channel.h: cannot be changed; source: EINVAL",
		 bind_vcpu(port, vcpu_of(test->here)), -XEN_EINVAL,
		 "EVTCHNOP_bind_vcpu, an IPI's port");
	xen_rule(test, "event_channel.h: cannot be changed; source: EINVAL", bind_vcpu(port, other),
		 -XEN_EINVAL, "EVTCHNOP_bind_vcpu, an IPI's port, to the vCPU it has");
	xen_rule(test, "source", bind_vcpu(port, VCPU_NONE), -XEN_ENOENT,
		 "EVTCHNOP_bind_vcpu, vCPU %#x, which is none", VCPU_NONE);
	close_if(port);
}

static void test_virq_wrong(struct xen_test *test)
{
	static const uint32_t none[] = { NR_VIRQS, UINT32_MAX };
	const uint32_t here = vcpu_of(test->here);
	uint32_t port;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		xen_rule(test, "xen.h: NR_VIRQS; source: EINVAL", bind_virq(none[i], here, &port),
			 -XEN_EINVAL, "EVTCHNOP_bind_virq, virq %#x", none[i]);
		close_if(port);
	}
	xen_rule(test, "source", bind_virq(VIRQ_DEBUG, VCPU_NONE, &port), -XEN_ENOENT,
		 "EVTCHNOP_bind_virq, vCPU %#x, which is none", VCPU_NONE);
	close_if(port);
	xen_rule(test, "event_channel.h: global: on vCPU 0; source: EINVAL",
		 bind_virq(VIRQ_ARGO, 1, &port), -XEN_EINVAL,
		 "EVTCHNOP_bind_virq, a global one, vCPU 1");
	close_if(port);
}

static void test_virq(struct xen_test *test)
{
	const uint32_t here = vcpu_of(test->here), other = vcpu_of(test->other);
	uint32_t port, again, others = 0;
	struct evtchn_status status;

	xen_rule(test, "event_channel.h", bind_virq(VIRQ_DEBUG, here, &port), 0,
		 "EVTCHNOP_bind_virq, VIRQ_DEBUG");
	(void)port_status(port, &status);
	xen_holds(test, "event_channel.h: EVTCHNSTAT_virq 4",
		  status.status == EVTCHNSTAT_virq && status.u.virq == VIRQ_DEBUG &&
			  status.vcpu == here,
		  "EVTCHNOP_bind_virq: status %u, virq %u, vCPU %u", status.status, status.u.virq,
		  status.vcpu);
	xen_rule(test, "event_channel.h: one channel per vcpu; source: EEXIST",
		 bind_virq(VIRQ_DEBUG, here, &again), -XEN_EEXIST, "EVTCHNOP_bind_virq, again");
	close_if(again);
	if (has_other(test))
		xen_rule(test, "event_channel.h: per-vcpu", bind_virq(VIRQ_DEBUG, other, &others),
			 0, "EVTCHNOP_bind_virq, the same on another vCPU");
	close_if(others);
	xen_rule(test, "event_channel.h: cannot be changed; source: EINVAL", bind_vcpu(port, other),
		 -XEN_EINVAL, "EVTCHNOP_bind_vcpu, a per-vcpu VIRQ's port");
	xen_rule(test, "source: Xen's to send", port_send(port), -XEN_EINVAL,
		 "EVTCHNOP_send, a VIRQ's port");
	close_if(port);
	xen_rule(test, "event_channel.h", bind_virq(VIRQ_DEBUG, here, &port), 0,
		 "EVTCHNOP_bind_virq, after it was closed");
	close_if(port);
}

static void test_global_virq(struct xen_test *test)
{
	struct evtchn_status status;
	uint32_t port;
	long answer = bind_virq(VIRQ_ARGO, 0, &port);

	if (answer == -XEN_EEXIST) {
		xen_skip(test, "a global VIRQ", "somebody has it");
		return;
	}
	xen_rule(test, "event_channel.h: global: on vCPU 0", answer, 0,
		 "EVTCHNOP_bind_virq, a global one, vCPU 0");
	xen_rule(test, "event_channel.h: can be re-bound", bind_vcpu(port, vcpu_of(test->other)), 0,
		 "EVTCHNOP_bind_vcpu, a global VIRQ's port");
	(void)port_status(port, &status);
	xen_rule(test, "event_channel.h: VCPU to which it is bound", status.vcpu,
		 vcpu_of(test->other), "EVTCHNOP_bind_vcpu: its vCPU");
	close_if(port);
}

static void test_interdomain_wrong(struct xen_test *test)
{
	const uint32_t ipi = port_ipi(test->here);
	uint32_t port;

	xen_rule(test, "source", bind_interdomain(DOMAIN_NONE, 1, &port), -XEN_ESRCH,
		 "EVTCHNOP_bind_interdomain, domain %#x, which is none", DOMAIN_NONE);
	close_if(port);
	xen_rule(test, "event_channel.h: must be unbound; source: EINVAL",
		 bind_interdomain(DOMID_SELF, ipi, &port), -XEN_EINVAL,
		 "EVTCHNOP_bind_interdomain, an IPI's port");
	close_if(port);
	xen_rule(test, "event_channel.h: must identify a port; source: EINVAL",
		 bind_interdomain(DOMID_SELF, PORT_NONE, &port), -XEN_EINVAL,
		 "EVTCHNOP_bind_interdomain, a port that cannot be");
	close_if(port);
	close_if(ipi);
	xen_rule(test, "event_channel.h: must be unbound; source: EINVAL",
		 bind_interdomain(DOMID_SELF, ipi, &port), -XEN_EINVAL,
		 "EVTCHNOP_bind_interdomain, a closed port");
	close_if(port);
}

static void test_interdomain(struct xen_test *test)
{
	const uint64_t flags = interrupts_save_off();
	uint32_t remote = port_unbound(), local, again;
	struct evtchn_status status;

	/* An event comes with it, for which nobody is to be called: it goes with the channel. */
	xen_rule(test, "event_channel.h: loopback", bind_interdomain(DOMID_SELF, remote, &local), 0,
		 "EVTCHNOP_bind_interdomain, an unbound port of our own");
	xen_holds(test, "event_channel.h: always sets it pending", xen_event_is_pending(local),
		  "EVTCHNOP_bind_interdomain: its event is pending");
	(void)port_status(local, &status);
	xen_holds(test, "event_channel.h: EVTCHNSTAT_interdomain 2",
		  status.status == EVTCHNSTAT_interdomain && status.u.interdomain.port == remote,
		  "EVTCHNOP_bind_interdomain: status %u, with port %u", status.status,
		  status.u.interdomain.port);
	(void)port_status(remote, &status);
	xen_holds(test, "event_channel.h: EVTCHNSTAT_interdomain 2",
		  status.status == EVTCHNSTAT_interdomain && status.u.interdomain.port == local,
		  "EVTCHNOP_bind_interdomain, the other end: status %u, with port %u",
		  status.status, status.u.interdomain.port);
	xen_rule(test, "event_channel.h: must be unbound; source: EINVAL",
		 bind_interdomain(DOMID_SELF, remote, &again), -XEN_EINVAL,
		 "EVTCHNOP_bind_interdomain, a port that is bound");
	close_if(again);
	(void)port_close(local);
	(void)port_status(remote, &status);
	xen_rule(test, "event_channel.h: the remote end becomes unbound", status.status,
		 EVTCHNSTAT_unbound, "EVTCHNOP_close: status of the other end");
	close_if(remote);
	interrupts_restore(flags);
}

static void test_rebinding(struct xen_test *test)
{
	const uint32_t other = vcpu_of(test->other);
	uint32_t port = port_unbound(), reused;
	struct evtchn_status status;

	xen_rule(test, "event_channel.h: which vcpu to notify", bind_vcpu(port, other), 0,
		 "EVTCHNOP_bind_vcpu, an unbound port");
	(void)port_status(port, &status);
	xen_rule(test, "event_channel.h: VCPU to which it is bound", status.vcpu, other,
		 "EVTCHNOP_bind_vcpu: its vCPU");
	close_if(port);
	reused = port_unbound();
	(void)port_status(reused, &status);
	if (reused == port)
		xen_rule(test, "event_channel.h: reset to vcpu0 when reused", status.vcpu, 0,
			 "EVTCHNOP_bind_vcpu, closed, the same port again: its vCPU");
	else
		xen_skip(test, "a port that is used again", "Xen gave another");
	close_if(reused);
}

static void test_pointers(struct xen_test *test)
{
	static const char *const names[] = {
		"bind_interdomain", "bind_virq",    "bind_pirq", "close",  "send",  "status",
		"alloc_unbound",    "bind_ipi",	    "bind_vcpu", "unmask", "reset", "init_control",
		"expand_array",	    "set_priority",
	};

	for (uint32_t op = 0; op < sizeof(names) / sizeof(names[0]); op++)
		xen_rule(test, "source", event_op(op, bad_pointer()), -XEN_EFAULT,
			 "EVTCHNOP_%s, bad pointer", names[op]);
	if (test->pv)
		xen_rule(test, "xen.h: Xen's part of the address space; source",
			 event_op(EVTCHNOP_alloc_unbound, (void *)HYPERVISOR_VIRT_START),
			 -XEN_EFAULT, "EVTCHNOP_alloc_unbound, a pointer into Xen");
	xen_rule(test, "source", event_op(OP_NONE, bad_pointer()), -XEN_ENOSYS,
		 "event_channel_op %u", OP_NONE);
}

void xen_test_ports(struct xen_test *test)
{
	struct evtchn_bind_pirq pirq = { .pirq = UINT32_MAX };
	struct evtchn_reset reset = { .dom = DOMAIN_NONE };

	test_unbound(test);
	test_no_port(test);
	test_ipi(test);
	test_virq_wrong(test);
	test_virq(test);
	test_global_virq(test);
	test_interdomain_wrong(test);
	test_interdomain(test);
	test_rebinding(test);
	xen_rule(test, "source", event_op(EVTCHNOP_bind_pirq, &pirq), -XEN_EINVAL,
		 "EVTCHNOP_bind_pirq, pirq %#x, which is none", UINT32_MAX);
	xen_rule(test, "source", event_op(EVTCHNOP_reset, &reset), -XEN_ESRCH,
		 "EVTCHNOP_reset, domain %#x, which is none", DOMAIN_NONE);
	test_pointers(test);
}
