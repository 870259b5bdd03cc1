// SPDX-License-Identifier: MIT
/* The comparison at ONLINE: every register that differs is found, by name, with both values. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "arch/x86_64/cpu_check.h"

static const struct control_registers boot = { .cr0 = 0x80010033,
					       .cr4 = 0x60,
					       .efer = 0xd00,
					       .pat = 0x0007040600070406,
					       .hwid = 4 };

static void expect_difference(struct control_registers found, const char *name, uint64_t expected,
			      uint64_t value)
{
	uint64_t expected_value = 0, found_value = 0;
	const char *differs =
		control_registers_differ(&boot, &found, &expected_value, &found_value);

	assert_non_null(differs);
	assert_string_equal(differs, name);
	assert_int_equal(expected_value, expected);
	assert_int_equal(found_value, value);
}

static void alike(void **state)
{
	struct control_registers found = boot;
	uint64_t expected_value, found_value;

	(void)state;
	assert_null(control_registers_differ(&boot, &found, &expected_value, &found_value));
}

static void each_register(void **state)
{
	struct control_registers found;

	(void)state;
	found = boot;
	found.cr0 &= ~UINT64_C(0x10000); /* WP */
	expect_difference(found, "CR0", boot.cr0, found.cr0);
	found = boot;
	found.cr4 &= ~UINT64_C(0x40); /* MCE */
	expect_difference(found, "CR4", boot.cr4, found.cr4);
	found = boot;
	found.efer &= ~UINT64_C(0x800); /* NXE */
	expect_difference(found, "EFER", boot.efer, found.efer);
	found = boot;
	found.pat ^= UINT64_C(1) << 63; /* the topmost bit */
	expect_difference(found, "PAT", boot.pat, found.pat);
	found = boot;
	found.hwid = 5;
	expect_difference(found, "APIC id", 4, 5);
}

static void the_id_comes_first(void **state)
{
	struct control_registers found = { .hwid = 9 };

	(void)state;
	expect_difference(found, "APIC id", 4, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alike),
		cmocka_unit_test(each_register),
		cmocka_unit_test(the_id_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
