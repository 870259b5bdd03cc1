// SPDX-License-Identifier: MIT
/* Calls to the hypervisor, counted by step: on the boot CPU for itself and for another CPU, when the
 * table of pairs is full, before and after bring-up, and in a panic. */
#include "core/hypercall_count.h"
#include "core/runner.h"
#include "tests/unit/host_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct bringup_step steps[] = {
	{ "console", 0, 0, WHERE_BOOT, UNDO_NOTHING, NULL, NULL },
	{ "unit", 0, 0, WHERE_PREPARE, UNDO_NOTHING, NULL, NULL },
	{ "start", 0, 0, WHERE_START, UNDO_NOTHING, NULL, NULL },
};
static const struct bringup_table table = { .platform = "mock", .steps = steps, .count = 3 };

static const char *name_of(uint16_t call)
{
	static char name[16];

	snprintf(name, sizeof(name), "call-%u", call);
	return name;
}

/* How often: 0 if it was never counted. */
static uint64_t counted(const char *step, const char *call)
{
	struct hypercall_counted row;

	for (size_t place = 0; hypercall_counted_next(&place, &row);)
		if (!strcmp(row.step, step) && !strcmp(row.call, call))
			return row.count;
	return 0;
}

static uint64_t counted_in_all(void)
{
	struct hypercall_counted row;
	uint64_t sum = 0;

	for (size_t place = 0; hypercall_counted_next(&place, &row);)
		sum += row.count;
	return sum;
}

/* In order: what is counted stays counted. */
static void test_all(void **state)
{
	(void)state;
	hypercall_count(1, name_of);
	assert_int_equal(counted_in_all(), 0);
	progress_begin(&table);
	hypercall_count(1, name_of);
	assert_int_equal(counted("none", "call-1"), 1);
	progress_boot_at(0, cpu_from_number(0));
	hypercall_count(1, name_of);
	hypercall_count(1, name_of);
	hypercall_count(0, name_of);
	assert_int_equal(counted("console", "call-1"), 2);
	assert_int_equal(counted("console", "call-0"), 1);
	progress_boot_at(1, cpu_from_number(7));
	hypercall_count(1, name_of);
	assert_int_equal(counted("unit", "call-1"), 1);
	assert_int_equal(counted_in_all(), 5);
	/* 4 pairs so far; 124 more have room, and none gets lost. */
	for (uint16_t call = 100; call < 300; call++)
		hypercall_count(call, name_of);
	assert_int_equal(counted("unit", "call-223"), 1);
	assert_int_equal(counted("none", "others"), 76);
	assert_int_equal(counted_in_all(), 205);
	/* Many at once, with room and without. */
	hypercall_count_many(223, 41, name_of);
	assert_int_equal(counted("unit", "call-223"), 42);
	hypercall_count_many(299, 5, name_of);
	assert_int_equal(counted("none", "others"), 81);
	assert_int_equal(counted_in_all(), 251);
	hypercall_count_stop();
	hypercall_count(1, name_of);
	assert_int_equal(counted_in_all(), 251);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };

	host_machine_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
