// SPDX-License-Identifier: MIT
/*
 * Reading FIFO event queues, with a model of Xen on the other side that appends as the ABI says
 * (public/event_channel.h): order, priorities, masked events, words that Xen appends again while they
 * are being read, and words that are wrong: ports that do not exist, lists without an end.
 */
#include "platform/xen/event_fifo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PORTS	64u
#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED	(1u << EVTCHN_FIFO_MASKED)
#define LINKED	(1u << EVTCHN_FIFO_LINKED)

static struct event_fifo fifo;
static uint32_t words[PORTS];
static uint32_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* the model's; 0: the queue was never used */
static uint32_t limit;

static uint32_t *word(void *context, uint32_t port)
{
	assert_ptr_equal(context, words);
	return port < PORTS ? &words[port] : NULL;
}

static int begin(void **state)
{
	(void)state;
	memset(&fifo, 0, sizeof(fifo));
	memset(words, 0, sizeof(words));
	memset(tail, 0, sizeof(tail));
	limit = 1000;
	return 0;
}

/* What Xen does: pending; and at the end of its list, unless it is in one or masked. */
static void send(uint32_t port, uint32_t queue)
{
	bool was_linked = words[port] & LINKED;

	words[port] |= PENDING;
	if (was_linked || words[port] & MASKED)
		return;
	words[port] = (words[port] & ~(uint32_t)EVTCHN_FIFO_LINK_MASK) | LINKED;
	/* A tail that is no longer linked has been taken: the list is empty. */
	if (tail[queue] && tail[queue] != port && words[tail[queue]] & LINKED)
		words[tail[queue]] |= port;
	else
		fifo.control.head[queue] = port;
	tail[queue] = port;
	fifo.control.ready |= 1u << queue;
}

static uint32_t next(void)
{
	return event_fifo_next(&fifo, word, words, &limit);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(next(), 0);
	assert_int_equal(limit, 1000);
}

static void test_in_order(void **state)
{
	(void)state;
	send(5, 7);
	send(3, 7);
	send(9, 7);
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 3);
	assert_int_equal(next(), 9);
	assert_int_equal(next(), 0);
	for (uint32_t port = 0; port < PORTS; port++)
		assert_int_equal(words[port], 0);
	/* And the queue goes on. */
	send(4, 7);
	assert_int_equal(next(), 4);
	assert_int_equal(next(), 0);
}

static void test_priority_first(void **state)
{
	(void)state;
	send(5, 15);
	send(6, 15);
	send(7, 3);
	assert_int_equal(next(), 7);
	assert_int_equal(next(), 5);
	/* One of a higher priority comes in between. */
	send(8, 0);
	assert_int_equal(next(), 8);
	assert_int_equal(next(), 6);
	assert_int_equal(next(), 0);
}

static void test_once_however_often_sent(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		send(5, 7);
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 0);
	send(5, 7);
	assert_int_equal(next(), 5);
}

static void test_appended_while_reading(void **state)
{
	(void)state;
	send(5, 7);
	send(6, 7);
	assert_int_equal(next(), 5);
	send(5, 7);
	send(10, 7);
	assert_int_equal(next(), 6);
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 10);
	assert_int_equal(next(), 0);
}

/* Masked after it was sent: it leaves the list, and stays pending for when it is unmasked. */
static void test_masked(void **state)
{
	(void)state;
	send(5, 7);
	send(6, 7);
	words[5] |= MASKED;
	assert_int_equal(next(), 6);
	assert_int_equal(next(), 0);
	assert_int_equal(words[5], PENDING | MASKED);
}

/* Taken by somebody else, or never sent. */
static void test_not_pending(void **state)
{
	(void)state;
	send(5, 7);
	send(6, 7);
	words[5] &= ~PENDING;
	assert_int_equal(next(), 6);
	assert_int_equal(next(), 0);
}

static void test_port_that_does_not_exist(void **state)
{
	(void)state;
	send(5, 7);
	words[5] |= PORTS + 3;
	assert_int_equal(next(), 5);
	assert_int_equal(next(), 0);
	fifo.control.head[2] = UINT32_MAX;
	fifo.control.ready = 1u << 2;
	assert_int_equal(next(), 0);
	assert_int_equal(fifo.ready, 0);
}

/* Port 0 is never in a list; a queue that says that it is ready and has no head is empty. */
static void test_ready_and_empty(void **state)
{
	(void)state;
	fifo.control.ready = 1u << 4;
	assert_int_equal(next(), 0);
	assert_int_equal(fifo.ready, 0);
}

/* There are 16 queues; bits above are nobody's. */
static void test_ready_beyond(void **state)
{
	(void)state;
	fifo.control.ready = 0xffff0000;
	assert_int_equal(next(), 0);
	assert_int_equal(fifo.ready, 0);
	/* Nor are they in what the reader keeps, which is in a page that Xen can write to. */
	fifo.ready = 0xffff0000;
	assert_int_equal(next(), 0);
	assert_int_equal(fifo.ready, 0);
}

/* A word links to itself, and becomes pending again each time: the reader ends all the same. */
static void test_list_without_end(void **state)
{
	(void)state;
	words[5] = PENDING | LINKED | 5;
	fifo.control.head[7] = 5;
	fifo.control.ready = 1u << 7;
	limit = 10;
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(next(), 5);
		words[5] = PENDING | LINKED | 5;
	}
	assert_int_equal(next(), 0);
	assert_int_equal(limit, 0);
}

/* Any words and heads at all: it ends, and touches nothing outside (the sanitizer looks). */
static void test_anything(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 2000; round++) {
		for (uint32_t port = 0; port < PORTS; port++)
			words[port] = (uint32_t)rand() * 2u + (uint32_t)(rand() & 1);
		for (uint32_t queue = 0; queue < EVTCHN_FIFO_MAX_QUEUES; queue++) {
			fifo.control.head[queue] = (uint32_t)rand() % (2 * PORTS);
			fifo.next[queue] = (uint32_t)rand() % (2 * PORTS);
		}
		fifo.control.ready = (uint32_t)rand();
		limit = 200;
		while (next())
			;
		assert_true(limit <= 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing, begin),
		cmocka_unit_test_setup(test_in_order, begin),
		cmocka_unit_test_setup(test_priority_first, begin),
		cmocka_unit_test_setup(test_once_however_often_sent, begin),
		cmocka_unit_test_setup(test_appended_while_reading, begin),
		cmocka_unit_test_setup(test_masked, begin),
		cmocka_unit_test_setup(test_not_pending, begin),
		cmocka_unit_test_setup(test_port_that_does_not_exist, begin),
		cmocka_unit_test_setup(test_ready_and_empty, begin),
		cmocka_unit_test_setup(test_ready_beyond, begin),
		cmocka_unit_test_setup(test_list_without_end, begin),
		cmocka_unit_test_setup(test_anything, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
