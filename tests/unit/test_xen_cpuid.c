// SPDX-License-Identifier: MIT
/* What Xen tells by CPUID: found behind the leaves of those that it imitates, and never where it is not. */
#include "platform/xen/xen_cpuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HYPERVISOR (1u << 31)

/* A CPU whose leaves a test fills in; what it does not have reads as its largest basic leaf does. */
static struct {
	uint32_t features;
	struct {
		uint32_t number, subleaf;
		struct cpuid_leaf leaf;
	} leaves[16];
	size_t count;
	uint32_t reads;
} cpu;

static struct cpuid_leaf read_leaf(uint32_t number, uint32_t subleaf)
{
	cpu.reads++;
	if (number == 1)
		return (struct cpuid_leaf){ 0, 0, cpu.features, 0 };
	for (size_t i = 0; i < cpu.count; i++)
		if (cpu.leaves[i].number == number && cpu.leaves[i].subleaf == subleaf)
			return cpu.leaves[i].leaf;
	return (struct cpuid_leaf){ 0x7, 0x340, 0x340, 0 };
}

static void add(uint32_t number, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
	cpu.leaves[cpu.count].number = number;
	cpu.leaves[cpu.count++].leaf = (struct cpuid_leaf){ eax, ebx, ecx, edx };
}

static void add_signature(uint32_t base, uint32_t last, const char *signature)
{
	uint32_t words[3];

	memcpy(words, signature, sizeof(words));
	add(base, last, words[0], words[1], words[2]);
}

/* Xen 4.17 at `base`, as it tells vCPU 5. */
static void add_xen(uint32_t base)
{
	add_signature(base, base + 5, "XenVMMXenVMM");
	add(base + 1, 4 << 16 | 17, 0, 0, 0);
	add(base + 2, 1, 0x40000000, 0, 0);
	add(base + 3, 2, 0, 2596093, 0);
	add(base + 4, 1 << 3 | 1 << 4, 5, 0, 0);
}

static int begin(void **state)
{
	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	cpu.features = HYPERVISOR;
	return 0;
}

static void xen_is_found(void **state)
{
	struct xen_cpuid xen;

	(void)state;
	add_xen(0x40000000);
	assert_true(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen.base, 0x40000000);
	assert_int_equal(xen_cpuid_hypercall_msr(&xen), 0x40000000);
	assert_int_equal(xen_cpuid_vcpu_id(&xen).value, 5);
	assert_int_equal(xen_cpuid_tsc_frequency(&xen), 2596093000);
}

static void behind_another_it_is_found(void **state)
{
	struct xen_cpuid xen;

	(void)state;
	add_signature(0x40000000, 0x40000006, "Microsoft Hv");
	add_xen(0x40000100);
	assert_true(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen.base, 0x40000100);
	assert_int_equal(xen_cpuid_vcpu_id(&xen).value, 5);
}

static void where_it_is_not_it_is_not_found(void **state)
{
	struct xen_cpuid xen;

	(void)state;
	/* Real hardware: what would be Xen's leaf is nothing to go by. */
	cpu.features = 0;
	add_xen(0x40000000);
	assert_false(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen.base, 0);
	assert_int_equal(cpu.reads, 1);
	/* Another hypervisor, and nobody behind it: looked at once, and no further. */
	begin(state);
	add_signature(0x40000000, 0x40000001, "TCGTCGTCGTCG");
	assert_false(xen_cpuid_find(&xen, read_leaf));
	assert_true(cpu.reads <= 3);
	/* All but one character. */
	begin(state);
	add_signature(0x40000000, 0x40000005, "XenVMMXenVMm");
	assert_false(xen_cpuid_find(&xen, read_leaf));
	/* Somebody at every place: the search has an end. */
	begin(state);
	add_signature(0x40000000, 0x400000ff, "TCGTCGTCGTCG");
	add_signature(0x40000100, 0x40000101, "TCGTCGTCGTCG");
	assert_false(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen_cpuid_vcpu_id(&xen).value, VCPU_ID_UNKNOWN_VALUE);
	assert_int_equal(xen_cpuid_hypercall_msr(&xen), 0);
}

/* An id that nobody told is unknown, and never 0, which is somebody's. */
static void what_is_not_told_is_unknown(void **state)
{
	struct xen_cpuid xen;

	(void)state;
	/* No such leaf. */
	add_signature(0x40000000, 0x40000002, "XenVMMXenVMM");
	add(0x40000001, 4 << 16 | 5, 0, 0, 0);
	add(0x40000002, 0, 0x40000000, 0, 0);
	add(0x40000004, 1 << 3, 5, 0, 0);
	assert_true(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen_cpuid_vcpu_id(&xen).value, VCPU_ID_UNKNOWN_VALUE);
	assert_int_equal(xen_cpuid_tsc_frequency(&xen), 0);
	/* No page is no MSR. */
	assert_int_equal(xen_cpuid_hypercall_msr(&xen), 0);
	/* The leaf, but not its flag. */
	begin(state);
	add_xen(0x40000000);
	cpu.leaves[4].leaf.eax = (uint32_t) ~(1 << 3);
	assert_true(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen_cpuid_vcpu_id(&xen).value, VCPU_ID_UNKNOWN_VALUE);
	/* Its id is 0, and that is told. */
	begin(state);
	add_xen(0x40000000);
	cpu.leaves[4].leaf.ebx = 0;
	assert_true(xen_cpuid_find(&xen, read_leaf));
	assert_int_equal(xen_cpuid_vcpu_id(&xen).value, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(xen_is_found, begin),
		cmocka_unit_test_setup(behind_another_it_is_found, begin),
		cmocka_unit_test_setup(where_it_is_not_it_is_not_found, begin),
		cmocka_unit_test_setup(what_is_not_told_is_unknown, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
