// SPDX-License-Identifier: MIT
/*
 * The flattener of Open Firmware's live tree, with a firmware that answers whatever the input says: numbers,
 * names and values come from it byte by byte, and 0 when it is over. What comes out must be a tree, after no more
 * calls than such an input is good for.
 */
#include "firmware/device_tree.h"
#include "firmware/openfirmware.h"
#include "tests/fuzz/silence.h"

#include <libfdt.h>

#define WINDOW	       0x00f00000u
#define WINDOW_SIZE    2048u
#define FLAT_SIZE      32768u
#define CALLS_PER_BYTE 8u
#define CALLS_AT_LEAST 4096u

static _Alignas(8) uint8_t window[WINDOW_SIZE];
static _Alignas(8) uint8_t flat_bytes[FLAT_SIZE];

struct teller {
	const uint8_t *data;
	size_t left;
	uint32_t calls;
	uint32_t calls_max;
};

static uint8_t next(struct teller *teller)
{
	if (!teller->left)
		return 0;
	teller->left--;
	return *teller->data++;
}

static uint32_t cell(uint32_t at)
{
	uint32_t value;

	memcpy(&value, window + at * sizeof(value), sizeof(value));
	return fdt32_to_cpu(value);
}

/* Small numbers mostly: they are handles that were given before, counts, or 0. */
static uint32_t number(struct teller *teller)
{
	uint8_t kind = next(teller);

	if (kind < 0xf0)
		return kind % 24;
	return kind == 0xff ? UINT32_MAX : (uint32_t)next(teller) << 24 | next(teller);
}

static int enter(void *context, uint32_t cells)
{
	struct teller *teller = context;
	uint32_t arguments = cell(1), results = cell(2), value;

	must(cells == WINDOW && arguments + results <= OPENFIRMWARE_CELLS_MAX);
	must(++teller->calls <= teller->calls_max);
	/* An argument that points into the window is written to, if it may be. */
	for (uint32_t i = 1; i < arguments; i++) {
		uint32_t at = cell(3 + i) - WINDOW;
		uint32_t room = i + 1 < arguments ? cell(4 + i) : OPENFIRMWARE_NAME_MAX + 1;
		uint8_t length = at < WINDOW_SIZE && i > 0 ? next(teller) % 40 : 0;

		/* The name that is asked for lies before; values behind it. */
		if (at < 512 || at >= WINDOW_SIZE)
			continue;
		must(room <= WINDOW_SIZE - at);
		for (uint8_t n = 0; n < length && n < room; n++)
			window[at + n] = next(teller);
	}
	for (uint32_t i = 0; i < results; i++) {
		value = cpu_to_fdt32(number(teller));
		memcpy(window + (3 + arguments + i) * sizeof(value), &value, sizeof(value));
	}
	return next(teller) == 0xee;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct teller teller = { .data = data,
				 .left = size,
				 .calls_max = CALLS_AT_LEAST + (uint32_t)size * CALLS_PER_BYTE };
	const struct openfirmware firmware = { enter, &teller, window, WINDOW, WINDOW_SIZE };
	const struct openfirmware_flat flat = { .buffer = flat_bytes, .size = FLAT_SIZE };
	struct device_tree tree;
	int32_t bytes;

	silence_begin();
	memset(window, 0, sizeof(window));
	bytes = openfirmware_flatten(&firmware, &flat);
	if (bytes > 0)
		must(!device_tree_open(flat_bytes, (uint32_t)bytes, &tree) &&
		     tree.size == (uint32_t)bytes);
	else
		must(bytes < 0);
	return 0;
}
