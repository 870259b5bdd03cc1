// SPDX-License-Identifier: MIT
/*
 * The names of an image's functions: a table that `muster symbols` makes from the linked image, read by the
 * backtraces of every architecture. Never faults on an image without one.
 */
#include "arch/symbol_table.h"

#include "core/string.h"

#include <stddef.h>

/* How far behind the last function an address may lie and still be said to be in it: the tool's too. */
#define FUNCTION_SPAN 65536

/* Made by `muster symbols`; weak, so that an image without the table links, and prints numbers. */
extern const uint32_t muster_symbols_count __attribute__((weak));
extern const uint64_t muster_symbols_base __attribute__((weak));
extern const uint8_t muster_symbols_entries[] __attribute__((weak));

/* A LEB128 number (DWARF 5, 7.6): seven bits a byte, the lowest first. */
static uint64_t take_number(const uint8_t **at)
{
	uint64_t number = 0;
	uint32_t shift = 0;

	for (; **at & 0x80; (*at)++, shift += 7)
		number |= (uint64_t)(**at & 0x7f) << shift;
	return number | (uint64_t) * (*at)++ << shift;
}

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	const uint8_t *at = muster_symbols_entries;
	const char *name = NULL;
	uint64_t start;

	if (!&muster_symbols_count || address < muster_symbols_base)
		return NULL;
	start = muster_symbols_base;
	for (uint32_t i = 0; i < muster_symbols_count; i++) {
		uint64_t next = start + take_number(&at);

		if (next > address)
			break;
		start = next;
		name = (const char *)at;
		at += strlen(name) + 1;
	}
	*offset = address - start;
	return *offset < FUNCTION_SPAN ? name : NULL;
}
