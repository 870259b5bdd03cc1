// SPDX-License-Identifier: MIT
/*
 * A CPU's unit and stacks in one piece: where they come to lie, that a failure anywhere leaves nothing,
 * and that the quick way of mapping gets what the slow one would do.
 */
#include "core/cpu_memory.h"
#include "core/cpu_table.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/stack_area.h"
#include "core/unit.h"
#include "host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CPUS 4
#define PAGE MEMORY_PAGE_SIZE

static const cpu_t cpu_1 = { 1 };
static const cpu_t cpu_2 = { 2 };
static uint32_t quick_calls;

static int begin(void **state)
{
	(void)state;
	host_begin(CPUS);
	((struct machine *)machine_get())->map_pages = NULL;
	quick_calls = 0;
	/* The list of a window's pages is made once; it is not what is counted here. */
	assert_int_equal(cpu_memory_create(cpu_1), 0);
	cpu_memory_destroy(cpu_1);
	return 0;
}

static size_t bytes(void)
{
	return percpu_unit_size() + STACK_KINDS * PAGE;
}

static void check_memory(cpu_t cpu)
{
	const struct cpu_record *record = cpu_record(cpu);
	uint64_t physical = machine_get()->physical(record->unit);

	assert_int_equal(record->unit, layout_window(cpu.number));
	assert_int_equal(record->stack, stack_top(cpu, STACK_MAIN));
	assert_int_equal(record->stacks, STACKS_ALL);
	/* One piece: the unit, then the stacks in order of kind. */
	for (uint32_t kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t top = stack_top(cpu, (enum stack_kind)kind);

		assert_int_equal(machine_get()->physical(top - PAGE),
				 physical + percpu_unit_size() + kind * PAGE);
		memset((void *)(top - PAGE), 0x5a, PAGE);
		assert_true(host_write_faults(top - PAGE - 1));
		assert_true(host_read_faults(top));
	}
	assert_int_equal(((struct percpu_head *)record->unit)->cpu, cpu.number);
	assert_int_equal(mem_owned_by("unit and stacks"), bytes());
	assert_int_equal(host.pages_mapped, bytes() / PAGE);
}

static void made_and_taken_back(void **state)
{
	uint64_t free = mem_free_total();

	(void)state;
	assert_int_equal(cpu_memory_create(cpu_2), 0);
	check_memory(cpu_2);
	assert_int_equal(cpu_memory_create(cpu_2), MUSTER_E_EXISTS);
	assert_true(host_log_has("memory of CPU 2: it has some already"));
	check_memory(cpu_2);
	cpu_memory_destroy(cpu_2);
	cpu_memory_destroy(cpu_2);
	assert_int_equal(mem_free_total(), free);
	assert_int_equal(host.pages_mapped, 0);
	assert_int_equal(cpu_record(cpu_2)->unit, 0);
	assert_int_equal(cpu_record(cpu_2)->stack, 0);
	assert_int_equal(cpu_memory_create(cpu_2), 0);
	check_memory(cpu_2);
}

static void failures_leave_nothing(void **state)
{
	uint64_t free = mem_free_total();

	(void)state;
	for (unsigned int n = 1; n <= bytes() / PAGE; n++) {
		host_log_clear();
		host.map_fails_at = n;
		assert_int_equal(cpu_memory_create(cpu_2), MUSTER_E_NO_MEMORY);
		assert_true(host_log_has("memory of CPU 2: mapping it at"));
		assert_int_equal(host.pages_mapped, 0);
		assert_int_equal(mem_free_total(), free);
		assert_int_equal(cpu_record(cpu_2)->unit, 0);
		assert_int_equal(cpu_record(cpu_2)->stack, 0);
		assert_int_equal(cpu_record(cpu_2)->stacks, 0);
	}
	while (mem_alloc(PAGE, 0, .owner = "all"))
		;
	assert_int_equal(cpu_memory_create(cpu_2), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("unit and stacks: no memory"));
	assert_int_equal(host.pages_mapped, 0);
}

static int map_pages(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
		     enum map_protection protection, uint32_t node)
{
	quick_calls++;
	for (uint32_t i = 0; i < count; i++) {
		if (i)
			assert_true(numbers[i] > numbers[i - 1]);
		assert_int_equal(machine_get()->map(base + numbers[i] * (uint64_t)PAGE,
						    physical + i * PAGE, PAGE, protection, node),
				 0);
	}
	return 0;
}

static void quick_way_is_the_same(void **state)
{
	(void)state;
	((struct machine *)machine_get())->map_pages = map_pages;
	assert_int_equal(cpu_memory_create(cpu_2), 0);
	check_memory(cpu_2);
	assert_int_equal(quick_calls, 1);
}

static int not_these(uint64_t base, uint64_t physical, const uint32_t *numbers, uint32_t count,
		     enum map_protection protection, uint32_t node)
{
	(void)base, (void)physical, (void)numbers, (void)count, (void)protection, (void)node;
	quick_calls++;
	return MUSTER_E_NOT_SUPPORTED;
}

/* As page tables answer when a window is not in one of them. */
static void page_by_page_where_there_is_no_quick_way(void **state)
{
	(void)state;
	((struct machine *)machine_get())->map_pages = not_these;
	failures_leave_nothing(state);
	host_begin(CPUS);
	((struct machine *)machine_get())->map_pages = not_these;
	assert_int_equal(cpu_memory_create(cpu_2), 0);
	check_memory(cpu_2);
	assert_true(quick_calls > bytes() / PAGE);
}

/* As RAM is reached where translation is off: here all of it, at a distance. */
static char plain[4 * PAGE] __attribute__((aligned(PAGE)));
static uint64_t plain_base;

static void *plain_direct(uint64_t physical)
{
	/* What pages are at which offset of the piece that is asked for. */
	if (!plain_base)
		plain_base = physical;
	return physical - plain_base < sizeof(plain) ? plain + (physical - plain_base) : NULL;
}

static uint64_t plain_physical(uintptr_t address)
{
	return address - (uintptr_t)plain + plain_base;
}

static void nothing_is_mapped(void **state)
{
	struct machine *machine = (struct machine *)machine_get();
	const struct cpu_record *record = cpu_record(cpu_2);
	const struct machine kept = *machine;
	uint64_t free = mem_free_total();
	enum stack_kind kind;
	bool guard = true;
	cpu_t cpu;

	(void)state;
	machine->map = NULL;
	machine->unmap = NULL;
	cpu_memory_forget();
	/* What is made once lies elsewhere. */
	assert_int_equal(cpu_memory_create(cpu_1), 0);
	cpu_memory_destroy(cpu_1);
	free = mem_free_total();
	machine->direct = plain_direct;
	machine->physical = plain_physical;
	plain_base = 0;
	assert_int_equal(cpu_memory_create(cpu_2), 0);
	assert_int_equal(record->unit, (uintptr_t)plain);
	assert_int_equal(record->stack, (uintptr_t)plain + percpu_unit_size() + PAGE);
	assert_int_equal(((struct percpu_head *)plain)->cpu, 2);
	assert_int_equal(stack_top(cpu_2, STACK_MAIN), record->stack);
	assert_true(stack_find(record->stack - 8, &cpu, &kind, &guard));
	assert_true(cpu_equal(cpu, cpu_2) && kind == STACK_MAIN && !guard);
	assert_true(stack_find(record->stack, &cpu, &kind, &guard));
	assert_true(cpu_equal(cpu, cpu_2) && kind == STACK_NMI && !guard);
	assert_int_equal(stack_top(cpu_2, STACK_NMI), record->stack + PAGE);
	assert_false(stack_find(record->stack + (STACK_KINDS - 1) * PAGE, &cpu, &kind, &guard));
	assert_false(stack_find(record->unit, &cpu, &kind, &guard));
	cpu_memory_destroy(cpu_2);
	assert_int_equal(mem_free_total(), free);
	*machine = kept;
}

static void too_early(void **state)
{
	(void)state;
	host_begin(CPUS);
	layout_forget();
	assert_int_equal(cpu_memory_create(cpu_2), MUSTER_E_ORDER);
	assert_int_equal(mem_owned_by("unit and stacks"), 0);
	assert_non_null(host_panic_of(cpu_memory_create(cpu_from_number(CPUS))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(made_and_taken_back, begin),
		cmocka_unit_test_setup(failures_leave_nothing, begin),
		cmocka_unit_test_setup(quick_way_is_the_same, begin),
		cmocka_unit_test_setup(page_by_page_where_there_is_no_quick_way, begin),
		cmocka_unit_test_setup(nothing_is_mapped, begin),
		cmocka_unit_test_setup(too_early, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
