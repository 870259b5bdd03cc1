/* SPDX-License-Identifier: MIT */
/* Event channels of the kernel's own (muster/xen.h), for event_channel.c, which takes the events. */
#ifndef PLATFORM_XEN_EVENT_LISTEN_H
#define PLATFORM_XEN_EVENT_LISTEN_H

#include "platform/xen/hypercall.h"

/* An event came by that port on this CPU: call whoever listens. False: nobody does. */
bool xen_listeners_serve(uint32_t port);

/* The 2-level ABI: take what is pending, not masked, and this CPU's. */
void xen_listeners_take_two_level(cpu_t cpu);

/* event_channel.c: is there, or can there be, a word or bit for that port? On the boot CPU; 0 or an
 * error. And the FIFO word of a port; NULL: there is none. */
int xen_events_reach(uint32_t port);
uint32_t *xen_events_word(uint32_t port);

#endif
