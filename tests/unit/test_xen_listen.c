// SPDX-License-Identifier: MIT
/*
 * Event channels of the kernel's own (muster/xen.h), with stand-ins for the library's: who is called,
 * what is masked stays, another CPU's bits stay, and what is refused.
 */
#include "host_machine.h"
#include "platform/xen/event_channel.h"
#include "platform/xen/event_listen.h"
#include "platform/xen/xen_guest.h"

#include <muster/error.h>
#include <muster/xen.h>
#include <stdarg.h>
#include <string.h>
#include <xen/errno.h>
#include <xen/features.h>

#include <cmocka.h>

#define CPUS  2u
#define WORDS 16u

char xen_hypercall_page[1];
struct xen_guest xen_guest;
static struct shared_info shared;
static uint32_t words[WORDS];
static bool fifo;
static long features; /* what Xen answers, or an error */
static uint32_t calls[WORDS];

bool xen_events_are_fifo(void)
{
	return fifo;
}

int xen_events_reach(uint32_t port)
{
	return port < WORDS ? 0 : MUSTER_E_NO_MEMORY;
}

uint32_t *xen_events_word(uint32_t port)
{
	return port < WORDS ? &words[port] : NULL;
}

long xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	(void)c;
	(void)d;
	(void)e;
	assert_int_equal(number, __HYPERVISOR_xen_version);
	assert_int_equal(a, XENVER_get_features);
	if (features < 0)
		return features;
	((struct xen_feature_info *)b)->submap = (uint32_t)features;
	return 0;
}

static uint64_t frame(uint64_t physical)
{
	return physical / 4096 + 1000;
}

static void hear(uint32_t port)
{
	calls[port]++;
}

static void begin(bool with_fifo)
{
	host_begin(CPUS);
	for (uint32_t port = 1; port < WORDS; port++)
		(void)xen_event_forget(port);
	memset(words, 0, sizeof(words));
	memset(&shared, 0, sizeof(shared));
	memset(calls, 0, sizeof(calls));
	xen_guest = (struct xen_guest){ .frame = frame, .shared = &shared };
	fifo = with_fifo;
}

static void test_kind(void **state)
{
	(void)state;
	begin(true);
	features = 0;
	assert_int_equal(xen_guest_kind(), XEN_GUEST_PV);
	features = 1l << XENFEAT_auto_translated_physmap;
	assert_int_equal(xen_guest_kind(), XEN_GUEST_HVM);
	assert_int_equal(xen_frame(8192), 1002);
	features = -XEN_ENOSYS;
	assert_int_equal(xen_guest_kind(), XEN_GUEST_NONE);
	/* Without a page of Xen's there is nobody to ask. */
	features = 0;
	xen_guest.shared = NULL;
	assert_int_equal(xen_guest_kind(), XEN_GUEST_NONE);
}

static void test_serve(void **state)
{
	(void)state;
	begin(true);
	assert_int_equal(xen_event_listen(5, cpu_from_number(1), hear), 0);
	assert_true(xen_listeners_serve(5));
	assert_int_equal(calls[5], 1);
	assert_false(xen_listeners_serve(6));
	assert_false(xen_listeners_serve(0));
	assert_int_equal(xen_event_forget(5), 0);
	assert_false(xen_listeners_serve(5));
	assert_int_equal(calls[5], 1);
	assert_int_equal(xen_event_forget(5), MUSTER_E_NOT_FOUND);
	assert_int_equal(xen_event_forget(0), MUSTER_E_NOT_FOUND);
}

static void test_two_level(void **state)
{
	const cpu_t first = cpu_from_number(0), second = cpu_from_number(1);

	(void)state;
	begin(false);
	assert_int_equal(xen_event_listen(3, first, hear), 0);
	assert_int_equal(xen_event_listen(4, second, hear), 0);
	assert_int_equal(xen_event_listen(5, first, hear), 0);
	xen_event_mask(5);
	shared.evtchn_pending[0] = 0xf8;
	xen_listeners_take_two_level(first);
	/* Masked, another's, nobody's: they stay. */
	assert_int_equal(shared.evtchn_pending[0], 0xf0);
	assert_int_equal(calls[3], 1);
	assert_int_equal(calls[4] + calls[5], 0);
	xen_listeners_take_two_level(second);
	assert_int_equal(shared.evtchn_pending[0], 0xe0);
	assert_int_equal(calls[4], 1);
	xen_listeners_take_two_level(first);
	assert_int_equal(calls[3], 1);
	/* The channel moves. */
	assert_int_equal(xen_event_listen(4, first, hear), 0);
	shared.evtchn_pending[0] |= 0x10;
	xen_listeners_take_two_level(second);
	assert_int_equal(calls[4], 1);
	xen_listeners_take_two_level(first);
	assert_int_equal(calls[4], 2);
}

static void test_masks(void **state)
{
	(void)state;
	begin(false);
	xen_event_mask(70);
	assert_int_equal(shared.evtchn_mask[1], 1 << 6);
	assert_true(xen_event_is_masked(70));
	assert_false(xen_event_is_masked(71));
	shared.evtchn_pending[1] = 1 << 7;
	assert_true(xen_event_is_pending(71));
	assert_false(xen_event_is_pending(70));
	assert_true(xen_event_is_masked(EVTCHN_2L_NR_CHANNELS));
	assert_false(xen_event_is_pending(EVTCHN_2L_NR_CHANNELS));
	xen_event_mask(EVTCHN_2L_NR_CHANNELS);
	begin(true);
	xen_event_mask(7);
	assert_int_equal(words[7], 1u << EVTCHN_FIFO_MASKED);
	assert_true(xen_event_is_masked(7));
	assert_false(xen_event_is_pending(7));
	words[7] = 1u << EVTCHN_FIFO_PENDING;
	assert_true(xen_event_is_pending(7));
	assert_false(xen_event_is_masked(7));
	assert_true(xen_event_is_masked(WORDS));
	assert_false(xen_event_is_pending(WORDS));
	xen_event_mask(WORDS);
}

static void test_refusals(void **state)
{
	const cpu_t here = cpu_from_number(0);

	(void)state;
	begin(true);
	assert_int_equal(xen_event_listen(0, here, hear), MUSTER_E_INVALID);
	assert_int_equal(xen_event_listen(1, here, NULL), MUSTER_E_INVALID);
	assert_int_equal(xen_event_listen(1, cpu_from_number(CPUS), hear), MUSTER_E_INVALID);
	assert_true(host_log_has("event channel 1 on CPU 2: there is no such"));
	assert_int_equal(xen_event_listen(WORDS, here, hear), MUSTER_E_NO_MEMORY);
	for (uint32_t i = 1; i <= XEN_LISTENERS_MAX; i++)
		assert_int_equal(xen_event_listen(i, here, hear), 0);
	assert_int_equal(xen_event_listen(XEN_LISTENERS_MAX + 1, here, hear), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("event channel 9: 8 are listened to"));
	/* One that is known may be named again, and one that is forgotten makes room. */
	assert_int_equal(xen_event_listen(1, here, hear), 0);
	assert_int_equal(xen_event_forget(2), 0);
	assert_int_equal(xen_event_listen(XEN_LISTENERS_MAX + 1, here, hear), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),	  cmocka_unit_test(test_serve),
		cmocka_unit_test(test_two_level), cmocka_unit_test(test_masks),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
