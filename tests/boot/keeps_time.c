// SPDX-License-Identifier: MIT
/*
 * A kernel that says that it takes its time areas back from Xen, and does not (linked with --wrap=xen_hypercall). Xen
 * goes on writing there, and the kernel that it hands over to must see that, every time.
 */
#include "platform/xen/hypercall.h"

long __real_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e);
long __wrap_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e);

long __wrap_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e)
{
	const struct vcpu_register_time_memory_area *area = (const void *)c;

	if (number == __HYPERVISOR_vcpu_op && a == VCPUOP_register_vcpu_time_memory_area &&
	    !area->addr.p)
		return 0;
	return __real_xen_hypercall(number, a, b, c, d, e);
}
