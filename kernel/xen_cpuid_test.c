// SPDX-License-Identifier: MIT
/*
 * Rules of Xen's CPUID leaves (public/arch-x86/cpuid.h), and that they say the same as the hypercalls do.
 * Called by test_xen.c, on the boot CPU. A PV guest asks with the prefix that makes Xen answer in the
 * processor's place (public/arch-x86/xen.h, XEN_EMULATE_PREFIX).
 */
#include "kernel/xen_test.h"

#include <xen/arch-x86/cpuid.h>

/* Where other interfaces are shown too, Xen's leaves come after them: cpuid.h. */
#define BASE_STEP  0x100u
#define BASE_LAST  0x4000ff00u
#define WIDTH_MOST 52u
#define PAGE_SHIFT 12u

struct leaf {
	uint32_t eax, ebx, ecx, edx;
};

static bool prefixed;

static struct leaf cpuid(uint32_t number, uint32_t sub)
{
	struct leaf leaf = { .eax = number, .ecx = sub };

	if (prefixed)
		__asm__ volatile(XEN_CPUID
				 : "+a"(leaf.eax), "=b"(leaf.ebx), "+c"(leaf.ecx), "=d"(leaf.edx));
	else
		__asm__ volatile("cpuid"
				 : "+a"(leaf.eax), "=b"(leaf.ebx), "+c"(leaf.ecx), "=d"(leaf.edx));
	return leaf;
}

/* The first of Xen's leaves; 0: there are none. */
static uint32_t find_base(void)
{
	for (uint32_t base = XEN_CPUID_FIRST_LEAF; base <= BASE_LAST; base += BASE_STEP) {
		struct leaf leaf = cpuid(base, 0);

		if (leaf.ebx == XEN_CPUID_SIGNATURE_EBX && leaf.ecx == XEN_CPUID_SIGNATURE_ECX &&
		    leaf.edx == XEN_CPUID_SIGNATURE_EDX)
			return base;
	}
	return 0;
}

/* What each CPU is told of its own id. */
struct told {
	uint32_t leaf;
	uint32_t wrong, asked;
};

static void compare_vcpu_id(void *argument)
{
	struct told *told = argument;
	struct leaf leaf = cpuid(told->leaf, 0);

	if (!(leaf.eax & XEN_HVM_CPUID_VCPU_ID_PRESENT))
		return;
	__atomic_add_fetch(&told->asked, 1, __ATOMIC_RELAXED);
	if (leaf.ebx != vcpu_of(cpu_this()))
		__atomic_add_fetch(&told->wrong, 1, __ATOMIC_RELAXED);
}

static void test_vcpu_ids(struct xen_test *test, uint32_t base)
{
	struct told told = { .leaf = base + 4 };

	if (test->pv) {
		xen_skip(test, "CPUID leaf 4, vCPU ids", "it is an HVM guest's");
		return;
	}
	(void)cpus_call(compare_vcpu_id, &told, true);
	if (told.asked)
		xen_holds(test, "cpuid.h: EBX: vcpu id",
			  !told.wrong && told.asked == cpu_online_count(),
			  "CPUID leaf 4: its vCPU id, on %u CPUs", told.asked);
	else
		xen_skip(test, "CPUID leaf 4, vCPU ids", "Xen does not say that they are there");
}

static void test_features(struct xen_test *test, uint32_t base)
{
	struct xen_feature_info features = { .submap_idx = 0 };
	const uint32_t preserve = 1u << XENFEAT_mmu_pt_update_preserve_ad;
	struct leaf leaf = cpuid(base + 2, 0);

	(void)version_op(XENVER_get_features, &features);
	xen_holds(test, "cpuid.h: always one hypercall page; source", leaf.eax == 1,
		  "CPUID leaf 2: %u hypercall pages", leaf.eax);
	xen_holds(test, "cpuid.h, features.h: the same",
		  !(leaf.ecx & XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD) ==
			  !(features.submap & preserve),
		  "CPUID leaf 2: features %#x, XENVER_get_features %#x", leaf.ecx, features.submap);
	xen_holds(test, "cpuid.h: unused bits are zero",
		  !(leaf.ecx & ~XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD) && !leaf.edx,
		  "CPUID leaf 2: features %#x, %#x", leaf.ecx, leaf.edx);
}

static void test_time(struct xen_test *test, uint32_t base)
{
	const uint64_t kilohertz = clock_frequency() / 1000;
	struct leaf leaf = cpuid(base + 3, 0);
	bool near;

	/* Two ways to say it: a hundredth. */
	near = leaf.ecx >= kilohertz - kilohertz / 100 && leaf.ecx <= kilohertz + kilohertz / 100;
	xen_rule_deviates(test, DEVIATION_NO_TSC_FREQUENCY, "cpuid.h: guest tsc frequency in kHz",
			  leaf.ecx, near ? leaf.ecx : (int64_t)kilohertz, "CPUID leaf 3, ECX");
	xen_holds(test, "cpuid.h: tsc_mode 0 to 3", leaf.ebx <= 3, "CPUID leaf 3: tsc_mode %u",
		  leaf.ebx);
	leaf = cpuid(base + 3, 2);
	xen_holds(test, "cpuid.h: host tsc frequency in kHz", leaf.eax,
		  "CPUID leaf 3, sub-leaf 2: %u kHz", leaf.eax);
}

static void test_width(struct xen_test *test, uint32_t base, uint32_t last)
{
	uint32_t width = cpuid(base + 5, 0).ebx & XEN_CPUID_MACHINE_ADDRESS_WIDTH_MASK;
	long top = memory_op(XENMEM_maximum_ram_page, NULL);

	if (!test->pv || last < base + 5) {
		xen_skip(test, "CPUID leaf 5, the machine's address width",
			 test->pv ? "there is no such leaf" : "it is a PV guest's");
		return;
	}
	xen_holds(test, "cpuid.h: max machine address width",
		  width > PAGE_SHIFT && width <= WIDTH_MOST &&
			  (uint64_t)top <= UINT64_C(1) << (width - PAGE_SHIFT),
		  "CPUID leaf 5: %u bits, XENMEM_maximum_ram_page %ld", width, top);
}

void xen_test_cpuid(struct xen_test *test)
{
	uint32_t base, last;
	struct leaf leaf;

	prefixed = test->pv;
	base = find_base();
	if (!xen_holds(test, "cpuid.h: \"XenVMMXenVMM\"", base, "CPUID: Xen's leaves are at %#x",
		       base))
		return;
	last = cpuid(base, 0).eax;
	xen_holds(test, "cpuid.h: largest leaf; source: at least two more",
		  last >= base + 2 && last < base + BASE_STEP, "CPUID leaf 0: the last is %#x",
		  last);
	leaf = cpuid(base + 1, 0);
	xen_rule(test, "cpuid.h: major << 16 | minor", leaf.eax, test->version,
		 "CPUID leaf 1: the version");
	xen_holds(test, "cpuid.h: reserved, all zeroes", !leaf.ebx && !leaf.ecx && !leaf.edx,
		  "CPUID leaf 1: %#x, %#x, %#x", leaf.ebx, leaf.ecx, leaf.edx);
	test_features(test, base);
	if (last >= base + 3)
		test_time(test, base);
	else
		xen_skip(test, "CPUID leaf 3, time", "there is no such leaf");
	test_vcpu_ids(test, base);
	test_width(test, base, last);
}
