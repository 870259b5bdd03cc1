// SPDX-License-Identifier: MIT
/*
 * Do steps use only what they declare? A table that is declared as platforms declare theirs, whose
 * rows do the real thing as far as core has it, comes up; and the same rows with one need left out
 * die by name.
 */
#include "mock_guest.h"

#include "core/cpu_memory.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "core/node_table.h"
#include "core/stack_area.h"

#include <muster/call.h>
#include <muster/layout.h>
#include <muster/memory.h>
#include <muster/node.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS		4
#define STACKS_OF_TRAPS (1u << STACK_NMI | 1u << STACK_FATAL)

static PERCPU(uint64_t, tables);

static int nothing_step(cpu_t cpu)
{
	(void)cpu;
	return 0;
}

static int layout_step(cpu_t cpu)
{
	(void)cpu;
	host_layout_begin(CPUS);
	return 0;
}

static int fixmap_step(cpu_t cpu)
{
	(void)cpu;
	return !layout_fixmap_address(layout_current(), 1);
}

static int memory_map_step(cpu_t cpu)
{
	(void)cpu;
	host_memory_begin();
	return !mem_free_total() || !mem_total();
}

static int page_tables_step(cpu_t cpu)
{
	(void)cpu;
	if (!layout_direct_size(layout_current()) || !mem_owned_by("kernel"))
		return MUSTER_E_INVALID;
	return memory_map_grow();
}

static int nodes_step(cpu_t cpu)
{
	static const uint32_t domains[] = { 3, 5 };
	size_t bytes = node_table_bytes(2);
	uint64_t physical = mem_alloc(bytes, 0, .owner = "nodes");
	int error = node_table_begin(machine_get()->direct(physical), domains, 2);

	(void)cpu;
	if (!error)
		error = memory_map_set_node(0, HOST_MEMORY_SIZE / 2, 1);
	return error || node_nearest_memory(0) != 1 || mem_behind(0) != UINT64_MAX;
}

static int cpu_ids_step(cpu_t cpu)
{
	(void)cpu;
	if (node_by_domain(3) || node_distance(0, 1) != NODE_DISTANCE_OTHER)
		return MUSTER_E_INVALID;
	host_cpus_begin(CPUS);
	return mem_alloc(cpu_table_bytes(CPUS), 0, .owner = "cpu table") ? 0 : MUSTER_E_NO_MEMORY;
}

static int boot_unit_step(cpu_t cpu)
{
	(void)cpu;
	return unit_move_boot();
}

static int boot_stacks_step(cpu_t cpu)
{
	return stacks_create(cpu, STACKS_OF_TRAPS);
}

static int start_code_step(cpu_t cpu)
{
	uint64_t page = mem_alloc(MEMORY_PAGE_SIZE, 0, .limit = 1 << 20, .owner = "start");

	(void)cpu;
	return page ? mem_free(page, MEMORY_PAGE_SIZE) : MUSTER_E_NO_MEMORY;
}

static int start_step(cpu_t cpu)
{
	if (cpu.number != STEP_ALL_CPUS && !hwid_equal(cpu_hwid(cpu), cpu_record(cpu)->hwid))
		return MUSTER_E_INVALID;
	return guest_start(cpu);
}

static int descriptor_tables_step(cpu_t cpu)
{
	return percpu_unit(cpu) && stack_top(cpu, STACK_NMI) && percpu_ptr(tables, cpu)
		       ? 0
		       : MUSTER_E_INVALID;
}

static int cpu_check_step(cpu_t cpu)
{
	return cpu_hwid(cpu).value == 10 * cpu.number + 6 ? 0 : MUSTER_E_MISMATCH;
}

static int stack_marks_step(cpu_t cpu)
{
	stacks_mark(cpu, 0);
	return stack_high_water(cpu, STACK_NMI) ? MUSTER_E_INVALID : 0;
}

/* As platform/pc has it. */
static const struct bringup_step pc_steps[] = {
	/* clang-format off */
	{ "console", CAP(PERCPU_BASE) | CAP(EARLY_TRAPS), CAP(CONSOLE),
	  WHERE_BOOT, UNDO_NOTHING, nothing_step, NULL },
	{ "hypervisor", CAP(CONSOLE), CAP(HYPERVISOR),
	  WHERE_BOOT, UNDO_NOTHING, nothing_step, NULL },
	{ "layout", CAP(CONSOLE) | CAP(HYPERVISOR), CAP(LAYOUT),
	  WHERE_BOOT, UNDO_NOTHING, layout_step, NULL },
	{ "fixmap", CAP(LAYOUT), CAP(FIXMAP),
	  WHERE_BOOT, UNDO_NOTHING, fixmap_step, NULL },
	{ "command-line", CAP(FIXMAP) | CAP(CONSOLE), CAP(COMMAND_LINE),
	  WHERE_BOOT, UNDO_NOTHING, guest_read_command_line, NULL },
	{ "memory-map", CAP(COMMAND_LINE) | CAP(FIXMAP), CAP(MEMORY_MAP),
	  WHERE_BOOT, UNDO_NOTHING, memory_map_step, NULL },
	{ "page-tables", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(FIXMAP), CAP(PAGE_TABLES),
	  WHERE_BOOT, UNDO_NOTHING, page_tables_step, NULL },
	{ "firmware", CAP(FIXMAP) | CAP(COMMAND_LINE), CAP(FIRMWARE),
	  WHERE_BOOT, UNDO_NOTHING, nothing_step, NULL },
	{ "clock", CAP(FIRMWARE), CAP(CLOCK),
	  WHERE_BOOT, UNDO_NOTHING, nothing_step, NULL },
	{ "nodes", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(FIXMAP), CAP(NODES),
	  WHERE_BOOT, UNDO_NOTHING, nodes_step, NULL },
	{ "cpu-ids", CAP(FIRMWARE) | CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(NODES), CAP(CPU_IDS),
	  WHERE_BOOT, UNDO_NOTHING, cpu_ids_step, NULL },
	{ "boot-unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS),
	  CAP(UNITS) | CAP(UNIT),
	  WHERE_BOOT, UNDO_NOTHING, boot_unit_step, NULL },
	{ "boot-stacks", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS), CAP(STACK),
	  WHERE_BOOT, UNDO_STEP, boot_stacks_step, stacks_destroy },
	{ "interrupts", CAP(FIRMWARE) | CAP(FIXMAP) | CAP(CPU_IDS), CAP(INTERRUPTS),
	  WHERE_BOOT, UNDO_NOTHING, nothing_step, NULL },
	{ "start-code", CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS), CAP(START_CODE),
	  WHERE_BOOT, UNDO_NOTHING, start_code_step, NULL },
	{ "unit", CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS),
	  CAP(UNIT) | CAP(STACK),
	  WHERE_PREPARE, UNDO_STEP, cpu_memory_create, cpu_memory_destroy },
	{ "start", CAP(START_CODE) | CAP(INTERRUPTS) | CAP(CLOCK) | CAP(CPU_IDS) | CAP(UNIT) |
	  CAP(STACK), CAP(STARTED),
	  WHERE_START, UNDO_NOTHING, start_step, NULL },
	{ "descriptor-tables", CAP(PERCPU_BASE) | CAP(UNIT) | CAP(STACK) | CAP(LAYOUT),
	  CAP(DESCRIPTORS),
	  WHERE_ONLINE, UNDO_NOTHING, descriptor_tables_step, NULL },
	{ "cpu-check", CAP(CPU_IDS) | CAP(DESCRIPTORS), CAP(CPU_CHECKED),
	  WHERE_ONLINE, UNDO_NOTHING, cpu_check_step, NULL },
	{ "stack-marks", CAP(STACK) | CAP(LAYOUT), 0,
	  WHERE_ONLINE, UNDO_NOTHING, stack_marks_step, NULL },
	{ "local-apic", CAP(INTERRUPTS) | CAP(CPU_CHECKED) | CAP(DESCRIPTORS), CAP(CPU_INTERRUPT),
	  WHERE_ONLINE, UNDO_NOTHING, nothing_step, NULL },
	{ "call-queue", CAP(UNIT) | CAP(CPU_INTERRUPT), CAP(CALL_QUEUE),
	  WHERE_ONLINE, UNDO_STEP, call_queue_open, call_queue_close },
	{ "online", CAP(CALL_QUEUE) | CAP(CPU_CHECKED) | CAP(CPU_IDS), CAP(ONLINE),
	  WHERE_ONLINE, UNDO_NOTHING, guest_say_online, NULL },
	/* clang-format on */
};
_Static_assert(sizeof(pc_steps) / sizeof(pc_steps[0]) <= GUEST_ROWS_MAX, "rows");

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	memcpy(guest.steps, pc_steps, sizeof(pc_steps));
	guest.table.count = sizeof(pc_steps) / sizeof(pc_steps[0]);
	return 0;
}

static void declared_needs_suffice(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	assert_int_equal(cpu_online_count(), CPUS);
	assert_int_equal(cpu_down(cpu_from_number(2)), 0);
	assert_int_equal(cpu_up(cpu_from_number(2)), 0);
}

static void declared_needs_suffice_at_once(void **state)
{
	guest.start_all = true;
	declared_needs_suffice(state);
	assert_int_equal(guest.started_all, 1);
}

/* One need less than it uses: the row dies by name, before the order could. */
static void undeclared(const char *row, uint64_t need, const char *text)
{
	const char *message;

	guest_end(NULL);
	begin(NULL);
	guest_step(row)->needs &= ~need;
	message = host_panic_of(guest_bring_up());
	assert_non_null(message);
	assert_string_equal(message, text);
}

static void undeclared_needs_panic(void **state)
{
	(void)state;
	undeclared("fixmap", CAP(LAYOUT), "step fixmap: uses layout, which it does not declare");
	undeclared("page-tables", CAP(MEMORY_MAP),
		   "step page-tables: uses memory-map, which it does not declare");
	undeclared("cpu-ids", CAP(MEMORY_MAP),
		   "step cpu-ids: uses memory-map, which it does not declare");
	undeclared("nodes", CAP(PAGE_TABLES),
		   "step nodes: uses page-tables, which it does not declare");
	undeclared("cpu-ids", CAP(NODES), "step cpu-ids: uses nodes, which it does not declare");
	undeclared("boot-unit", CAP(CPU_IDS),
		   "step boot-unit: uses cpu-ids, which it does not declare");
	undeclared("boot-stacks", CAP(PAGE_TABLES),
		   "step boot-stacks: uses page-tables, which it does not declare");
	undeclared("start-code", CAP(MEMORY_MAP),
		   "step start-code: uses memory-map, which it does not declare");
	undeclared("unit", CAP(UNITS), "step unit: uses units, which it does not declare");
	undeclared("unit", CAP(MEMORY_MAP),
		   "step unit: uses memory-map, which it does not declare");
	undeclared("unit", CAP(LAYOUT), "step unit: uses layout, which it does not declare");
	undeclared("start", CAP(CPU_IDS), "step start: uses cpu-ids, which it does not declare");
	undeclared("descriptor-tables", CAP(STACK),
		   "step descriptor-tables: uses stack, which it does not declare");
	undeclared("cpu-check", CAP(CPU_IDS),
		   "step cpu-check: uses cpu-ids, which it does not declare");
	undeclared("call-queue", CAP(UNIT),
		   "step call-queue: uses unit, which it does not declare");
}

static int calls_step(cpu_t cpu)
{
	return cpu_call(cpu, NULL, NULL);
}

static int looks_step(cpu_t cpu)
{
	return cpu_is_none(cpu_by_hwid(cpu_hwid(cpu)));
}

static int unit_of_another_step(cpu_t cpu)
{
	(void)cpu;
	return !percpu_ptr(tables, cpu_from_number(1));
}

/* A table that is in order, with a row that core does not know and that does more than it says. */
static void sly(int (*run)(cpu_t cpu), const char *text)
{
	const char *message;

	guest_end(NULL);
	guest_begin(CPUS);
	guest_step("areas")->run = run;
	message = host_panic_of(guest_bring_up());
	assert_non_null(message);
	assert_string_equal(message, text);
}

static void sly_rows_panic(void **state)
{
	(void)state;
	sly(start_code_step, "step areas: uses memory-map, which it does not declare");
	sly(calls_step, "step areas: uses online, which it does not declare");
	sly(looks_step, "step areas: uses cpu-ids, which it does not declare");
	sly(unit_of_another_step, "step areas: uses cpu-ids, which it does not declare");
	sly(fixmap_step, "step areas: uses layout, which it does not declare");
	/* Outside of a step nobody is asked. */
	assert_int_equal(start_code_step(cpu_from_number(0)), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(declared_needs_suffice),
		TEST(declared_needs_suffice_at_once),
		TEST(undeclared_needs_panic),
		TEST(sly_rows_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
