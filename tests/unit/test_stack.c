// SPDX-License-Identifier: MIT
/*
 * Stacks: where they are, that their guards fault, whose an address is, and how far one was used.
 */
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "core/stack_area.h"
#include "host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE	  MEMORY_PAGE_SIZE
#define CPUS	  4
#define ALL	  ((1u << STACK_KINDS) - 1)
#define TRAPS	  (ALL & ~(1u << STACK_MAIN))
#define BOOT_SIZE (4 * PAGE)

static const cpu_t cpu_0 = { 0 };
static const cpu_t cpu_2 = { 2 };

/* Plays the boot stack in the kernel's image, with its guard below. */
static _Alignas(4096) char boot_stack[PAGE + BOOT_SIZE];

static int begin(void **state)
{
	(void)state;
	host_begin(CPUS);
	return 0;
}

static void test_places(void **state)
{
	const struct layout *layout = layout_current();
	uint64_t half = layout_window_start(layout) + 2 * layout_window_stride(layout) +
			layout_window_stride(layout) / 2;

	(void)state;
	for (int kind = 0; kind < STACK_KINDS; kind++)
		assert_int_equal(stack_top(cpu_2, (enum stack_kind)kind), 0);
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	assert_int_equal(cpu_record(cpu_2)->stack, stack_top(cpu_2, STACK_MAIN));
	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t top = stack_top(cpu_2, (enum stack_kind)kind);
		size_t size = stack_size((enum stack_kind)kind);

		assert_true(size >= 4096);
		assert_int_equal(top - size, half + 2 * kind * PAGE + PAGE);
		/* All of it can be used; the page below is a guard; so is what follows. */
		memset((void *)(top - size), 0xee, size);
		assert_true(host_write_faults(top - size - 1));
		assert_true(host_read_faults(top - size - PAGE));
		assert_true(host_read_faults(top));
	}
	assert_int_equal(mem_owned_by("stack"), STACK_KINDS * PAGE);
	assert_int_equal(host.pages_mapped, STACK_KINDS);
	assert_int_equal(stack_top(cpu_2, STACK_KINDS), 0);
	assert_int_equal(stack_size(STACK_KINDS), 0);
	assert_string_equal(stack_kind_name(STACK_MAIN), "main");
	assert_string_equal(stack_kind_name(STACK_FATAL), "fatal");
	assert_string_equal(stack_kind_name(STACK_KINDS), "unknown");
}

static void test_destroy(void **state)
{
	uintptr_t top;

	(void)state;
	stacks_destroy(cpu_2); /* has none */
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	top = stack_top(cpu_2, STACK_NMI);
	assert_int_equal(stacks_create(cpu_2, ALL), MUSTER_E_EXISTS);
	stacks_destroy(cpu_2);
	assert_true(host_read_faults(top - 1));
	assert_int_equal(host.pages_mapped, 0);
	assert_int_equal(mem_owned_by("stack"), 0);
	assert_int_equal(cpu_record(cpu_2)->stack, 0);
	assert_int_equal(stack_top(cpu_2, STACK_MAIN), 0);
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	assert_int_equal(stack_top(cpu_2, STACK_NMI), top);
}

/* The n-th mapping fails, for every n. */
static void test_failures_leave_nothing(void **state)
{
	uint64_t free = mem_free_total();

	(void)state;
	for (unsigned int n = 1; n <= STACK_KINDS; n++) {
		host_log_clear();
		host.map_fails_at = n;
		assert_int_equal(stacks_create(cpu_2, ALL), MUSTER_E_NO_MEMORY);
		assert_true(host_log_has("stack of CPU 2: mapping it"));
		assert_int_equal(host.pages_mapped, 0);
		assert_int_equal(mem_free_total(), free);
		assert_int_equal(cpu_record(cpu_2)->stack, 0);
		assert_int_equal(stack_top(cpu_2, STACK_MAIN), 0);
	}
	assert_int_equal(stacks_create(cpu_2, 0), MUSTER_E_INVALID);
	assert_int_equal(stacks_create(cpu_2, 1u << STACK_KINDS), MUSTER_E_INVALID);
	layout_forget();
	assert_int_equal(stacks_create(cpu_2, ALL), MUSTER_E_ORDER);
	assert_int_equal(mem_free_total(), free);
	assert_non_null(host_panic_of(stacks_create(cpu_from_number(CPUS), ALL)));
}

static void test_no_memory(void **state)
{
	(void)state;
	memory_map_begin();
	memory_map_add(PAGE, (STACK_KINDS - 1) * PAGE, MEMORY_RAM);
	assert_int_equal(stacks_create(cpu_2, ALL), MUSTER_E_NO_MEMORY);
	assert_int_equal(host.pages_mapped, 0);
}

/* The boot CPU's main stack is the image's; the others it gets like everybody. */
static void test_boot_cpu(void **state)
{
	uintptr_t bottom = (uintptr_t)boot_stack + PAGE;
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	(void)state;
	stack_adopt(bottom, BOOT_SIZE);
	assert_int_equal(stack_top(cpu_0, STACK_MAIN), bottom + BOOT_SIZE);
	assert_int_equal(stacks_create(cpu_0, TRAPS), 0);
	assert_int_equal(stack_top(cpu_0, STACK_MAIN), bottom + BOOT_SIZE);
	assert_true(stack_top(cpu_0, STACK_NMI));
	/* One piece of memory for the two, none for the third. */
	assert_int_equal(mem_owned_by("stack"), 2 * PAGE);

	assert_true(stack_find(bottom, &cpu, &kind, &guard));
	assert_true(!cpu.number && kind == STACK_MAIN && !guard);
	assert_true(stack_find(bottom - 1, &cpu, &kind, &guard));
	assert_true(!cpu.number && kind == STACK_MAIN && guard);
	assert_true(stack_find(bottom + BOOT_SIZE - 1, &cpu, &kind, &guard));
	assert_false(stack_find(bottom + BOOT_SIZE, &cpu, &kind, &guard));
	assert_false(stack_find(bottom - PAGE - 1, &cpu, &kind, &guard));
	/* The main stack's place in its window stays empty. */
	assert_false(stack_find(layout_window_start(layout_current()) +
					layout_window_stride(layout_current()) / 2 + PAGE,
				&cpu, &kind, &guard));
	stacks_destroy(cpu_0);
	assert_int_equal(stack_top(cpu_0, STACK_MAIN), bottom + BOOT_SIZE);
	assert_int_equal(mem_owned_by("stack"), 0);
}

static void test_find(void **state)
{
	const struct layout *layout = layout_current();
	enum stack_kind kind;
	bool guard;
	cpu_t cpu;

	(void)state;
	assert_int_equal(stacks_create(cpu_2, ALL & ~(1u << STACK_FATAL)), 0);
	for (uint32_t expected = 0; expected < STACK_KINDS; expected++) {
		uintptr_t top = layout_window_start(layout) + 2 * layout_window_stride(layout) +
				layout_window_stride(layout) / 2 + 2 * (expected + 1) * PAGE;

		if (expected == STACK_FATAL) {
			assert_false(stack_find(top - 1, &cpu, &kind, &guard));
			assert_false(stack_find(top - PAGE - 1, &cpu, &kind, &guard));
			continue;
		}
		assert_true(stack_find(top - 1, &cpu, &kind, &guard));
		assert_true(cpu.number == 2 && kind == expected && !guard);
		assert_true(stack_find(top - PAGE, &cpu, &kind, &guard));
		assert_true(cpu.number == 2 && kind == expected && !guard);
		assert_true(stack_find(top - PAGE - 1, &cpu, &kind, &guard));
		assert_true(cpu.number == 2 && kind == expected && guard);
		assert_true(stack_find(top - 2 * PAGE, &cpu, &kind, &guard));
		assert_true(cpu.number == 2 && kind == expected && guard);
	}
	/* Elsewhere: the unit, another CPU's window, one beyond the last, nowhere. Never a panic.
	 */
	assert_false(stack_find(layout_window_start(layout) + 2 * layout_window_stride(layout),
				&cpu, &kind, &guard));
	assert_false(stack_find(stack_top(cpu_2, STACK_MAIN) - 1 + layout_window_stride(layout),
				&cpu, &kind, &guard));
	assert_false(stack_find(stack_top(cpu_2, STACK_MAIN) - 1 +
					layout_window_stride(layout) * (CPUS - 2),
				&cpu, &kind, &guard));
	assert_false(stack_find(0, &cpu, &kind, &guard));
	assert_false(stack_find(UINTPTR_MAX, &cpu, &kind, &guard));
	assert_false(stack_find(layout_window_start(layout) - 1, &cpu, &kind, &guard));
	layout_forget();
	assert_false(stack_find(0x1000, &cpu, &kind, &guard));
}

static void test_high_water(void **state)
{
	uintptr_t nmi;

	(void)state;
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	/* Not marked yet: nothing is known. */
	assert_int_equal(stack_high_water(cpu_2, STACK_NMI), 0);
	stacks_mark(cpu_2, stack_top(cpu_2, STACK_MAIN) - 1000);
	nmi = stack_top(cpu_2, STACK_NMI);
	assert_int_equal(stack_high_water(cpu_2, STACK_NMI), 0);
	*(uint64_t *)(nmi - 8) = 1;
	assert_int_equal(stack_high_water(cpu_2, STACK_NMI), STACK_MARK_DISTANCE);
	/* To the next mark, and never less than what was written. */
	for (uintptr_t used = 8; used <= PAGE; used += 8) {
		*(uint64_t *)(nmi - used) = 0;
		assert_in_range(stack_high_water(cpu_2, STACK_NMI), used,
				used + STACK_MARK_DISTANCE - 8);
	}
	assert_int_equal(stack_high_water(cpu_2, STACK_NMI), PAGE);
	assert_int_equal(stack_high_water(cpu_2, STACK_FATAL), 0);
	assert_int_equal(stack_high_water(cpu_2, STACK_KINDS), 0);
	assert_int_equal(stack_high_water(cpu_from_number(77), STACK_MAIN), 0);
	/* New stacks have not been marked. */
	stacks_destroy(cpu_2);
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	assert_int_equal(stack_high_water(cpu_2, STACK_NMI), 0);
}

/* What the running code has on its stack, and a little below, is not touched. */
static void test_marking_the_running_stack(void **state)
{
	uintptr_t top, pointer;

	(void)state;
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	top = stack_top(cpu_2, STACK_MAIN);
	memset((void *)(top - PAGE), 0xee, PAGE);
	pointer = top - 1024;
	stacks_mark(cpu_2, pointer);
	for (uintptr_t at = pointer - 256; at < top; at++)
		assert_int_equal(*(unsigned char *)at, 0xee);
	assert_in_range(stack_high_water(cpu_2, STACK_MAIN), 1024 + 256, 2048);
	/* With hardly anything left there is nothing to mark. */
	memset((void *)(top - PAGE), 0xee, PAGE);
	stacks_mark(cpu_2, top - PAGE + 100);
	for (uintptr_t at = top - PAGE; at < top; at++)
		assert_int_equal(*(unsigned char *)at, 0xee);
	assert_int_equal(stack_high_water(cpu_2, STACK_MAIN), PAGE);
	/* Just begun: the pointer is the top itself. */
	stacks_mark(cpu_2, top);
	assert_in_range(stack_high_water(cpu_2, STACK_MAIN), 256, 1024);

	/* A boot stack of another size. */
	stack_adopt((uintptr_t)boot_stack + PAGE, BOOT_SIZE);
	memset(boot_stack, 0xee, sizeof(boot_stack));
	stacks_mark(cpu_0, (uintptr_t)boot_stack + PAGE + BOOT_SIZE - 2000);
	assert_in_range(stack_high_water(cpu_0, STACK_MAIN), 2000, 2000 + 1024);
	for (size_t i = 0; i < PAGE; i++)
		assert_int_equal((unsigned char)boot_stack[i], 0xee);
}

static void test_node(void **state)
{
	(void)state;
	cpu_record(cpu_2)->node = 1;
	memory_map_set_node(20 << 20, 4 << 20, 1);
	assert_int_equal(stacks_create(cpu_2, ALL), 0);
	assert_in_range(machine_get()->physical(stack_top(cpu_2, STACK_MAIN) - 1), 20 << 20,
			(24 << 20) - 1);
	assert_int_equal(host.map_node, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_places, begin),
		cmocka_unit_test_setup(test_destroy, begin),
		cmocka_unit_test_setup(test_failures_leave_nothing, begin),
		cmocka_unit_test_setup(test_no_memory, begin),
		cmocka_unit_test_setup(test_boot_cpu, begin),
		cmocka_unit_test_setup(test_find, begin),
		cmocka_unit_test_setup(test_high_water, begin),
		cmocka_unit_test_setup(test_marking_the_running_stack, begin),
		cmocka_unit_test_setup(test_node, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
