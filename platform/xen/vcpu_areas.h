/* SPDX-License-Identifier: MIT */
/*
 * What a Xen guest shares with Xen for each vCPU (muster/area.h): vcpu_info, once only; FIFO control
 * blocks, where event channels are FIFO; runstate and time, where Xen offers them. All are registered by
 * the boot CPU.
 */
#ifndef PLATFORM_XEN_VCPU_AREAS_H
#define PLATFORM_XEN_VCPU_AREAS_H

#include "platform/xen/hypercall.h"

#include <muster/area.h>

/* Rows of the table that somebody asks for; what else there is comes behind them. */
enum xen_area {
	XEN_AREA_VCPU_INFO,
	XEN_AREA_FIFO, /* only where event channels are FIFO */
};

/*
 * Choose the rows: once the ABI of event channels has been chosen, and Xen can be asked what it offers.
 * What it does not is named, and the guest does without. Needs the boot CPU's id (CAP_CPU_IDS).
 */
const struct area_table *xen_area_table_choose(void);

/*
 * BOOT step `areas`: areas_begin() and the boot CPU's own; its undo. PREPARE and ONLINE rows call
 * areas_prepare() and xen_areas_online().
 */
int xen_areas_boot(cpu_t cpu);
void xen_areas_boot_undo(cpu_t cpu);

/* ONLINE: areas_online(), and this CPU finds its vcpu_info. */
int xen_areas_online(cpu_t cpu);
void xen_areas_online_undo(cpu_t cpu);

/* This CPU's vcpu_info, where Xen writes to it now; NULL: not known yet (then upcalls are off). */
struct vcpu_info *xen_vcpu_info(void);
/* Before there are areas: the boot CPU's in the shared info page, or none. */
void xen_vcpu_info_set(struct vcpu_info *info);

#endif
