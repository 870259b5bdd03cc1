// SPDX-License-Identifier: MIT
/*
 * The wakeup mailbox's protocol, with a thread that plays the processor on the other side: what is
 * in the mailbox when the command appears, one that never answers, one that answers late.
 */
#include "device/wakeup_mailbox.h"
#include "tests/unit/console_capture.h"

#include <muster/clock.h>
#include <muster/error.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#define LIMIT 20000 /* milliseconds: for what is to come */

static struct acpi_abi_mailbox memory;
static struct wakeup_mailbox mailbox;
static pthread_t processor;
static atomic_bool ends;
static atomic_uint answered;
static uint16_t seen_command;
static uint32_t seen_id;
static uint64_t seen_vector;

/* Takes each command for APIC id 7, and no other. */
static void *play(void *unused)
{
	volatile struct acpi_abi_mailbox *at = &memory;

	(void)unused;
	while (!ends) {
		uint16_t command = __atomic_load_n(&at->command, __ATOMIC_ACQUIRE);

		if (command && at->apic_id == 7) {
			seen_command = command;
			seen_id = at->apic_id;
			seen_vector = at->vector;
			answered++;
			__atomic_store_n(&at->command, (uint16_t)0, __ATOMIC_RELEASE);
		}
		sched_yield();
	}
	return NULL;
}

static int begin(void **state)
{
	(void)state;
	capture_begin();
	memset(&memory, 0, sizeof(memory));
	mailbox = (struct wakeup_mailbox){ .at = &memory };
	ends = false;
	answered = 0;
	return pthread_create(&processor, NULL, play, NULL);
}

static int end(void **state)
{
	(void)state;
	ends = true;
	return pthread_join(processor, NULL);
}

static void a_command_is_taken(void **state)
{
	(void)state;
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, 0x9f123, LIMIT), 0);
	assert_int_equal(answered, 1);
	assert_int_equal(seen_command, 1);
	assert_int_equal(seen_id, 7);
	assert_int_equal(seen_vector, 0x9f123);
	assert_int_equal(wakeup_mailbox_test(&mailbox, 7, LIMIT), 0);
	assert_int_equal(answered, 2);
	assert_int_equal(seen_command, 2);
	assert_false(mailbox.stuck);
	assert_string_equal(capture.text, "");
}

static void nothing_else_is_written(void **state)
{
	(void)state;
	memset(&memory, 0x5a, sizeof(memory));
	memory.command = 0;
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, UINT64_MAX, LIMIT), 0);
	assert_int_equal(memory.reserved, 0x5a5a);
	for (size_t i = 0; i < sizeof(memory.os); i++)
		assert_int_equal(memory.os[i], 0x5a);
	for (size_t i = 0; i < sizeof(memory.firmware); i++)
		assert_int_equal(memory.firmware[i], 0x5a);
}

static void one_that_does_not_answer(void **state)
{
	(void)state;
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 8, 0x1000, 10), MUSTER_E_TIMED_OUT);
	assert_true(capture_has("APIC id 0x8 has not taken its command 1 within 10 ms\n"));
	assert_true(mailbox.stuck);
	/* Its command stays, and nobody's is written over it: not waited for either. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, 0x2000, LIMIT), MUSTER_E_BUSY);
		assert_int_equal(wakeup_mailbox_test(&mailbox, 8, LIMIT), MUSTER_E_BUSY);
	}
	assert_int_equal(answered, 0);
	assert_int_equal(memory.command, 1);
	assert_int_equal(memory.apic_id, 8);
	assert_int_equal(memory.vector, 0x1000);
	assert_true(capture_has("nothing can be sent to APIC id 0x7: APIC id 0x8 has not taken "));
}

static void one_that_answers_late(void **state)
{
	uint32_t late = 0;
	uint16_t command = 0;

	(void)state;
	assert_false(wakeup_mailbox_came_late(&mailbox, &late, &command));
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 8, 0x1000, 10), MUSTER_E_TIMED_OUT);
	assert_false(wakeup_mailbox_came_late(&mailbox, &late, &command));
	memory.command = 0;
	/* Nobody has asked yet who it was: it would be forgotten. */
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, 0x1000, LIMIT), MUSTER_E_BUSY);
	assert_true(wakeup_mailbox_came_late(&mailbox, &late, &command));
	assert_int_equal(late, 8);
	assert_int_equal(command, ACPI_MAILBOX_WAKEUP);
	assert_false(wakeup_mailbox_came_late(&mailbox, &late, &command));
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, 0x1000, LIMIT), 0);
	assert_int_equal(wakeup_mailbox_test(&mailbox, 9, 10), MUSTER_E_TIMED_OUT);
	memory.command = 0;
	assert_true(wakeup_mailbox_came_late(&mailbox, &late, &command));
	assert_int_equal(late, 9);
	assert_int_equal(command, ACPI_MAILBOX_TEST);
}

static void what_somebody_left_there(void **state)
{
	uint32_t late = 0;
	uint16_t command = 0;

	(void)state;
	memory.apic_id = 0x55;
	memory.command = 1;
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, 0x1000, LIMIT), MUSTER_E_BUSY);
	assert_int_equal(memory.apic_id, 0x55);
	assert_true(capture_has("APIC id 0x55 has not taken its command\n"));
	memory.command = 0;
	assert_true(wakeup_mailbox_came_late(&mailbox, &late, &command));
	assert_int_equal(late, 0x55);
	assert_int_equal(wakeup_mailbox_wake(&mailbox, 7, 0x1000, LIMIT), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_command_is_taken),	TEST(nothing_else_is_written),
		TEST(one_that_does_not_answer), TEST(one_that_answers_late),
		TEST(what_somebody_left_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
