// SPDX-License-Identifier: MIT
/*
 * Event queues over any words: the input is a control block with the reader's own part behind it, and
 * then the event words, which change again by what is left of the input while they are read.
 */
#include "platform/xen/event_fifo.h"
#include "tests/fuzz/silence.h"

#include <stdlib.h>
#include <string.h>

#define PORTS 256u
#define LIMIT 4096u

static uint32_t words[PORTS];

static uint32_t *word(void *context, uint32_t port)
{
	(void)context;
	must(port);
	return port < PORTS ? &words[port] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_fifo fifo = { 0 };
	size_t part = size < sizeof(fifo) ? size : sizeof(fifo);
	uint32_t limit = LIMIT;
	uint32_t port;

	memcpy(&fifo, data, part);
	data += part;
	size -= part;
	memset(words, 0, sizeof(words));
	part = size < sizeof(words) ? size : sizeof(words);
	memcpy(words, data, part);
	data += part;
	size -= part;
	while ((port = event_fifo_next(&fifo, word, NULL, &limit))) {
		must(port < PORTS);
		must(!(words[port] & 1u << EVTCHN_FIFO_PENDING));
		/* Xen writes meanwhile. */
		if (size >= sizeof(uint32_t)) {
			uint32_t written;

			memcpy(&written, data, sizeof(written));
			words[written % PORTS] = written;
			fifo.control.head[written % EVTCHN_FIFO_MAX_QUEUES] = written >> 8;
			fifo.control.ready = written >> 16;
			data += sizeof(written);
			size -= sizeof(written);
		}
	}
	/* It ended because there is no more, or because it was enough. */
	must(!limit || !fifo.ready);
	return 0;
}
