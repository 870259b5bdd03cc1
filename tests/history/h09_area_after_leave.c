// SPDX-License-Identifier: MIT
/*
 * H9, the part about areas. A kernel went on to the next one while the hypervisor still wrote to the
 * areas of the old one, and the last CPU still used what was being overwritten.
 *
 * Here a CPU that leaves poisons its pointers before the hypervisor gives anything back: using one
 * faults, asking for one is a panic that names CPU and kind. And memory that the hypervisor still
 * writes to is nobody else's.
 */
#include "tests/unit/mock_area_guest.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 4

static const cpu_t cpu_2 = { 2 };
static uintptr_t pointer_at_detach;

/* What does the CPU see of its own area while the hypervisor lets go of it? */
static int look_and_detach(cpu_t cpu, const struct area_kind *kind, void *pointer,
			   uint64_t physical)
{
	(void)pointer;
	(void)physical;
	(void)kind;
	pointer_at_detach = (uintptr_t)area_ptr_or_poison(cpu, 0);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	area_guest_begin(CPUS);
	assert_int_equal(guest_bring_up(), 0);
	return 0;
}

static int end(void **state)
{
	guest_end(state);
	areas_forget();
	return 0;
}

static void test_pointers_after_leave(void **state)
{
	(void)state;
	assert_int_equal(cpu_down(cpu_2), 0);
	for (size_t i = 0; i < MOCK_GIVEN; i++) {
		char words[64];

		snprintf(words, sizeof(words), "area %s of CPU 2", mock_kinds[i].name);
		assert_true(host_read_faults((uintptr_t)area_ptr_or_poison(cpu_2, i)));
		assert_non_null(strstr(host_panic_of((void)area_ptr(cpu_2, i)), words));
	}
	/* Nobody else's are. */
	(void)area_ptr(cpu_from_number(1), MOCK_VPA);
}

static void test_poisoned_before_it_is_given_back(void **state)
{
	static struct area_kind kind;
	static const struct area_table table = { "mock", &kind, 1, 0 };

	(void)state;
	end(NULL);
	area_guest_begin(CPUS);
	kind = mock_kinds[MOCK_VPA];
	kind.detach = look_and_detach;
	assert_int_equal(areas_begin(&table), 0);
	assert_int_equal(areas_prepare(cpu_from_number(0)), 0);
	kind.attach = look_and_detach;
	assert_int_equal(areas_online(cpu_from_number(0)), 0);
	pointer_at_detach = 0;
	areas_online_undo(cpu_from_number(0));
	assert_int_equal(pointer_at_detach, AREA_POISON);
}

/* All of free memory gets an owner that fills it; then the hypervisor writes to all that it holds. */
static void test_memory_that_is_still_written_to_is_nobodys(void **state)
{
	uint64_t pages[16384];
	size_t count = 0;

	(void)state;
	assert_int_equal(cpu_down(cpu_2), 0);
	assert_true(hypervisor.holds[2][MOCK_STEAL].held);
	while (count < 16384 && (pages[count] = mem_alloc(4096, 4096, .owner = "next kernel"))) {
		memset(machine_get()->direct(pages[count]), 0, 4096);
		count++;
	}
	mock_scribble();
	for (size_t i = 0; i < count; i++) {
		const unsigned char *bytes = machine_get()->direct(pages[i]);

		if (bytes[0] || memcmp(bytes, bytes + 1, 4095))
			fail_msg("the hypervisor wrote to page %zu of the next kernel", i);
	}
	assert_true(count > 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_pointers_after_leave),
		TEST(test_poisoned_before_it_is_given_back),
		TEST(test_memory_that_is_still_written_to_is_nobodys),
	};

	(void)mock_table;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
