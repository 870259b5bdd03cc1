// SPDX-License-Identifier: MIT
/*
 * A PAPR guest's areas: what the hypervisor finds in them, in which order it hears of them and forgets them,
 * what they cost, and who has none.
 */
#include "firmware/device_tree.h"
#include "tests/unit/mock_papr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <libfdt.h>

#include <cmocka.h>

#define CPUS 8

static int begin(void **state)
{
	(void)state;
	papr_mock_begin(CPUS);
	return 0;
}

static int end(void **state)
{
	/* No table and no areas, whatever the mock holds. */
	(void)mock_areas_end(state);
	papr_areas_boot_undo(cpu_from_number(0));
	return 0;
}

/* What it asked the hypervisor meanwhile does not count. */
static void boot(void)
{
	assert_int_equal(papr_areas_boot(cpu_from_number(0), &papr_guest_mock), 0);
	papr.calls = papr.refusals = 0;
	papr.order[0] = '\0';
}

/* The hypervisor may be looked at as the kernel before has left it: before it is asked anything, and then by each CPU before it
 * registers. */
static uint32_t looks, calls_at_look[CPUS];

static void look(cpu_t cpu)
{
	looks++;
	calls_at_look[cpu.number] = papr.calls;
}

static void looked_at_first(void **state)
{
	static struct papr_area_guest guest;

	(void)state;
	guest = papr_guest_mock;
	looks = 0;
	guest.look = look;
	papr.calls = 0;
	assert_int_equal(papr_areas_boot(cpu_from_number(0), &guest), 0);
	assert_int_equal(looks, 1);
	assert_int_equal(calls_at_look[0], 0);
	assert_true(papr.calls > 0);
	papr.calls = 0;
	assert_int_equal(papr_online(0), 0);
	assert_int_equal(looks, 1);
	assert_int_equal(papr_areas_prepare(cpu_from_number(1)), 0);
	papr.calls = 0;
	assert_int_equal(papr_online(1), 0);
	assert_int_equal(looks, 2);
	assert_int_equal(calls_at_look[1], 0);
	assert_true(papr.calls > 0);
}

static void all_prepared(void)
{
	boot();
	for (uint32_t i = 1; i < CPUS; i++)
		assert_int_equal(papr_areas_prepare(cpu_from_number(i)), 0);
}

static void test_table(void **state)
{
	const struct area_table *table = papr_area_table_choose(&papr_guest_mock);
	char message[128];

	(void)state;
	assert_non_null(table);
	assert_int_equal(areas_check(table, message, sizeof(message)), AREA_IN_ORDER);
	assert_int_equal(table->count, 3);
	assert_int_equal(table->kinds[PAPR_AREA_VPA].size, 640);
	assert_int_equal(table->kinds[PAPR_AREA_VPA].told, 1024);
	for (size_t i = 0; i < table->count; i++) {
		assert_int_equal(table->kinds[i].align, 128);
		assert_int_equal(table->kinds[i].where, WHERE_ONLINE);
		assert_int_equal(table->kinds[i].at_crash, AREA_CRASH_LEAVE);
	}
}

/* Byte by byte, as the book has it. */
static void test_initial_fields(void **state)
{
	const uint8_t *vpa, *shadow, *log;
	uint32_t not_zero = 0;

	(void)state;
	boot();
	assert_int_equal(papr_online(0), 0);
	vpa = area_ptr(cpu_from_number(0), PAPR_AREA_VPA);
	shadow = area_ptr(cpu_from_number(0), PAPR_AREA_SLB_SHADOW);
	log = area_ptr(cpu_from_number(0), PAPR_AREA_LOG);
	assert_memory_equal(vpa, "\xd3\x97\xd7\x81\x04\x00", 6);
	assert_int_equal(vpa[0xb8], 7);	 /* log: cede, preempt, fault */
	assert_int_equal(vpa[0xba], 1);	 /* floating point */
	assert_int_equal(vpa[0xff], 1);	 /* vectors */
	assert_int_equal(vpa[0xfd], 32); /* SLB entries */
	for (uint32_t i = 0; i < 1024; i++)
		not_zero += vpa[i] != 0;
	assert_int_equal(not_zero, 5 + 4);
	assert_memory_equal(shadow, "\0\0\0\0\0\0\0\x80", 8);
	assert_memory_equal(log, "\0\0\0\0\0\0\x10\0", 8);
	for (uint32_t i = 8; i < 128; i++)
		assert_int_equal(shadow[i] | log[i], 0);
}

static void test_order(void **state)
{
	(void)state;
	all_prepared();
	assert_int_equal(papr.calls, 0);
	assert_int_equal(papr_online(3), 0);
	assert_string_equal(papr.order, "+vpa3 +slb3 +dtl3");
	papr_offline(3);
	assert_string_equal(papr.order, "+vpa3 +slb3 +dtl3 -dtl3 -slb3 -vpa3");
	assert_int_equal(papr.strangers, 0);
	assert_int_equal(papr.refusals, 0);
	/* And again. */
	assert_int_equal(papr_online(3), 0);
	papr_offline(3);
	assert_int_equal(papr.calls, 12);
}

/* One that is refused: what was registered before it is taken back, in reverse. */
static void test_refused_half_way(void **state)
{
	static const struct {
		uint64_t refuse;
		const char *order;
	} ways[] = {
		{ PAPR_REGISTER_VPA, "" },
		{ PAPR_REGISTER_SLB_SHADOW, "+vpa2 -vpa2" },
		{ PAPR_REGISTER_LOG, "+vpa2 +slb2 -slb2 -vpa2" },
	};

	(void)state;
	all_prepared();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		papr.order[0] = '\0';
		papr.refuse = ways[i].refuse;
		assert_int_equal(papr_online(2), MUSTER_E_INVALID);
		assert_string_equal(papr.order, ways[i].order);
	}
	assert_true(host_log_has("CPU 2: dtl: H_REGISTER_VPA, function 2, server 0x66"));
	papr.none = true;
	assert_int_equal(papr_online(2), MUSTER_E_NOT_SUPPORTED);
	assert_true(host_log_has("there is no such call"));
}

/* A hypervisor that does not let go keeps the memory, and the CPU finds it again. */
static void test_will_not_let_go(void **state)
{
	uint64_t at;

	(void)state;
	all_prepared();
	assert_int_equal(papr_online(2), 0);
	at = area_info(cpu_from_number(2), PAPR_AREA_VPA).physical;
	papr.none = true;
	papr_offline(2);
	assert_int_equal(area_info(cpu_from_number(2), PAPR_AREA_VPA).state, AREA_KEPT);
	papr_areas_prepare_undo(cpu_from_number(2));
	assert_int_equal(area_info(cpu_from_number(2), PAPR_AREA_VPA).physical, at);
	papr.none = false;
}

static struct papr_vpa *vpa_of(uint32_t cpu)
{
	struct papr_vpa *vpa;

	mock_play(cpu);
	vpa = papr_vpa_here();
	mock_play(0);
	return vpa;
}

/* Known on the CPU itself as long as it is registered, and no longer. */
static void test_vpa_here(void **state)
{
	(void)state;
	all_prepared();
	assert_null(vpa_of(2));
	papr.refuse = PAPR_REGISTER_VPA;
	assert_int_equal(papr_online(2), MUSTER_E_INVALID);
	assert_null(vpa_of(2));
	papr.refuse = 0;
	assert_int_equal(papr_online(2), 0);
	assert_ptr_equal(vpa_of(2), area_ptr(cpu_from_number(2), PAPR_AREA_VPA));
	assert_null(vpa_of(3));
	papr_offline(2);
	assert_null(vpa_of(2));
}

static void test_dispatches(void **state)
{
	(void)state;
	all_prepared();
	assert_int_equal(papr_online(1), 0);
	assert_int_equal(papr_dispatches(cpu_from_number(1)).count, 0);
	papr_dispatch(1);
	papr_dispatch(1);
	assert_int_equal(papr_dispatches(cpu_from_number(1)).count, 4);
	assert_int_equal(papr_dispatches(cpu_from_number(1)).dispersions, 0);
}

/* For possible CPUs that are prepared, and no others; on their nodes; and every byte comes back. */
static void test_memory(void **state)
{
	uint64_t before = mem_free_total();

	(void)state;
	boot();
	assert_int_equal(areas_usage().told, 1024 + 128 + 4096);
	for (uint32_t i = 1; i < CPUS; i++)
		assert_int_equal(papr_areas_prepare(cpu_from_number(i)), 0);
	assert_int_equal(areas_usage().told, CPUS * (1024 + 128 + 4096));
	for_each_cpu (cpu) {
		uint64_t vpa = area_info(cpu, PAPR_AREA_VPA).physical;

		for (size_t kind = 0; kind < 3; kind++) {
			const struct memory_range *range;
			uint64_t at = area_info(cpu, kind).physical;

			for (size_t n = 0; (range = mem_at(n)); n++)
				if (at - range->base < range->size)
					assert_int_equal(range->node, cpu_node(cpu));
		}
		assert_int_equal(vpa / 4096, (vpa + 1023) / 4096);
	}
	/* Half of them turn out impossible. */
	for (uint32_t i = CPUS / 2; i < CPUS; i++)
		papr_areas_prepare_undo(cpu_from_number(i));
	assert_int_equal(areas_usage().told, CPUS / 2 * (1024 + 128 + 4096));
	for (uint32_t i = 0; i < CPUS / 2; i++)
		papr_areas_prepare_undo(cpu_from_number(i));
	papr_areas_boot_undo(cpu_from_number(0));
	assert_false(papr_has_areas());
	assert_int_equal(mem_free_total(), before);
}

/* A machine without a hypervisor has a tree without hypertas functions: no memory, no call, no areas. */
static void test_none_without_hypervisor(void **state)
{
	static _Alignas(8) uint8_t blob[16384];
	uint64_t before = mem_free_total();
	struct device_tree tree;
	int node;

	(void)state;
	assert_int_equal(fdt_create_empty_tree(blob, sizeof(blob)), 0);
	assert_int_equal(fdt_setprop_string(blob, 0, "compatible", "ibm,powernv"), 0);
	assert_int_equal(fdt_add_subnode(blob, 0, "rtas") < 0, false);
	node = fdt_add_subnode(blob, 0, "cpus");
	node = fdt_add_subnode(blob, node, "PowerPC,POWER9@0");
	assert_int_equal(fdt_setprop_u32(blob, node, "ibm,slb-size", 32), 0);
	assert_int_equal(device_tree_open(blob, sizeof(blob), &tree), 0);

	papr_guest_mock.offered = device_tree_hypertas_has(&tree, "hcall-splpar");
	assert_false(papr_guest_mock.offered);
	assert_null(papr_area_table_choose(&papr_guest_mock));
	boot();
	assert_false(papr_has_areas());
	assert_true(host_log_has("CPUs have no areas"));
	for_each_cpu (cpu) {
		assert_int_equal(papr_areas_prepare(cpu), 0);
		assert_int_equal(papr_online(cpu.number), 0);
		papr_offline(cpu.number);
		papr_areas_prepare_undo(cpu);
	}
	papr_areas_boot_undo(cpu_from_number(0));
	assert_int_equal(papr.calls, 0);
	assert_int_equal(areas_usage().held, 0);
	assert_int_equal(mem_free_total(), before);
}

/* One that the hypervisor does not know is done without, and what comes behind it too. */
static void test_optional(void **state)
{
	static const struct {
		uint64_t refuse;
		size_t count;
	} ways[] = {
		{ PAPR_DEREGISTER_LOG, 2 },
		{ PAPR_DEREGISTER_SLB_SHADOW, 1 },
		{ PAPR_DEREGISTER_VPA, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct area_table *table;
		char message[128];

		begin(NULL);
		papr.refuse = ways[i].refuse;
		table = papr_area_table_choose(&papr_guest_mock);
		assert_int_equal(table ? table->count : 0, ways[i].count);
		assert_true(host_log_has("done without, and without what rests on it"));
		if (!table)
			continue;
		assert_int_equal(areas_check(table, message, sizeof(message)), AREA_IN_ORDER);
		boot();
		assert_int_equal(papr_online(0), 0);
		papr_offline(0);
		assert_int_equal(papr.refusals, 0);
		end(NULL);
	}
	begin(NULL);
	papr.none = true;
	boot();
	assert_false(papr_has_areas());
	assert_true(host_log_has("H_REGISTER_VPA, function 5: status -2: there is no such call"));
	assert_int_equal(papr_online(0), 0);
	papr.none = false;
}

static void test_cache_lines(void **state)
{
	(void)state;
	papr_guest_mock.data_cache_line = 0;
	assert_int_equal(papr_area_table_choose(&papr_guest_mock)->kinds[0].align, 128);
	assert_int_equal(host_log_has("data cache line"), false);
	papr_guest_mock.data_cache_line = 64;
	assert_int_equal(papr_area_table_choose(&papr_guest_mock)->kinds[0].align, 64);
	papr_guest_mock.data_cache_line = 96;
	assert_int_equal(papr_area_table_choose(&papr_guest_mock)->kinds[0].align, 128);
	assert_true(host_log_has("data cache line of 96 bytes: must be a power of two"));
	papr_guest_mock.data_cache_line = 0x80000000;
	assert_int_equal(papr_area_table_choose(&papr_guest_mock)->kinds[0].align, 128);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_table),
		TEST(test_initial_fields),
		TEST(looked_at_first),
		TEST(test_order),
		TEST(test_refused_half_way),
		TEST(test_will_not_let_go),
		TEST(test_dispatches),
		TEST(test_vpa_here),
		TEST(test_memory),
		TEST(test_none_without_hypervisor),
		TEST(test_optional),
		TEST(test_cache_lines),
	};

	papr_mock_unused();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
