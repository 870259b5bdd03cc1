// SPDX-License-Identifier: MIT
/*
 * H8, with the areas that a POWER guest has today. A kernel had the VPAs of all CPUs in one array: 1 KiB each,
 * because an old hypervisor refuses 640 bytes, for all CPUs that there could ever be, on the node that the array
 * was on; and what a CPU that turned out impossible had in it was in nobody's way and of no use.
 *
 * Here they are made one by one, and the old hypervisor is happy with them. What the array would have cost is
 * computed and printed beside ours.
 */
#include "tests/unit/mock_papr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OLD_LEAST 1024u /* what KVM before Linux 4.14 wants a VPA to have */

static int begin(void **state)
{
	(void)state;
	papr_mock_begin(MOCK_CPUS);
	papr.least = OLD_LEAST;
	return 0;
}

static int end(void **state)
{
	(void)mock_areas_end(state);
	papr_areas_boot_undo(cpu_from_number(0));
	return 0;
}

/* The bug, in this hypervisor's words: 640 bytes told. */
static void test_old_hypervisor_refuses_640(void **state)
{
	uint64_t page = mem_alloc(4096, 4096, .owner = "array");
	struct papr_vpa *vpa = machine_get()->direct(page);
	const uint64_t flags = (uint64_t)PAPR_REGISTER_VPA << PAPR_AREA_FUNCTION_SHIFT;

	(void)state;
	memset(vpa, 0, 4096);
	vpa->size = __builtin_bswap16(PAPR_VPA_SIZE);
	assert_int_equal(papr_register_area(flags, 100, page), MOCK_PARAMETER);
	vpa->size = __builtin_bswap16(OLD_LEAST - 1);
	assert_int_equal(papr_register_area(flags, 100, page), MOCK_PARAMETER);
	vpa->size = __builtin_bswap16(OLD_LEAST);
	assert_int_equal(papr_register_area(flags, 100, page), MOCK_SUCCESS);
	/* A new one takes either. */
	papr.least = PAPR_VPA_SIZE;
	vpa->size = __builtin_bswap16(PAPR_VPA_SIZE);
	assert_int_equal(papr_register_area(flags, 100, page), MOCK_SUCCESS);
}

static void test_old_hypervisor_takes_ours(void **state)
{
	(void)state;
	assert_int_equal(papr_areas_boot(cpu_from_number(0), &papr_guest_mock), 0);
	for_each_cpu (cpu) {
		if (cpu.number)
			assert_int_equal(papr_areas_prepare(cpu), 0);
		assert_int_equal(papr_online(cpu.number), 0);
	}
	assert_int_equal(papr.refusals, 0);
	for (uint32_t i = 0; i < MOCK_CPUS; i++) {
		assert_true(papr.vcpus[i].vpa && papr.vcpus[i].shadow && papr.vcpus[i].log);
		assert_false(papr_crosses(papr.vcpus[i].vpa, PAPR_VPA_TOLD));
		papr_offline(i);
	}
}

/* What VPAs take: the array, for all possible CPUs on one node; and ours, for those that are there. */
static void test_array_and_ours(void **state)
{
	const uint32_t possible = MOCK_CPUS, present = MOCK_CPUS / 3;
	const uint64_t array = (possible * OLD_LEAST + 4095) / 4096 * 4096;
	const uint64_t used = (uint64_t)present * PAPR_VPA_SIZE;
	uint64_t ours = 0, far = 0, ours_far = 0, freed;

	(void)state;
	assert_int_equal(papr_areas_boot(cpu_from_number(0), &papr_guest_mock), 0);
	for (uint32_t i = 0; i < possible; i++) {
		const struct memory_range *range;
		uint64_t at;

		if (i && i < present)
			assert_int_equal(papr_areas_prepare(cpu_from_number(i)), 0);
		/* The array is on the boot CPU's node. */
		far += cpu_node(cpu_from_number(i)) && i < present ? OLD_LEAST : 0;
		at = area_info(cpu_from_number(i), PAPR_AREA_VPA).physical;
		assert_int_equal(at != 0, i < present);
		ours += at ? PAPR_VPA_TOLD : 0;
		for (size_t n = 0; at && (range = mem_at(n)); n++)
			if (at - range->base < range->size &&
			    range->node != cpu_node(cpu_from_number(i)))
				ours_far += PAPR_VPA_TOLD;
	}
	printf("VPAs of %u CPUs of %u possible, %llu bytes used: one array %llu bytes, %llu of them "
	       "wasted, %llu on another node; one by one %llu, %llu wasted, %llu on another node\n",
	       present, possible, (unsigned long long)used, (unsigned long long)array,
	       (unsigned long long)(array - used), (unsigned long long)far,
	       (unsigned long long)ours, (unsigned long long)(ours - used),
	       (unsigned long long)ours_far);
	assert_int_equal(array, 24 * 1024);
	assert_int_equal(ours, 8 * 1024);
	assert_int_equal(far, 4 * 1024);
	assert_int_equal(ours_far, 0);

	/* Two of those that are there turn out impossible: all that they had comes back. */
	freed = areas_usage().told;
	papr_areas_prepare_undo(cpu_from_number(6));
	papr_areas_prepare_undo(cpu_from_number(7));
	freed -= areas_usage().told;
	printf("2 of them turn out impossible: %llu bytes come back, of the array %u\n",
	       (unsigned long long)freed, 0);
	assert_int_equal(freed,
			 2 * (PAPR_VPA_TOLD + sizeof(struct papr_slb_shadow) + PAPR_LOG_BYTES));
}

/* Neighbours in the array shared a page with whatever the array's end left free. Ours share it with areas. */
static void test_pages(void **state)
{
	uint64_t told, held;

	(void)state;
	assert_int_equal(papr_areas_boot(cpu_from_number(0), &papr_guest_mock), 0);
	for (uint32_t i = 1; i < MOCK_CPUS; i++)
		assert_int_equal(papr_areas_prepare(cpu_from_number(i)), 0);
	told = areas_usage().told;
	held = areas_usage().held;
	/* Less than two pages for each node, not one for each CPU. */
	assert_true(held - told < 2 * MOCK_NODES * 4096);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_old_hypervisor_refuses_640),
		TEST(test_old_hypervisor_takes_ours),
		TEST(test_array_and_ours),
		TEST(test_pages),
	};

	papr_mock_unused();
	(void)papr_dispatch;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
