// SPDX-License-Identifier: MIT
/*
 * Event channels: event_channel.h. The steps of bring-up call the first half on the boot CPU; kicks and
 * upcalls run on any CPU at any time, in a panic too. A CPU has one channel of its own, for calls
 * (muster/call.h); what comes by any other is nobody's.
 */
#include "platform/xen/event_channel.h"

#include "core/machine.h"
#include "core/runner.h"
#include "core/string.h"
#include "platform/xen/event_fifo.h"
#include "platform/xen/event_listen.h"
#include "platform/xen/vcpu_areas.h"
#include "platform/xen/xen_guest.h"

#include <muster/muster.h>
#include <xen/errno.h>

_Static_assert(sizeof(struct evtchn_init_control) == 24, "public/event_channel.h");

#define PAGE_SIZE      4096u
#define WORDS_A_PAGE   (PAGE_SIZE / sizeof(event_word_t))
#define PAGES_MAX      (EVTCHN_FIFO_NR_CHANNELS / WORDS_A_PAGE)
#define WORD_BITS      (sizeof(xen_ulong_t) * 8)
#define VCPU_OF_NOBODY 0x7fffffffu /* more than any Xen has */
#define STRAYS_NAMED   16u

static bool fifo;
static uint32_t *ports; /* by CPU number; 0: none yet */
static event_word_t *words[PAGES_MAX];
static uint32_t word_pages;
static uint32_t strays;

void xen_events_choose(bool two_level)
{
	struct evtchn_init_control probe = { .vcpu = VCPU_OF_NOBODY };
	long answer = two_level ? 0 : xen_event_op(EVTCHNOP_init_control, &probe);

	/* A Xen that has the call looks for the vCPU. */
	fifo = !two_level && answer != -XEN_ENOSYS;
	if (!two_level && !fifo)
		console_print("muster: xen: no FIFO event channels (%s): 2-level ones are used\n",
			      xen_error_name(answer));
}

bool xen_events_are_fifo(void)
{
	return fifo;
}

int xen_events_control_attach(cpu_t cpu, void *block, uint64_t physical)
{
	struct evtchn_init_control call = {
		.control_gfn = xen_guest.frame(physical),
		.offset = 0,
		/* The id from the table, which the boot CPU knows before that CPU runs (H4). */
		.vcpu = cpu_vcpu_id(cpu).value,
	};
	long answer = xen_event_op(EVTCHNOP_init_control, &call);

	(void)block;
	if (answer < 0)
		console_print(
			"muster: CPU %u: FIFO control block: Xen refuses it for vCPU %u: %s\n",
			cpu.number, call.vcpu, xen_error_name(answer));
	return xen_error(answer);
}

/* The array of event words grows by pages, and a page stays for good. */
static int words_reach(uint32_t port)
{
	while (port / WORDS_A_PAGE >= word_pages) {
		uint64_t page = word_pages < PAGES_MAX
					? mem_alloc(PAGE_SIZE, 0, .owner = "event words")
					: 0;
		struct evtchn_expand_array call = { .array_gfn = page ? xen_guest.frame(page) : 0 };
		long answer;

		if (!page)
			return MUSTER_E_NO_MEMORY;
		words[word_pages] = machine_get()->direct(page);
		memset(words[word_pages], 0, PAGE_SIZE);
		answer = xen_event_op(EVTCHNOP_expand_array, &call);
		if (answer < 0) {
			console_print(
				"muster: xen: array of event words: Xen refuses page %u: %s\n",
				word_pages, xen_error_name(answer));
			mem_free(page, PAGE_SIZE);
			return xen_error(answer);
		}
		word_pages++;
	}
	return 0;
}

int xen_events_reach(uint32_t port)
{
	if (fifo)
		return port < EVTCHN_FIFO_NR_CHANNELS ? words_reach(port) : MUSTER_E_NO_MEMORY;
	return port < EVTCHN_2L_NR_CHANNELS ? 0 : MUSTER_E_NO_MEMORY;
}

uint64_t xen_events_page(uint32_t i)
{
	return i < word_pages ? machine_get()->physical((uintptr_t)words[i]) : 0;
}

void xen_events_reset(void)
{
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	long answer = xen_event_op(EVTCHNOP_reset, &reset);

	if (answer)
		console_print("muster: xen: event channels: EVTCHNOP_reset: %s\n",
			      xen_error_name(answer));
}

static int ports_create(void)
{
	size_t bytes = cpu_possible_count() * sizeof(*ports);
	uint64_t physical = mem_alloc(bytes, 0, .owner = "event channels");

	if (!physical)
		return MUSTER_E_NO_MEMORY;
	ports = machine_get()->direct(physical);
	memset(ports, 0, bytes);
	return 0;
}

static int bind(cpu_t cpu, uint32_t *port)
{
	struct evtchn_bind_ipi call = { .vcpu = cpu_vcpu_id(cpu).value };
	long answer = xen_event_op(EVTCHNOP_bind_ipi, &call);
	int error;

	if (answer < 0) {
		console_print("muster: CPU %u: event channel: Xen refuses one for vCPU %u: %s\n",
			      cpu.number, call.vcpu, xen_error_name(answer));
		return xen_error(answer);
	}
	error = xen_events_reach(call.port);
	if (error) {
		struct evtchn_close close = { .port = call.port };

		(void)xen_event_op(EVTCHNOP_close, &close);
		return error;
	}
	*port = call.port;
	return 0;
}

int xen_events_prepare(cpu_t cpu)
{
	struct evtchn_unmask unmask;
	uint32_t port = 0;
	long answer;
	int error = ports ? 0 : ports_create();

	/* FIFO: words have to be there before the first event is sent to a port. */
	if (!error && fifo)
		error = words_reach(0);
	if (error || ports[cpu.number])
		return error;
	error = bind(cpu, &port);
	if (error)
		return error;
	unmask.port = port;
	answer = xen_event_op(EVTCHNOP_unmask, &unmask);
	if (answer < 0) {
		console_print("muster: CPU %u: event channel %u: cannot be unmasked: %s\n",
			      cpu.number, port, xen_error_name(answer));
		return xen_error(answer);
	}
	ports[cpu.number] = port;
	return 0;
}

void xen_events_kick(cpu_t cpu)
{
	struct evtchn_send send = { .port = ports[cpu.number] };

	/* If it cannot be sent the caller's wait has a limit. */
	(void)xen_event_op(EVTCHNOP_send, &send);
}

static void serve(uint32_t port)
{
	if (port == ports[cpu_this().number]) {
		call_queue_serve();
		return;
	}
	if (xen_listeners_serve(port))
		return;
	if (__atomic_add_fetch(&strays, 1, __ATOMIC_RELAXED) <= STRAYS_NAMED)
		console_print("muster: CPU %u: event channel %u is nobody's: dropped\n",
			      cpu_this().number, port);
}

static uint32_t *word_at(void *context, uint32_t port)
{
	(void)context;
	return port / WORDS_A_PAGE < word_pages ? &words[port / WORDS_A_PAGE][port % WORDS_A_PAGE]
						: NULL;
}

uint32_t *xen_events_word(uint32_t port)
{
	return word_at(NULL, port);
}

static void serve_fifo(cpu_t cpu)
{
	struct event_fifo *queues = area_ptr_or_poison(cpu, XEN_AREA_FIFO);
	uint32_t limit = EVTCHN_FIFO_NR_CHANNELS;
	uint32_t port;

	while ((port = event_fifo_next(queues, word_at, NULL, &limit)))
		serve(port);
	if (!limit)
		muster_panic("xen: CPU %u: event queues: they do not end", cpu.number);
}

/* Bits of all CPUs are in the same words: this CPU takes its own one only. */
static void serve_two_level(cpu_t cpu, struct vcpu_info *info)
{
	const uint32_t port = ports[cpu.number];
	const xen_ulong_t bit = (xen_ulong_t)1 << (port % WORD_BITS);
	xen_ulong_t *word = &xen_guest.shared->evtchn_pending[port / WORD_BITS];

	(void)__atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_ACQ_REL);
	if (__atomic_fetch_and(word, ~bit, __ATOMIC_ACQ_REL) & bit)
		serve(port);
	xen_listeners_take_two_level(cpu);
}

void xen_events_upcall(void)
{
	struct vcpu_info *info = xen_vcpu_info();
	cpu_t cpu = cpu_this();

	if (!info || !ports)
		return;
	/* Cleared before looking, so that one that comes meanwhile is an upcall again. */
	do {
		__atomic_store_n(&info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
		if (fifo)
			serve_fifo(cpu);
		else
			serve_two_level(cpu, info);
	} while (__atomic_load_n(&info->evtchn_upcall_pending, __ATOMIC_ACQUIRE));
}

#if __STDC_HOSTED__
void xen_events_forget(void)
{
	ports = NULL;
	word_pages = 0;
	strays = 0;
}
#endif
