// SPDX-License-Identifier: MIT
/*
 * Rules of vcpu_op about vCPUs themselves (public/vcpu.h): which are up, once only initialised, brought
 * down and up, and how long they ran. Called by test_xen.c, on the boot CPU. What a call that Xen took
 * by mistake would do is what is so already, wherever that can be had.
 */
#include "kernel/xen_test.h"

#include <muster/arch/cpu.h>
#include <xen/hvm/hvm_vcpu.h>

#define NON_CANONICAL	 UINT64_C(0x8000000000000000)
#define GDT_ENTRIES_MANY 0xfffffff0u

static void test_is_up(struct xen_test *test)
{
	xen_rule(test, "vcpu.h: 1 if it is up", vcpu_op(VCPUOP_is_up, vcpu_of(test->here), NULL), 1,
		 "VCPUOP_is_up, own vCPU");
	if (has_other(test))
		xen_rule(test, "vcpu.h: 1 if it is up",
			 vcpu_op(VCPUOP_is_up, vcpu_of(test->other), NULL), 1,
			 "VCPUOP_is_up, another that is online");
	else
		xen_skip(test, "VCPUOP_is_up, another that is online", "there is one CPU");
}

static const struct {
	uint32_t op;
	const char *name;
} ops[] = {
	{ VCPUOP_initialise, "VCPUOP_initialise" },
	{ VCPUOP_up, "VCPUOP_up" },
	{ VCPUOP_down, "VCPUOP_down" },
	{ VCPUOP_is_up, "VCPUOP_is_up" },
	{ VCPUOP_get_runstate_info, "VCPUOP_get_runstate_info" },
	{ VCPUOP_register_runstate_memory_area, "VCPUOP_register_runstate_memory_area" },
	{ VCPUOP_set_periodic_timer, "VCPUOP_set_periodic_timer" },
	{ VCPUOP_stop_periodic_timer, "VCPUOP_stop_periodic_timer" },
	{ VCPUOP_set_singleshot_timer, "VCPUOP_set_singleshot_timer" },
	{ VCPUOP_stop_singleshot_timer, "VCPUOP_stop_singleshot_timer" },
	{ VCPUOP_register_vcpu_info, "VCPUOP_register_vcpu_info" },
	{ VCPUOP_send_nmi, "VCPUOP_send_nmi" },
	{ VCPUOP_get_physid, "VCPUOP_get_physid" },
	{ VCPUOP_register_vcpu_time_memory_area, "VCPUOP_register_vcpu_time_memory_area" },
};

static void test_no_vcpu(struct xen_test *test)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		xen_rule(test, "source: no such vCPU comes first",
			 vcpu_op(ops[i].op, VCPU_NONE, NULL), -XEN_ENOENT,
			 "%s, vCPU %#x, which is none", ops[i].name, VCPU_NONE);
	xen_rule(test, "source: no such vCPU comes first", vcpu_op(OP_NONE, VCPU_NONE, NULL),
		 -XEN_ENOENT, "vcpu_op %u, vCPU %#x, which is none", OP_NONE, VCPU_NONE);
	/* Ids of a PV guest are dense: the first that is too large is known. */
	if (test->pv)
		xen_rule(test, "source", vcpu_op(VCPUOP_is_up, cpu_possible_count(), NULL),
			 -XEN_ENOENT, "VCPUOP_is_up, vCPU %u, one more than the last",
			 cpu_possible_count());
	xen_rule(test, "source", vcpu_op(OP_NONE, vcpu_of(test->here), NULL), -XEN_ENOSYS,
		 "vcpu_op %u", OP_NONE);
}

/* Never read by Xen, or it would not be refused. */
static union {
	struct vcpu_guest_context pv;
	struct vcpu_hvm_context hvm;
} context;

static void test_initialise(struct xen_test *test)
{
	xen_rule(test, "vcpu.h: only once; source: EEXIST",
		 vcpu_op(VCPUOP_initialise, vcpu_of(test->here), &context), -XEN_EEXIST,
		 "VCPUOP_initialise, own vCPU");
	if (has_other(test))
		xen_rule(test, "vcpu.h: only once; source: EEXIST",
			 vcpu_op(VCPUOP_initialise, vcpu_of(test->other), &context), -XEN_EEXIST,
			 "VCPUOP_initialise, another that is up");
	xen_rule(test, "source", vcpu_op(VCPUOP_initialise, vcpu_of(test->here), bad_pointer()),
		 -XEN_EFAULT, "VCPUOP_initialise, bad pointer");
	if (test->pv)
		xen_rule(test, "source",
			 vcpu_op(VCPUOP_initialise, vcpu_of(test->here),
				 (void *)HYPERVISOR_VIRT_START),
			 -XEN_EFAULT, "VCPUOP_initialise, a pointer into Xen");
}

/* A vCPU that has never been initialised: what it may not begin with. */
static void test_pv_contexts(struct xen_test *test)
{
	const uint32_t spare = vcpu_of(test->spare);

	context.pv = (struct vcpu_guest_context){ .flags = VGCF_in_kernel };
	context.pv.user_regs.rip = NON_CANONICAL;
	xen_rule(test, "source", vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, rip is not canonical");
	context.pv.user_regs.rip = 0;
	context.pv.gs_base_kernel = NON_CANONICAL;
	xen_rule(test, "source", vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, gs_base_kernel is not canonical");
	context.pv.gs_base_kernel = 0;
	context.pv.gdt_ents = GDT_ENTRIES_MANY;
	xen_rule(test, "xen.h: FIRST_RESERVED_GDT_ENTRY; source",
		 vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, too many GDT entries");
	context.pv.gdt_ents = 0;
	context.pv.ctrlreg[3] = ~UINT64_C(0);
	xen_rule(test, "source", vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, no frame for CR3");
	context.pv.ctrlreg[3] =
		xen_pfn_to_cr3(xen_frame(area_info(test->here, area_named("vcpu-info")).physical));
	xen_rule(test, "source: page tables are never writable",
		 vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, a data page for CR3");
	context.pv = (struct vcpu_guest_context){ 0 };
}

static void test_hvm_contexts(struct xen_test *test)
{
	const uint32_t spare = vcpu_of(test->spare);

	context.hvm = (struct vcpu_hvm_context){ .mode = 99 };
	xen_rule(test, "hvm_vcpu.h: VCPU_HVM_MODE_*; source",
		 vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, mode 99");
	context.hvm = (struct vcpu_hvm_context){ .mode = VCPU_HVM_MODE_64B, .pad = 1 };
	xen_rule(test, "source: pad is 0", vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, pad is 1");
	context.hvm = (struct vcpu_hvm_context){ .mode = VCPU_HVM_MODE_64B };
	xen_rule(test, "source: 64-bit mode wants CR0.PG",
		 vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, 64-bit mode without paging");
	context.hvm.cpu_regs.x86_64.rip = NON_CANONICAL;
	xen_rule(test, "source", vcpu_op(VCPUOP_initialise, spare, &context), -XEN_EINVAL,
		 "VCPUOP_initialise, rip is not canonical");
	context.hvm = (struct vcpu_hvm_context){ 0 };
}

static void test_spare(struct xen_test *test)
{
	if (cpu_is_none(test->spare)) {
		xen_skip(test, "a vCPU that was never initialised",
			 "all of them were; fail=unit@CPU leaves one");
		return;
	}
	xen_rule(test, "vcpu.h: 1 if it is up", vcpu_op(VCPUOP_is_up, vcpu_of(test->spare), NULL),
		 0, "VCPUOP_is_up, one that was never initialised");
	xen_rule(test, "vcpu.h: fails if not initialised; source: EINVAL",
		 vcpu_op(VCPUOP_up, vcpu_of(test->spare), NULL), -XEN_EINVAL,
		 "VCPUOP_up, one that was never initialised");
	if (test->pv)
		test_pv_contexts(test);
	else
		test_hvm_contexts(test);
	xen_rule(test, "vcpu.h: fails if not initialised; source: EINVAL",
		 vcpu_op(VCPUOP_up, vcpu_of(test->spare), NULL), -XEN_EINVAL,
		 "VCPUOP_up, still not initialised");
}

/* The library takes the CPU down and brings it up; the calls in between are the test's. */
static void test_down(struct xen_test *test)
{
	const uint32_t other = has_other(test) ? vcpu_of(test->other) : 0;
	struct vcpu_runstate_info info = { .state = -1 };

	xen_rule(test, "source: nothing to do", vcpu_op(VCPUOP_up, vcpu_of(test->here), NULL), 0,
		 "VCPUOP_up, own vCPU");
	if (!has_other(test) || !test->pv) {
		xen_skip(test, "a vCPU that is down",
			 has_other(test) ? "an HVM guest's CPUs need not go by VCPUOP_down"
					 : "there is one CPU");
		return;
	}
	xen_rule(test, "source: nothing to do", vcpu_op(VCPUOP_up, other, NULL), 0,
		 "VCPUOP_up, one that is up");
	if (cpu_down(test->other)) {
		xen_holds(test, "vcpu.h", false, "CPU %u goes down", test->other.number);
		return;
	}
	xen_rule(test, "vcpu.h: 1 if it is up", vcpu_op(VCPUOP_is_up, other, NULL), 0,
		 "VCPUOP_is_up, one that went down");
	xen_rule(test, "vcpu.h: only once; source: EEXIST",
		 vcpu_op(VCPUOP_initialise, other, &context), -XEN_EEXIST,
		 "VCPUOP_initialise, one that went down");
	xen_rule(test, "source: nothing to do", vcpu_op(VCPUOP_down, other, NULL), 0,
		 "VCPUOP_down, one that is down");
	(void)vcpu_op(VCPUOP_get_runstate_info, other, &info);
	xen_rule(test, "vcpu.h: RUNSTATE_offline is 3", info.state, RUNSTATE_offline,
		 "VCPUOP_get_runstate_info, one that is down: state");
	xen_holds(test, "vcpu.h: makes it runnable", !cpu_up(test->other),
		  "VCPUOP_up, one that was initialised: it runs");
	xen_rule(test, "vcpu.h: 1 if it is up", vcpu_op(VCPUOP_is_up, other, NULL), 1,
		 "VCPUOP_is_up, one that was brought up again");
}

static uint64_t sum(const struct vcpu_runstate_info *info)
{
	return info->time[0] + info->time[1] + info->time[2] + info->time[3];
}

/* The sum of the times goes as fast as the clock does: each reading is put between two of the clock. */
static bool sums_go_with_the_clock(uint64_t *by_xen, uint64_t *by_clock)
{
	struct vcpu_runstate_info first = { 0 }, second = { 0 };
	const uint32_t here = vcpu_of(cpu_this());
	uint64_t before, after, before_second, after_second, least, most;

	before = clock_ticks();
	(void)vcpu_op(VCPUOP_get_runstate_info, here, &first);
	after = clock_ticks();
	wait_milliseconds(20);
	before_second = clock_ticks();
	(void)vcpu_op(VCPUOP_get_runstate_info, here, &second);
	after_second = clock_ticks();
	least = clock_nanoseconds(before_second - after);
	most = clock_nanoseconds(after_second - before);
	*by_xen = sum(&second) - sum(&first);
	*by_clock = most;
	/* A hundredth: two clocks. */
	return *by_xen >= least - least / 100 && *by_xen <= most + most / 100;
}

static void test_runstate(struct xen_test *test)
{
	struct vcpu_runstate_info info = { .state = -1 };
	uint64_t by_xen, by_clock;
	bool good;

	xen_rule(test, "vcpu.h", vcpu_op(VCPUOP_get_runstate_info, vcpu_of(test->here), &info), 0,
		 "VCPUOP_get_runstate_info, own vCPU");
	xen_rule(test, "vcpu.h: RUNSTATE_running is 0", info.state, RUNSTATE_running,
		 "VCPUOP_get_runstate_info, own vCPU: state");
	xen_holds(test, "vcpu.h: system time", info.state_entry_time <= xen_time(),
		  "VCPUOP_get_runstate_info: state entered at %llu ns, now is %llu",
		  (unsigned long long)info.state_entry_time, (unsigned long long)xen_time());
	good = sums_go_with_the_clock(&by_xen, &by_clock);
	xen_holds(test, "vcpu.h: no drift from system time", good,
		  "VCPUOP_get_runstate_info: sum of the times: %llu us in %llu",
		  (unsigned long long)by_xen / 1000, (unsigned long long)by_clock / 1000);
	if (has_other(test))
		xen_rule(test, "vcpu.h",
			 vcpu_op(VCPUOP_get_runstate_info, vcpu_of(test->other), &info), 0,
			 "VCPUOP_get_runstate_info, another");
	xen_rule(test, "source",
		 vcpu_op(VCPUOP_get_runstate_info, vcpu_of(test->here), bad_pointer()), -XEN_EFAULT,
		 "VCPUOP_get_runstate_info, bad pointer");
}

static void test_nmi_op(struct xen_test *test)
{
	const cpu_t cpu = test->other;
	uint64_t before = nmi_count_read(cpu);
	struct clock_limit limit;

	xen_rule(test, "vcpu.h: @extra_arg == NULL; source: EINVAL",
		 vcpu_op(VCPUOP_send_nmi, vcpu_of(cpu), &context), -XEN_EINVAL,
		 "VCPUOP_send_nmi with an argument");
	xen_rule(test, "vcpu.h", vcpu_op(VCPUOP_send_nmi, vcpu_of(cpu), NULL), 0,
		 "VCPUOP_send_nmi, CPU %u", cpu.number);
	limit = clock_limit_begin(clock_cpu_limit());
	while (nmi_count_read(cpu) == before && !clock_limit_over(&limit))
		cpu_relax();
	xen_rule(test, "vcpu.h: sends an NMI", (long)(nmi_count_read(cpu) - before), 1,
		 "VCPUOP_send_nmi: NMIs that it has had");
}

static void test_physid(struct xen_test *test)
{
	struct vcpu_get_physid id;
	long answer = vcpu_op(VCPUOP_get_physid, vcpu_of(test->here), &id);

	/* Pinned: the hardware domain with dom0_vcpus_pin. */
	if (answer)
		xen_rule(test, "vcpu.h: EINVAL if not valid for it", answer, -XEN_EINVAL,
			 "VCPUOP_get_physid, own vCPU");
	else
		xen_rule(test, "vcpu.h: of a pinned vCPU", answer, 0,
			 "VCPUOP_get_physid, own vCPU");
}

void xen_test_vcpu(struct xen_test *test)
{
	test_is_up(test);
	test_no_vcpu(test);
	test_initialise(test);
	test_spare(test);
	test_down(test);
	test_runstate(test);
	test_nmi_op(test);
	test_physid(test);
}
