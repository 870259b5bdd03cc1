// SPDX-License-Identifier: MIT
/*
 * The proof of a table of area kinds: the mock's is in order, each way of breaking it is found and
 * named; and the contract of one area, at every edge.
 */
#include "mock_areas.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct area_kind kinds[AREA_KINDS_MAX + 1];
static struct area_table table;
static char message[160];

static int begin(void **state)
{
	(void)state;
	memset(kinds, 0, sizeof(kinds));
	memcpy(kinds, mock_kinds, sizeof(mock_kinds));
	table = (struct area_table){ "mock", kinds, MOCK_KINDS, 0 };
	return 0;
}

static void expect(enum area_fault fault, const char *kind, const char *words)
{
	memset(message, 'x', sizeof(message));
	assert_int_equal(areas_check(&table, message, sizeof(message)), fault);
	if (!fault)
		return;
	assert_non_null(memchr(message, 0, sizeof(message)));
	assert_non_null(strstr(message, "platform mock: area "));
	assert_non_null(strstr(message, kind));
	if (!strstr(message, words))
		fail_msg("\"%s\" is not in: %s", words, message);
	begin(NULL);
}

static void test_in_order(void **state)
{
	(void)state;
	expect(AREA_IN_ORDER, "", "");
	for (table.count = 1; table.count <= MOCK_KINDS; table.count++)
		assert_int_equal(areas_check(&table, message, sizeof(message)), AREA_IN_ORDER);
}

static void test_count_and_names(void **state)
{
	(void)state;
	table.count = 0;
	expect(AREA_TOO_MANY, "(all)", "no kinds");
	table.count = AREA_KINDS_MAX + 1;
	expect(AREA_TOO_MANY, "(all)", "too many");
	kinds[2].name = NULL;
	expect(AREA_NO_NAME, "(none)", "a-z");
	kinds[2].name = "";
	expect(AREA_NO_NAME, "", "a-z");
	kinds[2].name = "Info";
	expect(AREA_NO_NAME, "Info", "a-z");
	kinds[2].name = "an area";
	expect(AREA_NO_NAME, "an area", "a-z");
	kinds[4].name = "vpa";
	kinds[4].after = NULL;
	expect(AREA_NAME_TWICE, "vpa", "two rows");
}

static void test_sizes(void **state)
{
	(void)state;
	kinds[0].size = kinds[0].told = 0;
	expect(AREA_BAD_SIZE, "info", "no bytes");
	kinds[MOCK_VPA].told = 639;
	expect(AREA_BAD_SIZE, "vpa", "fewer bytes");
	kinds[1].align = 0;
	expect(AREA_BAD_ALIGN, "clock", "power of two");
	kinds[1].align = 24;
	expect(AREA_BAD_ALIGN, "clock", "power of two");
	kinds[0].no_cross = 4095;
	expect(AREA_BAD_CROSS, "info", "power of two");
	kinds[MOCK_VPA].no_cross = 512;
	expect(AREA_BAD_CROSS, "vpa", "larger");
	kinds[MOCK_VPA].no_cross = 1024;
	expect(AREA_IN_ORDER, "", "");
}

static void test_where_and_after(void **state)
{
	(void)state;
	kinds[0].where = WHERE_BOOT;
	expect(AREA_BAD_WHERE, "info", "PREPARE or in ONLINE");
	kinds[0].where = WHERE_START;
	expect(AREA_BAD_WHERE, "info", "PREPARE or in ONLINE");
	kinds[0].where = WHERE_LEAVE;
	expect(AREA_BAD_WHERE, "info", "PREPARE or in ONLINE");
	kinds[MOCK_STEAL].where = WHERE_PREPARE;
	expect(AREA_BAD_WHERE, "steal", "over");
	kinds[MOCK_SHADOW].after = "steal";
	expect(AREA_BAD_AFTER, "slb-shadow", "rests on");
	kinds[MOCK_SHADOW].after = "slb-shadow";
	expect(AREA_BAD_AFTER, "slb-shadow", "rests on");
	kinds[MOCK_SHADOW].undo_kind = UNDO_NONE;
	kinds[MOCK_SHADOW].detach = NULL;
	expect(AREA_AFTER_STAYS, "slb-shadow", "stays");
}

static void test_undo_and_hooks(void **state)
{
	(void)state;
	kinds[1].detach = NULL;
	expect(AREA_BAD_UNDO, "clock", "has no detach");
	kinds[0].detach = mock_detach;
	expect(AREA_BAD_UNDO, "info", "never be called");
	kinds[0].undo_kind = UNDO_NOTHING;
	expect(AREA_BAD_UNDO, "info", "nothing");
	kinds[1].once_only = true;
	expect(AREA_ONCE_UNDONE, "clock", "once only");
	kinds[0].attach = NULL;
	expect(AREA_BAD_HOOK, "info", "attach");
	kinds[0].locate = mock_locate;
	expect(AREA_BAD_HOOK, "info", "attach");
	kinds[MOCK_GIVEN].locate = NULL;
	expect(AREA_BAD_HOOK, "given", "locate");
	kinds[MOCK_GIVEN].attach = mock_attach;
	expect(AREA_BAD_HOOK, "given", "locate");
	kinds[MOCK_GIVEN].undo_kind = UNDO_NONE;
	expect(AREA_BAD_GIVEN, "given", "nothing to undo");
	kinds[MOCK_GIVEN].once_only = true;
	expect(AREA_BAD_GIVEN, "given", "nothing to undo");
	kinds[MOCK_GIVEN].whole_pages = true;
	expect(AREA_BAD_GIVEN, "given", "nothing to undo");
	kinds[1].crash_detach = NULL;
	expect(AREA_BAD_HOOK, "clock", "crash");
	kinds[0].crash_detach = mock_crash_detach;
	expect(AREA_BAD_HOOK, "info", "crash");
	kinds[1].at_crash = (enum area_crash)3;
	expect(AREA_BAD_HOOK, "clock", "crash");
}

/* A message has no room: it is cut, and nothing behind it is written to. */
static void test_short_message(void **state)
{
	(void)state;
	table.count = 0;
	for (size_t size = 0; size < 40; size++) {
		memset(message, 'x', sizeof(message));
		assert_int_equal(areas_check(&table, message, size), AREA_TOO_MANY);
		assert_int_equal(message[size], 'x');
		assert_true(!size || memchr(message, 0, size));
	}
}

/* Every start in two pages, against the rule said in another way. */
static void test_every_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < MOCK_KINDS; i++) {
		const struct area_kind *kind = &mock_kinds[i];

		for (uint64_t at = 0x10000; at < 0x12000; at++) {
			bool aligned = at % kind->align == 0;
			bool page = !kind->whole_pages || at % 4096 == 0;
			bool crosses = false;

			for (uint64_t byte = at + 1; kind->no_cross && byte < at + kind->told;
			     byte++)
				crosses |= byte % kind->no_cross == 0;
			if (!area_broken_rule(kind, at + 0x7000, at) !=
			    (aligned && page && !crosses))
				fail_msg("%s at %#llx", kind->name, (unsigned long long)at);
		}
	}
}

static void test_odd_addresses(void **state)
{
	const struct area_kind *kind = &mock_kinds[MOCK_INFO];

	(void)state;
	assert_string_equal(area_broken_rule(kind, 0x1000, 0), "address 0 stands for none");
	assert_string_equal(area_broken_rule(kind, 0x1000, UINT64_MAX - 62), "wraps");
	assert_null(area_broken_rule(kind, 0x1fc0, UINT64_MAX - 63));
	assert_non_null(area_broken_rule(kind, 0, 0x1000));
	assert_non_null(area_broken_rule(kind, UINTPTR_MAX - 62, 0x1fc0));
	assert_non_null(area_broken_rule(kind, 0x1040, 0x1000));
	assert_null(area_broken_rule(kind, 0x7040, 0x1040));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_order, begin),
		cmocka_unit_test_setup(test_count_and_names, begin),
		cmocka_unit_test_setup(test_sizes, begin),
		cmocka_unit_test_setup(test_where_and_after, begin),
		cmocka_unit_test_setup(test_undo_and_hooks, begin),
		cmocka_unit_test_setup(test_short_message, begin),
		cmocka_unit_test_setup(test_every_address, begin),
		cmocka_unit_test_setup(test_odd_addresses, begin),
	};

	(void)mock_table;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
