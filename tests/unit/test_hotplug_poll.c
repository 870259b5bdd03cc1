// SPDX-License-Identifier: MIT
/*
 * cpu_hotplug_poll() and cpu_eject(): what a platform hears is held against the CPU table. The platform is
 * one of the test's own; the file under test is compiled in here, because its platform is not hosted.
 */
#include "mock_guest.h"
#include "platform/hotplug.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CPUS	5
#define PRESENT 3

static const cpu_t cpu_2 = { 2 };
static const cpu_t cpu_3 = { 3 };

static struct platform_news queue[8];
static unsigned int queued, told, ejected;
static int answer; /* of poll, when nothing is queued; of eject */
static uint32_t eject_cpu;
static bool endless;

static int next_news(struct platform_news *news)
{
	if (endless) {
		told++;
		*news = (struct platform_news){ true, hwid_from_value(6) };
		return 1;
	}
	if (told == queued)
		return answer;
	*news = queue[told++];
	return 1;
}

static int eject(cpu_t cpu)
{
	ejected++;
	eject_cpu = cpu.number;
	return answer;
}

static struct platform platform;

const struct platform *platform_current(void)
{
	return &platform;
}

/* Hardware ids in a mock guest: 10 n + 6. */
static void hear(bool appeared, uint64_t hwid)
{
	queue[queued++] = (struct platform_news){ appeared, hwid_from_value(hwid) };
}

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	host_cpus_begin_with(CPUS, PRESENT);
	platform = (struct platform){ .hotplug_poll = next_news, .hotplug_eject = eject };
	queued = told = ejected = 0;
	answer = 0;
	endless = false;
	assert_int_equal(guest_bring_up(), 0);
	return 0;
}

static void appears_and_goes(void **state)
{
	struct cpu_hotplug_event event;

	(void)state;
	assert_int_equal(cpu_hotplug_poll(&event), 0);
	hear(true, 36);
	hear(false, 36);
	assert_int_equal(cpu_hotplug_poll(&event), 1);
	assert_int_equal(event.kind, CPU_HOTPLUG_APPEARED);
	assert_int_equal(event.cpu.number, 3);
	assert_int_equal(cpu_state(cpu_3), CPU_PRESENT);
	assert_int_equal(cpu_up(cpu_3), 0);
	assert_int_equal(cpu_hotplug_poll(&event), 1);
	assert_int_equal(event.kind, CPU_HOTPLUG_ASKED_BACK);
	assert_int_equal(event.cpu.number, 3);
	assert_int_equal(cpu_state(cpu_3), CPU_ONLINE);
	assert_int_equal(cpu_hotplug_poll(&event), 0);
	assert_int_equal(cpu_eject(cpu_3), MUSTER_E_BUSY);
	assert_int_equal(ejected, 0);
	assert_int_equal(cpu_down(cpu_3), 0);
	assert_int_equal(cpu_eject(cpu_3), 0);
	assert_int_equal(ejected, 1);
	assert_int_equal(eject_cpu, 3);
	assert_int_equal(cpu_state(cpu_3), CPU_POSSIBLE);
	assert_int_equal(cpu_eject(cpu_3), MUSTER_E_NOT_FOUND);
	assert_int_equal(ejected, 1);
}

/* An id of nobody, one that is there already, one asked back that is not there: no events. */
static void what_does_not_fit(void **state)
{
	struct cpu_hotplug_event event;

	(void)state;
	hear(true, 7);
	hear(true, 16);
	hear(false, 46);
	hear(true, 46);
	assert_int_equal(cpu_hotplug_poll(&event), 1);
	assert_int_equal(event.cpu.number, 4);
	assert_int_equal(told, 4);
	assert_true(host_log_has("hardware id 0x7, which no record has: it is left alone\n"));
	assert_int_equal(cpu_present_count(), PRESENT + 1);
}

static void a_host_that_never_stops(void **state)
{
	struct cpu_hotplug_event event;

	(void)state;
	endless = true;
	assert_int_equal(cpu_hotplug_poll(&event), 0);
	assert_int_equal(told, CPUS);
}

static void a_host_that_keeps_it(void **state)
{
	(void)state;
	assert_int_equal(cpu_down(cpu_2), 0);
	answer = MUSTER_E_TIMED_OUT;
	assert_int_equal(cpu_eject(cpu_2), MUSTER_E_TIMED_OUT);
	assert_int_equal(cpu_state(cpu_2), CPU_PRESENT);
	assert_true(host_log_has("muster: CPU 2 (hardware id 0x1a): the host does not take it: "));
	assert_int_equal(cpu_up(cpu_2), 0);
}

static void nobody_can_tell(void **state)
{
	struct cpu_hotplug_event event;

	(void)state;
	assert_int_equal(cpu_down(cpu_2), 0);
	answer = MUSTER_E_NOT_SUPPORTED;
	assert_int_equal(cpu_hotplug_poll(&event), MUSTER_E_NOT_SUPPORTED);
	platform = (struct platform){ 0 };
	assert_int_equal(cpu_hotplug_poll(&event), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(cpu_eject(cpu_2), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(cpu_state(cpu_2), CPU_PRESENT);
}

static int results[2];

static void elsewhere(void *unused)
{
	struct cpu_hotplug_event event;

	(void)unused;
	results[0] = cpu_hotplug_poll(&event);
	results[1] = cpu_eject(cpu_2);
}

static void wrong_orders(void **state)
{
	(void)state;
	assert_int_equal(cpu_eject(cpu_from_number(0)), MUSTER_E_INVALID);
	assert_int_equal(cpu_eject(cpu_from_number(CPUS)), MUSTER_E_INVALID);
	hear(true, 36);
	assert_int_equal(cpu_call(cpu_from_number(1), elsewhere, NULL), 0);
	assert_int_equal(results[0], MUSTER_E_ORDER);
	assert_int_equal(results[1], MUSTER_E_ORDER);
	assert_int_equal(cpu_call(cpu_from_number(0), elsewhere, NULL), 0);
	assert_int_equal(results[0], MUSTER_E_ORDER);
	assert_int_equal(results[1], MUSTER_E_ORDER);
	assert_int_equal(told, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(appears_and_goes),	    TEST(what_does_not_fit), TEST(a_host_that_never_stops),
		TEST(a_host_that_keeps_it), TEST(nobody_can_tell),   TEST(wrong_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
