// SPDX-License-Identifier: MIT
/*
 * Reads Xen's CPUID leaves. Called when a platform is looked for, by the steps that want what is in
 * them, and by each CPU for its own vCPU id. It must not take another hypervisor's leaves for Xen's.
 */
#include "platform/xen/xen_cpuid.h"

#include <xen/arch-x86/cpuid.h>

#define CPUID_1_ECX_HYPERVISOR (1u << 31) /* never set by a processor: AMD APM vol. 3, E.3.2 */

/* Xen's leaves begin at a multiple of 100h from 40000000h on: behind those of hypervisors that it
 * imitates, each of which has some (public/arch-x86/cpuid.h). */
#define BASE_FIRST 0x40000000u
#define BASE_LAST  0x4000ff00u
#define BASE_STEP  0x100u

/* Leaves, from the base on. */
enum {
	LEAF_HYPERCALLS = 2,
	LEAF_TIME = 3,
	LEAF_HVM = 4,
};

static bool is_xen(const struct cpuid_leaf *leaf)
{
	return leaf->ebx == XEN_CPUID_SIGNATURE_EBX && leaf->ecx == XEN_CPUID_SIGNATURE_ECX &&
	       leaf->edx == XEN_CPUID_SIGNATURE_EDX;
}

/* Does somebody use the leaves from there on? Then the last of them is among them. */
static bool is_used(uint32_t base, const struct cpuid_leaf *leaf)
{
	return leaf->eax >= base && leaf->eax < base + BASE_STEP;
}

static struct cpuid_leaf read_leaf(const struct xen_cpuid *xen, uint32_t number)
{
	if (!xen->base || xen->last < xen->base + number)
		return (struct cpuid_leaf){ 0, 0, 0, 0 };
	return xen->read(xen->base + number, 0);
}

bool xen_cpuid_find(struct xen_cpuid *xen, xen_cpuid_function *read)
{
	struct cpuid_leaf leaf;

	*xen = (struct xen_cpuid){ .read = read };
	if (!(read(1, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return false;
	for (uint32_t base = BASE_FIRST; base <= BASE_LAST; base += BASE_STEP) {
		leaf = read(base, 0);
		if (!is_used(base, &leaf))
			return false;
		if (!is_xen(&leaf))
			continue;
		xen->base = base;
		xen->last = leaf.eax;
		return true;
	}
	return false;
}

uint32_t xen_cpuid_hypercall_msr(const struct xen_cpuid *xen)
{
	struct cpuid_leaf leaf = read_leaf(xen, LEAF_HYPERCALLS);

	return leaf.eax ? leaf.ebx : 0;
}

vcpu_id_t xen_cpuid_vcpu_id(const struct xen_cpuid *xen)
{
	struct cpuid_leaf leaf = read_leaf(xen, LEAF_HVM);

	return vcpu_id_from_value(leaf.eax & XEN_HVM_CPUID_VCPU_ID_PRESENT ? leaf.ebx
									   : VCPU_ID_UNKNOWN_VALUE);
}

uint64_t xen_cpuid_tsc_frequency(const struct xen_cpuid *xen)
{
	return (uint64_t)read_leaf(xen, LEAF_TIME).ecx * 1000;
}
