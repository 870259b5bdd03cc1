/* SPDX-License-Identifier: MIT */
/*
 * Xen, for a kernel that wants more of it than the library does: calls of its own, and event channels
 * of its own. Numbers and structures are those of Xen's public headers, which a kernel includes
 * itself. All of it is there on every machine of an architecture that Xen has; where the machine is not
 * Xen, xen_guest_kind() says so, and nothing else here may be called.
 */
#ifndef MUSTER_XEN_H
#define MUSTER_XEN_H

#include <muster/cpu.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum xen_guest_kind {
	XEN_GUEST_NONE, /* not a guest of Xen, or one that runs on a platform without hypercalls */
	XEN_GUEST_PV,	/* frames are the machine's; page tables are Xen's to write */
	XEN_GUEST_HVM,	/* HVM or PVH: frames are the guest's own */
};

/* What this guest is, as Xen itself says (XENFEAT_auto_translated_physmap). Needs: the BOOT steps;
 * XEN_GUEST_NONE before the one that maps Xen's shared info page. */
enum xen_guest_kind xen_guest_kind(void);

/*
 * One hypercall: its number (__HYPERVISOR_*) and up to five arguments, those that are not used 0.
 * Returns what Xen returns: 0 or a count, or a negative number of public/errno.h. Nothing is looked
 * at: a call can take away what the library lives on. From any CPU, at any time, after a panic too.
 * Needs: xen_guest_kind() other than XEN_GUEST_NONE.
 */
long xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

/* The name of Xen's answer, as public/errno.h has it ("EINVAL"); "success" for any that is not
 * negative. Never NULL. Needs no step. */
const char *xen_error_name(long answer);

/* The frame number by which Xen knows the page at a physical address of ours; UINT64_MAX: there is
 * none. Needs: step `page-tables`. */
uint64_t xen_frame(uint64_t physical);

/* Is the ABI of event channels FIFO, or 2-level? Needs: step `boot-areas`. */
bool xen_events_are_fifo(void);

/* Called on the CPU that a channel notifies, with interrupts off, once for each time that its event
 * becomes deliverable; it is not pending any more. */
typedef void xen_event_function(uint32_t port);

#define XEN_LISTENERS_MAX 8

/*
 * A channel of the kernel's own, which it has bound by a call of its own: function is called for its
 * events. An event that came before is kept by Xen until there is room for it, or named and dropped as
 * nobody's: so listen first, then let others know of the port. cpu: the one that the channel notifies;
 * another may be named later by listening again. On the boot CPU. Returns 0; MUSTER_E_INVALID for
 * port 0, no function, or a CPU that does not exist; MUSTER_E_NO_MEMORY for more than
 * XEN_LISTENERS_MAX channels, for a port beyond what the ABI has, or no page for its event word.
 * Needs: CAP_INTERRUPTS.
 */
int xen_event_listen(uint32_t port, cpu_t cpu, xen_event_function *function);

/* No more. Closing the channel is the caller's. A call that runs on another CPU meanwhile may still
 * be running. MUSTER_E_NOT_FOUND: nobody listens to it. On the boot CPU. */
int xen_event_forget(uint32_t port);

/*
 * Mask a channel: its events stay pending, and function is not called. EVTCHNOP_unmask, a call, takes
 * it back. And: is its event pending? Is it masked? Any port that xen_event_listen() was once told
 * of; others are not pending and masked. On any CPU.
 */
void xen_event_mask(uint32_t port);
bool xen_event_is_pending(uint32_t port);
bool xen_event_is_masked(uint32_t port);

#ifdef __cplusplus
}
#endif

#endif
