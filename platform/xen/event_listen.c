// SPDX-License-Identifier: MIT
/*
 * What a kernel gets of Xen beyond the library's own use: muster/xen.h. The kernel calls the public
 * functions; event_channel.c calls the others from an upcall, on any CPU. Must not touch the channels
 * that the library itself has.
 */
#include "platform/xen/event_listen.h"

#include "platform/xen/xen_guest.h"

#include <muster/muster.h>
#include <muster/xen.h>
#include <xen/features.h>

#define WORD_BITS (sizeof(xen_ulong_t) * 8)

static struct listener {
	uint32_t port; /* 0: free */
	uint32_t cpu;
	xen_event_function *function;
} listeners[XEN_LISTENERS_MAX];

enum xen_guest_kind xen_guest_kind(void)
{
	struct xen_feature_info features = { .submap_idx = 0 };

	if (!xen_guest.frame || !xen_guest.shared)
		return XEN_GUEST_NONE;
	if (xen_version_op(XENVER_get_features, &features) < 0)
		return XEN_GUEST_NONE;
	return features.submap & 1u << XENFEAT_auto_translated_physmap ? XEN_GUEST_HVM
								       : XEN_GUEST_PV;
}

uint64_t xen_frame(uint64_t physical)
{
	return xen_guest.frame(physical);
}

static struct listener *listener_of(uint32_t port)
{
	for (uint32_t i = 0; i < XEN_LISTENERS_MAX; i++)
		if (__atomic_load_n(&listeners[i].port, __ATOMIC_ACQUIRE) == port)
			return &listeners[i];
	return NULL;
}

int xen_event_listen(uint32_t port, cpu_t cpu, xen_event_function *function)
{
	struct listener *listener = port ? listener_of(port) : NULL;
	int error;

	if (!port || !function || cpu.number >= cpu_possible_count()) {
		console_print("muster: xen: listening to event channel %u on CPU %u: there is no "
			      "such\n",
			      port, cpu.number);
		return MUSTER_E_INVALID;
	}
	error = xen_events_reach(port);
	if (error)
		return error;
	if (!listener)
		listener = listener_of(0);
	if (!listener) {
		console_print("muster: xen: listening to event channel %u: %u are listened to\n",
			      port, XEN_LISTENERS_MAX);
		return MUSTER_E_NO_MEMORY;
	}
	__atomic_store_n(&listener->function, function, __ATOMIC_RELAXED);
	__atomic_store_n(&listener->cpu, cpu.number, __ATOMIC_RELAXED);
	__atomic_store_n(&listener->port, port, __ATOMIC_RELEASE);
	return 0;
}

int xen_event_forget(uint32_t port)
{
	struct listener *listener = port ? listener_of(port) : NULL;

	if (!listener)
		return MUSTER_E_NOT_FOUND;
	__atomic_store_n(&listener->port, 0, __ATOMIC_RELEASE);
	return 0;
}

/* The 2-level ABI's bit of a port, in one of two arrays. */
static xen_ulong_t two_level_bit(uint32_t port)
{
	return (xen_ulong_t)1 << port % WORD_BITS;
}

static bool two_level_read(const xen_ulong_t *words, uint32_t port)
{
	return __atomic_load_n(&words[port / WORD_BITS], __ATOMIC_ACQUIRE) & two_level_bit(port);
}

void xen_event_mask(uint32_t port)
{
	uint32_t *word = xen_events_are_fifo() ? xen_events_word(port) : NULL;

	if (word)
		(void)__atomic_fetch_or(word, 1u << EVTCHN_FIFO_MASKED, __ATOMIC_SEQ_CST);
	else if (!xen_events_are_fifo() && port < EVTCHN_2L_NR_CHANNELS)
		(void)__atomic_fetch_or(&xen_guest.shared->evtchn_mask[port / WORD_BITS],
					two_level_bit(port), __ATOMIC_SEQ_CST);
}

static bool fifo_flag(uint32_t port, uint32_t bit, bool without)
{
	const uint32_t *word = xen_events_word(port);

	return word ? __atomic_load_n(word, __ATOMIC_ACQUIRE) & 1u << bit : without;
}

bool xen_event_is_pending(uint32_t port)
{
	if (xen_events_are_fifo())
		return fifo_flag(port, EVTCHN_FIFO_PENDING, false);
	return port < EVTCHN_2L_NR_CHANNELS &&
	       two_level_read(xen_guest.shared->evtchn_pending, port);
}

bool xen_event_is_masked(uint32_t port)
{
	if (xen_events_are_fifo())
		return fifo_flag(port, EVTCHN_FIFO_MASKED, true);
	return port >= EVTCHN_2L_NR_CHANNELS || two_level_read(xen_guest.shared->evtchn_mask, port);
}

bool xen_listeners_serve(uint32_t port)
{
	struct listener *listener = port ? listener_of(port) : NULL;

	if (!listener)
		return false;
	__atomic_load_n(&listener->function, __ATOMIC_RELAXED)(port);
	return true;
}

void xen_listeners_take_two_level(cpu_t cpu)
{
	for (uint32_t i = 0; i < XEN_LISTENERS_MAX; i++) {
		uint32_t port = __atomic_load_n(&listeners[i].port, __ATOMIC_ACQUIRE);
		xen_ulong_t *word;

		/* All CPUs' bits are in the same words. */
		if (!port || __atomic_load_n(&listeners[i].cpu, __ATOMIC_RELAXED) != cpu.number ||
		    xen_event_is_masked(port))
			continue;
		word = &xen_guest.shared->evtchn_pending[port / WORD_BITS];
		if (__atomic_fetch_and(word, ~two_level_bit(port), __ATOMIC_ACQ_REL) &
		    two_level_bit(port))
			(void)xen_listeners_serve(port);
	}
}
