// SPDX-License-Identifier: MIT
/*
 * Opening flattened trees, and what stands in them besides CPUs and memory: as QEMU's POWER machines gave
 * it, before and after the guest had negotiated; and each thing wrong in turn.
 */
#include "firmware/device_tree_property.h"
#include "tests/unit/device_tree_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Fields of the header, 5.2. */
enum header_field {
	MAGIC,
	TOTAL,
	STRUCTS,
	STRINGS,
	RESERVES,
	VERSION,
	LAST_COMPATIBLE,
	BOOT_CPU,
	STRINGS_SIZE,
	STRUCTS_SIZE
};

static void set_header(enum header_field field, uint32_t value)
{
	value = cpu_to_fdt32(value);
	memcpy(tree_bytes + field * sizeof(value), &value, sizeof(value));
}

static int reopen(uint64_t available)
{
	struct device_tree again;

	capture_begin();
	return device_tree_open(tree_bytes, available, &again);
}

static void test_real_ones_open(void **state)
{
	static const char *const paths[] = {
		TREE("no-cas"),		TREE("power8-xics"),	    TREE("power9-spares"),
		TREE("power10-spares"), TREE("power9-nodes-form1"), TREE("power9-nodes-form2"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		tree_load(paths[i]);
		assert_int_equal(tree.size, fdt_totalsize(tree_bytes));
		assert_int_equal(device_tree_boot_cpu(&tree), 0);
		assert_string_equal(capture.text, "");
	}
}

static void test_wrong_headers(void **state)
{
	static const struct {
		enum header_field field;
		uint32_t value;
	} wrong[] = {
		{ MAGIC, 0 },
		{ MAGIC, 0xedfe0dd0 },
		{ TOTAL, 0 },
		{ TOTAL, 39 },
		{ TOTAL, UINT32_MAX },
		{ STRUCTS, UINT32_MAX },
		{ STRUCTS, 0 },
		{ STRUCTS, TREE_ROOM },
		{ STRINGS, UINT32_MAX - 3 },
		{ RESERVES, UINT32_MAX - 7 },
		{ VERSION, 1 },
		{ LAST_COMPATIBLE, 99 },
		{ STRINGS_SIZE, UINT32_MAX },
		{ STRUCTS_SIZE, 0 },
		{ STRUCTS_SIZE, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		tree_load(TREE("power8-xics"));
		set_header(wrong[i].field, wrong[i].value);
		assert_int_equal(reopen(sizeof(tree_bytes)), MUSTER_E_CORRUPT);
		assert_int_equal(capture_count("\n"), 1);
		assert_true(capture_has("muster: device tree at "));
	}
}

/* Cut off anywhere, it is refused; nothing behind the cut is read. */
static void test_truncated(void **state)
{
	uint32_t size;

	(void)state;
	tree_load(TREE("power8-xics"));
	if (fdt_pack(tree_bytes))
		abort();
	size = fdt_totalsize(tree_bytes);
	for (uint32_t length = 0; length < size; length += length < 64 ? 1 : 61) {
		uint8_t *copy = aligned_alloc(8, (length + 8) & ~7u);
		struct device_tree again;

		memcpy(copy, tree_bytes, length);
		assert_int_equal(device_tree_open(copy, length, &again), MUSTER_E_CORRUPT);
		assert_null(again.blob);
		free(copy);
	}
	assert_int_equal(reopen(size), 0);
}

/* A tree by hand: header, no reservations, the structure's cells, one name. */
#define SMALL_STRUCTS 64u
#define SMALL_STRINGS 256u
static const char *small_tree(const uint32_t *cells, size_t count)
{
	static const char name[] = "reg";
	static char line[256];
	struct device_tree again;

	memset(tree_bytes, 0, 512);
	set_header(MAGIC, FDT_MAGIC);
	set_header(TOTAL, SMALL_STRINGS + sizeof(name));
	set_header(STRUCTS, SMALL_STRUCTS);
	set_header(STRINGS, SMALL_STRINGS);
	set_header(RESERVES, 40);
	set_header(VERSION, 17);
	set_header(LAST_COMPATIBLE, 16);
	set_header(STRINGS_SIZE, sizeof(name));
	set_header(STRUCTS_SIZE, (uint32_t)(count * sizeof(*cells)));
	for (size_t i = 0; i < count; i++) {
		uint32_t cell = cpu_to_fdt32(cells[i]);

		memcpy(tree_bytes + SMALL_STRUCTS + i * sizeof(cell), &cell, sizeof(cell));
	}
	memcpy(tree_bytes + SMALL_STRINGS, name, sizeof(name));
	capture_begin();
	if (!device_tree_open(tree_bytes, sizeof(tree_bytes), &again))
		return "good";
	memcpy(line, capture.text, sizeof(line) - 1);
	return strstr(line, "bytes: ") + strlen("bytes: ");
}
#define small(...)                                    \
	small_tree((const uint32_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

#define BEGIN 1u, 0u /* without a name */
#define END   2u
#define PROP  3u
#define NOP   4u
#define LAST  9u

static void test_structures(void **state)
{
	(void)state;
	assert_string_equal(small(BEGIN, END, LAST), "good");
	assert_string_equal(small(NOP, BEGIN, PROP, 4, 0, 7, NOP, BEGIN, END, END, NOP, LAST),
			    "good");
	assert_string_equal(small(LAST), "it ends before its root does\n");
	assert_string_equal(small(BEGIN, LAST), "it ends before its root does\n");
	assert_string_equal(small(BEGIN, END), "its structure does not end\n");
	assert_string_equal(small(END, LAST), "a node ends that has not begun\n");
	assert_string_equal(small(BEGIN, END, END, LAST), "a node ends that has not begun\n");
	assert_string_equal(small(BEGIN, END, BEGIN, END, LAST),
			    "a node stands behind the root's end\n");
	assert_string_equal(small(PROP, 0, 0, BEGIN, END, LAST),
			    "a property stands outside of nodes\n");
	assert_string_equal(small(BEGIN, PROP, 4), "a property is cut off\n");
	assert_string_equal(small(BEGIN, PROP, 4, 4, 7, END, LAST),
			    "a property's name does not end in its block\n");
	assert_string_equal(small(BEGIN, PROP, 4, 0xffffffff, 7, END, LAST),
			    "a property's name does not end in its block\n");
	assert_string_equal(small(BEGIN, PROP, 13, 0, 7, END, LAST),
			    "a property leads out of its block\n");
	assert_string_equal(small(BEGIN, 5, END, LAST), "a tag is none of the specification's\n");
	assert_string_equal(small(1, 0x61626364, 0x61626364), "a node's name does not end\n");
	/* Back to where it was: libfdt's own check would go round for ever. */
	assert_string_equal(small(BEGIN, PROP, 0xfffffff4, 0, END, LAST),
			    "a property leads out of its block\n");
	assert_string_equal(small(BEGIN, PROP, 0xfffffffd, 0, END, LAST),
			    "a property leads out of its block\n");
}

static void test_bad_addresses(void **state)
{
	struct device_tree again;

	(void)state;
	tree_load(TREE("power8-xics"));
	assert_int_equal(device_tree_open(NULL, 4096, &again), MUSTER_E_CORRUPT);
	assert_int_equal(device_tree_open(tree_bytes + 4, 4096, &again), MUSTER_E_CORRUPT);
	assert_true(capture_has("must be at a multiple of 8"));
}

/* A name that would make a line of its own is not printed. */
static void test_names(void **state)
{
	int node;

	(void)state;
	tree_load(TREE("power8-xics"));
	tree_add_node("/", "x\nmuster: report");
	node = device_tree_first_child(&tree, 0);
	assert_string_equal(device_tree_name(&tree, node), "(a name that cannot be printed)");
	assert_string_equal(device_tree_name(&tree, 0), "/");
	assert_string_equal(device_tree_name(&tree, device_tree_node(&tree, "/cpus")), "cpus");
	assert_string_equal(device_tree_name(&tree, 1), "(no name)");
}

static void test_agreed(void **state)
{
	struct device_tree_agreed agreed;

	(void)state;
	tree_load(TREE("no-cas"));
	device_tree_agreed_read(&tree, &agreed);
	assert_true(agreed.told && !agreed.affinity_form && !agreed.radix && !agreed.xive);
	tree_load(TREE("power8-xics"));
	device_tree_agreed_read(&tree, &agreed);
	assert_true(agreed.affinity_form == 2 && !agreed.radix && !agreed.xive);
	tree_load(TREE("power9-nodes-form1"));
	device_tree_agreed_read(&tree, &agreed);
	assert_true(agreed.affinity_form == 1 && agreed.radix && agreed.xive &&
		    agreed.dynamic_memory);
	tree_delete("/chosen", "ibm,architecture-vec-5");
	device_tree_agreed_read(&tree, &agreed);
	assert_true(!agreed.told && !agreed.affinity_form && !agreed.radix);
}

static void test_chosen(void **state)
{
	struct device_tree_chosen chosen;

	(void)state;
	tree_load(TREE("power9-spares"));
	device_tree_chosen_read(&tree, &chosen);
	assert_string_equal(chosen.command_line, "console=hvc0 root=/dev/none");
	assert_false(chosen.initrd || chosen.initrd_size);
	assert_true(chosen.terminal);
	assert_int_equal(chosen.terminal_unit, 0x71000000);

	/* As kexec has it: 8 bytes; and as some loaders: 4. */
	tree_set_cells("/chosen", "linux,initrd-start", 1, 0x1000);
	tree_set_cells("/chosen", "linux,initrd-end", 1, 0x1800);
	device_tree_chosen_read(&tree, &chosen);
	assert_int_equal(chosen.initrd, 0x100001000);
	assert_int_equal(chosen.initrd_size, 0x800);
	tree_set_cells("/chosen", "linux,initrd-start", 0x1000);
	tree_set_cells("/chosen", "linux,initrd-end", 0x1000);
	device_tree_chosen_read(&tree, &chosen);
	assert_false(chosen.initrd);
	assert_true(capture_has("initrd from 0x1000 to 0x1000: must begin before it ends"));
}

static void test_chosen_wrong(void **state)
{
	struct device_tree_chosen chosen;

	(void)state;
	tree_load(TREE("power9-spares"));
	tree_set("/chosen", "bootargs", "abc", 3);
	device_tree_chosen_read(&tree, &chosen);
	assert_null(chosen.command_line);
	assert_true(capture_has("chosen: bootargs, 3 bytes, does not end: left out"));

	/* A path that leads nowhere: the first terminal there is. */
	tree_set_text("/chosen", "stdout-path", "/nowhere:9600");
	device_tree_chosen_read(&tree, &chosen);
	assert_true(chosen.terminal);
	tree_set_text("/vdevice/vty@71000000", "compatible", "other");
	device_tree_chosen_read(&tree, &chosen);
	assert_false(chosen.terminal);
	tree_delete_node("/chosen");
	device_tree_chosen_read(&tree, &chosen);
	assert_null(chosen.command_line);
}

static void test_rtas(void **state)
{
	struct device_tree_rtas rtas;

	(void)state;
	tree_load(TREE("power9-spares"));
	assert_int_equal(device_tree_rtas_read(&tree, &rtas), 0);
	assert_int_equal(rtas.start_cpu, 0x2006);
	assert_int_equal(rtas.stop_self, 0x2007);
	assert_int_equal(rtas.query_cpu_stopped_state, 0x2005);
	assert_int_equal(rtas.power_off, 0x2003);
	assert_int_equal(rtas.os_term, 0x201f);
	assert_int_equal(rtas.configure_connector, 0x201e);
	assert_true(rtas.size >= 4 && rtas.size < 0x10000);
	assert_true(device_tree_hypertas_has(&tree, "hcall-splpar"));
	assert_true(device_tree_hypertas_has(&tree, "hcall-pft"));
	assert_false(device_tree_hypertas_has(&tree, "hcall-spl"));
	assert_false(device_tree_hypertas_has(&tree, "hcall-nothing"));

	tree_delete("/rtas", "start-cpu");
	tree_set("/rtas", "power-off", "ab", 2);
	assert_int_equal(device_tree_rtas_read(&tree, &rtas), 0);
	assert_int_equal(rtas.start_cpu, DEVICE_TREE_NO_TOKEN);
	assert_int_equal(rtas.power_off, DEVICE_TREE_NO_TOKEN);
	assert_true(capture_has("rtas has no start-cpu: no CPU but this one can be started"));
	assert_true(capture_has("rtas: power-off has 2 bytes: must be a multiple of 4"));
	tree_set("/rtas", "ibm,hypertas-functions", "hcall-splpar", 12);
	assert_false(device_tree_hypertas_has(&tree, "hcall-splpar"));

	tree_delete_node("/rtas");
	assert_int_equal(device_tree_rtas_read(&tree, &rtas), MUSTER_E_NOT_FOUND);
	assert_false(rtas.found);
	assert_int_equal(rtas.start_cpu, DEVICE_TREE_NO_TOKEN);
	assert_true(capture_has("there is no node rtas"));
	assert_false(device_tree_hypertas_has(&tree, "hcall-splpar"));
}

static void test_interrupts(void **state)
{
	struct device_tree_interrupts interrupts;

	(void)state;
	tree_load(TREE("power8-xics"));
	assert_int_equal(device_tree_interrupts_read(&tree, &interrupts), 0);
	assert_int_equal(interrupts.kind, DEVICE_TREE_INTERRUPTS_XICS);
	assert_int_equal(interrupts.server_first, 0);
	assert_int_equal(interrupts.server_count, 2);
	tree_load(TREE("power9-spares"));
	assert_int_equal(device_tree_interrupts_read(&tree, &interrupts), 0);
	assert_int_equal(interrupts.kind, DEVICE_TREE_INTERRUPTS_XIVE);
	assert_int_equal(interrupts.os_page, 0x60302031a0000);
	assert_int_equal(interrupts.ipi_first, 0);
	assert_int_equal(interrupts.ipi_count, 4);
	assert_int_equal(interrupts.queue_shift, 16);
	assert_int_equal(interrupts.reserved_priority, 7);
	tree_delete("/interrupt-controller@60302031b0000", "compatible");
	assert_int_equal(device_tree_interrupts_read(&tree, &interrupts), MUSTER_E_NOT_FOUND);
	assert_int_equal(interrupts.kind, DEVICE_TREE_INTERRUPTS_NONE);
}

static void test_processor(void **state)
{
	struct device_tree_processor processor;

	(void)state;
	tree_load(TREE("power9-spares"));
	assert_int_equal(device_tree_processor_read(&tree, &processor), 0);
	assert_int_equal(processor.timebase_frequency, 512000000);
	assert_int_equal(processor.version, 0x0f000005);
	assert_int_equal(processor.data_cache_line, 128);
	assert_int_equal(processor.slb_entries, 32);
	assert_int_equal(processor.hash_table_shift, 22);
	assert_int_equal(processor.radix_encodings, 4);
	assert_int_equal(processor.decrementer_bits, 56);
	tree_delete("/cpus/PowerPC,POWER9@0", "d-cache-block-size");
	tree_delete("/cpus/PowerPC,POWER9@0", "timebase-frequency");
	assert_int_equal(device_tree_processor_read(&tree, &processor), 0);
	assert_int_equal(processor.data_cache_line, 128);
	assert_int_equal(processor.timebase_frequency, 0);
	tree_delete_node("/cpus");
	assert_int_equal(device_tree_processor_read(&tree, &processor), MUSTER_E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_ones_open), cmocka_unit_test(test_wrong_headers),
		cmocka_unit_test(test_truncated),      cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_structures),     cmocka_unit_test(test_names),
		cmocka_unit_test(test_agreed),	       cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_chosen_wrong),   cmocka_unit_test(test_rtas),
		cmocka_unit_test(test_interrupts),     cmocka_unit_test(test_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
