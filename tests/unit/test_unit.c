// SPDX-License-Identifier: MIT
/*
 * Units: what they hold, where they are, that freed ones are gone, and that a failure half-way
 * leaves nothing behind. Moving the boot CPU is tests/history/h03_boot_area.c.
 */
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "core/unit.h"
#include "host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <muster/percpu.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CPUS 5

static PERCPU(uint32_t, counter) = 0x1234;
static PERCPU(uint64_t, zero);
static PERCPU(char, name[24]) = "template";

static const cpu_t cpu_1 = { 1 };
static const cpu_t cpu_3 = { 3 };

static int begin(void **state)
{
	(void)state;
	host_begin(CPUS);
	/* Memory comes with what was in it. */
	memset(machine_get()->direct(HOST_MEMORY_SIZE - (1 << 20)), 0xa5, 1 << 20);
	return 0;
}

static void test_content(void **state)
{
	const struct layout *layout = layout_current();
	const struct percpu_image *image = host_percpu_image();
	struct percpu_head *head;
	uintptr_t unit;

	(void)state;
	/* Use of the boot area must not get into other units. */
	this_cpu(counter) = 99;
	strcpy(*percpu_boot_ptr(name), "used");

	assert_int_equal(percpu_unit(cpu_3), 0);
	assert_int_equal(unit_create(cpu_3), 0);
	unit = percpu_unit(cpu_3);
	assert_int_equal(unit, layout_window_start(layout) + 3 * layout_window_stride(layout));
	assert_int_equal(cpu_record(cpu_3)->unit, unit);
	head = (struct percpu_head *)unit;
	assert_int_equal(head->self, unit);
	assert_int_equal(head->cpu, 3);
	assert_int_equal(head->magic, PERCPU_MAGIC);
	/* A canary that is worth something: the one that the boot CPU has. */
	assert_int_equal(head->canary, this_cpu(percpu_head).canary);
	assert_true(head->canary);
	assert_memory_equal((char *)unit + sizeof(*head),
			    (const char *)image->image + sizeof(*head),
			    image->size - sizeof(*head));
	/* What is behind it is as it was: clearing it is for whoever gets it. */
	for (size_t i = image->size; i < percpu_unit_size(); i++)
		assert_int_equal(((const unsigned char *)unit)[i], 0xa5);
	assert_int_equal(percpu_unit_size() % MEMORY_PAGE_SIZE, 0);
	assert_int_equal(percpu_image_size(), image->size);

	assert_int_equal(*percpu_ptr(counter, cpu_3), 0x1234);
	assert_int_equal(*percpu_ptr(zero, cpu_3), 0);
	assert_string_equal(*percpu_ptr(name, cpu_3), "template");
	*percpu_ptr(counter, cpu_3) = 7;
	assert_int_equal(this_cpu(counter), 99);
	assert_int_equal(counter, 0x1234);
	assert_int_equal(mem_owned_by("unit"), percpu_unit_size());
	assert_int_equal(host.pages_mapped, percpu_unit_size() / MEMORY_PAGE_SIZE);
}

static void *play_cpu(void *argument)
{
	uintptr_t unit = percpu_unit(*(cpu_t *)argument);

	machine_get()->percpu_base_load(unit);
	for (int i = 0; i < 1000; i++)
		this_cpu(counter)++;
	return (void *)(uintptr_t)(cpu_this().number + 1);
}

/* Each CPU has its own, and knows its number from its base alone. */
static void test_own_variables(void **state)
{
	pthread_t threads[CPUS];
	cpu_t cpus[CPUS];

	(void)state;
	assert_int_equal(cpu_this().number, 0);
	for (uint32_t i = 1; i < CPUS; i++) {
		cpus[i] = cpu_from_number(i);
		assert_int_equal(unit_create(cpus[i]), 0);
	}
	for (uint32_t i = 1; i < CPUS; i++)
		pthread_create(&threads[i], NULL, play_cpu, &cpus[i]);
	for (uint32_t i = 1; i < CPUS; i++) {
		void *number;

		pthread_join(threads[i], &number);
		assert_int_equal((uintptr_t)number - 1, i);
		assert_int_equal(*percpu_ptr(counter, cpus[i]), 0x1234 + 1000);
	}
	assert_int_equal(this_cpu(counter), 0x1234);
	assert_ptr_equal(percpu_ptr(counter, cpu_this()), percpu_boot_ptr(counter));
	/* A thread that plays none dies of using one. */
	percpu_host_base_load(0);
	assert_non_null(host_panic_of(cpu_this()));
}

static void test_no_unit_panics(void **state)
{
	const char *message;

	(void)state;
	message = host_panic_of((void)percpu_ptr(counter, cpu_1));
	assert_non_null(message);
	assert_non_null(strstr(message, "CPU 1 has no unit"));
	assert_non_null(host_panic_of((void)percpu_ptr(counter, cpu_from_number(CPUS))));
	assert_non_null(host_panic_of(unit_create(cpu_from_number(CPUS))));
	/* An offset that lies in no image. */
	unit_create(cpu_1);
	assert_non_null(host_panic_of(
		percpu_address(host_percpu_image()->link_base + percpu_image_size(), cpu_1)));
	assert_non_null(host_panic_of(percpu_address(host_percpu_image()->link_base - 1, cpu_1)));
	assert_non_null(host_panic_of(
		percpu_boot_address(host_percpu_image()->link_base + percpu_image_size())));
}

static void test_destroy(void **state)
{
	struct percpu_head *again;
	uint64_t physical;
	uintptr_t unit;

	(void)state;
	unit_destroy(cpu_1); /* has none */
	assert_int_equal(unit_create(cpu_1), 0);
	assert_int_equal(unit_create(cpu_1), MUSTER_E_EXISTS);
	assert_true(host_log_has("unit of CPU 1"));
	unit = percpu_unit(cpu_1);
	physical = machine_get()->physical(unit);
	unit_destroy(cpu_1);
	assert_int_equal(percpu_unit(cpu_1), 0);
	assert_true(host_read_faults(unit));
	assert_int_equal(host.pages_mapped, 0);
	assert_int_equal(mem_owned_by("unit"), 0);
	/* Somebody who looks at the memory sees a head that is nobody's. */
	again = machine_get()->direct(physical);
	assert_int_equal(again->magic, PERCPU_MAGIC_FREED);
	assert_int_equal(again->self, 0);
	assert_int_equal(again->cpu, CPU_NONE_NUMBER);
	/* And again, at the same place. */
	assert_int_equal(unit_create(cpu_1), 0);
	assert_int_equal(percpu_unit(cpu_1), unit);
	assert_int_equal(*percpu_ptr(counter, cpu_1), 0x1234);
}

static void test_destroying_ones_own_panics(void **state)
{
	const char *message;

	(void)state;
	assert_int_equal(unit_create(cpu_1), 0);
	percpu_host_base_load(percpu_unit(cpu_1));
	message = host_panic_of(unit_destroy(cpu_1));
	assert_non_null(message);
	assert_non_null(strstr(message, "CPU 1"));
	assert_true(percpu_unit(cpu_1));
}

static void test_failures_leave_nothing(void **state)
{
	uint64_t free = mem_free_total();

	(void)state;
	host.map_fails_at = 1;
	assert_int_equal(unit_create(cpu_1), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("unit of CPU 1: mapping it at"));
	assert_int_equal(mem_free_total(), free);
	assert_int_equal(percpu_unit(cpu_1), 0);
	assert_int_equal(host.pages_mapped, 0);
	assert_int_equal(unit_create(cpu_1), 0);

	/* No memory at all. */
	while (mem_free_total())
		if (!mem_alloc(1 << 20, 1, .owner = "all"))
			while (mem_alloc(MEMORY_PAGE_SIZE, 1, .owner = "all"))
				;
	assert_int_equal(unit_create(cpu_3), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("unit: no memory"));
	assert_int_equal(percpu_unit(cpu_3), 0);
}

static void test_node(void **state)
{
	(void)state;
	cpu_record(cpu_1)->node = 1;
	memory_map_set_node(20 << 20, 4 << 20, 1);
	assert_int_equal(unit_create(cpu_1), 0);
	assert_in_range(machine_get()->physical(percpu_unit(cpu_1)), 20 << 20, (24 << 20) - 1);
	assert_int_equal(host.map_node, 1);
	/* Of an unknown node: no wish, and no line about it. */
	host_log_clear();
	assert_int_equal(unit_create(cpu_3), 0);
	assert_int_equal(host.map_node, NODE_ANY);
	assert_string_equal(host_log(), "");
}

static void test_too_early_and_too_large(void **state)
{
	struct percpu_image large = *host_percpu_image();
	struct percpu_image none = *host_percpu_image();

	(void)state;
	layout_forget();
	assert_int_equal(unit_create(cpu_1), MUSTER_E_ORDER);
	assert_true(host_log_has("no layout yet"));
	assert_int_equal(unit_move_boot(), MUSTER_E_ORDER);
	host_layout_begin(CPUS);

	none.size = 0;
	percpu_setup(&none);
	assert_int_equal(unit_create(cpu_1), MUSTER_E_ORDER);
	/* The upper half of a window belongs to stacks. */
	large.size = layout_window_stride(layout_current()) / 2 + 8;
	percpu_setup(&large);
	assert_int_equal(unit_create(cpu_1), MUSTER_E_INVALID);
	assert_true(host_log_has("half a window"));
	assert_int_equal(mem_owned_by("unit"), 0);
}

/* Each unit in its own window, and nothing mapped between them. */
static void test_windows(void **state)
{
	uint64_t stride = layout_window_stride(layout_current());

	(void)state;
	for (uint32_t i = 1; i < CPUS; i++)
		assert_int_equal(unit_create(cpu_from_number(i)), 0);
	for (uint32_t i = 1; i < CPUS; i++) {
		uintptr_t unit = percpu_unit(cpu_from_number(i));

		assert_int_equal(unit, layout_window_start(layout_current()) + i * stride);
		assert_false(host_write_faults(unit + percpu_unit_size() - 1));
		assert_true(host_read_faults(unit + percpu_unit_size()));
		assert_true(host_read_faults(unit - 1));
	}
	/* Absent CPUs cost nothing: CPU 0 runs on the boot area, its window is empty. */
	assert_int_equal(host.pages_mapped, (CPUS - 1) * percpu_unit_size() / MEMORY_PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_content, begin),
		cmocka_unit_test_setup(test_own_variables, begin),
		cmocka_unit_test_setup(test_no_unit_panics, begin),
		cmocka_unit_test_setup(test_destroy, begin),
		cmocka_unit_test_setup(test_destroying_ones_own_panics, begin),
		cmocka_unit_test_setup(test_failures_leave_nothing, begin),
		cmocka_unit_test_setup(test_node, begin),
		cmocka_unit_test_setup(test_too_early_and_too_large, begin),
		cmocka_unit_test_setup(test_windows, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
