// SPDX-License-Identifier: MIT
/*
 * A kernel that says that it closes its event channels when it goes, and does not (linked with --wrap=xen_hypercall). It
 * does so as the kernel that comes, which has seen them by then.
 */
#include "core/runner.h"
#include "platform/xen/hypercall.h"

long __real_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e);
long __wrap_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e);

long __wrap_xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			  uint64_t e)
{
	if (number == __HYPERVISOR_event_channel_op && a == EVTCHNOP_reset && bringup_is_over())
		return 0;
	return __real_xen_hypercall(number, a, b, c, d, e);
}
