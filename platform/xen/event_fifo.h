/* SPDX-License-Identifier: MIT */
/*
 * Reading one vCPU's event queues, FIFO ABI (public/event_channel.h; Xen's docs, "FIFO-based event
 * channel ABI"). There is a queue for each of 16 priorities: a list of event words, linked by port
 * number, the head in the vCPU's control block. Xen appends, only this vCPU takes from the front. Pure:
 * the host tests it.
 */
#ifndef PLATFORM_XEN_EVENT_FIFO_H
#define PLATFORM_XEN_EVENT_FIFO_H

#include "platform/xen/hypercall.h"

/* The block's page: what Xen knows, and behind it how far this vCPU has read, so that a CPU that goes and
 * comes again goes on where it was. */
struct event_fifo {
	struct evtchn_fifo_control_block control;
	uint32_t next[EVTCHN_FIFO_MAX_QUEUES]; /* the port to take next; 0: the list was empty */
	uint32_t ready;			       /* queues that were ready and are not empty yet */
};

/* The word of a port; NULL: there is no such port (then the list is cut off there). */
typedef uint32_t *event_word_function(void *context, uint32_t port);

/*
 * The next port that is pending and not masked, by priority; its pending bit has been cleared. 0: no
 * more, or the list does not end within `limit` entries (then *limit is 0). Only on the vCPU itself.
 */
uint32_t event_fifo_next(struct event_fifo *fifo, event_word_function *word, void *context,
			 uint32_t *limit);

#endif
