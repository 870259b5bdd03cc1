// SPDX-License-Identifier: MIT
/*
 * The ids of a PVH guest's CPUs (H5): the vCPU id is the processor UID, never the APIC id; the CPU that
 * boots says its own, whichever vCPU that is; and a CPU that says another than the table has is stopped,
 * with both values.
 */
#include "core/cpu_table.h"
#include "host_machine.h"
#include "platform/pc/pc.h"
#include "platform/xen/pvh/xen_pvh.h"

#include <muster/muster.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "acpi_builder.h"
#include "arch/x86_64/cpu_check.h"
#include "arch/x86_64/page_table.h"

#define BASE 0x40000000u

static struct acpi_builder built;
static uint8_t madt_body[0x1000];
static size_t madt_used;
static uint64_t running_apic_id;
static uint32_t told_vcpu, told_flags;
static int check_result;

/* What of the architecture and the PC the steps call. */
struct pc_firmware pc_firmware;

static bool read_built(void *context, uint64_t physical, void *buffer, size_t size)
{
	(void)context;
	return memory_image_read(&built.image, physical, buffer, size);
}
const struct firmware_reader fixmap_reader = { .read = read_built };

hwid_t x86_hwid_this(void)
{
	return hwid_from_value(running_apic_id);
}

int cpu_check_step(cpu_t cpu)
{
	(void)cpu;
	return check_result;
}

uint32_t pc_node_of(uint32_t apic_id)
{
	(void)apic_id;
	return NODE_ANY;
}

void pc_nodes_compare(void)
{
}

static struct cpuid_leaf read_leaf(uint32_t leaf, uint32_t subleaf)
{
	(void)subleaf;
	if (leaf == BASE + 4)
		return (struct cpuid_leaf){ told_flags, told_vcpu, 0, 0 };
	return (struct cpuid_leaf){ 0, 0, 0, 0 };
}

static void madt_processor(uint32_t uid, uint32_t apic_id)
{
	const uint32_t entry[] = { 9 | 16 << 8, apic_id, 1, uid };

	memcpy(madt_body + madt_used, entry, sizeof(entry));
	madt_used += sizeof(entry);
}

/* As Xen makes it: APIC ids are twice the UIDs. */
static void madt_of_xen(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		madt_processor(i, 2 * i);
}

static int begin(void **state)
{
	(void)state;
	host_begin(4);
	built = (struct acpi_builder){ .next = BUILDER_TABLES };
	built.image.size = BUILDER_MEMORY;
	built.image.bytes = calloc(1, BUILDER_MEMORY);
	memset(&pc_firmware, 0, sizeof(pc_firmware));
	memset(madt_body, 0, 8);
	madt_used = 8;
	running_apic_id = 0;
	told_vcpu = 0;
	told_flags = 1 << 3;
	check_result = 0;
	xen_pvh_cpuid = (struct xen_cpuid){ .read = read_leaf, .base = BASE, .last = BASE + 5 };
	return 0;
}

static int end(void **state)
{
	(void)state;
	builder_end(&built);
	return 0;
}

static void run(void)
{
	builder_table(&built, "APIC", 3, madt_body, madt_used);
	built.root = builder_root_table(&built, true);
	builder_rsdp(&built, BUILDER_RSDP, 0, built.root);
	host_log_clear();
	assert_int_equal(acpi_root_find(&fixmap_reader, BUILDER_RSDP, &pc_firmware.root), 0);
	assert_int_equal(acpi_table_find(&fixmap_reader, &pc_firmware.root, "APIC",
					 &pc_firmware.madt_table),
			 0);
	assert_int_equal(xen_pvh_cpu_ids_step(cpu_from_number(0)), 0);
}

static void assert_cpu(uint32_t number, uint64_t hwid, uint32_t fwid, uint32_t vcpu_id)
{
	cpu_t cpu = cpu_from_number(number);

	assert_int_equal(cpu_hwid(cpu).value, hwid);
	assert_int_equal(cpu_fwid(cpu).value, fwid);
	assert_true(cpu_vcpu_id_known(cpu));
	assert_int_equal(cpu_vcpu_id(cpu).value, vcpu_id);
}

static void the_uid_is_the_vcpu_id(void **state)
{
	(void)state;
	madt_of_xen(4);
	run();
	assert_int_equal(cpu_possible_count(), 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_cpu(i, 2 * i, i, i);
	assert_string_equal(host_log(), "");
}

/* A kernel that crashed on vCPU 3 boots the next one there. */
static void the_boot_cpu_need_not_be_vcpu_0(void **state)
{
	(void)state;
	madt_of_xen(4);
	running_apic_id = 6;
	told_vcpu = 3;
	run();
	assert_cpu(0, 6, 3, 3);
	assert_cpu(1, 0, 0, 0);
	assert_cpu(2, 2, 1, 1);
	assert_cpu(3, 4, 2, 2);
	assert_string_equal(host_log(), "");
}

static void the_cpu_itself_is_believed(void **state)
{
	(void)state;
	/* The MADT has the one that boots as 7; Xen tells it that it is 1. */
	madt_processor(7, 2);
	madt_processor(2, 4);
	running_apic_id = 2;
	told_vcpu = 1;
	run();
	assert_cpu(0, 2, 7, 1);
	assert_cpu(1, 4, 2, 2);
	assert_true(host_log_has("the CPU that boots (APIC id 0x2) says that it is vCPU 1, the "
				 "MADT 7: it is believed itself"));
}

static void a_cpu_that_the_madt_does_not_name(void **state)
{
	(void)state;
	madt_processor(2, 4);
	running_apic_id = 2;
	told_vcpu = 1;
	run();
	assert_cpu(0, 2, FWID_UNKNOWN_VALUE, 1);
	assert_cpu(1, 4, 2, 2);
}

static void a_xen_that_does_not_say(void **state)
{
	(void)state;
	told_flags = 0;
	madt_of_xen(2);
	running_apic_id = 2;
	run();
	/* By the MADT then; and one that nobody names has an unknown one, which is not 0. */
	assert_cpu(0, 2, 1, 1);
	assert_cpu(1, 0, 0, 0);
	assert_int_equal(xen_pvh_cpu_check_step(cpu_from_number(1)), 0);
	end(state);
	begin(state);
	told_flags = 0;
	madt_of_xen(2);
	running_apic_id = 8;
	run();
	assert_false(cpu_vcpu_id_known(cpu_from_number(0)));
	assert_cpu(1, 0, 0, 0);
}

static void each_cpu_compares(void **state)
{
	(void)state;
	madt_of_xen(4);
	run();
	told_vcpu = 2;
	assert_int_equal(xen_pvh_cpu_check_step(cpu_from_number(2)), 0);
	assert_string_equal(host_log(), "");
	assert_int_equal(xen_pvh_cpu_check_step(cpu_from_number(1)), MUSTER_E_MISMATCH);
	assert_true(host_log_has("CPU 1: vCPU id is 2, expected 1"));
	/* What the processor itself says comes first. */
	check_result = MUSTER_E_INVALID;
	host_log_clear();
	assert_int_equal(xen_pvh_cpu_check_step(cpu_from_number(1)), MUSTER_E_INVALID);
	assert_string_equal(host_log(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_uid_is_the_vcpu_id, begin, end),
		cmocka_unit_test_setup_teardown(the_boot_cpu_need_not_be_vcpu_0, begin, end),
		cmocka_unit_test_setup_teardown(the_cpu_itself_is_believed, begin, end),
		cmocka_unit_test_setup_teardown(a_cpu_that_the_madt_does_not_name, begin, end),
		cmocka_unit_test_setup_teardown(a_xen_that_does_not_say, begin, end),
		cmocka_unit_test_setup_teardown(each_cpu_compares, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
