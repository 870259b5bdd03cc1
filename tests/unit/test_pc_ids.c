// SPDX-License-Identifier: MIT
/*
 * The steps `nodes` and `cpu-ids` of platform pc over tables of our own: which CPUs there are, with
 * which nodes; APIC ids that cannot be reached; a SRAT that knows others than the MADT, names
 * memory that is not there, twice, or says nothing.
 */
#include "core/cpu_table.h"
#include "core/memory_map.h"
#include "core/node_table.h"
#include "host_machine.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "acpi_builder.h"
#include "arch/x86_64/cpu_check.h"
#include "arch/x86_64/page_table.h"

#define MIB UINT64_C(0x100000)

static struct acpi_builder built;
static uint8_t madt_body[0x8000], srat_body[0x8000], slit_body[0x8000];
static size_t madt_used, srat_used;
static uint64_t boot_id;

/* What of the architecture the two steps call. */
struct pc_firmware pc_firmware;

static bool read_built(void *context, uint64_t physical, void *buffer, size_t size)
{
	(void)context;
	return memory_image_read(&built.image, physical, buffer, size);
}
const struct firmware_reader fixmap_reader = { .read = read_built };

hwid_t x86_hwid_this(void)
{
	return hwid_from_value(boot_id);
}

static void add(uint8_t *body, size_t *used, uint64_t value, size_t size)
{
	memset(body + *used, 0, size);
	memcpy(body + *used, &value, size < sizeof(value) ? size : sizeof(value));
	*used += size;
}

static void madt_apic(uint8_t uid, uint8_t apic_id)
{
	add(madt_body, &madt_used, 0 | 8 << 8, 2);
	add(madt_body, &madt_used, uid, 1);
	add(madt_body, &madt_used, apic_id, 1);
	add(madt_body, &madt_used, 1, 4);
}

static void madt_x2apic(uint32_t uid, uint32_t apic_id)
{
	add(madt_body, &madt_used, 9 | 16 << 8, 4);
	add(madt_body, &madt_used, apic_id, 4);
	add(madt_body, &madt_used, 1, 4);
	add(madt_body, &madt_used, uid, 4);
}

static void srat_x2apic(uint32_t domain, uint32_t apic_id)
{
	add(srat_body, &srat_used, 2 | 24 << 8, 4);
	add(srat_body, &srat_used, domain, 4);
	add(srat_body, &srat_used, apic_id, 4);
	add(srat_body, &srat_used, 1, 12);
}

static void srat_memory(uint32_t domain, uint64_t base, uint64_t size, uint32_t flags)
{
	add(srat_body, &srat_used, 1 | 40 << 8, 2);
	add(srat_body, &srat_used, domain, 6);
	add(srat_body, &srat_used, base, 8);
	add(srat_body, &srat_used, size, 12);
	add(srat_body, &srat_used, flags, 12);
}

static int begin(void **state)
{
	(void)state;
	/* Its memory map, layout and machine; the CPUs come from the tables. */
	host_begin(4);
	built = (struct acpi_builder){ .next = BUILDER_TABLES };
	built.image.size = BUILDER_MEMORY;
	built.image.bytes = calloc(1, BUILDER_MEMORY);
	memset(&pc_firmware, 0, sizeof(pc_firmware));
	madt_used = srat_used = 0;
	boot_id = 0;
	add(madt_body, &madt_used, 0xfee00000, 8);
	add(srat_body, &srat_used, 1, 12);
	return 0;
}

static int end(void **state)
{
	(void)state;
	builder_end(&built);
	return 0;
}

/* Build what has been added, and run both steps. */
static void run(const void *slit, size_t slit_size)
{
	builder_table(&built, "APIC", 5, madt_body, madt_used);
	if (srat_used > 12)
		builder_table(&built, "SRAT", 3, srat_body, srat_used);
	if (slit)
		builder_table(&built, "SLIT", 1, slit, slit_size);
	built.root = builder_root_table(&built, true);
	builder_rsdp(&built, BUILDER_RSDP, 0, built.root);
	host_log_clear();
	assert_int_equal(acpi_root_find(&fixmap_reader, BUILDER_RSDP, &pc_firmware.root), 0);
	assert_int_equal(acpi_table_find(&fixmap_reader, &pc_firmware.root, "APIC",
					 &pc_firmware.madt_table),
			 0);
	assert_int_equal(pc_nodes_read(), 0);
	assert_int_equal(pc_cpu_ids_step(cpu_from_number(0)), 0);
}

static void assert_cpu(uint32_t number, uint64_t hwid, uint32_t node)
{
	assert_int_equal(cpu_hwid(cpu_from_number(number)).value, hwid);
	assert_int_equal(cpu_node(cpu_from_number(number)), node);
}

static int lines(void)
{
	int count = 0;

	for (const char *at = host_log(); *at; at++)
		count += *at == '\n';
	return count;
}

static void no_srat_at_all(void **state)
{
	(void)state;
	madt_apic(0, 0);
	madt_apic(1, 1);
	run(NULL, 0);
	assert_int_equal(node_count(), 0);
	assert_int_equal(cpu_possible_count(), 2);
	assert_cpu(0, 0, NODE_ANY);
	assert_cpu(1, 1, NODE_ANY);
	assert_string_equal(host_log(), "");
}

/* Domains in no order, with gaps: numbered as they sort, whatever the table lists first. */
static void nodes_are_sorted_domains(void **state)
{
	/* Localities 0 to 5; those of the SRAT are 1, 3 and 5. */
	uint64_t count = 6;

	(void)state;
	memcpy(slit_body, &count, 8);
	for (uint32_t from = 0; from < 6; from++)
		for (uint32_t to = 0; to < 6; to++)
			slit_body[8 + from * 6 + to] = (uint8_t)(from == to ? 10 : 20 + from + to);
	for (uint8_t i = 0; i < 6; i++)
		madt_apic(i, i);
	srat_memory(5, 0, 16 * MIB, 1);
	srat_memory(3, 16 * MIB, 16 * MIB, 1);
	srat_memory(3, 48 * MIB, 16 * MIB, 1);
	srat_memory(1, 32 * MIB, 16 * MIB, 1);
	for (uint32_t i = 6; i-- > 0;)
		srat_x2apic(5 - 2 * (i % 3), i);
	run(slit_body, 44);
	assert_string_equal(host_log(), "");
	assert_int_equal(node_count(), 3);
	assert_int_equal(node_domain(0), 1);
	assert_int_equal(node_domain(1), 3);
	assert_int_equal(node_domain(2), 5);
	for (uint32_t i = 0; i < 6; i++)
		assert_cpu(i, i, 2 - i % 3);
	assert_int_equal(node_of_memory(8 * MIB), 2);
	assert_int_equal(node_of_memory(20 * MIB), 1);
	assert_int_equal(node_of_memory(40 * MIB), 0);
	assert_int_equal(node_of_memory(60 * MIB), 1);
	assert_int_equal(node_distance(0, 1), 24);
	assert_int_equal(node_distance(2, 0), 26);
	assert_int_equal(node_distance(2, 2), 10);
}

static void tables_that_know_different_cpus(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		madt_apic(i, i);
	srat_memory(0, 0, 64 * MIB, 1);
	srat_x2apic(0, 0);
	srat_x2apic(0, 1);
	srat_x2apic(0, 0x77);
	srat_x2apic(0, 0x66);
	srat_x2apic(0, 0x12345);
	run(NULL, 0);
	assert_int_equal(cpu_possible_count(), 4);
	assert_cpu(1, 1, 0);
	assert_cpu(2, 2, NODE_ANY);
	assert_cpu(3, 3, NODE_ANY);
	assert_true(host_log_has("SRAT: 2 processors are not in it: they have no node, the first "
				 "with APIC id 0x2\n"));
	assert_true(host_log_has("SRAT: 3 processors that the MADT does not name: left out, the "
				 "first with APIC id 0x66\n"));
	assert_int_equal(lines(), 2);
}

static void one_processor_in_two_domains(void **state)
{
	(void)state;
	madt_apic(0, 0);
	srat_memory(4, 0, 64 * MIB, 1);
	srat_x2apic(4, 0);
	srat_x2apic(4, 0);
	srat_x2apic(2, 0);
	run(NULL, 0);
	assert_int_equal(node_count(), 1);
	assert_cpu(0, 0, 0);
	assert_true(host_log_has("SRAT: APIC id 0 is in domain 0x4 and in domain 0x2: the first "
				 "stands\n"));
	assert_int_equal(lines(), 1);
}

static void memory_that_overlaps_or_is_not_there(void **state)
{
	(void)state;
	madt_apic(0, 0);
	srat_x2apic(0, 0);
	srat_memory(0, 16 * MIB, 16 * MIB, 1);
	srat_memory(1, 24 * MIB, 16 * MIB, 1); /* overlaps from above */
	srat_memory(1, 8 * MIB, 9 * MIB, 1);   /* and from below */
	srat_memory(0, 20 * MIB, MIB, 1);      /* the same again: nobody minds */
	srat_memory(0, UINT64_C(1) << 40, MIB, 1);
	srat_memory(1, UINT64_C(2) << 40, MIB, 3); /* hot-pluggable: may be empty */
	srat_memory(1, UINT64_C(3) << 40, MIB, 5); /* non-volatile: not RAM of ours */
	run(NULL, 0);
	assert_true(host_log_has("SRAT: memory at 0x1800000, 0x1000000 bytes, domain 0x1: overlaps "
				 "that at 0x1000000, 0x1000000 bytes, domain 0, whose the common "
				 "part is\n"));
	assert_true(host_log_has("SRAT: memory at 0x800000, 0x900000 bytes, domain 0x1: overlaps"));
	assert_true(
		host_log_has("SRAT: memory at 0x10000000000, 0x100000 bytes, domain 0: there is "
			     "no RAM\n"));
	assert_int_equal(lines(), 3);
	assert_int_equal(node_of_memory(12 * MIB), 1);
	assert_int_equal(node_of_memory(16 * MIB), 0);
	assert_int_equal(node_of_memory(30 * MIB), 0);
	assert_int_equal(node_of_memory(33 * MIB), 1);
	assert_int_equal(node_of_memory(50 * MIB), NODE_ANY);
}

static void a_node_without_memory_is_named(void **state)
{
	uint64_t count = 3;

	(void)state;
	memcpy(slit_body, &count, 8);
	memcpy(slit_body + 8, "\12\24\24\24\12\24\37\17\12", 9); /* 2 to 1: 15, to 0: 31 */
	madt_apic(0, 0);
	srat_x2apic(2, 0);
	srat_memory(0, 0, 32 * MIB, 1);
	srat_memory(1, 32 * MIB, 32 * MIB, 1);
	run(slit_body, 17);
	assert_true(host_log_has("node 2 (domain 0x2): it has no memory; the nearest that has is "
				 "node 1, at distance 15\n"));
	assert_int_equal(lines(), 1);
}

static void a_slit_that_does_not_know_all(void **state)
{
	uint64_t count = 1;

	(void)state;
	memcpy(slit_body, &count, 8);
	slit_body[8] = 10;
	madt_apic(0, 0);
	srat_x2apic(0, 0);
	srat_memory(0, 0, 32 * MIB, 1);
	srat_memory(9, 32 * MIB, 32 * MIB, 1);
	run(slit_body, 9);
	assert_true(host_log_has("SLIT: 1 localities: 3 distances that the SRAT's domains ask for "
				 "are not in it: taken as 20\n"));
	assert_int_equal(node_distance(0, 1), NODE_DISTANCE_OTHER);
	assert_int_equal(node_distance(1, 1), NODE_DISTANCE_SELF);
}

static void more_domains_than_nodes(void **state)
{
	(void)state;
	madt_apic(0, 0);
	madt_apic(1, 1);
	for (uint32_t i = 0; i < NODES_MAX + 44; i++)
		srat_x2apic(0x1000 + i, i);
	run(NULL, 0);
	assert_int_equal(node_count(), NODES_MAX);
	assert_cpu(1, 1, 1);
	assert_true(host_log_has("SRAT: 44 entries left out: at most 256 domains"));
}

static void a_srat_of_no_use(void **state)
{
	(void)state;
	madt_apic(0, 0);
	add(srat_body, &srat_used, 0, 30);
	run(NULL, 0);
	assert_int_equal(node_count(), 0);
	assert_cpu(0, 0, NODE_ANY);
	assert_true(host_log_has("SRAT: nothing in it can be used: there are no nodes\n"));
	assert_int_equal(lines(), 2);
}

/* More than xAPIC mode can address: left out, counted, named; the others stand. */
static void ids_above_254(void **state)
{
	(void)state;
	boot_id = 3;
	madt_apic(0, 0);
	madt_apic(3, 3);
	madt_x2apic(4, 254);
	madt_x2apic(5, 255);
	madt_x2apic(6, 256);
	madt_x2apic(7, 0xfffffffe);
	madt_x2apic(8, 8); /* an id below 255 in an x2APIC entry */
	srat_memory(0, 0, 64 * MIB, 1);
	srat_x2apic(0, 0);
	srat_x2apic(0, 3);
	srat_x2apic(0, 8);
	srat_x2apic(0, 254);
	run(NULL, 0);
	assert_int_equal(cpu_possible_count(), 4);
	assert_int_equal(cpu_present_count(), 4);
	assert_int_equal(cpu_table_left_out(), 3);
	assert_cpu(0, 3, 0);
	assert_cpu(1, 0, 0);
	assert_cpu(2, 254, 0);
	assert_cpu(3, 8, 0);
	assert_true(host_log_has("processor with APIC id 0xff: at most 0xfe can be addressed"));
	assert_true(host_log_has("processor with APIC id 0x100: at most 0xfe can be addressed"));
	assert_true(host_log_has("processor with APIC id 0xfffffffe: at most 0xfe"));
	assert_int_equal(lines(), 3);
}

static void the_boot_cpu_is_not_in_the_madt(void **state)
{
	(void)state;
	boot_id = 0x20;
	madt_apic(0, 0);
	srat_memory(5, 0, 64 * MIB, 1);
	srat_x2apic(5, 0);
	srat_x2apic(5, 0x20);
	run(NULL, 0);
	assert_int_equal(cpu_possible_count(), 2);
	/* Its node is what the SRAT says all the same. */
	assert_cpu(0, 0x20, 0);
	assert_cpu(1, 0, 0);
	assert_true(host_log_has("1 processors, and none with APIC id 0x20, which is the one that "
				 "runs; it is believed\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_srat_at_all),
		TEST(nodes_are_sorted_domains),
		TEST(tables_that_know_different_cpus),
		TEST(one_processor_in_two_domains),
		TEST(memory_that_overlaps_or_is_not_there),
		TEST(a_node_without_memory_is_named),
		TEST(a_slit_that_does_not_know_all),
		TEST(more_domains_than_nodes),
		TEST(a_srat_of_no_use),
		TEST(ids_above_254),
		TEST(the_boot_cpu_is_not_in_the_madt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
