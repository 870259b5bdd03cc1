// SPDX-License-Identifier: MIT
/*
 * What ibm,client-architecture-support is handed: a structure that a reader who knows only the book's rules finds
 * his way through, and in it what the platform offers and the image can drive, no more.
 */
#include "platform/papr/papr_negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS_MAX 8u

/* As the firmware reads it: processors up to the last, then vectors by their lengths. */
struct parsed {
	uint32_t processors;
	uint32_t vectors;
	const uint8_t *vector[VECTORS_MAX]; /* at its length byte */
	uint32_t length[VECTORS_MAX];	    /* without that */
	size_t bytes;
};

static uint32_t big(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static struct parsed parse(const struct negotiate_request *request)
{
	const uint8_t *start = (const uint8_t *)request, *at = start;
	struct parsed parsed = { 0 };
	bool last;

	do {
		last = ~big(at) & big(at + 4);
		at += 8;
		parsed.processors++;
	} while (!last && parsed.processors < 64);
	parsed.vectors = *at++ + 1u;
	assert_true(parsed.vectors <= VECTORS_MAX);
	for (uint32_t i = 0; i < parsed.vectors; i++) {
		parsed.vector[i] = at;
		parsed.length[i] = *at + 1u;
		at += 1 + parsed.length[i];
	}
	parsed.bytes = (size_t)(at - start);
	return parsed;
}

/* Byte n of vector 5, the length byte being 0. */
static uint8_t vector_5(const struct parsed *parsed, uint32_t n)
{
	return n <= parsed->length[4] ? parsed->vector[4][n] : 0;
}

static struct parsed fill(struct negotiate_request *request, const uint8_t *options, size_t length,
			  bool xive)
{
	memset(request, 0xff, sizeof(*request));
	negotiate_fill(request, options, length, xive);
	return parse(request);
}

static void read_as_the_book_has_it(void **state)
{
	struct negotiate_request request;
	struct parsed parsed = fill(&request, NULL, 0, true);

	(void)state;
	assert_int_equal(parsed.processors, NEGOTIATE_PROCESSORS);
	assert_int_equal(parsed.vectors, 5);
	assert_int_equal(parsed.bytes, sizeof(request));
	assert_int_equal(parsed.length[4], 26);
	assert_true(vector_5(&parsed, 2) & 0x80);
	/* Nothing is offered: nothing new is asked for. */
	assert_int_equal(vector_5(&parsed, 23), 0);
	assert_int_equal(vector_5(&parsed, 24), 0);
	assert_int_equal(vector_5(&parsed, 26), 0);
}

static void what_is_offered_and_can_be_driven(void **state)
{
	static const struct {
		uint8_t xive, mmu, radix;
		bool driver;
		uint8_t want_xive, want_mmu, want_radix;
	} rows[] = {
		/* QEMU's TCG: XICS or XIVE, either translation at any time, guests may flush. */
		{ 0x80, 0xc0, 0x40, true, 0x40, 0x40, 0x40 },
		{ 0x80, 0xc0, 0x40, false, 0, 0x40, 0x40 },
		{ 0x40, 0x40, 0x40, true, 0x40, 0x40, 0x40 },
		{ 0x40, 0x40, 0x40, false, 0x40, 0x40, 0x40 }, /* there is nothing else */
		{ 0x00, 0x00, 0x40, true, 0, 0, 0 },
		/* XIVE's pages are reached with translation on only. */
		{ 0x40, 0x00, 0x40, true, 0, 0, 0 },
		{ 0x00, 0x80, 0x00, true, 0, 0x40, 0 },
		/* XIVE's pages need translation. */
		{ 0x40, 0x00, 0x40, true, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t options[] = { 23, rows[i].xive, 24, rows[i].mmu,
					    25, 0xff,	      26, rows[i].radix };
		struct negotiate_request request;
		struct parsed parsed = fill(&request, options, sizeof(options), rows[i].driver);

		assert_int_equal(vector_5(&parsed, 23), rows[i].want_xive);
		assert_int_equal(vector_5(&parsed, 24), rows[i].want_mmu);
		assert_int_equal(vector_5(&parsed, 25), 0);
		assert_int_equal(vector_5(&parsed, 26), rows[i].want_radix);
	}
}

/* A list that ends in the middle of a pair. */
static void half_a_pair(void **state)
{
	static const uint8_t options[] = { 24, 0x40, 23, 0x40, 26 };
	struct negotiate_request request;
	struct parsed parsed = fill(&request, options, sizeof(options), true);

	(void)state;
	assert_int_equal(vector_5(&parsed, 23), 0x40);
	assert_int_equal(vector_5(&parsed, 24), 0x40);
	assert_int_equal(vector_5(&parsed, 26), 0);
}

static void the_word_against_xive(void **state)
{
	(void)state;
	assert_true(negotiate_without_xive("xive=off"));
	assert_true(negotiate_without_xive("test=none xive=off"));
	assert_true(negotiate_without_xive("  xive=off\ttimeout=100 "));
	assert_false(negotiate_without_xive(""));
	assert_false(negotiate_without_xive("   "));
	assert_false(negotiate_without_xive("xive=on"));
	assert_false(negotiate_without_xive("xive=offline"));
	assert_false(negotiate_without_xive("noxive=off xive = off xive=of"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_as_the_book_has_it),
		cmocka_unit_test(what_is_offered_and_can_be_driven),
		cmocka_unit_test(half_a_pair),
		cmocka_unit_test(the_word_against_xive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
