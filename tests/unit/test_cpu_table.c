// SPDX-License-Identifier: MIT
/*
 * The table of CPUs: four ids that are no two equal, duplicates, a table that is full, and states
 * that several CPUs change at once.
 */
#include "core/cpu_table.h"
#include "host_machine.h"

#include <muster/error.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *memory;

static void begin(uint32_t capacity)
{
	host_machine_begin();
	free(memory);
	memory = aligned_alloc(64, (cpu_table_bytes(capacity) + 63) & ~(size_t)63);
	/* What the memory held before must not matter. */
	memset(memory, 0xa5, cpu_table_bytes(capacity));
	assert_int_equal(cpu_table_begin(memory, capacity), 0);
}

static int done(void **state)
{
	(void)state;
	free(memory);
	memory = NULL;
	return 0;
}

static int add(uint64_t hwid, uint32_t fwid, uint32_t vcpu_id, uint32_t node, bool present)
{
	const struct cpu_description description = {
		hwid_from_value(hwid),
		fwid_from_value(fwid),
		vcpu_id_from_value(vcpu_id),
		node,
		present,
	};

	return cpu_table_add(&description);
}

static void test_four_ids(void **state)
{
	cpu_t cpu = cpu_from_number(1);

	(void)state;
	begin(8);
	/* As a kernel finds them that crashed on the hypervisor's vCPU 3 and was started there. */
	assert_int_equal(add(6, 9, 3, 0, true), 0);
	assert_int_equal(add(0, 5, 0, 0, true), 1);
	assert_int_equal(add(0x100000001, FWID_UNKNOWN_VALUE, VCPU_ID_UNKNOWN_VALUE, 1, false), 2);
	assert_int_equal(add(2, FWID_UNKNOWN_VALUE, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true), 3);

	/* Nothing answers before the table is complete. */
	assert_int_equal(cpu_possible_count(), 0);
	assert_int_equal(cpu_present_count(), 0);
	assert_int_equal(cpu_online_count(), 0);
	assert_true(cpu_is_none(cpu_by_hwid(hwid_from_value(6))));
	assert_non_null(host_panic_of(cpu_hwid(cpu)));
	assert_int_equal(cpu_table_end(), 0);

	assert_int_equal(cpu_possible_count(), 4);
	assert_int_equal(cpu_present_count(), 3);
	assert_int_equal(cpu_online_count(), 0);
	assert_int_equal(cpu_hwid(cpu).value, 0);
	assert_int_equal(cpu_fwid(cpu).value, 5);
	assert_int_equal(cpu_vcpu_id(cpu).value, 0);
	assert_int_equal(cpu_node(cpu), 0);
	assert_int_equal(cpu_state(cpu), CPU_PRESENT);
	assert_int_equal(cpu_state(cpu_from_number(2)), CPU_POSSIBLE);
	assert_int_equal(cpu_hwid(cpu_from_number(2)).value, 0x100000001);
	assert_int_equal(cpu_node(cpu_from_number(3)), NODE_ANY);

	assert_int_equal(cpu_by_hwid(hwid_from_value(0x100000001)).number, 2);
	assert_int_equal(cpu_by_hwid(hwid_from_value(0)).number, 1);
	assert_true(cpu_is_none(cpu_by_hwid(hwid_from_value(1))));
	assert_int_equal(cpu_by_fwid(fwid_from_value(9)).number, 0);
	assert_true(cpu_is_none(cpu_by_fwid(fwid_from_value(0))));
	assert_true(cpu_is_none(cpu_by_fwid(fwid_from_value(FWID_UNKNOWN_VALUE))));
	assert_int_equal(cpu_by_vcpu_id(vcpu_id_from_value(3)).number, 0);
	assert_int_equal(cpu_by_vcpu_id(vcpu_id_from_value(0)).number, 1);
	assert_true(cpu_is_none(cpu_by_vcpu_id(vcpu_id_from_value(1))));
	assert_true(cpu_is_none(cpu_by_vcpu_id(vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE))));

	/* Fields that nobody filled in say so. */
	assert_int_equal(cpu_record(cpu)->unit, 0);
	assert_int_equal(cpu_record(cpu)->stack, 0);
	assert_int_equal(cpu_record(cpu)->step_now, STEP_NONE);
	assert_int_equal(cpu_record(cpu)->step_failed, STEP_NONE);
	assert_int_equal(cpu_record(cpu)->number, 1);
}

static void test_unknown_vcpu_id_panics(void **state)
{
	const char *message;

	(void)state;
	begin(2);
	add(0, 0, 0, NODE_ANY, true);
	add(1, 1, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true);
	cpu_table_end();
	assert_true(cpu_vcpu_id_known(cpu_from_number(0)));
	assert_false(cpu_vcpu_id_known(cpu_from_number(1)));
	message = host_panic_of(cpu_vcpu_id(cpu_from_number(1)));
	assert_non_null(message);
	assert_non_null(strstr(message, "CPU 1"));
	assert_non_null(strstr(message, "step none"));
	assert_null(host_panic_of(cpu_vcpu_id(cpu_from_number(0))));
}

static void test_no_such_cpu_panics(void **state)
{
	const cpu_t cpu = cpu_from_number(7);
	const char *message;

	(void)state;
	begin(16);
	add(0, 0, 0, NODE_ANY, true);
	cpu_table_end();
	message = host_panic_of(cpu_hwid(cpu));
	assert_non_null(message);
	assert_non_null(strstr(message, "CPU number 7"));
	assert_non_null(host_panic_of(cpu_fwid(cpu)));
	assert_non_null(host_panic_of(cpu_vcpu_id(cpu)));
	assert_non_null(host_panic_of(cpu_vcpu_id_known(cpu)));
	assert_non_null(host_panic_of(cpu_node(cpu)));
	assert_non_null(host_panic_of(cpu_state(cpu)));
	assert_non_null(host_panic_of(cpu_record(cpu)));
	assert_non_null(host_panic_of(cpu_state_set(cpu, CPU_ONLINE)));
	assert_non_null(host_panic_of(cpu_hwid(cpu_from_number(CPU_NONE_NUMBER))));
}

static void test_duplicates(void **state)
{
	(void)state;
	begin(8);
	assert_int_equal(add(6, 9, 3, NODE_ANY, true), 0);
	assert_int_equal(add(4, 8, 1, NODE_ANY, true), 1);
	assert_int_equal(add(6, 10, 4, NODE_ANY, true), MUSTER_E_EXISTS);
	assert_true(host_log_has("hardware id 0x6 is CPU 0's already"));
	assert_true(host_log_has("0x9 and 0xa"));
	assert_int_equal(add(7, 10, 1, NODE_ANY, true), MUSTER_E_EXISTS);
	assert_true(host_log_has("vCPU id 1 is CPU 1's already"));
	assert_true(host_log_has("0x4 and 0x7"));
	/* What was left out left nothing behind; unknown ids are no duplicates of each other. */
	assert_int_equal(add(7, 10, 2, NODE_ANY, true), 2);
	assert_int_equal(add(8, 10, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true), 3);
	assert_int_equal(add(9, 10, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true), 4);
	/* 0 is an id like any other. */
	assert_int_equal(add(10, 10, 0, NODE_ANY, true), 5);
	assert_int_equal(add(11, 10, 0, NODE_ANY, true), MUSTER_E_EXISTS);
	cpu_table_end();
	assert_int_equal(cpu_possible_count(), 6);
	assert_int_equal(cpu_by_hwid(hwid_from_value(7)).number, 2);
	assert_true(cpu_is_none(cpu_by_hwid(hwid_from_value(11))));
	assert_int_equal(cpu_table_left_out(), 0);
}

static void test_full(void **state)
{
	(void)state;
	begin(3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(5 * (uint64_t)i, 0, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true), i);
	/* One that is there already is not left out. */
	assert_int_equal(add(5, 0, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true), MUSTER_E_EXISTS);
	for (uint64_t i = 3; i < 10; i++)
		assert_int_equal(add(5 * i, 0, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true),
				 MUSTER_E_NO_MEMORY);
	assert_int_equal(cpu_table_end(), 0);
	assert_int_equal(cpu_table_left_out(), 7);
	assert_true(host_log_has("7 CPUs left out: room for 3"));
	assert_true(host_log_has(
		"CPU table: left out, hardware ids 0xf 0x14 0x19 0x1e 0x23 0x28 0x2d\n"));
	assert_int_equal(cpu_possible_count(), 3);
	assert_true(cpu_is_none(cpu_by_hwid(hwid_from_value(15))));
}

/* Every one that is left out is named, once, in lines of bounded length: what the lines say, put
 * together again, is what was added. */
static void expect_named(const uint64_t *ids, size_t count)
{
	const char *mark = "muster: CPU table: left out, hardware ids";
	size_t found = 0;

	for (const char *line = host_log(); (line = strstr(line, mark));) {
		const char *end = strchr(line, '\n');

		assert_non_null(end);
		assert_true(end - line < 160);
		line += strlen(mark);
		while (line < end) {
			char *rest;
			uint64_t first = strtoull(line, &rest, 16), last = first;

			if (*rest == '-')
				last = strtoull(rest + 1, &rest, 16);
			assert_true(rest > line && last >= first);
			for (uint64_t id = first;; id++) {
				assert_true(found < count);
				assert_int_equal(ids[found++], id);
				if (id == last)
					break;
			}
			line = rest;
		}
	}
	assert_int_equal(found, count);
}

static size_t count_lines(const char *words)
{
	size_t count = 0;

	for (const char *at = host_log(); (at = strstr(at, words)); at++)
		count++;
	return count;
}

static void leave_out(const uint64_t *ids, size_t count)
{
	begin(1);
	assert_int_equal(add(UINT64_MAX / 2, 0, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true), 0);
	host_log_clear();
	for (size_t i = 0; i < count; i++)
		assert_int_equal(add(ids[i], 0, VCPU_ID_UNKNOWN_VALUE, NODE_ANY, true),
				 MUSTER_E_NO_MEMORY);
	assert_int_equal(cpu_table_end(), 0);
	assert_int_equal(cpu_table_left_out(), count);
	expect_named(ids, count);
}

static void test_left_out_are_named(void **state)
{
	static uint64_t ids[5000];
	static const uint64_t edges[] = { UINT64_MAX - 1, UINT64_MAX, 0, 1, 7, 6, 5, 5, 9, 10, 11 };

	(void)state;
	leave_out(NULL, 0);
	assert_int_equal(count_lines("left out"), 0);
	for (size_t i = 0; i < 5000; i++)
		ids[i] = i + 100;
	leave_out(ids, 5000);
	assert_int_equal(count_lines("hardware ids 0x64-0x13eb\n"), 1);
	/* Every second, and far apart: a line takes five or so of those. */
	for (size_t i = 0; i < 5000; i++)
		ids[i] = UINT64_C(0x123456789abc0000) + 2 * i;
	leave_out(ids, 5000);
	assert_true(count_lines("left out, hardware ids") > 900);
	leave_out(edges, sizeof(edges) / sizeof(edges[0]));
	assert_true(host_log_has(
		" 0xfffffffffffffffe-0xffffffffffffffff 0-0x1 0x7 0x6 0x5 0x5 0x9-0xb\n"));
	/* Of every length, so that lines end in every way. */
	for (size_t i = 0; i < 5000; i++)
		ids[i] = (i * UINT64_C(0x9e3779b97f4a7c15)) >> (i * i % 61);
	leave_out(ids, 5000);
	/* The longest ranges there can be. */
	for (size_t i = 0; i < 100; i++)
		ids[i] = UINT64_MAX / 2 + 10 + i / 2 * 4 + i % 2;
	leave_out(ids, 100);
}

static void test_order_and_arguments(void **state)
{
	(void)state;
	begin(4);
	assert_int_equal(cpu_table_end(), MUSTER_E_INVALID);
	assert_true(host_log_has("no CPU in it"));
	/* The CPU that runs is there, whatever the firmware says. */
	assert_int_equal(add(3, 3, 3, NODE_ANY, false), 0);
	assert_true(host_log_has("hardware id 0x3, runs, but is not"));
	assert_int_equal(cpu_table_end(), 0);
	assert_int_equal(cpu_present_count(), 1);
	assert_int_equal(cpu_state(cpu_from_number(0)), CPU_PRESENT);
	assert_int_equal(add(4, 4, 4, NODE_ANY, true), MUSTER_E_ORDER);
	assert_int_equal(cpu_possible_count(), 1);

	assert_int_equal(cpu_table_bytes(0), 0);
	assert_int_equal(cpu_table_bytes(CPU_CAPACITY_MAX + 1), 0);
	assert_true(cpu_table_bytes(CPU_CAPACITY_MAX) > CPU_CAPACITY_MAX);
	assert_int_equal(cpu_table_begin(memory, 0), MUSTER_E_INVALID);
	assert_int_equal(cpu_table_begin(NULL, 4), MUSTER_E_INVALID);
	assert_int_equal(cpu_table_begin((char *)memory + 8, 4), MUSTER_E_INVALID);
	/* A refused one has not taken the old one away; one that is not begins anew. */
	assert_int_equal(cpu_possible_count(), 1);
	assert_int_equal(cpu_table_begin(memory, 4), 0);
	assert_int_equal(cpu_possible_count(), 0);
	assert_int_equal(cpu_present_count(), 0);
}

/* The walk that entry code does with nothing but the lookup's three fields. */
static uint32_t walk(uint64_t hwid)
{
	const struct cpu_lookup *lookup = cpu_lookup();
	uint32_t index = (uint32_t)hwid & lookup->mask;
	uint32_t steps = 0;

	while (lookup->slots[index].cpu != CPU_NONE_NUMBER) {
		if (lookup->slots[index].hwid == hwid)
			return lookup->records[lookup->slots[index].cpu].number;
		index = (index + 1) & lookup->mask;
		assert_true(++steps <= lookup->mask);
	}
	return CPU_NONE_NUMBER;
}

/* Ids as machines have them: dense, sparse, in the high bits only, and the same low bits. */
static void test_many(void **state)
{
	static const uint64_t factors[] = { 1, 2, 3, 16, 256, 0x100000000, 0x100000001 };
	const uint32_t counts[] = { 1, 2, 3, 5, 255, 1024, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint64_t factor = factors[i];
		uint32_t count = counts[i];

		begin(count);
		for (uint32_t cpu = 0; cpu < count; cpu++)
			assert_int_equal(add(cpu * factor + 1, cpu ^ 1, count - cpu, 0, true), cpu);
		assert_int_equal(cpu_table_end(), 0);
		assert_true(cpu_lookup()->mask + 1 >= 2 * count);
		for (uint32_t cpu = 0; cpu < count; cpu++) {
			assert_int_equal(walk(cpu * factor + 1), cpu);
			assert_int_equal(cpu_by_hwid(hwid_from_value(cpu * factor + 1)).number,
					 cpu);
			assert_int_equal(cpu_by_vcpu_id(vcpu_id_from_value(count - cpu)).number,
					 cpu);
			assert_int_equal(cpu_by_fwid(fwid_from_value(cpu ^ 1)).number, cpu);
		}
		assert_int_equal(walk(count * factor + 1), CPU_NONE_NUMBER);
		assert_int_equal(walk(UINT64_MAX), CPU_NONE_NUMBER);
	}
}

static void test_states(void **state)
{
	const cpu_t cpu = cpu_from_number(1);

	(void)state;
	host_machine_begin();
	host_cpus_begin(3);
	assert_false(cpu_is_online(cpu));
	cpu_state_set(cpu, CPU_STARTING);
	assert_int_equal(cpu_online_count(), 0);
	assert_false(cpu_state_claim(cpu, CPU_PREPARED, CPU_ARRIVED));
	assert_int_equal(cpu_state(cpu), CPU_STARTING);
	assert_true(cpu_state_claim(cpu, CPU_STARTING, CPU_ARRIVED));
	cpu_state_set(cpu, CPU_ONLINE);
	assert_true(cpu_is_online(cpu));
	assert_int_equal(cpu_online_count(), 1);
	cpu_state_set(cpu, CPU_ONLINE);
	assert_int_equal(cpu_online_count(), 1);
	assert_true(cpu_state_claim(cpu, CPU_ONLINE, CPU_LEAVING));
	assert_int_equal(cpu_online_count(), 0);
	assert_false(cpu_state_claim(cpu, CPU_ONLINE, CPU_LEAVING));
	assert_int_equal(cpu_online_count(), 0);
	assert_true(cpu_state_claim(cpu, CPU_LEAVING, CPU_ONLINE));
	assert_int_equal(cpu_online_count(), 1);
	cpu_state_set(cpu, CPU_FAILED);
	assert_int_equal(cpu_online_count(), 0);

	assert_string_equal(cpu_state_name(CPU_POSSIBLE), "possible");
	assert_string_equal(cpu_state_name(CPU_FAILED), "failed");
	assert_string_equal(cpu_state_name((enum cpu_state)(CPU_FAILED + 1)), "unknown");
	assert_string_equal(cpu_state_name((enum cpu_state) - 1), "unknown");
}

#define CLAIM_ROUNDS 20000

static void *claimer(void *argument)
{
	const cpu_t cpu = cpu_from_number(2);
	uint32_t *won = argument;

	for (int i = 0; i < CLAIM_ROUNDS; i++) {
		if (cpu_state_claim(cpu, CPU_STARTING, CPU_ONLINE)) {
			++*won;
			assert_true(cpu_state_claim(cpu, CPU_ONLINE, CPU_STARTING));
		}
	}
	return NULL;
}

/* Only one wins at a time, and the count is right in the end. */
static void test_claims_of_many(void **state)
{
	uint32_t won[3] = { 0, 0, 0 };
	pthread_t threads[3];

	(void)state;
	host_machine_begin();
	host_cpus_begin(3);
	cpu_state_set(cpu_from_number(2), CPU_STARTING);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, claimer, &won[i]), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_true(won[0] + won[1] + won[2]);
	assert_int_equal(cpu_online_count(), 0);
	assert_int_equal(cpu_state(cpu_from_number(2)), CPU_STARTING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_ids),
		cmocka_unit_test(test_unknown_vcpu_id_panics),
		cmocka_unit_test(test_no_such_cpu_panics),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_left_out_are_named),
		cmocka_unit_test(test_order_and_arguments),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_claims_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
