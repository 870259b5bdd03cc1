// SPDX-License-Identifier: MIT
/*
 * Home nodes: unpacking what H_HOME_NODE_ASSOCIATIVITY returns, in pieces of 16 and 32 bits, whole and broken;
 * and who is believed when hypervisor and tree differ.
 */
#include "platform/papr/papr_home.h"
#include "tests/unit/console_capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ONES UINT64_MAX

static uint32_t domains[PAPR_HOME_DOMAINS_MAX];

#define unpack(...) papr_home_unpack((const uint64_t[PAPR_RESULTS_MAX]){ __VA_ARGS__ }, domains)

static void test_short(void **state)
{
	(void)state;
	assert_int_equal(unpack(0x8001800280038004, 0x8005ffffffffffff, ONES, ONES, ONES, ONES), 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(domains[i], i + 1);
	/* All of them: 24. */
	assert_int_equal(unpack(0x8000800080008000, 0x8000800080008000, 0x8000800080008000,
				0x8000800080008000, 0x8000800080008000, 0x800080008000fffe),
			 24);
	assert_int_equal(domains[22], 0);
	assert_int_equal(domains[23], 0x7ffe);
}

/* As QEMU packs them: two of 32 bits in a register, the rest ones. */
static void test_long(void **state)
{
	(void)state;
	assert_int_equal(unpack(0x0000000000000001, 0x0000000200000003, 0x00000004ffffffff, ONES,
				ONES, ONES),
			 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(domains[i], i);
	assert_int_equal(unpack(0x7fffffff00010000, ONES, ONES, ONES, ONES, ONES), 2);
	assert_int_equal(domains[0], 0x7fffffff);
	assert_int_equal(domains[1], 0x10000);
	assert_int_equal(unpack(1, 1, 1, 1, 1, 1), 12);
}

/* A long one may cross from one register to the next, and lie between short ones. */
static void test_mixed(void **state)
{
	(void)state;
	assert_int_equal(unpack(0x8005000000068007, 0x80080001, 0x0002000380090000,
				0x000affffffffffff, ONES, ONES),
			 8);
	assert_int_equal(domains[0], 5);
	assert_int_equal(domains[1], 6);
	assert_int_equal(domains[2], 7);
	assert_int_equal(domains[3], 0);       /* 0000 0000 */
	assert_int_equal(domains[4], 8);       /* 8008 */
	assert_int_equal(domains[5], 0x10002); /* 0001 | 0002 */
	assert_int_equal(domains[6],
			 0x38009); /* 0003 8009: the first bit of its second half is its own */
	assert_int_equal(domains[7], 10);
}

static void test_nothing_and_halves(void **state)
{
	(void)state;
	assert_int_equal(unpack(ONES, ONES, ONES, ONES, ONES, ONES), 0);
	assert_int_equal(unpack(0xffff800180018001, 0, 0, 0, 0, 0), 0);
	/* The first half of a number, and nothing behind it. */
	assert_int_equal(unpack(0x8000800080008000, 0x8000800080008000, 0x8000800080008000,
				0x8000800080008000, 0x8000800080008000, 0x8000800080000001),
			 23);
}

static struct device_tree_affinity affinity = { .form = 1, .level_count = 2, .points = { 3, 2 } };
static uint64_t told_registers[PAPR_RESULTS_MAX];
static long told_status;
static uint64_t asked_flags, asked_server;
static uint32_t asked;

static long ask(uint64_t flags, uint64_t server, uint64_t registers[PAPR_RESULTS_MAX])
{
	asked++;
	asked_flags = flags;
	asked_server = server;
	memcpy(registers, told_registers, sizeof(told_registers));
	return told_status;
}

static struct papr_home home;

static int begin(void **state)
{
	(void)state;
	capture_begin();
	home = (struct papr_home){ ask, true, &affinity };
	memset(told_registers, 0xff, sizeof(told_registers));
	told_registers[0] = 0x8000800180058009;
	told_status = 0;
	asked = 0;
	return 0;
}

static uint32_t domain_of(bool present, uint32_t told_domain)
{
	const struct device_tree_place told = { .domain = told_domain };

	return papr_home_place(&home, 17, present, &told).domain;
}

static void test_hypervisor_is_believed(void **state)
{
	(void)state;
	assert_int_equal(domain_of(true, 5), 5);
	assert_string_equal(capture.text, "");
	assert_int_equal(asked_flags, 1);
	assert_int_equal(asked_server, 17);
	assert_int_equal(domain_of(true, 4), 5);
	assert_int_equal(capture_count("\n"), 1);
	assert_true(capture_has("CPU 0x11 is in domain 4 by the device tree and in domain 5 by the "
				"hypervisor: that is believed"));
	/* The tree says nothing. */
	capture_begin();
	assert_int_equal(domain_of(true, DEVICE_TREE_NO_DOMAIN), 5);
	assert_string_equal(capture.text, "");
}

static void test_hypervisor_says_nothing(void **state)
{
	(void)state;
	/* A list too short for the reference point. */
	told_registers[0] = 0x80008001ffffffff;
	assert_int_equal(domain_of(true, 4), 4);
	assert_string_equal(capture.text, "");
	told_status = -55;
	assert_int_equal(domain_of(false, 4), 4);
	assert_string_equal(capture.text, "");
	assert_int_equal(domain_of(true, 4), 4);
	assert_true(capture_has("H_HOME_NODE_ASSOCIATIVITY of 0x11: status -55"));
	/* No such call: said once, and not asked again. */
	capture_begin();
	asked = 0;
	told_status = -2;
	assert_int_equal(domain_of(true, 4), 4);
	assert_int_equal(domain_of(true, 3), 3);
	assert_int_equal(asked, 1);
	assert_int_equal(capture_count("\n"), 1);
	assert_true(capture_has("there is no such call, though hcall-vphn is listed"));
	/* Not offered, or no nodes: not asked. */
	asked = 0;
	home.offered = false;
	assert_int_equal(domain_of(true, 4), 4);
	home.offered = true;
	home.affinity = NULL;
	assert_int_equal(domain_of(true, 4), 4);
	assert_int_equal(asked, 0);
}

static void test_changes(void **state)
{
	struct papr_vpa vpa = { 0 };
	uint8_t seen[8] = { 0 };

	(void)state;
	assert_false(papr_home_changed(&vpa, seen));
	vpa.home_changes[7]++;
	assert_true(papr_home_changed(&vpa, seen));
	assert_false(papr_home_changed(&vpa, seen));
	vpa.home_changes[0] = 255;
	assert_true(papr_home_changed(&vpa, seen));
	vpa.home_changes[0]++;
	assert_true(papr_home_changed(&vpa, seen));
	assert_false(papr_home_changed(&vpa, seen));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(test_short),
		TEST(test_long),
		TEST(test_mixed),
		TEST(test_nothing_and_halves),
		TEST(test_hypervisor_is_believed),
		TEST(test_hypervisor_says_nothing),
		TEST(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
