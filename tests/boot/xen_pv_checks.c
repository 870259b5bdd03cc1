// SPDX-License-Identifier: MIT
/*
 * A kernel that looks at what only a PV guest of Xen has: addresses right below and right above Xen's
 * range can be mapped, and those in it cannot; NMIs reach every CPU; GDTs, which Xen holds, cannot be
 * written. A boot test, and no client of the public headers only.
 */
#include "core/layout_current.h"
#include "core/machine.h"
#include "platform/xen/hypercall.h"

#include <muster/muster.h>

#define PAGE	  MEMORY_PAGE_SIZE
#define USER_LAST UINT64_C(0x00007ffffffff000) /* what lies below Xen's range: the last user page */
#define NMIS	  100
#define LIMIT	  2000 /* milliseconds for an NMI to arrive */
#define WRITTEN	  UINT64_C(0x0123456789abcdef)

static bool maps(uint64_t address)
{
	uint64_t page = mem_alloc(PAGE, 0, .owner = "checks");
	const uint64_t *direct = machine_get()->direct(page);
	bool good = page && !machine_get()->map(address, page, PAGE, MAP_READ_WRITE, NODE_ANY);

	if (!good)
		return false;
	*(volatile uint64_t *)address = WRITTEN;
	good = *(const volatile uint64_t *)direct == WRITTEN &&
	       machine_get()->physical(address) == page;
	machine_get()->unmap(address, PAGE);
	return !mem_free(page, PAGE) && good && fault_on_read(address);
}

static bool is_refused(uint64_t address)
{
	uint64_t page = mem_alloc(PAGE, 0, .owner = "checks");
	int error = machine_get()->map(address, page, PAGE, MAP_READ_WRITE, NODE_ANY);

	return !mem_free(page, PAGE) && error == MUSTER_E_INVALID;
}

static void test_around_the_hole(struct ktap *ktap)
{
	const struct layout_hole *hole = layout_hole_at(layout_current(), 0);

	ktap_result(ktap, hole && hole->start == HYPERVISOR_VIRT_START, "the hole is Xen's");
	ktap_result(ktap, maps(USER_LAST), "right below it a page can be mapped");
	ktap_result(ktap, maps(HYPERVISOR_VIRT_END), "right above it a page can be mapped");
	ktap_result(ktap, is_refused(HYPERVISOR_VIRT_START), "its first page is refused");
	ktap_result(ktap, is_refused(HYPERVISOR_VIRT_END - PAGE), "its last page is refused");
}

static void do_nothing(void *unused)
{
	(void)unused;
}

/* A vCPU that blocks in the very moment when an NMI is sent stays blocked: Xen looks for events then, and
 * for nothing else. The call is an event. */
static bool nmi_arrives(cpu_t cpu)
{
	uint64_t before = nmi_count_read(cpu);
	struct clock_limit limit = clock_limit_begin(LIMIT);

	if (xen_vcpu_op(VCPUOP_send_nmi, cpu_vcpu_id(cpu), NULL))
		return false;
	(void)cpu_call(cpu, do_nothing, NULL);
	while (before == nmi_count_read(cpu))
		if (clock_limit_over(&limit))
			return false;
	return nmi_count_read(cpu) == before + 1;
}

static void test_nmis(struct ktap *ktap)
{
	uint32_t lost = 0;

	for (int round = 0; round < NMIS; round++)
		for_each_cpu (cpu)
			lost += !nmi_arrives(cpu);
	ktap_result(ktap, !lost, "%u NMIs reached each of %u CPUs", NMIS, cpu_online_count());
}

static void test_pages_of_xen(struct ktap *ktap)
{
	uint32_t gdts = 0, writable = 0;

	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);
		const char *owner = range->owner ? range->owner : "";

		if (owner[0] != 'g' || owner[1] != 'd' || owner[2] != 't')
			continue;
		for (uint64_t at = 0; at < range->size; at += PAGE, gdts++)
			writable +=
				!fault_on_write((uintptr_t)machine_get()->direct(range->base + at));
	}
	ktap_result(ktap, gdts == cpu_online_count() && !writable,
		    "each of %u CPUs has a GDT that cannot be written", cpu_online_count());
}

/* A range in whose middle something is mapped already: nothing of it is mapped, and what was there stays. */
static void test_all_or_nothing(struct ktap *ktap)
{
	const uint64_t start = HYPERVISOR_VIRT_END;
	uint64_t pages = mem_alloc(3 * PAGE, 0, .owner = "checks");
	int error;

	(void)machine_get()->map(start + PAGE, pages, PAGE, MAP_READ_WRITE, NODE_ANY);
	error = machine_get()->map(start, pages, 3 * PAGE, MAP_READ_WRITE, NODE_ANY);
	ktap_result(ktap,
		    error == MUSTER_E_EXISTS && fault_on_read(start) &&
			    !fault_on_read(start + PAGE) && fault_on_read(start + 2 * PAGE),
		    "a range that is mapped in part is not mapped, and not unmapped");
	machine_get()->unmap(start + PAGE, PAGE);
	(void)mem_free(pages, 3 * PAGE);
}

static PERCPU(uint64_t, pages_read);
static PERCPU(uint64_t, pages_missing);

/* Most of the direct map is made when it is first used: here by all CPUs at once. */
static void read_all(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < mem_count(); i++) {
		const struct memory_range *range = mem_at(i);

		for (uint64_t at = 0; at < range->size && range->kind == MEMORY_RAM; at += PAGE) {
			this_cpu(pages_read)++;
			if (fault_on_read((uintptr_t)machine_get()->direct(range->base + at)))
				this_cpu(pages_missing)++;
		}
	}
}

static void test_direct_map(struct ktap *ktap)
{
	uint64_t missing = 0, least = UINT64_MAX;

	(void)cpus_call(read_all, NULL, true);
	for_each_cpu (cpu) {
		missing += *percpu_ptr(pages_missing, cpu);
		if (*percpu_ptr(pages_read, cpu) < least)
			least = *percpu_ptr(pages_read, cpu);
	}
	/* More than one table's worth, or nothing has been made. */
	ktap_result(ktap, !missing && least > 4096,
		    "all CPUs at once read each of %llu pages by the direct map",
		    (unsigned long long)least);
}

int muster_main(void)
{
	struct ktap ktap = { 0 };
	int missing = muster_bring_up(NULL);
	int status;

	if (!missing) {
		ktap_begin(&ktap, 0);
		test_around_the_hole(&ktap);
		test_nmis(&ktap);
		test_pages_of_xen(&ktap);
		test_all_or_nothing(&ktap);
		test_direct_map(&ktap);
		(void)ktap_end(&ktap);
	}
	status = missing ? 1 : ktap.failed ? 3 : 0;
	report_send(&ktap, status);
	return status;
}
