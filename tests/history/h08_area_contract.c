// SPDX-License-Identifier: MIT
/*
 * H8. The area that a POWER guest shares for each CPU has 640 bytes, an alignment, and may not cross
 * 4 KiB; older hypervisors refuse 640 bytes and want to be told 1,024. A kernel had them as one
 * array for all CPUs: some crossed, each was padded to keep the others from it, all were on one node,
 * and what belonged to CPUs that turned out impossible was lost.
 *
 * Here each kind is a row of contracts that is checked before the hypercall; the size used and the
 * size told are two numbers; areas are made one by one on the CPU's node.
 */
#include "tests/unit/mock_areas.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS 16

static struct area_kind vpa;
static const struct area_table table = { "mock", &vpa, 1, 0 };
static unsigned int hypercalls, refusals;

/* An older hypervisor: LoPAR's rules, and 1,024 bytes at least. */
static int register_vpa(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	(void)cpu;
	(void)pointer;
	hypercalls++;
	if (kind->told < 1024 || physical % 128 ||
	    physical / 4096 != (physical + kind->told - 1) / 4096) {
		refusals++;
		return MUSTER_E_INVALID;
	}
	return 0;
}

static int unregister_vpa(cpu_t cpu, const struct area_kind *kind, void *pointer, uint64_t physical)
{
	(void)cpu;
	(void)kind;
	(void)pointer;
	(void)physical;
	return 0;
}

static int begin(void **state)
{
	(void)state;
	mock_areas_begin(CPUS, HOST_MEMORY_SIZE / 2);
	vpa = (struct area_kind){ .name = "vpa",
				  .size = 640,
				  .told = 1024,
				  .align = 128,
				  .no_cross = 4096,
				  .where = WHERE_PREPARE,
				  .undo_kind = UNDO_STEP,
				  .attach = register_vpa,
				  .detach = unregister_vpa };
	hypercalls = refusals = 0;
	return 0;
}

/* The bug: one array, 640 bytes each, and the seventh crosses. */
static void test_an_array_is_refused(void **state)
{
	uint64_t array = mem_alloc(CPUS * 640, 4096, .owner = "array");
	unsigned int crossing = 0;

	(void)state;
	vpa.told = 640;
	for (uint32_t i = 0; i < CPUS; i++) {
		uint64_t at = array + i * 640;
		const char *rule = area_broken_rule(&vpa, (uintptr_t)machine_get()->direct(at), at);

		assert_int_equal(rule != NULL, i == 6 || i == 12);
		crossing += rule && !strcmp(rule, "crosses what it may not cross");
	}
	assert_int_equal(crossing, 2);
}

/* One that crosses, from whoever it comes, is refused by us: there is no hypercall. */
static void test_crossing_never_reaches_the_hypervisor(void **state)
{
	(void)state;
	vpa.undo_kind = UNDO_NONE;
	vpa.detach = NULL;
	assert_int_equal(areas_begin(&table), 0);
	assert_int_equal(area_adopt(cpu_from_number(1), 0, 0x500c80), MUSTER_E_INVALID);
	assert_true(
		host_log_has("area vpa of CPU 1, vCPU 101: at 0x500c80, 1024 bytes told: crosses"));
	assert_int_equal(hypercalls, 0);
}

/* And a kind that could only cross is refused when the table is proved. */
static void test_larger_than_what_it_may_not_cross(void **state)
{
	(void)state;
	vpa.told = 8192;
	assert_int_equal(areas_begin(&table), MUSTER_E_INVALID);
	assert_true(host_log_has("area vpa: it is larger than what it may not cross"));
	assert_int_equal(hypercalls, 0);
}

/* 640 bytes told: that hypervisor refuses, and the line has the number. 1,024 told and 640 used: it
 * does not. */
static void test_told_and_used(void **state)
{
	(void)state;
	vpa.told = 640;
	assert_int_equal(areas_begin(&table), 0);
	assert_int_equal(areas_prepare(cpu_from_number(1)), MUSTER_E_INVALID);
	assert_true(host_log_has("640 bytes told"));
	assert_int_equal(refusals, 1);
	areas_forget();

	begin(NULL);
	assert_int_equal(areas_begin(&table), 0);
	for_each_cpu (cpu)
		assert_int_equal(areas_prepare(cpu), 0);
	assert_int_equal(hypercalls, CPUS);
	assert_int_equal(refusals, 0);
}

/* Not a page each, on the CPU's node, and free again for a CPU that is not to be. */
static void test_memory(void **state)
{
	uint64_t before = mem_free_total();
	const struct memory_range *range;

	(void)state;
	assert_int_equal(areas_begin(&table), 0);
	for_each_cpu (cpu)
		assert_int_equal(areas_prepare(cpu), 0);
	assert_int_equal(areas_usage().held, CPUS * 1024);
	for_each_cpu (cpu) {
		uint64_t at = area_info(cpu, 0).physical;

		for (size_t n = 0; (range = mem_at(n)); n++)
			if (at - range->base < range->size)
				assert_int_equal(range->node, cpu_node(cpu));
	}
	/* CPUs 8 to 15 turn out impossible. */
	for (uint32_t i = 8; i < CPUS; i++)
		areas_prepare_undo(cpu_from_number(i));
	assert_int_equal(areas_usage().held, 8 * 1024);
	for (uint32_t i = 0; i < 8; i++)
		areas_prepare_undo(cpu_from_number(i));
	assert_int_equal(areas_end(), 0);
	assert_int_equal(mem_free_total(), before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, mock_areas_end)
	const struct CMUnitTest tests[] = {
		TEST(test_an_array_is_refused),
		TEST(test_crossing_never_reaches_the_hypervisor),
		TEST(test_larger_than_what_it_may_not_cross),
		TEST(test_told_and_used),
		TEST(test_memory),
	};

	(void)mock_table;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
