/* SPDX-License-Identifier: MIT */
/* What Xen says of time (public/xen.h, struct vcpu_time_info), and giving some of it away. */
#ifndef PLATFORM_XEN_XEN_TIME_H
#define PLATFORM_XEN_XEN_TIME_H

#include "platform/xen/hypercall.h"

/* Ticks per second of the time-stamp counter, from what Xen says of time. 0: it says nothing
 * usable. Pure but for reading `time`, which Xen may be writing to. */
uint64_t xen_tsc_frequency(const volatile struct vcpu_time_info *time);

/* Nanoseconds since Xen began when the time-stamp counter reads `ticks`, a moment after Xen wrote what is
 * read; 0: it says nothing usable. As pure. */
uint64_t xen_system_time(const volatile struct vcpu_time_info *time, uint64_t ticks);

/*
 * struct machine's wait_a_moment: Xen has this CPU for others, for a fifth of a millisecond or until an
 * event is pending. The calling CPU's vcpu_info must be known (xen_vcpu_info()).
 */
void xen_wait_a_moment(void);

#endif
