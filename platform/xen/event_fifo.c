// SPDX-License-Identifier: MIT
/*
 * Takes events from a vCPU's FIFO queues: event_fifo.h. Called by event_channel.c, on the vCPU whose
 * queues they are, with upcalls masked. Xen writes to all of this at the same time; every word changes
 * by compare-and-exchange only, and no number in it is believed.
 */
#include "platform/xen/event_fifo.h"

_Static_assert(sizeof(struct evtchn_fifo_control_block) == 72, "public/event_channel.h");
_Static_assert(offsetof(struct evtchn_fifo_control_block, head) == 8, "public/event_channel.h");

#define BIT(number) (1u << (number))

/* Take a word out of its list: not linked any more, and what it was linked to. From here on Xen may
 * append it anew. */
static uint32_t unlink(uint32_t *word)
{
	uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(
		word, &old, old & ~(BIT(EVTCHN_FIFO_LINKED) | (uint32_t)EVTCHN_FIFO_LINK_MASK),
		false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	return old & EVTCHN_FIFO_LINK_MASK;
}

/* Is it for us to do? Then it is not pending any more. A masked one keeps that, for unmasking. */
static bool claim(uint32_t *word)
{
	uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

	do {
		if (old & BIT(EVTCHN_FIFO_MASKED) || !(old & BIT(EVTCHN_FIFO_PENDING)))
			return false;
	} while (!__atomic_compare_exchange_n(word, &old, old & ~BIT(EVTCHN_FIFO_PENDING), false,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}

uint32_t event_fifo_next(struct event_fifo *fifo, event_word_function *word, void *context,
			 uint32_t *limit)
{
	for (;;) {
		uint32_t queue, port;
		uint32_t *at;

		/* Ours is in the same page, and no more to be believed. */
		fifo->ready |= __atomic_exchange_n(&fifo->control.ready, 0, __ATOMIC_ACQUIRE);
		fifo->ready &= BIT(EVTCHN_FIFO_MAX_QUEUES) - 1;
		if (!fifo->ready || !*limit)
			return 0;
		--*limit;
		/* The lowest number is the highest priority. */
		queue = (uint32_t)__builtin_ctz(fifo->ready);
		port = fifo->next[queue];
		if (!port)
			port = __atomic_load_n(&fifo->control.head[queue], __ATOMIC_ACQUIRE);
		at = port ? word(context, port) : NULL;
		fifo->next[queue] = at ? unlink(at) : 0;
		if (!fifo->next[queue])
			fifo->ready &= ~BIT(queue);
		if (at && claim(at))
			return port;
	}
}
