/* SPDX-License-Identifier: MIT */
/*
 * A kernel that says that it takes an area of each CPU's back from Xen, and does not: KEPT is the VCPUOP that registers it, and
 * KEPT_STRUCT its argument. Linked with --wrap=xen_hypercall. Xen goes on writing there, and the next kernel must see that,
 * every time.
 */
#ifndef TESTS_BOOT_KEEPS_XEN_AREA_H
#define TESTS_BOOT_KEEPS_XEN_AREA_H

#include "platform/xen/hypercall.h"

long __real_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e);
long __wrap_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e);

long __wrap_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e)
{
	const struct KEPT_STRUCT *area = (const void *)c;

	if (number == __HYPERVISOR_vcpu_op && a == KEPT && !area->addr.p)
		return 0;
	return __real_xen_hypercall(number, a, b, c, d, e);
}

#endif
