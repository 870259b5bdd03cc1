/* SPDX-License-Identifier: MIT */
/*
 * A model of a hypervisor's XIVE for tests: sources with P and Q, queues in memory, and of one thread the
 * management page. Pages are numbers: nothing is mapped. What the model says can be made wrong.
 */
#ifndef TESTS_UNIT_MOCK_XIVE_H
#define TESTS_UNIT_MOCK_XIVE_H

#include "device/xive.h"

#include <stdlib.h>
#include <string.h>

#define MOCK_FIRST	4u /* the first source for IPIs */
#define MOCK_SOURCES	8u
#define MOCK_TARGETS	8u
#define MOCK_PRIORITY	6u /* the least urgent that is the guest's */
#define MOCK_SHIFT	12u
#define MOCK_THREAD	UINT64_C(0x6030203190000)
#define MOCK_PAGES	UINT64_C(0x6010000000000)
#define MOCK_PAGE_SHIFT 16u
#define MOCK_REFUSED	(-4L)

struct mock_source {
	bool p, q, masked, targeted;
	uint64_t target, number;
	uint32_t dropped; /* triggers while it was off */
};

struct mock_queue {
	volatile uint32_t *at; /* NULL: there is none */
	uint64_t shift;
	uint32_t next;
	uint32_t generation;
};

static struct mock_xive {
	struct mock_source sources[MOCK_SOURCES];
	struct mock_queue queues[MOCK_TARGETS];
	/* The thread that runs is target 0's. */
	uint8_t cppr;
	bool wanted;
	uint32_t resets;
	bool store_eoi, one_page;
	/* What is wrong. */
	const char *refused; /* the call that is */
	long status;	     /* and with what */
	uint32_t times;
	uint64_t add_flags;
	uint64_t *answer; /* of source_info, instead; four of them */
} mock;

static inline long mock_status(const char *call)
{
	if (!mock.refused || strcmp(mock.refused, call) || !mock.times)
		return 0;
	mock.times--;
	return mock.status;
}

static inline void mock_refuse(const char *call, long status, uint32_t times)
{
	mock.refused = call;
	mock.status = status;
	mock.times = times;
}

static inline uint64_t mock_manage(uint64_t source)
{
	return MOCK_PAGES + ((2 * source + (mock.one_page ? 0 : 1)) << MOCK_PAGE_SHIFT);
}

static inline uint64_t mock_trigger_page(uint64_t source)
{
	return MOCK_PAGES + ((2 * source) << MOCK_PAGE_SHIFT);
}

static inline void mock_event(const struct mock_source *source)
{
	struct mock_queue *queue;

	if (!source->targeted || source->masked)
		return;
	queue = &mock.queues[source->target];
	if (!queue->at)
		return;
	queue->at[queue->next] =
		__builtin_bswap32(queue->generation << 31 | (uint32_t)source->number);
	queue->next++;
	if (queue->next == (1u << queue->shift) / 4) {
		queue->next = 0;
		queue->generation ^= 1;
	}
	if (source->target == 0)
		mock.wanted = true;
}

static inline void mock_fire(struct mock_source *source)
{
	if (!source->p && source->q) {
		source->dropped++;
	} else if (source->p) {
		source->q = true;
	} else {
		source->p = true;
		mock_event(source);
	}
}

static inline bool mock_interrupted(void)
{
	return mock.wanted && MOCK_PRIORITY < mock.cppr;
}

static inline long mock_source_info(uint64_t source, uint64_t results[4])
{
	long status = mock_status("source_info");

	if (status || source - MOCK_FIRST >= MOCK_SOURCES)
		return status ? status : MOCK_REFUSED;
	results[0] = (mock.store_eoi ? 1 : 0) | (mock.one_page ? 2 : 0);
	results[1] = mock_manage(source - MOCK_FIRST);
	results[2] = mock.one_page ? UINT64_MAX : mock_trigger_page(source - MOCK_FIRST);
	results[3] = MOCK_PAGE_SHIFT;
	if (mock.answer)
		memcpy(results, mock.answer, 4 * sizeof(results[0]));
	return 0;
}

static inline long mock_source_config(uint64_t flags, uint64_t source, uint64_t target,
				      uint64_t priority, uint64_t number)
{
	struct mock_source *at;
	long status = mock_status("source_config");

	if (status || source - MOCK_FIRST >= MOCK_SOURCES)
		return status ? status : MOCK_REFUSED;
	at = &mock.sources[source - MOCK_FIRST];
	at->targeted = priority != 0xff;
	if (!at->targeted)
		return 0;
	if (target >= MOCK_TARGETS || priority > MOCK_PRIORITY)
		return MOCK_REFUSED;
	at->target = target;
	if (flags & 2)
		at->number = number;
	at->masked = flags & 1;
	return 0;
}

static inline long mock_queue_info(uint64_t target, uint64_t priority, uint64_t results[4])
{
	(void)results;
	if (mock_status("queue_info"))
		return mock.status;
	return target < MOCK_TARGETS && priority <= MOCK_PRIORITY ? 0 : MOCK_REFUSED;
}

static inline long mock_queue_config(uint64_t flags, uint64_t target, uint64_t priority,
				     uint64_t address, uint64_t shift)
{
	struct mock_queue *queue;
	long status = mock_status("queue_config");

	if (status)
		return status;
	if (target >= MOCK_TARGETS || priority > MOCK_PRIORITY || (shift && flags != 1))
		return MOCK_REFUSED;
	queue = &mock.queues[target];
	*queue = (struct mock_queue){ .generation = 1 };
	if (!shift)
		return 0;
	if (shift != MOCK_SHIFT || address & ((UINT64_C(1) << shift) - 1))
		return MOCK_REFUSED;
	queue->at = (volatile uint32_t *)(uintptr_t)address;
	queue->shift = shift;
	return 0;
}

static inline long mock_reset(void)
{
	long status = mock_status("reset");

	if (status)
		return status;
	mock.resets++;
	memset(mock.sources, 0, sizeof(mock.sources));
	memset(mock.queues, 0, sizeof(mock.queues));
	for (uint32_t i = 0; i < MOCK_SOURCES; i++)
		mock.sources[i].q = true; /* off */
	return 0;
}

/* The source whose page an address is in, and the offset; a wrong page ends the test. */
static inline struct mock_source *mock_source_at(uintptr_t address, bool manages, uint64_t *offset)
{
	uint64_t number = (address - MOCK_PAGES) >> (MOCK_PAGE_SHIFT + 1);

	*offset = address & 0xffff;
	if (number >= MOCK_SOURCES ||
	    address - *offset != (manages ? mock_manage(number) : mock_trigger_page(number)))
		abort();
	return &mock.sources[number];
}

static inline uint64_t mock_load64(uintptr_t address)
{
	uint64_t offset, before;
	struct mock_source *source = mock_source_at(address, true, &offset);

	before = (uint64_t)source->p << 1 | source->q;
	if (offset < 0xc00 || offset > 0xf00)
		abort();
	source->p = offset >> 8 & 2;
	source->q = offset >> 8 & 1;
	return before;
}

static inline void mock_store64(uintptr_t address, uint64_t value)
{
	uint64_t offset;
	struct mock_source *source;
	bool again;

	(void)value;
	if ((address & 0xfff) == 0x400 && mock.store_eoi) {
		source = mock_source_at(address, true, &offset);
		again = source->p && source->q;
		source->p = source->q = false;
		if (again)
			mock_fire(source);
		return;
	}
	source = mock_source_at(address, false, &offset);
	if (offset)
		abort();
	mock_fire(source);
}

static inline uint16_t mock_load16(uintptr_t address)
{
	bool taken = mock_interrupted();

	if (address != MOCK_THREAD + 0x810)
		abort();
	if (!taken)
		return mock.cppr;
	mock.wanted = false;
	mock.cppr = MOCK_PRIORITY;
	return 0x8000 | MOCK_PRIORITY;
}

static inline void mock_store8(uintptr_t address, uint8_t value)
{
	if (address != MOCK_THREAD + 0x11)
		abort();
	mock.cppr = value;
}

static const struct xive_calls mock_calls = {
	.source_info = mock_source_info,
	.source_config = mock_source_config,
	.queue_info = mock_queue_info,
	.queue_config = mock_queue_config,
	.reset = mock_reset,
	.load64 = mock_load64,
	.load16 = mock_load16,
	.store64 = mock_store64,
	.store8 = mock_store8,
};

#endif
