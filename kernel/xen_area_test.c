// SPDX-License-Identifier: MIT
/*
 * Rules of registering memory for a vCPU (public/vcpu.h): vcpu_info once only and in place, runstate and
 * time wherever the guest says. Called by test_xen.c, on the boot CPU. Where a wrong call could be taken,
 * it names the place that is registered already, so that it would change nothing; what is moved is put
 * back.
 */
#include "kernel/xen_test.h"

/* Of struct vcpu_info: 8 bytes, 64 in all. */
#define ALIGNMENT 8u

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

size_t area_named(const char *name)
{
	const struct area_table *table = area_table_current();

	for (size_t i = 0; table && i < table->count; i++)
		if (same(table->kinds[i].name, name))
			return i;
	return SIZE_MAX;
}

static struct vcpu_register_vcpu_info registered(cpu_t cpu)
{
	uint64_t physical = area_info(cpu, area_named("vcpu-info")).physical;

	return (struct vcpu_register_vcpu_info){ .mfn = xen_frame(physical),
						 .offset = (uint32_t)(physical % PAGE_BYTES) };
}

/* What Xen answers to a second registration; 4.18 named it anew. */
static int64_t once_only(const struct xen_test *test)
{
	return test->version < XEN_VERSION(4, 18) ? -XEN_EINVAL : -XEN_EBUSY;
}

static void test_places(struct xen_test *test)
{
	static const struct {
		uint32_t offset;
		const char *what;
		const char *rule;
		bool other_frame; /* since 4.18: that is looked at first */
	} wrong[] = {
		{ PAGE_BYTES - sizeof(struct vcpu_info) + ALIGNMENT, "crosses the page by 8 bytes",
		  "vcpu.h: must not cross a page", false },
		{ PAGE_BYTES, "in the next page", "vcpu.h: offset within page", true },
		{ 0u - (uint32_t)sizeof(struct vcpu_info), "64 bytes before 4 GiB",
		  "vcpu.h: offset within page", true },
		{ 4, "a multiple of 4 only", "source: as struct vcpu_info is aligned", false },
		{ 1, "odd", "source: as struct vcpu_info is aligned", false },
	};
	const bool has_one = cpu_is_none(test->spare);
	const cpu_t cpu = has_one ? test->here : test->spare;
	const bool ordered = test->version >= XEN_VERSION(4, 18);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct vcpu_register_vcpu_info info = registered(test->here);
		int64_t expected = -XEN_ENXIO;

		/* 4.18 gave these checks an order: the frame, whether there is one already, the place. */
		if (ordered && wrong[i].other_frame)
			expected = -XEN_EINVAL;
		else if (ordered && has_one)
			expected = once_only(test);
		info.offset = wrong[i].offset;
		xen_rule(test, wrong[i].rule,
			 vcpu_op(VCPUOP_register_vcpu_info, vcpu_of(cpu), &info), expected,
			 "VCPUOP_register_vcpu_info, offset %#x: %s", info.offset, wrong[i].what);
	}
}

/* Nothing is registered for it, so the frame is what is looked at. */
static void test_frames(struct xen_test *test)
{
	struct vcpu_register_vcpu_info info = { .mfn = UINT64_C(0xffffffffff) };
	uint32_t spare;

	if (cpu_is_none(test->spare)) {
		xen_skip(test, "VCPUOP_register_vcpu_info, bad frames",
			 "every vCPU has its area; fail=unit@CPU leaves one");
		return;
	}
	spare = vcpu_of(test->spare);
	xen_rule(test, "vcpu.h: mfn of page; source: EINVAL",
		 vcpu_op(VCPUOP_register_vcpu_info, spare, &info), -XEN_EINVAL,
		 "VCPUOP_register_vcpu_info, a frame that does not exist");
	info.mfn = 0;
	if (test->pv)
		xen_rule(test, "vcpu.h: guest address space; source: EINVAL",
			 vcpu_op(VCPUOP_register_vcpu_info, spare, &info), -XEN_EINVAL,
			 "VCPUOP_register_vcpu_info, frame 0, which is not ours");
	else
		xen_skip(test, "VCPUOP_register_vcpu_info, a frame that is not ours",
			 "all frames of an HVM guest are its own");
	info.mfn = xen_frame(mem_table_behind(percpu_unit(test->here)));
	if (test->pv)
		xen_rule(test, "source: page tables are never writable",
			 vcpu_op(VCPUOP_register_vcpu_info, spare, &info),
			 test->version < XEN_VERSION(4, 18) ? -XEN_EINVAL : -XEN_EACCES,
			 "VCPUOP_register_vcpu_info, in a page table");
	else
		xen_skip(test, "VCPUOP_register_vcpu_info, in a page table",
			 "an HVM guest writes its own");
}

static void test_vcpu_info(struct xen_test *test)
{
	struct vcpu_register_vcpu_info info = registered(test->here);

	xen_rule(test, "vcpu.h: only once per vcpu",
		 vcpu_op(VCPUOP_register_vcpu_info, vcpu_of(test->here), &info), once_only(test),
		 "VCPUOP_register_vcpu_info, own, again");
	if (has_other(test)) {
		info = registered(test->other);
		xen_rule(test, "vcpu.h: only once per vcpu",
			 vcpu_op(VCPUOP_register_vcpu_info, vcpu_of(test->other), &info),
			 once_only(test), "VCPUOP_register_vcpu_info, another's that is up, again");
	}
	test_places(test);
	test_frames(test);
	xen_rule(test, "source",
		 vcpu_op(VCPUOP_register_vcpu_info, vcpu_of(test->here), bad_pointer()),
		 -XEN_EFAULT, "VCPUOP_register_vcpu_info, bad pointer");
}

static void test_runstate_area(struct xen_test *test)
{
	static struct vcpu_runstate_info area;
	struct vcpu_register_runstate_memory_area call = { .addr.v = &area };
	const uint32_t here = vcpu_of(test->here);
	const size_t kind = area_named("runstate");

	xen_rule(test, "source", vcpu_op(VCPUOP_register_runstate_memory_area, here, bad_pointer()),
		 -XEN_EFAULT, "VCPUOP_register_runstate_memory_area, bad pointer");
	if (test->pv) {
		call.addr.v = (void *)HYPERVISOR_VIRT_START;
		xen_rule(test, "xen.h: Xen's part of the address space; source",
			 vcpu_op(VCPUOP_register_runstate_memory_area, here, &call), -XEN_EFAULT,
			 "VCPUOP_register_runstate_memory_area, an area in Xen");
	}
	if (kind == SIZE_MAX) {
		xen_skip(test, "VCPUOP_register_runstate_memory_area",
			 "the library has none: what was registered could not be put back");
		return;
	}
	area.state = RUNSTATE_offline;
	call.addr.v = &area;
	xen_rule(test, "vcpu.h: one area for each vCPU, the last one",
		 vcpu_op(VCPUOP_register_runstate_memory_area, here, &call), 0,
		 "VCPUOP_register_runstate_memory_area, another place");
	/* Blocked and woken: scheduled anew. */
	wait_milliseconds(1);
	(void)sched_op(SCHEDOP_yield, NULL);
	xen_holds(test, "vcpu.h: updated when scheduled; always running",
		  *(volatile int *)&area.state == RUNSTATE_running && area.state_entry_time,
		  "VCPUOP_register_runstate_memory_area: state %d, since %llu ns", area.state,
		  (unsigned long long)area.state_entry_time);
	call.addr.v = area_ptr(test->here, kind);
	xen_rule(test, "vcpu.h: one area for each vCPU, the last one",
		 vcpu_op(VCPUOP_register_runstate_memory_area, here, &call), 0,
		 "VCPUOP_register_runstate_memory_area, where it was");
}

static void test_time_area(struct xen_test *test)
{
	static struct vcpu_time_info area;
	struct vcpu_register_time_memory_area call = { .addr.v = &area };
	const uint32_t here = vcpu_of(test->here);
	const size_t kind = area_named("time");

	xen_rule(test, "source",
		 vcpu_op(VCPUOP_register_vcpu_time_memory_area, here, bad_pointer()), -XEN_EFAULT,
		 "VCPUOP_register_vcpu_time_memory_area, bad pointer");
	if (test->pv) {
		call.addr.v = (void *)HYPERVISOR_VIRT_START;
		xen_rule(test, "xen.h: Xen's part of the address space; source",
			 vcpu_op(VCPUOP_register_vcpu_time_memory_area, here, &call), -XEN_EFAULT,
			 "VCPUOP_register_vcpu_time_memory_area, an area in Xen");
	}
	if (kind == SIZE_MAX) {
		xen_skip(test, "VCPUOP_register_vcpu_time_memory_area",
			 "the library has none: what was registered could not be put back");
		return;
	}
	call.addr.v = &area;
	xen_rule(test, "vcpu.h", vcpu_op(VCPUOP_register_vcpu_time_memory_area, here, &call), 0,
		 "VCPUOP_register_vcpu_time_memory_area, another place");
	xen_holds(test, "vcpu.h: a copy; xen.h: even: complete",
		  area.tsc_to_system_mul && !(area.version & 1),
		  "VCPUOP_register_vcpu_time_memory_area: version %u, multiplier %#x", area.version,
		  area.tsc_to_system_mul);
	call.addr.v = area_ptr(test->here, kind);
	xen_rule(test, "vcpu.h", vcpu_op(VCPUOP_register_vcpu_time_memory_area, here, &call), 0,
		 "VCPUOP_register_vcpu_time_memory_area, where it was");
}

void xen_test_areas(struct xen_test *test)
{
	test_vcpu_info(test);
	test_runstate_area(test);
	test_time_area(test);
}
