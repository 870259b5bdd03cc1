// SPDX-License-Identifier: MIT
/*
 * Hot-plug events, and nodes that are told piece by piece, over any bytes: the input is an event, then what
 * ibm,configure-connector makes of the work area, call by call: a status and what changes.
 */
#include "device/dr_connector.h"
#include "tests/fuzz/silence.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 32u

static const uint8_t *input;
static size_t left;
static uint8_t log_area[DR_LOG_BYTES];
static uint8_t *work; /* on the heap, so that a byte behind it is seen */

static int32_t call_event(uint8_t *log)
{
	(void)log;
	return 1;
}

/* Where: 16 bits; then what is written there; and the status before, 0 when the input is over. */
static int32_t call_configure(uint8_t *area)
{
	int32_t status;
	size_t part, to;

	if (left < 3)
		return 0;
	status = (int8_t)input[0];
	to = ((size_t)input[1] << 8 | input[2]) % DR_WORK_BYTES;
	input += 3;
	left -= 3;
	part = left < PIECE ? left : PIECE;
	if (part > DR_WORK_BYTES - to)
		part = DR_WORK_BYTES - to;
	memcpy(area + to, input, part);
	input += part;
	left -= part;
	/* Not busy for ever: that takes its time. */
	return status == -2 ? 3 : status;
}

static int32_t call_sense(uint32_t index, uint32_t *state)
{
	*state = index & 1;
	return 0;
}

static int32_t call_indicate(uint32_t indicator, uint32_t index, uint32_t state)
{
	(void)indicator;
	(void)index;
	(void)state;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dr_calls calls = { call_event,	 call_configure, call_sense,
				  call_indicate, log_area,	 NULL };
	uint8_t *log = malloc(size ? size : 1);
	struct dr_event event = { 0 };
	struct dr_core core;

	silence_begin();
	work = malloc(DR_WORK_BYTES);
	if (!log || !work)
		abort();
	if (size)
		memcpy(log, data, size);
	if (!dr_event_read(log, (uint32_t)size, &event))
		must(event.action == DR_ADDED || event.action == DR_WANTED);
	calls.work = work;
	input = data;
	left = size;
	if (!dr_core_take(&calls, event.index, &core)) {
		must(core.server_count && core.server_count <= DR_THREADS_MAX);
		must(core.domain_count <= DR_DOMAINS_MAX);
	}
	free(log);
	free(work);
	return 0;
}
