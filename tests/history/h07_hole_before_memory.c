// SPDX-License-Identifier: MIT
/*
 * H7. Asking for the hole depended on knowing how much memory there is, because the same call told the
 * hypervisor which memory is mapped linearly; and that was known long after page tables, and the
 * fixmap in them, had been set up below the wrong top.
 *
 * Here these are two calls, and neither needs the memory map: the hole goes into the draft, and what is
 * mapped linearly is all low memory that is *possible*, which the sealed layout knows. A table in which
 * either waits for the memory map is refused before it runs, or dies naming the step.
 */
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "tests/unit/mock_guest.h"

#include <muster/layout.h>
#include <muster/memory.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CPUS 2
#define HOLE (UINT64_C(2) << 20)

/* What the hypervisor was told, in a call that it takes once: everything that comes to be mapped later has to
 * be within that. */
static struct {
	uint64_t start, size;
	unsigned int calls;
} told;

/* The hypervisor says what it keeps; memory has nothing to do with it. */
static int hole_step(cpu_t cpu)
{
	static struct layout_draft draft;
	struct layout_machine machine = host_layout_machine(CPUS);

	(void)cpu;
	layout_draft_begin(&draft, &machine);
	if (layout_reserve_top(&draft, HOLE, "rom") || layout_draft_fit(&draft, UINT64_C(1) << 20))
		return MUSTER_E_INVALID;
	return layout_seal(&draft) ? 0 : MUSTER_E_INVALID;
}

static int linear_mapping_step(cpu_t cpu)
{
	(void)cpu;
	told.start = layout_direct_start(layout_current());
	told.size = layout_direct_size(layout_current());
	told.calls++;
	return 0;
}

/* As it happened: what is mapped is what memory there is. */
static int linear_mapping_of_memory_step(cpu_t cpu)
{
	(void)cpu;
	told.size = mem_total();
	return 0;
}

static int nothing_step(cpu_t cpu)
{
	(void)cpu;
	return 0;
}

/* How a machine begins that has such a hypervisor: the rest is the mock's. */
static const struct bringup_step beginning[] = {
	/* clang-format off */
	{ "layout", CAP(CONSOLE), CAP(LAYOUT), WHERE_BOOT, UNDO_NOTHING, hole_step, NULL },
	{ "linear-mapping", CAP(LAYOUT), 0, WHERE_BOOT, UNDO_NOTHING, linear_mapping_step, NULL },
	{ "fixmap", CAP(LAYOUT), CAP(FIXMAP), WHERE_BOOT, UNDO_NOTHING, nothing_step, NULL },
	/* clang-format on */
};
#define BEGINNING (sizeof(beginning) / sizeof(beginning[0]))

static int begin(void **state)
{
	struct bringup_step *at;

	(void)state;
	memset(&told, 0, sizeof(told));
	guest_begin(CPUS);
	layout_forget();
	at = guest_step("command-line");
	memmove(at + BEGINNING, at, sizeof(*at) * (guest.table.count - (size_t)(at - guest.steps)));
	memcpy(at, beginning, sizeof(beginning));
	guest.table.count += BEGINNING;
	guest_step("command-line")->needs |= CAP(FIXMAP);
	guest_step("memory-map")->needs |= CAP(COMMAND_LINE) | CAP(FIXMAP);
	guest_step("memory-map")->gives = CAP(MEMORY_MAP) | CAP(PAGE_TABLES);
	return 0;
}

/* In the order that is right all CPUs come up. */
static void the_right_order(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_online_count(), CPUS);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.size, layout_direct_size(layout_current()));
}

static void both_come_before_memory(void **state)
{
	const struct layout *layout;

	(void)state;
	host_machine_begin();
	/* Nobody has read a memory map, and none is asked for. */
	assert_int_equal(mem_count(), 0);
	assert_int_equal(hole_step(cpu_from_number(0)), 0);
	assert_int_equal(linear_mapping_step(cpu_from_number(0)), 0);
	layout = layout_current();
	assert_int_equal(layout_kernel_top(layout),
			 host_layout_machine(CPUS).address_last + 1 - HOLE);

	/* Whatever the map then says, what of it can be mapped was told. */
	for (uint64_t size = UINT64_C(1) << 20; size < UINT64_C(1) << 40; size *= 2) {
		memory_map_begin();
		assert_int_equal(memory_map_add(0, size, MEMORY_RAM), 0);
		assert_int_equal(layout_direct_start(layout_current()), told.start);
		assert_int_equal(layout_direct_size(layout_current()), told.size);
	}
	assert_int_equal(told.calls, 1);
	memory_map_begin();
}

/* The hole that needs the memory map, which needs the fixmap, which needs the layout: no such order. */
static void a_hole_that_waits_for_memory_is_refused(void **state)
{
	char message[160];

	(void)state;
	guest_step("layout")->needs |= CAP(MEMORY_MAP);
	assert_int_equal(bringup_check(&guest.table, BRINGUP_GIVEN, message, sizeof(message)),
			 BRINGUP_NEED_LATER);
	assert_non_null(strstr(message, "step layout"));
	assert_non_null(strstr(message, "memory-map"));
}

/* One that does not say so dies when it looks. */
static void looking_at_memory_undeclared_dies(void **state)
{
	const char *message;

	(void)state;
	guest_step("linear-mapping")->run = linear_mapping_of_memory_step;
	message = host_panic_of(guest_bring_up());
	assert_non_null(message);
	assert_string_equal(message,
			    "step linear-mapping: uses memory-map, which it does not declare");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_right_order),
		TEST(both_come_before_memory),
		TEST(a_hole_that_waits_for_memory_is_refused),
		TEST(looking_at_memory_undeclared_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
