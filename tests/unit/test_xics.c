// SPDX-License-Identifier: MIT
/*
 * XICS with a model of the hypervisor on the other side: what its calls do to a presentation controller (LoPAPR
 * 1.1, chapter 14), interrupts that wait, that were left over, that go away, and calls that are refused.
 */
#include "device/xics.h"
#include "tests/unit/console_capture.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SERVER	8u
#define SERVERS 16u
#define IDLE	0xffu
#define REFUSED (-4L)
#define NOBODY	0x1001u /* a device's source */
#define URGENT	0x05u	/* its priority */

/* One presentation controller, of which the calling CPU's is SERVER. */
static struct presenter {
	uint8_t cppr, mfrr;
	uint32_t waiting; /* sources of devices that want this CPU */
	bool accepted;	  /* something was, and has not been ended */
	uint32_t in_service;
	uint8_t before; /* CPPR, when it was */
} presenters[SERVERS];

/* Which call is refused, and how many go well before that. */
static const char *refused;
static uint32_t refused_after;

static long status_of(const char *call)
{
	if (!refused || strcmp(refused, call))
		return 0;
	return refused_after-- ? 0 : REFUSED;
}

static bool wants_attention(const struct presenter *presenter)
{
	return presenter->mfrr < presenter->cppr ||
	       (presenter->waiting && URGENT < presenter->cppr);
}

static long call_xirr(uint32_t *xirr)
{
	struct presenter *own = &presenters[SERVER];
	long status = status_of("xirr");

	*xirr = (uint32_t)own->cppr << 24;
	if (status || !wants_attention(own))
		return status;
	assert_false(own->accepted);
	own->accepted = true;
	own->before = own->cppr;
	if (own->mfrr < own->cppr && (!own->waiting || own->mfrr <= URGENT)) {
		own->in_service = 2;
		own->cppr = own->mfrr;
	} else {
		own->in_service = NOBODY;
		own->cppr = URGENT;
		own->waiting--;
	}
	*xirr |= own->in_service;
	return 0;
}

static long call_eoi(uint32_t xirr)
{
	struct presenter *own = &presenters[SERVER];
	long status = status_of("eoi");

	/* Only what was accepted, with the priority from before. */
	assert_true(own->accepted);
	assert_int_equal(xirr & 0xffffff, own->in_service);
	assert_int_equal(xirr >> 24, own->before);
	if (status)
		return status;
	own->accepted = false;
	own->cppr = (uint8_t)(xirr >> 24);
	return 0;
}

static long call_cppr(uint8_t priority)
{
	long status = status_of("cppr");

	if (!status)
		presenters[SERVER].cppr = priority;
	return status;
}

static long call_ipi(uint32_t server, uint8_t priority)
{
	long status = status_of("ipi");

	if (server >= SERVERS)
		return REFUSED;
	if (!status)
		presenters[server].mfrr = priority;
	return status;
}

static long call_ipoll(uint32_t server, uint32_t *xirr, uint8_t *mfrr)
{
	*xirr = 0;
	*mfrr = presenters[server].mfrr;
	return status_of("ipoll");
}

static const struct xics_calls calls = { call_xirr, call_eoi, call_cppr, call_ipi, call_ipoll };

static int begin(void **state)
{
	(void)state;
	capture_begin();
	memset(presenters, 0, sizeof(presenters));
	for (uint32_t i = 0; i < SERVERS; i++)
		presenters[i].mfrr = IDLE;
	refused = NULL;
	refused_after = 0;
	return xics_begin(&calls, SERVER);
}

static void refuse(const char *call, uint32_t after)
{
	refused = call;
	refused_after = after;
}

static void nothing_before_it_is_enabled(void **state)
{
	(void)state;
	presenters[SERVER].mfrr = 4;
	assert_false(wants_attention(&presenters[SERVER]));
	assert_int_equal(xics_enable(SERVER), 0);
	/* What others wanted before that is not wanted any more. */
	assert_false(wants_attention(&presenters[SERVER]));
	assert_int_equal(presenters[SERVER].cppr, 0xff);
}

static void an_ipi_arrives_once(void **state)
{
	uint32_t source;

	(void)state;
	assert_int_equal(xics_enable(SERVER), 0);
	assert_int_equal(xics_send(SERVER), 0);
	assert_true(wants_attention(&presenters[SERVER]));
	assert_int_equal(xics_take(SERVER, &source), XICS_IPI);
	assert_false(wants_attention(&presenters[SERVER]));
	assert_false(presenters[SERVER].accepted);
	assert_int_equal(presenters[SERVER].cppr, 0xff);
	assert_int_equal(xics_take(SERVER, &source), XICS_NOTHING);
	assert_false(presenters[SERVER].accepted);
}

static void the_next_ipi_comes_again(void **state)
{
	uint32_t source;

	(void)state;
	assert_int_equal(xics_enable(SERVER), 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(xics_send(SERVER), 0);
		assert_int_equal(xics_take(SERVER, &source), XICS_IPI);
	}
}

static void others_are_reached(void **state)
{
	(void)state;
	assert_int_equal(xics_send(3), 0);
	assert_int_not_equal(presenters[3].mfrr, IDLE);
	assert_int_equal(presenters[SERVER].mfrr, IDLE);
}

static void one_that_is_not_there_is_named_once(void **state)
{
	(void)state;
	assert_int_equal(xics_send(SERVERS), MUSTER_E_INVALID);
	assert_int_equal(xics_send(SERVERS), MUSTER_E_INVALID);
	assert_int_equal(capture_count("xics: H_IPI for server 0x10: status -4"), 1);
}

static void a_device_is_ended_and_told(void **state)
{
	uint32_t source = 0;

	(void)state;
	assert_int_equal(xics_enable(SERVER), 0);
	presenters[SERVER].waiting = 1;
	assert_int_equal(xics_take(SERVER, &source), XICS_OTHER);
	assert_int_equal(source, NOBODY);
	assert_false(presenters[SERVER].accepted);
	/* And it does not take an IPI's place. */
	presenters[SERVER].waiting = 1;
	assert_int_equal(xics_send(SERVER), 0);
	assert_int_equal(xics_take(SERVER, &source), XICS_IPI);
	assert_int_equal(xics_take(SERVER, &source), XICS_OTHER);
	assert_int_equal(xics_take(SERVER, &source), XICS_NOTHING);
}

static void what_was_left_over_is_dropped(void **state)
{
	(void)state;
	presenters[SERVER].waiting = 3;
	assert_int_equal(xics_enable(SERVER), 0);
	assert_int_equal(presenters[SERVER].waiting, 0);
	assert_false(wants_attention(&presenters[SERVER]));
	assert_int_equal(capture_count("source 0x1001 was left over from before: dropped"), 3);
}

static void a_source_that_goes_on_ends_it(void **state)
{
	(void)state;
	presenters[SERVER].waiting = UINT32_MAX;
	assert_int_equal(xics_enable(SERVER), MUSTER_E_INVALID);
	assert_true(capture_has("more than 64 interrupts left over from before"));
}

static void disabled_is_undisturbed(void **state)
{
	(void)state;
	assert_int_equal(xics_enable(SERVER), 0);
	assert_int_equal(xics_send(SERVER), 0);
	xics_disable(SERVER);
	assert_false(wants_attention(&presenters[SERVER]));
	assert_int_equal(xics_send(SERVER), 0);
	assert_false(wants_attention(&presenters[SERVER]));
	/* And can be enabled again. */
	assert_int_equal(xics_enable(SERVER), 0);
	assert_false(wants_attention(&presenters[SERVER]));
}

static void without_the_calls_it_does_not_begin(void **state)
{
	(void)state;
	refuse("ipoll", 0);
	assert_int_equal(xics_begin(&calls, SERVER), MUSTER_E_NOT_SUPPORTED);
	assert_true(capture_has("xics: H_IPOLL for server 0x8: status -4"));
}

static void refused_while_enabling(void **state)
{
	static const char *const wrong[][2] = { { "ipi", "H_IPI" },
						{ "cppr", "H_CPPR" },
						{ "xirr", "H_XIRR" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		capture_begin();
		refuse(wrong[i][0], 0);
		assert_int_equal(xics_enable(SERVER), MUSTER_E_INVALID);
		assert_true(capture_has(wrong[i][1]));
		assert_int_equal(capture_count("\n"), 1);
	}
	presenters[SERVER].waiting = 1;
	refuse("eoi", 0);
	assert_int_equal(xics_enable(SERVER), MUSTER_E_INVALID);
	assert_true(capture_has("H_EOI"));
}

static void refused_while_taking(void **state)
{
	static const char *const wrong[] = { "xirr", "ipi", "eoi" };
	uint32_t source;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		memset(&presenters[SERVER], 0, sizeof(presenters[SERVER]));
		refuse(NULL, 0);
		assert_int_equal(xics_enable(SERVER), 0);
		assert_int_equal(xics_send(SERVER), 0);
		capture_begin();
		refuse(wrong[i], 0);
		assert_int_equal(xics_take(SERVER, &source), XICS_BROKEN);
		assert_int_equal(capture_count("status -4\n"), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_before_it_is_enabled, begin),
		cmocka_unit_test_setup(an_ipi_arrives_once, begin),
		cmocka_unit_test_setup(the_next_ipi_comes_again, begin),
		cmocka_unit_test_setup(others_are_reached, begin),
		cmocka_unit_test_setup(one_that_is_not_there_is_named_once, begin),
		cmocka_unit_test_setup(a_device_is_ended_and_told, begin),
		cmocka_unit_test_setup(what_was_left_over_is_dropped, begin),
		cmocka_unit_test_setup(a_source_that_goes_on_ends_it, begin),
		cmocka_unit_test_setup(disabled_is_undisturbed, begin),
		cmocka_unit_test_setup(without_the_calls_it_does_not_begin, begin),
		cmocka_unit_test_setup(refused_while_enabling, begin),
		cmocka_unit_test_setup(refused_while_taking, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
