// SPDX-License-Identifier: MIT
/* The memory map as Xen has it: passed on as it is, and a count that cannot be believed is refused. */
#include "platform/xen/xen_memory_map.h"

#include "host_machine.h"
#include "platform/xen/hypercall.h"

#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Entries are 20 bytes long, without padding. */
static uint8_t stored[XEN_MEMORY_RANGES_MAX * 20];
static uint32_t stored_count;
static long answer;
static uint32_t passed;
static uint64_t last_base, last_size;
static uint32_t last_type;

long xen_hypercall(uint32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct xen_memory_map *map = (struct xen_memory_map *)b;
	void *buffer;

	(void)c;
	(void)d;
	(void)e;
	assert_int_equal(number, __HYPERVISOR_memory_op);
	assert_int_equal(a, XENMEM_memory_map);
	assert_int_equal(map->nr_entries, XEN_MEMORY_RANGES_MAX);
	memcpy(&buffer, &map->buffer, sizeof(buffer));
	memcpy(buffer, stored, sizeof(stored));
	map->nr_entries = stored_count;
	return answer;
}

static void store(uint32_t index, uint64_t base, uint64_t size, uint32_t type)
{
	memcpy(stored + index * 20, &base, 8);
	memcpy(stored + index * 20 + 8, &size, 8);
	memcpy(stored + index * 20 + 16, &type, 4);
}

static void on_range(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	assert_ptr_equal(context, &passed);
	passed++;
	last_base = base;
	last_size = size;
	last_type = type;
}

static int begin(void **state)
{
	(void)state;
	host_begin(1);
	memset(stored, 0, sizeof(stored));
	passed = 0;
	answer = 0;
	host_log_clear();
	return 0;
}

static void ranges_are_passed_on(void **state)
{
	(void)state;
	store(0, 0, 0x9f000, 1);
	store(1, 0x100000, 0x1cde3ef6, 1);
	store(2, 0xfd00000000, 0x300000000, 2);
	stored_count = 3;
	assert_int_equal(xen_memory_map_read(on_range, &passed), 3);
	assert_int_equal(passed, 3);
	assert_int_equal(last_base, 0xfd00000000);
	assert_int_equal(last_size, 0x300000000);
	assert_int_equal(last_type, 2);
	assert_string_equal(host_log(), "");
}

static void a_refusal_is_named(void **state)
{
	(void)state;
	answer = -38;
	stored_count = 3;
	assert_int_equal(xen_memory_map_read(on_range, &passed), MUSTER_E_NOT_SUPPORTED);
	assert_int_equal(passed, 0);
	assert_true(host_log_has("XENMEM_memory_map: ENOSYS"));
}

static void a_count_that_cannot_be(void **state)
{
	static const uint32_t counts[] = { 0, XEN_MEMORY_RANGES_MAX, XEN_MEMORY_RANGES_MAX + 1,
					   UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		begin(state);
		stored_count = counts[i];
		assert_int_equal(xen_memory_map_read(on_range, &passed), MUSTER_E_CORRUPT);
		assert_int_equal(passed, 0);
		assert_true(host_log_has("ranges: must be 1 to 255"));
	}
	/* The most that there may be. */
	begin(state);
	stored_count = XEN_MEMORY_RANGES_MAX - 1;
	assert_int_equal(xen_memory_map_read(on_range, &passed), XEN_MEMORY_RANGES_MAX - 1);
	assert_int_equal(passed, XEN_MEMORY_RANGES_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ranges_are_passed_on, begin),
		cmocka_unit_test_setup(a_refusal_is_named, begin),
		cmocka_unit_test_setup(a_count_that_cannot_be, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
