// SPDX-License-Identifier: MIT
/*
 * Cores that come and go, with a model of the hypervisor's connectors (LoPAPR 1.1, 13.5.3, and what QEMU makes of
 * it): states, events, a node that is told piece by piece; and events, nodes and statuses that are wrong.
 */
#include "device/dr_connector.h"
#include "tests/unit/console_capture.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define INDEX	      0x10000008u
#define NO_INDICATOR  (-3)
#define CONFIGURE_NOT (-9003)

static uint8_t log_area[DR_LOG_BYTES], work_area[DR_WORK_BYTES];

/* A connector: where its core is on its way between the host and the guest. */
static enum {
	EMPTY,
	THERE,
	USABLE,
	NOT_ISOLATED,
	CONFIGURED
} state;
static bool wanted; /* by the host */

/* What is told of the core: the calls of ibm,configure-connector, in order. */
struct told {
	int32_t status;
	const char *name;
	const void *value;
	uint32_t length;
	uint32_t name_offset, value_offset; /* 0: as it should be */
};
static const struct told *node;
static uint32_t at, node_length;

static int32_t busy;   /* so many times it is, before anything is done */
static uint32_t stays; /* "present" is said whatever happened */

/* Events that wait. */
static uint8_t events[70][256];
static uint32_t event_count, event_next;

static void put_word(uint8_t *to, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* As QEMU makes one: two sections that say nothing to us, then the one that does. */
static uint8_t *event_add(uint8_t resource, uint8_t action, uint8_t named_by, uint32_t index)
{
	uint8_t *log = events[event_count++];
	uint8_t *section = log + 8 + 16;

	memset(log, 0, 256);
	put_word(log, 0x060000e5);
	put_word(log + 4, 16 + 48 + 24 + 20);
	put_word(section, 0x50480030);
	put_word(section + 48, 0x55480018);
	section += 48 + 24;
	put_word(section, 0x48500014);
	section[8] = resource;
	section[9] = action;
	section[10] = named_by;
	put_word(section + 12, index);
	return log;
}

static int32_t call_event(uint8_t *log)
{
	assert_ptr_equal(log, log_area);
	if (event_next == event_count)
		return 1;
	memcpy(log, events[event_next++], 256);
	return 0;
}

static int32_t call_configure(uint8_t *work)
{
	const struct told *told = &node[at];
	uint32_t name = told->name_offset ? told->name_offset : 20;
	uint32_t value = told->value_offset ? told->value_offset : 200;

	assert_ptr_equal(work, work_area);
	if (busy-- > 0)
		return -2;
	if (state != NOT_ISOLATED)
		return CONFIGURE_NOT;
	if (at + 1 < node_length)
		at++;
	put_word(work + 8, name);
	put_word(work + 12, told->length);
	put_word(work + 16, value);
	if (told->name && name < 4000)
		memcpy(work + name, told->name, strlen(told->name) + 1);
	if (told->value && told->length < 1000 && value < 3000)
		memcpy(work + value, told->value, told->length);
	if (!told->status)
		state = CONFIGURED;
	return told->status;
}

static int32_t call_sense(uint32_t index, uint32_t *said)
{
	assert_int_equal(index, INDEX);
	*said = stays || state >= USABLE ? 1 : 2;
	return 0;
}

static int32_t call_indicate(uint32_t indicator, uint32_t index, uint32_t value)
{
	if (index != INDEX)
		return NO_INDICATOR;
	if (busy-- > 0)
		return 9902;
	switch (indicator << 4 | value) {
	case 9003 << 4 | 1:
		if (state == EMPTY || wanted)
			return NO_INDICATOR;
		state = state < USABLE ? USABLE : state;
		return 0;
	case 9003 << 4 | 0:
		if (state > USABLE)
			return NO_INDICATOR;
		state = state == EMPTY || wanted ? EMPTY : THERE;
		return 0;
	case 9001 << 4 | 1:
		if (state < USABLE)
			return NO_INDICATOR;
		state = state < NOT_ISOLATED ? NOT_ISOLATED : state;
		return 0;
	case 9001 << 4 | 0:
		/* QEMU: not before it has been configured. */
		if (state == NOT_ISOLATED)
			return NO_INDICATOR;
		state = state > USABLE ? USABLE : state;
		return 0;
	default:
		return NO_INDICATOR;
	}
}

static const struct dr_calls calls = { .event = call_event,
				       .configure = call_configure,
				       .sense = call_sense,
				       .indicate = call_indicate,
				       .log = log_area,
				       .work = work_area };

static const uint8_t servers[] = { 0, 0, 0, 8, 0, 0, 0, 9 };
static const uint8_t places[] = { 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 1 };
static const struct told good[] = {
	{ .status = 2, .name = "PowerPC,POWER9@8" },
	{ .status = 3, .name = "reg", .value = servers, .length = 4 },
	{ .status = 3, .name = "ibm,ppc-interrupt-server#s", .value = servers, .length = 8 },
	{ .status = 3, .name = "ibm,associativity", .value = places, .length = 12 },
	{ .status = 3, .name = "ibm,pa-features", .value = servers, .length = 8 },
	{ .status = 2, .name = "l2-cache" },
	{ .status = 4 },
	{ .status = 0 },
};

static void tell(const struct told *what, uint32_t length)
{
	node = what;
	node_length = length;
	at = 0;
}

static int begin(void **unused)
{
	(void)unused;
	capture_begin();
	state = EMPTY;
	wanted = false;
	busy = 0;
	stays = 0;
	event_count = event_next = 0;
	tell(good, sizeof(good) / sizeof(good[0]));
	return 0;
}

static void events_are_told_in_order(void **unused)
{
	struct dr_event event;

	(void)unused;
	assert_int_equal(dr_event_next(&calls, &event), 0);
	(void)event_add(1, 1, 2, INDEX);
	(void)event_add(1, 2, 2, INDEX + 8);
	assert_int_equal(dr_event_next(&calls, &event), 1);
	assert_int_equal(event.action, DR_ADDED);
	assert_int_equal(event.index, INDEX);
	assert_int_equal(dr_event_next(&calls, &event), 1);
	assert_int_equal(event.action, DR_WANTED);
	assert_int_equal(event.index, INDEX + 8);
	assert_int_equal(dr_event_next(&calls, &event), 0);
	assert_int_equal(capture.used, 0);
}

static void others_events_are_passed_over(void **unused)
{
	struct dr_event event;

	(void)unused;
	(void)event_add(2, 1, 2, INDEX);     /* memory */
	(void)event_add(1, 1, 3, 4);	     /* so many cores */
	(void)event_add(1, 7, 2, INDEX);     /* what is 7? */
	event_add(1, 1, 2, INDEX)[3] = 0x40; /* power */
	(void)event_add(1, 2, 2, INDEX);
	assert_int_equal(dr_event_next(&calls, &event), 1);
	assert_int_equal(event.action, DR_WANTED);
	assert_int_equal(capture_count("\n"), 4);
	assert_true(capture_has("rtas: event: resource of type 0x2: left alone"));
	assert_true(capture_has("rtas: event: CPU that is named in way 0x3: left alone"));
	assert_true(capture_has("rtas: hot-plug event: neither added nor removed: 0x7"));
	assert_true(capture_has("rtas: event: type 0x40: left alone"));
}

static void a_host_that_never_stops_is_heard_later(void **unused)
{
	struct dr_event event;

	(void)unused;
	while (event_count < 70)
		(void)event_add(2, 1, 2, INDEX);
	assert_int_equal(dr_event_next(&calls, &event), 0);
	assert_true(event_next < 70);
}

static int read_changed(uint32_t offset, uint32_t value, uint32_t size)
{
	struct dr_event event;

	capture_begin();
	event_count = 0;
	put_word(event_add(1, 1, 2, INDEX) + offset, value);
	return dr_event_read(events[0], size, &event);
}

static void bad_events(void **unused)
{
	struct dr_event event;

	(void)unused;
	assert_int_equal(read_changed(0, 0x060000e5, 256), 0);
	assert_int_equal(read_changed(4, 250, 256), MUSTER_E_CORRUPT);
	assert_true(capture_has("longer than there was room for: 0xfa"));
	assert_int_equal(read_changed(4, UINT32_MAX, 256), MUSTER_E_CORRUPT);
	assert_int_equal(read_changed(4, 0, 256), MUSTER_E_CORRUPT);
	assert_true(capture_has("no section that says what happened"));
	assert_int_equal(read_changed(24, 0x50480000, 256), MUSTER_E_CORRUPT);
	assert_true(capture_has("a section's length cannot be: 0"));
	assert_int_equal(read_changed(24, 0x50480007, 256), MUSTER_E_CORRUPT);
	assert_int_equal(read_changed(24, 0x5048ffff, 256), MUSTER_E_CORRUPT);
	assert_int_equal(read_changed(24, 0x4850000f, 256), MUSTER_E_CORRUPT);
	/* The last section is longer than what is left of the event. */
	assert_int_equal(read_changed(4, 16 + 48 + 24 + 19, 256), MUSTER_E_CORRUPT);
	assert_true(capture_has("a section's length cannot be: 0x14"));
	assert_int_equal(dr_event_read(events[0], 7, &event), MUSTER_E_CORRUPT);
}

static void a_core_is_taken_and_given(void **unused)
{
	struct dr_core core;

	(void)unused;
	state = THERE;
	assert_int_equal(dr_core_take(&calls, INDEX, &core), 0);
	assert_int_equal(state, CONFIGURED);
	assert_int_equal(core.server_count, 2);
	assert_int_equal(core.servers[0], 8);
	assert_int_equal(core.servers[1], 9);
	assert_int_equal(core.domain_count, 2);
	assert_int_equal(core.domains[0], 5);
	assert_int_equal(core.domains[1], 1);
	wanted = true;
	assert_int_equal(dr_core_give(&calls, INDEX), 0);
	assert_int_equal(state, EMPTY);
	assert_int_equal(capture.used, 0);
}

static void busy_is_asked_again(void **unused)
{
	struct dr_core core;

	(void)unused;
	state = THERE;
	busy = 3;
	assert_int_equal(dr_core_take(&calls, INDEX, &core), 0);
	busy = 2;
	assert_int_equal(dr_core_give(&calls, INDEX), 0);
	assert_int_equal(state, THERE); /* nobody wanted it back */
	assert_int_equal(capture.used, 0);
}

static void none_is_there(void **unused)
{
	struct dr_core core;

	(void)unused;
	assert_int_equal(dr_core_take(&calls, INDEX, &core), MUSTER_E_NOT_FOUND);
	assert_true(
		capture_has("rtas: set-indicator 9003 of connector 0x10000008 to 1: status -3"));
	assert_int_equal(dr_core_give(&calls, 5), MUSTER_E_TIMED_OUT);
	assert_true(capture_has("rtas: set-indicator 9001 of connector 0x5 to 0: status -3"));
}

static void it_stays(void **unused)
{
	struct dr_core core;

	(void)unused;
	state = THERE;
	assert_int_equal(dr_core_take(&calls, INDEX, &core), 0);
	stays = 1;
	assert_int_equal(dr_core_give(&calls, INDEX), MUSTER_E_TIMED_OUT);
	assert_true(capture_has("connector 0x10000008: it says that the core is there still"));
}

static void bad_nodes(void **unused)
{
	static const struct told wrong[][2] = {
		{ { .status = 0 } }, /* no numbers */
		{ { .status = -1 } },
		{ { .status = -9002 } },
		{ { .status = 5 } },
		{ { .status = 3, .name = "reg", .name_offset = 4096 } },
		{ { .status = 3, .name = "reg", .name_offset = UINT32_MAX } },
		{ { .status = 3,
		    .name = "ibm,ppc-interrupt-server#s",
		    .value_offset = 4090,
		    .length = 8 } },
		{ { .status = 3,
		    .name = "ibm,ppc-interrupt-server#s",
		    .value_offset = UINT32_MAX,
		    .length = 4 } },
		{ { .status = 3, .name = "reg", .length = UINT32_MAX } },
		{ { .status = 3, .name = "ibm,ppc-interrupt-server#s", .value = "", .length = 1 },
		  { .status = 0 } },
	};
	static const struct told endless = { .status = 2, .name = "again" };
	struct dr_core core;

	(void)unused;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		capture_begin();
		state = THERE;
		tell(wrong[i], 2); /* the second: done */
		assert_int_equal(dr_core_take(&calls, INDEX, &core), MUSTER_E_CORRUPT);
		assert_int_equal(capture_count("ibm,configure-connector of 0x10000008: "), 1);
	}
	state = THERE;
	tell(&endless, 1);
	assert_int_equal(dr_core_take(&calls, INDEX, &core), MUSTER_E_CORRUPT);
	assert_true(capture_has("a node without an end; calls: 0x1000"));
}

/* More than there is room for is cut off. */
static void long_lists(void **unused)
{
	static uint8_t many[4 * 40];
	static const struct told told[] = {
		{ .status = 3, .name = "ibm,ppc-interrupt-server#s", .value = many, .length = 160 },
		{ .status = 3, .name = "ibm,associativity", .value = many, .length = 160 },
		{ .status = 0 },
	};
	struct dr_core core;

	(void)unused;
	state = THERE;
	tell(told, 3);
	assert_int_equal(dr_core_take(&calls, INDEX, &core), 0);
	assert_int_equal(core.server_count, DR_THREADS_MAX);
	assert_int_equal(core.domain_count, DR_DOMAINS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(events_are_told_in_order, begin),
		cmocka_unit_test_setup(others_events_are_passed_over, begin),
		cmocka_unit_test_setup(a_host_that_never_stops_is_heard_later, begin),
		cmocka_unit_test_setup(bad_events, begin),
		cmocka_unit_test_setup(a_core_is_taken_and_given, begin),
		cmocka_unit_test_setup(busy_is_asked_again, begin),
		cmocka_unit_test_setup(none_is_there, begin),
		cmocka_unit_test_setup(it_stays, begin),
		cmocka_unit_test_setup(bad_nodes, begin),
		cmocka_unit_test_setup(long_lists, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
