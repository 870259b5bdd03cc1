// SPDX-License-Identifier: MIT
/*
 * Takes and sends interrupts by XIVE, through the hypercalls and accesses that it is handed. Called by the
 * PAPR platform. No answer of the hypervisor is believed before it was looked at, and a queue is read only as
 * far as its generation bit says that it has been written. Must never leave a queue with the hypervisor
 * whose memory goes.
 */
#include "device/xive.h"

#include <muster/clock.h>
#include <muster/console.h>
#include <muster/error.h>

/* Thread management area, of the OS: offsets in its page (QEMU, include/hw/ppc/xive_regs.h). */
#define THREAD_CPPR	   0x11	 /* written, 8 bits: less urgent is kept back; 0: all */
#define THREAD_ACKNOWLEDGE 0x810 /* read, 16 bits: what is wanted, and it is accepted */
#define WANTED_EXTERNAL	   0x8000
#define CPPR_ALL	   0xff
#define CPPR_NOTHING	   0x00

/* Offsets in a source's pages. */
#define TRIGGER	     0x000 /* stored */
#define EOI_STORE    0x400
#define SET_P0_Q0    0xc00 /* loaded: the bits before, P in bit 1, Q in bit 0 */
#define SET_P0_Q1    0xd00 /* off: triggers are dropped */
#define WAS_Q	     1u
#define ACCESS_BYTES 0x1000u /* all offsets are below */

/* Answers and arguments, bits numbered from 0 at the top as in PAPR: 63 is 1. */
#define SOURCE_BY_CALL	 (UINT64_C(1) << (63 - 60)) /* accesses by H_INT_ESB only */
#define SOURCE_LEVEL	 (UINT64_C(1) << (63 - 61))
#define SOURCE_ONE_PAGE	 (UINT64_C(1) << (63 - 62)) /* the page that manages triggers, too */
#define SOURCE_STORE_EOI (UINT64_C(1) << (63 - 63))
#define SET_NUMBER	 (UINT64_C(1) << (63 - 62))
#define ALWAYS_NOTIFY	 (UINT64_C(1) << (63 - 63))
#define NO_PAGE		 UINT64_MAX
#define PRIORITY_OFF	 0xffu
#define PRIORITY_LAST	 6u /* 7 may be the host's own */

#define ENTRY_GENERATION 0x80000000u
#define NUMBER_IPI	 1u /* what an IPI is called in a queue */

/* Statuses that ask to call again: LoPAPR 1.1, 14.5.3. */
#define STATUS_BUSY	  1
#define STATUS_LONG_FIRST 9900
#define STATUS_LONG_LAST  9905
#define BUSY_MILLISECONDS 1000u

static struct {
	const struct xive_calls *calls;
	struct xive_description description;
	uint32_t priority;
	uintptr_t thread_page;
} xive;

static bool is_busy(long status)
{
	return status == STATUS_BUSY || (status >= STATUS_LONG_FIRST && status <= STATUS_LONG_LAST);
}

/* Call until it is no longer busy, or the limit is over. */
#define patiently(call)                                                                   \
	({                                                                                \
		long status_ = (call);                                                    \
		if (is_busy(status_)) {                                                   \
			struct clock_limit limit_ = clock_limit_begin(BUSY_MILLISECONDS); \
			while (is_busy(status_ = (call)) && !clock_limit_over(&limit_))   \
				;                                                         \
		}                                                                         \
		status_;                                                                  \
	})

static int named(const char *call, uint64_t what, long status)
{
	console_print("muster: xive: %s for %#lx: status %ld\n", call, (unsigned long)what, status);
	return MUSTER_E_INVALID;
}

static int bad_description(const char *rule, uint64_t value)
{
	console_print("muster: xive: device tree: %s: %#lx\n", rule, (unsigned long)value);
	return MUSTER_E_INVALID;
}

static int check(const struct xive_description *description)
{
	if (!description->thread_page || description->thread_page % ACCESS_BYTES)
		return bad_description("no page of the thread management area, or not aligned",
				       description->thread_page);
	if (description->queue_shift < 12 || description->queue_shift > 24)
		return bad_description("a queue's size must be 2^12 to 2^24",
				       description->queue_shift);
	if (!description->source_count)
		return bad_description("no sources for IPIs", description->source_count);
	return 0;
}

int xive_begin(const struct xive_calls *calls, const struct xive_description *description)
{
	int error = check(description);
	long status;

	if (error)
		return error;
	xive.calls = calls;
	xive.description = *description;
	/* The least urgent that is ours. */
	xive.priority = PRIORITY_LAST;
	if (description->reserved_priority && description->reserved_priority <= PRIORITY_LAST)
		xive.priority = description->reserved_priority - 1;
	status = patiently(calls->reset());
	if (!status)
		return 0;
	(void)named("H_INT_RESET", 0, status);
	return MUSTER_E_NOT_SUPPORTED;
}

void xive_thread_page_set(uintptr_t mapped)
{
	xive.thread_page = mapped;
}

uint64_t xive_queue_bytes(void)
{
	return UINT64_C(1) << xive.description.queue_shift;
}

static bool is_page(uint64_t address, uint64_t shift)
{
	return address && address != NO_PAGE && !(address & ((UINT64_C(1) << shift) - 1));
}

static int corrupt(uint64_t source, const char *rule, uint64_t value)
{
	console_print("muster: xive: H_INT_GET_SOURCE_INFO for %#lx: %s: %#lx\n",
		      (unsigned long)source, rule, (unsigned long)value);
	return MUSTER_E_CORRUPT;
}

/* results: flags, the page that manages, the one that triggers, log2 of their size. */
static int pages_read(uint64_t source, const uint64_t results[4], struct xive_pages *pages)
{
	uint64_t flags = results[0], shift = results[3];

	if (flags & SOURCE_BY_CALL) {
		console_print("muster: xive: source %#lx: wants a hypercall for each access, "
			      "which is not done for an IPI\n",
			      (unsigned long)source);
		return MUSTER_E_NOT_SUPPORTED;
	}
	if (flags & SOURCE_LEVEL)
		return corrupt(source, "an IPI has no level", flags);
	if (shift < 12 || shift > 24)
		return corrupt(source, "pages must be of 2^12 to 2^24 bytes", shift);
	if (!is_page(results[1], shift))
		return corrupt(source, "no page to manage it by, or not aligned", results[1]);
	pages->manage = results[1];
	pages->trigger = flags & SOURCE_ONE_PAGE ? results[1] : results[2];
	if (!is_page(pages->trigger, shift))
		return corrupt(source, "no page to trigger it by, or not aligned", results[2]);
	pages->store_eoi = flags & SOURCE_STORE_EOI;
	return 0;
}

int xive_source_find(uint32_t number, uint64_t *source, struct xive_pages *pages)
{
	uint64_t results[4] = { 0 };
	long status;

	if (number >= xive.description.source_count) {
		console_print("muster: xive: CPU %u: there are %u sources for IPIs\n", number,
			      xive.description.source_count);
		return MUSTER_E_NOT_FOUND;
	}
	*source = xive.description.source_first + number;
	status = patiently(xive.calls->source_info(*source, results));
	if (!status)
		return pages_read(*source, results, pages);
	(void)named("H_INT_GET_SOURCE_INFO", *source, status);
	return MUSTER_E_NOT_SUPPORTED;
}

static void fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void let_through(uint8_t priority)
{
	xive.calls->store8(xive.thread_page + THREAD_CPPR, priority);
}

/* The entry that comes next, if it has been written: without its generation. */
static bool queue_next(struct xive_cpu *cpu, uint32_t *number)
{
	uint32_t entry = __builtin_bswap32(
		__atomic_load_n((const uint32_t *)&cpu->queue[cpu->next], __ATOMIC_ACQUIRE));

	if ((entry & ENTRY_GENERATION) != cpu->generation)
		return false;
	*number = entry & ~ENTRY_GENERATION;
	cpu->next++;
	if (cpu->next == xive_queue_bytes() / sizeof(uint32_t)) {
		cpu->next = 0;
		cpu->generation ^= ENTRY_GENERATION;
	}
	return true;
}

static void queue_off(struct xive_cpu *cpu)
{
	long status = patiently(xive.calls->queue_config(0, cpu->target, xive.priority, 0, 0));

	cpu->in_use = false;
	if (status)
		(void)named("H_INT_SET_QUEUE_CONFIG, none", cpu->target, status);
}

/* Does the hypervisor have the queue that it was told? */
static int queue_on(struct xive_cpu *cpu)
{
	uint32_t shift = xive.description.queue_shift;
	uint64_t results[4] = { 0 };
	long status = patiently(xive.calls->queue_config(ALWAYS_NOTIFY, cpu->target, xive.priority,
							 cpu->queue_physical, shift));

	if (status)
		return named("H_INT_SET_QUEUE_CONFIG", cpu->target, status);
	cpu->in_use = true;
	status = patiently(xive.calls->queue_info(cpu->target, xive.priority, results));
	if (!status)
		return 0;
	queue_off(cpu);
	return named("H_INT_GET_QUEUE_INFO", cpu->target, status);
}

int xive_enable(struct xive_cpu *cpu)
{
	long status;
	int error;

	cpu->next = 0;
	cpu->generation = ENTRY_GENERATION;
	error = queue_on(cpu);
	if (error)
		return error;
	status = patiently(xive.calls->source_config(SET_NUMBER, cpu->source, cpu->target,
						     xive.priority, NUMBER_IPI));
	if (status) {
		queue_off(cpu);
		return named("H_INT_SET_SOURCE_CONFIG", cpu->source, status);
	}
	(void)xive.calls->load64(cpu->manage + SET_P0_Q0);
	let_through(CPPR_ALL);
	return 0;
}

void xive_take_away(struct xive_cpu *cpu)
{
	long status;

	if (!cpu->in_use)
		return;
	(void)xive.calls->load64(cpu->manage + SET_P0_Q1);
	status = patiently(xive.calls->source_config(0, cpu->source, 0, PRIORITY_OFF, 0));
	if (status)
		(void)named("H_INT_SET_SOURCE_CONFIG, off", cpu->source, status);
	queue_off(cpu);
}

void xive_disable(struct xive_cpu *cpu)
{
	let_through(CPPR_NOTHING);
	xive_take_away(cpu);
}

static void trigger(const struct xive_cpu *cpu)
{
	xive.calls->store64(cpu->trigger + TRIGGER, 0);
}

void xive_send(const struct xive_cpu *cpu)
{
	fence();
	trigger(cpu);
}

/* What was triggered since, and dropped into Q, is triggered once more. */
static void end_of_ipi(const struct xive_cpu *cpu)
{
	if (cpu->store_eoi)
		xive.calls->store64(cpu->manage + EOI_STORE, 0);
	else if (xive.calls->load64(cpu->manage + SET_P0_Q0) & WAS_Q)
		trigger(cpu);
}

enum xive_interrupt xive_take(struct xive_cpu *cpu, uint32_t *number)
{
	uint16_t wanted = xive.calls->load16(xive.thread_page + THREAD_ACKNOWLEDGE);
	enum xive_interrupt came = XIVE_NOTHING;
	uint32_t entries = (uint32_t)(xive_queue_bytes() / sizeof(uint32_t));
	uint32_t event;

	if (!(wanted & WANTED_EXTERNAL))
		return XIVE_NOTHING;
	/* One turn at most: a queue that is written faster than it is read is looked at again. */
	for (uint32_t i = 0; i < entries && queue_next(cpu, &event); i++) {
		if (event == NUMBER_IPI) {
			end_of_ipi(cpu);
			came = came == XIVE_OTHER ? XIVE_OTHER : XIVE_IPI;
		} else {
			*number = event;
			came = XIVE_OTHER;
		}
	}
	let_through(CPPR_ALL);
	fence();
	return came;
}
