// SPDX-License-Identifier: MIT
/*
 * What the kernel before us says is held: claimed where it is free RAM, and where it is absurd, left out in a moment
 * and with a line, however many pages it would have.
 */
#include "platform/parked.h"

#include "core/area_store.h"
#include "core/memory_map.h"
#include "tests/unit/host_machine.h"

#include <muster/memory.h>
#include <muster/park.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PAGE UINT64_C(4096)
#define MIB  (UINT64_C(1) << 20)
#define KIND 7u /* nobody knows it */

/* RAM of [1 MiB, 3 MiB) and [4 MiB, 8 MiB); firmware's tables behind that. */
static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	host_log_clear();
	memory_map_begin();
	assert_int_equal(memory_map_add(MIB, 2 * MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(4 * MIB, 4 * MIB, MEMORY_RAM), 0);
	assert_int_equal(memory_map_add(8 * MIB, MIB, MEMORY_FIRMWARE), 0);
	assert_int_equal(memory_map_end(), 0);
	return 0;
}

static void claim(uint32_t kind, uint64_t address, uint64_t size)
{
	const struct handover_entry entry = { .kind = kind, .address = address, .size = size };

	parked_memory_claim(&entry);
}

static void whole_pages(void **state)
{
	(void)state;
	claim(HANDOVER_XEN_VCPU_INFO, 5 * MIB + 64, 64);
	claim(HANDOVER_XEN_VCPU_INFO, 5 * MIB + 128, 64);
	claim(HANDOVER_GIVEN_BACK, 6 * MIB + PAGE - 1, 2);
	claim(KIND, 7 * MIB, 1);
	assert_int_equal(mem_owned_by(AREA_ADOPTED_OWNER), 2 * PAGE);
	assert_int_equal(mem_owned_by(HANDED_BACK_OWNER), 2 * PAGE);
	assert_true(mem_is_owned_by(5 * MIB, AREA_ADOPTED_OWNER));
	assert_true(mem_is_owned_by(6 * MIB + PAGE, HANDED_BACK_OWNER));
	assert_true(mem_is_owned_by(7 * MIB, AREA_ADOPTED_OWNER));
	assert_string_equal(host_log(), "");
}

static void nothing_to_claim(void **state)
{
	uint64_t before = mem_free_total();

	(void)state;
	claim(HANDOVER_XEN_VCPU_INFO, 5 * MIB + 1, 0);
	claim(HANDOVER_PROCESS_TABLE, 5 * MIB, PAGE);
	claim(HANDOVER_XEN_SHARED_INFO, 16 * MIB, PAGE);
	claim(KIND, 8 * MIB, MIB);
	assert_int_equal(mem_free_total(), before);
	assert_string_equal(host_log(), "");
}

/* 2^51 pages are not looked at one by one. */
static void more_than_there_is(void **state)
{
	(void)state;
	claim(KIND, 2 * MIB, UINT64_C(1) << 63);
	assert_int_equal(mem_owned_by(AREA_ADOPTED_OWNER), 5 * MIB);
	assert_int_equal(mem_free_total(), MIB - mem_owned_by("memory map"));
	assert_string_equal(host_log(), "");
}

static void one_that_wraps(void **state)
{
	uint64_t before = mem_free_total();

	(void)state;
	claim(KIND, 5 * MIB, UINT64_MAX - MIB);
	assert_true(host_log_has(
		"entry of kind 7: 0xffffffffffefffff bytes at 0x500000: must not wrap: left out"));
	host_log_clear();
	/* Its last page would. */
	claim(KIND, 5 * MIB, UINT64_MAX - 5 * MIB);
	assert_true(host_log_has("must not wrap"));
	assert_int_equal(mem_free_total(), before);
}

/* A line for all of it, and not for each page; what is around it is claimed. */
static void what_somebody_has(void **state)
{
	const char *text;
	int lines = 0;

	(void)state;
	assert_int_equal(mem_claim(5 * MIB, MIB, "kernel"), 0);
	claim(KIND, 4 * MIB, 4 * MIB);
	assert_int_equal(mem_owned_by("kernel"), MIB);
	assert_int_equal(mem_owned_by(AREA_ADOPTED_OWNER), 3 * MIB);
	for (text = host_log(); (text = strchr(text, '\n')); text++)
		lines++;
	assert_int_equal(lines, 1);
	assert_true(host_log_has("claim meets memory of kernel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole_pages, begin),
		cmocka_unit_test_setup(nothing_to_claim, begin),
		cmocka_unit_test_setup(more_than_there_is, begin),
		cmocka_unit_test_setup(one_that_wraps, begin),
		cmocka_unit_test_setup(what_somebody_has, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
