// SPDX-License-Identifier: MIT
/*
 * Rules of the FIFO ABI of event channels (public/event_channel.h): control blocks, the array of event
 * words, priorities. Called by test_xen.c, on the boot CPU. Only what is refused is sent: what Xen takes
 * stays until the whole guest is reset.
 */
#include "kernel/xen_test.h"

static long init_control(uint32_t vcpu, uint64_t frame, uint32_t offset)
{
	struct evtchn_init_control call = { .control_gfn = frame, .offset = offset, .vcpu = vcpu };

	return event_op(EVTCHNOP_init_control, &call);
}

/* The frame of this CPU's control block, so that a call that is taken by mistake does the least. */
static uint64_t own_frame(const struct xen_test *test)
{
	return xen_frame(area_info(test->here, area_named("event-fifo")).physical);
}

static void test_control(struct xen_test *test)
{
	const uint32_t here = vcpu_of(test->here);
	const uint64_t frame = xen_events_are_fifo() ? own_frame(test) : UINT64_C(0xffffffffff);
	const uint32_t past = PAGE_BYTES - sizeof(struct evtchn_fifo_control_block);
	/* The block is 72 bytes. */
	static const struct {
		uint32_t add;
		const char *what;
	} wrong[] = {
		{ 8, "crosses the page by 8 bytes" },
		{ sizeof(struct evtchn_fifo_control_block), "in the next page" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		xen_rule(test, "source: within its page",
			 init_control(here, frame, past + wrong[i].add), -XEN_EINVAL,
			 "EVTCHNOP_init_control, offset %#x: %s", past + wrong[i].add,
			 wrong[i].what);
	xen_rule(test, "source: within its page", init_control(here, frame, 0xfffffff8u),
		 -XEN_EINVAL, "EVTCHNOP_init_control, offset 0xfffffff8");
	xen_rule(test, "source: multiple of 8", init_control(here, frame, 4), -XEN_EINVAL,
		 "EVTCHNOP_init_control, offset 4");
	xen_rule(test, "source", init_control(VCPU_NONE, frame, 0), -XEN_ENOENT,
		 "EVTCHNOP_init_control, vCPU %#x, which is none", VCPU_NONE);
	if (xen_events_are_fifo())
		xen_rule(test, "source: one for each vCPU", init_control(here, frame, 0),
			 -XEN_EINVAL, "EVTCHNOP_init_control, again");
	else
		xen_skip(test, "EVTCHNOP_init_control, again",
			 "the ABI is 2-level, and the first would change that");
	if (xen_events_are_fifo() && !cpu_is_none(test->spare))
		xen_rule(test, "source",
			 init_control(vcpu_of(test->spare), UINT64_C(0xffffffffff), 0), -XEN_EINVAL,
			 "EVTCHNOP_init_control, a frame that does not exist");
	else
		xen_skip(test, "EVTCHNOP_init_control, a frame that does not exist",
			 "every vCPU has its block; fail=unit@CPU leaves one");
}

static void test_array(struct xen_test *test)
{
	struct evtchn_expand_array call = { .array_gfn = UINT64_C(0xffffffffff) };

	if (!xen_events_are_fifo()) {
		xen_rule(test, "source: no control block yet",
			 event_op(EVTCHNOP_expand_array, &call), -XEN_EOPNOTSUPP,
			 "EVTCHNOP_expand_array, the ABI is 2-level");
		return;
	}
	xen_rule(test, "source", event_op(EVTCHNOP_expand_array, &call), -XEN_EINVAL,
		 "EVTCHNOP_expand_array, a frame that does not exist");
	if (!test->pv) {
		xen_skip(test, "EVTCHNOP_expand_array, a page table",
			 "an HVM guest writes its own");
		return;
	}
	call.array_gfn = xen_frame(mem_table_behind(percpu_unit(test->here)));
	xen_rule(test, "source: page tables are never writable",
		 event_op(EVTCHNOP_expand_array, &call), -XEN_EINVAL,
		 "EVTCHNOP_expand_array, a page table");
}

static long set_priority(uint32_t port, uint32_t priority)
{
	struct evtchn_set_priority call = { .port = port, .priority = priority };

	return event_op(EVTCHNOP_set_priority, &call);
}

static void test_priority(struct xen_test *test)
{
	static const uint32_t wrong[] = { EVTCHN_FIFO_PRIORITY_MIN + 1, UINT32_MAX };
	static const uint32_t right[] = { EVTCHN_FIFO_PRIORITY_MAX, EVTCHN_FIFO_PRIORITY_MIN };
	const uint32_t port = port_unbound();

	if (!xen_events_are_fifo()) {
		xen_rule(test, "source: there are none",
			 set_priority(port, EVTCHN_FIFO_PRIORITY_DEFAULT), -XEN_ENOSYS,
			 "EVTCHNOP_set_priority, the ABI is 2-level");
		(void)port_close(port);
		return;
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		xen_rule(test, "event_channel.h: 0 to 15", set_priority(port, right[i]), 0,
			 "EVTCHNOP_set_priority %u", right[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		xen_rule(test, "event_channel.h: 0 to 15; source: EINVAL",
			 set_priority(port, wrong[i]), -XEN_EINVAL, "EVTCHNOP_set_priority %u",
			 wrong[i]);
	(void)port_close(port);
	xen_rule(test, "source", set_priority(port, 0), -XEN_EACCES,
		 "EVTCHNOP_set_priority, a closed port");
	xen_rule(test, "source", set_priority(PORT_NONE, 0), -XEN_EINVAL,
		 "EVTCHNOP_set_priority, a port that cannot be");
}

void xen_test_fifo(struct xen_test *test)
{
	test_control(test);
	test_array(test);
	test_priority(test);
}
