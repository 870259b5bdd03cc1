// SPDX-License-Identifier: MIT
/*
 * H3. A kernel moved its boot CPU's per-CPU area, whose old pages were still read-only for the
 * hypervisor, and gave those pages back to the free pool: whoever got them next died of writing to
 * his own memory. And finding a variable's address in the old area took two tries.
 *
 * Here moving is one step with the platform's make_writable in it, after the new base is loaded and
 * before the pages are free; and the old area's addresses have a name of their own.
 */
#include "core/cpu_table.h"
#include "core/memory_map.h"
#include "core/unit.h"
#include "tests/unit/host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <muster/percpu.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static PERCPU(uint64_t, ticks) = 11;
static PERCPU(uint32_t, table[64]);

static const cpu_t boot_cpu = { 0 };
static uintptr_t area;
static uint64_t area_size;

static int begin(void **state)
{
	(void)state;
	host_begin(4);
	area = unit_boot_area();
	area_size = host_percpu_image()->boot_area_size;
	return 0;
}

/* As a hypervisor does with a page that holds a descriptor table. */
static void make_area_read_only(void)
{
	assert_int_equal(mprotect((void *)area, area_size, PROT_READ), 0);
}

/* Get every free page of low memory, among them the boot area's, and write to all of it. */
static void allocate_and_write_everywhere(void)
{
	bool met = false;
	uint64_t page;

	while ((page = mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "next")) != 0) {
		memset(machine_get()->direct(page), 0xff, MEMORY_PAGE_SIZE);
		met |= page == HOST_BOOT_AREA;
	}
	assert_true(met);
}

static void test_boot_pointer_is_the_original(void **state)
{
	(void)state;
	assert_true(area);
	assert_int_equal(percpu_unit(boot_cpu), area);
	this_cpu(ticks) = 12;
	assert_int_equal(*percpu_boot_ptr(ticks), 12);
	assert_ptr_equal(percpu_boot_ptr(ticks), percpu_ptr(ticks, boot_cpu));
	assert_in_range((uintptr_t)percpu_boot_ptr(ticks), area, area + area_size - 1);
	/* It is neither the template nor an offset. */
	assert_ptr_not_equal(percpu_boot_ptr(ticks), &ticks);
	assert_int_equal(ticks, 11);
}

static void test_move(void **state)
{
	const struct percpu_image *image = host_percpu_image();
	char *template = malloc(image->size);
	uint64_t canary = this_cpu(percpu_head).canary;
	uint64_t unused = mem_free_total();
	uintptr_t unit;

	(void)state;
	memcpy(template, image->image, image->size);
	this_cpu(ticks) = 12;
	percpu_boot_ptr(table)[0][63] = 77;
	make_area_read_only();

	assert_int_equal(unit_move_boot(), 0);
	unit = percpu_unit(boot_cpu);
	assert_int_not_equal(unit, area);
	assert_int_equal(unit_boot_area(), 0);
	assert_int_equal(cpu_record(boot_cpu)->unit, unit);
	assert_int_equal(host.base_loaded, unit);
	assert_int_equal(host.base_loads, 1);

	/* What the area held then, not what the template holds. */
	assert_int_equal(this_cpu(ticks), 12);
	assert_int_equal(this_cpu(table)[63], 77);
	assert_int_equal(cpu_this().number, 0);
	assert_int_equal(this_cpu(percpu_head).self, unit);
	/* Functions that are running compare it when they return. */
	assert_int_equal(this_cpu(percpu_head).canary, canary);

	/* The order: new base, then writable, then free. */
	assert_int_equal(host.make_writables, 1);
	assert_int_equal(host.writable_address, area);
	assert_int_equal(host.writable_size, area_size);
	assert_int_equal(host.base_at_make_writable, unit);
	assert_string_equal(host.owner_at_make_writable, "kernel");
	assert_int_equal(mem_owned_by("kernel"), 0);
	assert_int_equal(mem_free_total(), unused + area_size - percpu_unit_size());

	/* Its next owner can write to it, and unit 0 does not notice. */
	allocate_and_write_everywhere();
	assert_int_equal(this_cpu(ticks), 12);
	assert_int_equal(this_cpu(table)[63], 77);
	assert_int_equal(this_cpu(percpu_head).magic, PERCPU_MAGIC);

	/* The template is as it was, so other units are too. */
	assert_memory_equal(image->image, template, image->size);
	assert_int_equal(unit_move_boot(), MUSTER_E_EXISTS);
	free(template);
}

static void test_units_after_the_move_are_pristine(void **state)
{
	(void)state;
	this_cpu(ticks) = 12;
	assert_int_equal(unit_move_boot(), 0);
	memset(machine_get()->direct(HOST_BOOT_AREA), 0xff, area_size);
	assert_int_equal(unit_create(cpu_from_number(1)), 0);
	assert_int_equal(*percpu_ptr(ticks, cpu_from_number(1)), 11);
}

static void test_boot_pointer_after_the_move_panics(void **state)
{
	(void)state;
	assert_int_equal(unit_move_boot(), 0);
	assert_non_null(host_panic_of((void)percpu_boot_ptr(ticks)));
	assert_null(host_panic_of((void)percpu_ptr(ticks, boot_cpu)));
}

/* The bug: the same without make_writable. The machine here does notice. */
static void test_without_make_writable_the_next_owner_faults(void **state)
{
	struct machine machine = *machine_get();

	(void)state;
	machine.make_writable = NULL;
	machine_set(&machine);
	make_area_read_only();
	assert_int_equal(unit_move_boot(), 0);
	assert_true(host_write_faults(area));
	assert_false(host_read_faults(area));
	assert_false(host_write_faults(percpu_unit(boot_cpu)));
}

/* A platform that has nothing to make writable leaves the function out. */
static void test_no_make_writable_needed(void **state)
{
	struct machine machine = *machine_get();

	(void)state;
	machine.make_writable = NULL;
	machine_set(&machine);
	assert_int_equal(unit_move_boot(), 0);
	allocate_and_write_everywhere();
	assert_int_equal(this_cpu(ticks), 11);
}

static void check_not_moved(uint64_t unused)
{
	assert_int_equal(unit_boot_area(), area);
	assert_int_equal(percpu_unit(boot_cpu), area);
	assert_int_equal(this_cpu(percpu_head).self, area);
	assert_int_equal(this_cpu(ticks), 12);
	assert_int_equal(*percpu_boot_ptr(ticks), 12);
	assert_int_equal(cpu_record(boot_cpu)->unit, 0);
	assert_int_equal(host.pages_mapped, 0);
	assert_int_equal(mem_owned_by("unit"), 0);
	assert_int_equal(mem_free_total(), unused);
}

/* The hypervisor refuses: the pages must not become anybody's, and the boot CPU goes on there. */
static void test_refused(void **state)
{
	uint64_t unused = mem_free_total();

	(void)state;
	this_cpu(ticks) = 12;
	make_area_read_only();
	host.make_writable_error = MUSTER_E_NOT_SUPPORTED;
	assert_int_equal(unit_move_boot(), MUSTER_E_NOT_SUPPORTED);
	assert_true(host_log_has("boot area at"));
	assert_int_equal(mem_owned_by("kernel"), area_size);
	check_not_moved(unused);
	/* Later it may work. */
	host.make_writable_error = 0;
	assert_int_equal(unit_move_boot(), 0);
}

static void test_other_failures(void **state)
{
	uint64_t unused = mem_free_total();

	(void)state;
	this_cpu(ticks) = 12;
	host.map_fails_at = 1;
	assert_int_equal(unit_move_boot(), MUSTER_E_NO_MEMORY);
	assert_int_equal(host.base_loads, 0);
	check_not_moved(unused);

	/* Nobody claimed the area: it is not owned memory, so it cannot be given back. */
	assert_int_equal(mem_free(HOST_BOOT_AREA, area_size), 0);
	unused = mem_free_total();
	assert_int_equal(unit_move_boot(), MUSTER_E_NOT_FOUND);
	check_not_moved(unused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_boot_pointer_is_the_original, begin),
		cmocka_unit_test_setup(test_move, begin),
		cmocka_unit_test_setup(test_units_after_the_move_are_pristine, begin),
		cmocka_unit_test_setup(test_boot_pointer_after_the_move_panics, begin),
		cmocka_unit_test_setup(test_without_make_writable_the_next_owner_faults, begin),
		cmocka_unit_test_setup(test_no_make_writable_needed, begin),
		cmocka_unit_test_setup(test_refused, begin),
		cmocka_unit_test_setup(test_other_failures, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
