// SPDX-License-Identifier: MIT
/*
 * H9, with the areas of a POWER guest. A kernel jumps into the next one while the hypervisor still writes to the
 * old one's pages; the CPU that left last still used per-CPU state that was being overwritten.
 *
 * Here a CPU that leaves first poisons its pointers, then deregisters log, SLB shadow and VPA, in that order;
 * the hypervisor writes to nothing of its own after that, whoever has the memory then. In a crash nothing is
 * deregistered, and what the hypervisor still holds is counted.
 */
#include "tests/unit/mock_papr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 4

static int begin(void **state)
{
	(void)state;
	papr_mock_begin(CPUS);
	assert_int_equal(papr_areas_boot(cpu_from_number(0), &papr_guest_mock), 0);
	for_each_cpu (cpu) {
		if (cpu.number)
			assert_int_equal(papr_areas_prepare(cpu), 0);
		assert_int_equal(papr_online(cpu.number), 0);
	}
	papr.order[0] = '\0';
	return 0;
}

static int end(void **state)
{
	(void)mock_areas_end(state);
	papr_areas_boot_undo(cpu_from_number(0));
	return 0;
}

/* It writes to all that it holds. */
static void hypervisor_writes(void)
{
	for (uint32_t i = 0; i < CPUS; i++) {
		if (papr.vcpus[i].vpa)
			memset(machine_get()->direct(papr.vcpus[i].vpa), 0xee, PAPR_VPA_TOLD);
		if (papr.vcpus[i].shadow)
			memset(machine_get()->direct(papr.vcpus[i].shadow), 0xee, 128);
		if (papr.vcpus[i].log)
			memset(machine_get()->direct(papr.vcpus[i].log), 0xee, PAPR_LOG_BYTES);
	}
}

static void test_order_and_poison(void **state)
{
	const uintptr_t poison = papr_guest_mock.poison ? papr_guest_mock.poison : AREA_POISON;

	(void)state;
	papr_offline(2);
	assert_string_equal(papr.order, "-dtl2 -slb2 -vpa2");
	for (size_t kind = 0; kind < 3; kind++)
		assert_int_equal((uintptr_t)area_ptr_or_poison(cpu_from_number(2), kind), poison);
	assert_int_not_equal((uintptr_t)area_ptr_or_poison(cpu_from_number(1), 0), poison);
}

/* The next kernel's memory stays what it was. */
static void test_memory_of_the_next_kernel(void **state)
{
	uint64_t at[CPUS][3];
	const uint32_t bytes[3] = { PAPR_VPA_TOLD, 128, PAPR_LOG_BYTES };

	(void)state;
	for (uint32_t i = CPUS; i-- > 0;) {
		for (size_t kind = 0; kind < 3; kind++)
			at[i][kind] = area_info(cpu_from_number(i), kind).physical;
		papr_offline(i);
	}
	for (uint32_t i = 0; i < CPUS; i++)
		for (size_t kind = 0; kind < 3; kind++)
			memset(machine_get()->direct(at[i][kind]), 0x11, bytes[kind]);
	hypervisor_writes();
	for (uint32_t i = 0; i < CPUS; i++)
		for (size_t kind = 0; kind < 3; kind++)
			for (uint32_t n = 0; n < bytes[kind]; n++)
				assert_int_equal(((uint8_t *)machine_get()->direct(at[i][kind]))[n],
						 0x11);
}

/* After a crash nobody can say that a CPU has stopped using them: they stay, and are known. */
static void test_crash(void **state)
{
	(void)state;
	assert_int_equal(areas_crash(cpu_from_number(1)), CPUS * 3);
	assert_string_equal(papr.order, "");
	for (uint32_t i = 0; i < CPUS; i++)
		assert_true(papr.vcpus[i].vpa && papr.vcpus[i].shadow && papr.vcpus[i].log);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_order_and_poison),
		TEST(test_memory_of_the_next_kernel),
		TEST(test_crash),
	};

	papr_mock_unused();
	(void)papr_dispatch;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
