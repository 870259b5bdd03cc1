/* SPDX-License-Identifier: MIT */
/*
 * Event channels: how a Xen guest is interrupted, and how its CPUs interrupt each other. Two ABIs
 * carry the same calls: FIFO (a queue for each vCPU, in a control block of its own) and 2-level (bits in
 * the shared info page). xen_guest must be filled in.
 */
#ifndef PLATFORM_XEN_EVENT_CHANNEL_H
#define PLATFORM_XEN_EVENT_CHANNEL_H

#include "platform/xen/hypercall.h"

#include <muster/xen.h>
#include <stdbool.h>

/*
 * Choose the ABI: FIFO where Xen has it and two_level does not say no; a fallback is a line. BOOT,
 * before the first area is made: the areas' table depends on it. Needs no memory.
 */
void xen_events_choose(bool two_level);
/* xen_events_are_fifo(): muster/xen.h */

/* FIFO: that CPU's control block is at `block` (4 KiB, cleared), and Xen is told. By its vCPU id from
 * the table (H4), on the boot CPU, while the CPU is down. Returns 0 or an error with a line. */
int xen_events_control_attach(cpu_t cpu, void *block, uint64_t physical);

/*
 * PREPARE (and once in BOOT for the boot CPU): the CPU has an event channel by which others call
 * it. One that has it already keeps it. Returns 0 or an error with a line. Needs CAP_MEMORY_MAP,
 * CAP_PAGE_TABLES, CAP_CPU_IDS, the CPU's control block where the ABI is FIFO.
 */
int xen_events_prepare(cpu_t cpu);

/* Post a call to that CPU: struct machine's kick. */
void xen_events_kick(cpu_t cpu);

/* An upcall came on this CPU: serve all that is pending. Interrupts (upcalls) are off. */
void xen_events_upcall(void);

/* The page of event words that Xen was told of, number i; 0: there are no more. */
uint64_t xen_events_page(uint32_t i);

/* Every event channel is closed, and the ABI is 2-level again, with nothing of ours in Xen's hands: for a
 * handover, in the kernel that leaves and, for one that did not, in the one that comes. */
void xen_events_reset(void);

#if __STDC_HOSTED__
/* Unit tests only: Xen is another one now. */
void xen_events_forget(void);
#endif

#endif
