/* SPDX-License-Identifier: MIT */
/*
 * A PVH guest of Xen: a PC without firmware and without devices. Memory, tables and descriptors are its
 * own, its firmware is ACPI tables that Xen makes; interrupts between CPUs are event channels, and what
 * Xen knows of each vCPU is shared in areas. What its files share.
 */
#ifndef PLATFORM_XEN_PVH_XEN_PVH_H
#define PLATFORM_XEN_PVH_XEN_PVH_H

#include "platform/platform.h"
#include "platform/xen/xen_cpuid.h"

extern const struct platform platform_xen_pvh;

/* What CPUID says of Xen; filled when the platform is looked for. */
extern struct xen_cpuid xen_pvh_cpuid;

/* xen_pvh_ids.c */
int xen_pvh_cpu_ids_step(cpu_t cpu);
int xen_pvh_cpu_check_step(cpu_t cpu);

/* xen_pvh_events.c */
int xen_pvh_shared_info_step(cpu_t cpu);
int xen_pvh_interrupts_step(cpu_t cpu);

/* xen_pvh_arrive.c: what the kernel before us left with Xen. Was there one? Where is the shared info page (0:
 * nowhere yet)? And its areas become ours (struct xen_guest, adopt). */
bool xen_pvh_handed_over(void);
uint64_t xen_pvh_shared_info_before(void);
int xen_pvh_adopt(void);
void xen_pvh_look(void);
void xen_pvh_look_at_events(void);

/* xen_pvh_leave.c */
extern const struct platform_handover xen_pvh_handover;

/* xen_pvh_start.c */
enum xen_pvh_start_by {
	XEN_PVH_START_BY_XEN,  /* VCPUOP_initialise and VCPUOP_up */
	XEN_PVH_START_BY_APIC, /* INIT and start-up IPIs */
};
extern uint64_t xen_pvh_start_by; /* start-by= */
int xen_pvh_start_code_step(cpu_t cpu);
void xen_pvh_start_code_undo(cpu_t cpu);
int xen_pvh_start_step(cpu_t cpu);
void xen_pvh_start_undo(cpu_t cpu);
/* Where a vCPU begins that Xen starts: entry_xen_pvh.S. */
void xen_pvh_secondary(void);
extern char xen_pvh_secondary_stack[];

/* xen_pvh_power.c */
#define XEN_PVH_WORDS 2
extern const struct command_line_word xen_pvh_words[XEN_PVH_WORDS];
void xen_pvh_emergency_console(void);
int xen_pvh_console_step(cpu_t cpu);
void xen_pvh_power_off(int status);

#endif
