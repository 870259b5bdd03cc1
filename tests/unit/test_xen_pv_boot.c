// SPDX-License-Identifier: MIT
/*
 * What Xen tells a PV guest at its start: a start_info as Xen 4.17 makes it, every field of it wild,
 * memory maps without RAM or beyond our memory, and the range of addresses that is Xen's, with a layout
 * that lies right below and right above it.
 */
#include "core/layout_current.h"
#include "host_machine.h"
#include "platform/xen/pv/pv_boot.h"

#include <muster/error.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE	  PV_INITIAL_BASE
#define PAGE	  UINT64_C(4096)
#define IMAGE_END UINT64_C(0x24d000)

static struct start_info info;
static struct pv_boot boot;

/* As Xen 4.17 made it for a dom0 of 256 MiB. */
static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	memset(&info, 0, sizeof(info));
	memcpy(info.magic, "xen-3.0-x86_64", 15);
	info.nr_pages = 65536;
	info.shared_info = 0xbf4b5000;
	info.flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	info.mfn_list = BASE + IMAGE_END;
	info.pt_base = BASE + 0x2ce000;
	info.nr_pt_frames = 5;
	memcpy(info.cmd_line, "test=none", 10);
	return 0;
}

static int read_it(void)
{
	return pv_boot_read(&info, IMAGE_END, &boot);
}

static void refuse(const char *line)
{
	host_log_clear();
	assert_int_equal(read_it(), MUSTER_E_CORRUPT);
	assert_true(host_log_has(line));
	begin(NULL);
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.pages, 65536);
	assert_int_equal(boot.shared_info, 0xbf4b5000);
	assert_int_equal(boot.root, 0x2ce000);
	assert_int_equal(boot.tables.physical, 0x2ce000);
	assert_int_equal(boot.tables.size, 5 * PAGE);
	assert_int_equal(boot.frame_list.physical, IMAGE_END);
	assert_int_equal(boot.frame_list.size, 65536 * 8);
	assert_int_equal(boot.module.size, 0);
	assert_true(boot.privileged);
	assert_string_equal(boot.command_line, "test=none");
}

static void test_magic(void **state)
{
	(void)state;
	memcpy(info.magic, "xem-3.0-x86_64", 15);
	refuse("magic is not");
	memset(info.magic, 0, sizeof(info.magic));
	refuse("magic is not");
}

static void test_pages(void **state)
{
	(void)state;
	info.nr_pages = 0;
	refuse("nr_pages is 0");
	info.nr_pages = UINT64_MAX;
	refuse("nr_pages is 0xffffffffffffffff");
	info.nr_pages = PV_PAGES_MAX + 1;
	refuse("nr_pages");
	info.nr_pages = IMAGE_END / PAGE - 1;
	refuse("nr_pages");
}

static void test_shared_info(void **state)
{
	(void)state;
	info.shared_info = 0;
	refuse("shared_info is 0");
	info.shared_info = 0x1008;
	refuse("shared_info is 0x1008");
}

static void test_page_tables(void **state)
{
	static const uint64_t wild[] = {
		0,
		0x2ce000,
		BASE - PAGE,
		BASE + 0x2ce008,
		BASE + 65536 * PAGE,
		BASE + 65532 * PAGE, /* its end lies outside */
		BASE + 0x201000,
		/* in the image */ UINT64_MAX - 4095,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		info.pt_base = wild[i];
		refuse("pt_base");
	}
	info.nr_pt_frames = 0;
	refuse("pt_base");
	info.nr_pt_frames = UINT64_C(1) << 52; /* times 4096 is 0 */
	refuse("pt_base");
	info.nr_pt_frames = 65536;
	refuse("pt_base");
}

static void test_frame_list(void **state)
{
	static const uint64_t wild[] = {
		0, BASE + 8, BASE - PAGE, BASE + 0x201000, BASE + 65535 * PAGE, UINT64_MAX - 4095
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		info.mfn_list = wild[i];
		refuse("mfn_list");
	}
}

static void test_module(void **state)
{
	(void)state;
	info.mod_start = BASE + 0x300000;
	info.mod_len = 5000;
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.module.physical, 0x300000);
	assert_int_equal(boot.module.size, 2 * PAGE);
	/* By page number, behind what is mapped. */
	info.mod_start = 1000;
	info.flags |= SIF_MOD_START_PFN;
	assert_int_equal(read_it(), 0);
	assert_int_equal(boot.module.physical, 1000 * PAGE);
	info.mod_start = 65536;
	refuse("mod_start");
	info.mod_start = UINT64_C(1) << 52; /* times 4096 is 0 */
	info.mod_len = 1;
	info.flags |= SIF_MOD_START_PFN;
	refuse("mod_start");
	info.mod_start = 0x300000;
	info.mod_len = 1;
	refuse("mod_start");
	info.mod_start = BASE + 0x300000;
	info.mod_len = UINT64_MAX - 100;
	refuse("mod_start");
}

static void test_command_line_without_end(void **state)
{
	(void)state;
	memset(info.cmd_line, 'x', sizeof(info.cmd_line));
	assert_int_equal(read_it(), 0);
	assert_int_equal(strlen(boot.command_line), MAX_GUEST_CMDLINE);
}

/* Whatever is in it: refused, or ranges that lie within our memory. */
static void test_anything(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		uint64_t *const fields[] = { &info.nr_pages, &info.shared_info,	 &info.pt_base,
					     &info.mfn_list, &info.nr_pt_frames, &info.mod_start,
					     &info.mod_len };
		uint64_t *field;

		if (!(round % 3))
			begin(NULL);
		field = fields[(size_t)rand() % (sizeof(fields) / sizeof(fields[0]))];
		*field = (uint64_t)rand() << (rand() % 33) << (rand() % 2 ? 0 : 12);
		if (rand() % 2)
			*field += BASE;
		if (read_it())
			continue;
		assert_true(boot.pages <= PV_PAGES_MAX);
		assert_true(boot.tables.physical + boot.tables.size <= boot.pages * PAGE);
		assert_true(boot.tables.physical >= IMAGE_END);
		assert_true(boot.frame_list.physical + boot.frame_list.size <=
			    boot.pages * PAGE + PAGE);
		assert_true(boot.module.physical + boot.module.size <= boot.pages * PAGE);
	}
}

static uint64_t range_bases[16], range_ends[16];
static uint32_t range_types[16];
static int ranges;

static void range_add(void *context, uint64_t base, uint64_t size, uint32_t type)
{
	assert_null(context);
	assert_in_range(ranges, 0, 15);
	range_bases[ranges] = base;
	range_ends[ranges] = base + size;
	range_types[ranges++] = type;
}

static int map_read(const struct xen_memory_range *entries, uint32_t count, uint64_t pages)
{
	ranges = 0;
	host_log_clear();
	return pv_memory_map_read(entries, count, pages, range_add, NULL);
}

static void test_map_without_entries(void **state)
{
	(void)state;
	assert_int_equal(map_read(NULL, 0, 100), 1);
	assert_int_equal(ranges, 1);
	assert_int_equal(range_bases[0], 0);
	assert_int_equal(range_ends[0], 100 * PAGE);
	assert_int_equal(range_types[0], BOOT_RANGE_RAM);
}

static void test_map_without_ram(void **state)
{
	static const struct xen_memory_range entries[] = { { 0, 0x1000, BOOT_RANGE_RESERVED },
							   { 0x2000, 0, BOOT_RANGE_RAM } };

	(void)state;
	assert_int_equal(map_read(entries, 2, 100), 2);
	assert_int_equal(range_types[0], BOOT_RANGE_RESERVED);
	assert_int_equal(range_types[1], BOOT_RANGE_RAM);
	assert_true(host_log_has("no RAM in its 2 entries"));
}

static void test_map_is_cut(void **state)
{
	static const struct xen_memory_range entries[] = {
		{ 0, 0x10000, BOOT_RANGE_RAM },
		{ 0x20000, UINT64_MAX, BOOT_RANGE_RAM },
		{ UINT64_MAX - 5, 100, BOOT_RANGE_RAM },
		{ 100 * 4096, 4096, BOOT_RANGE_RAM },
	};

	(void)state;
	assert_int_equal(map_read(entries, 4, 100), 2);
	assert_int_equal(range_ends[0], 0x10000);
	assert_int_equal(range_bases[1], 0x20000);
	assert_int_equal(range_ends[1], 100 * PAGE);
}

static void test_hole(void **state)
{
	static const uint64_t wrong[] = {
		1,	   0xffff880000000000, UINT64_MAX, 0xffff800000000123, 0xffff7ffffffff000,
		0xf5800000
	};
	struct pv_hole hole = pv_hole_from(0);

	(void)state;
	assert_true(hole.start == HYPERVISOR_VIRT_START && hole.end == HYPERVISOR_VIRT_END);
	hole = pv_hole_from(0xffff800000000000);
	assert_true(hole.start == HYPERVISOR_VIRT_START);
	hole = pv_hole_from(0xffff820000000000);
	assert_true(hole.start == 0xffff820000000000 && hole.end == HYPERVISOR_VIRT_END);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		host_log_clear();
		hole = pv_hole_from(wrong[i]);
		assert_true(hole.start == HYPERVISOR_VIRT_START && hole.end == HYPERVISOR_VIRT_END);
		assert_true(host_log_has("virt_start"));
	}
}

/* A kernel that may have all of the upper half: nothing of it lies in the hole, whether there is room
 * right below or only above. */
static void check_layout_around(uint64_t start, uint64_t end, uint64_t direct_size)
{
	const struct layout_machine machine = {
		.user_end = UINT64_C(1) << 47,
		.kernel_start = 0xffff800000000000,
		.address_last = UINT64_MAX,
		.image_start = 0xffffffff80000000,
		.image_end = 0xffffffff80400000,
		.direct_align = UINT64_C(1) << 30,
		.fixmap_align = UINT64_C(1) << 21,
		.window_stride = 64 << 10,
		.fixmap_slots = 64,
		.cpus_max = 1024,
		.direct_size = direct_size,
	};
	static struct layout_draft draft;
	const struct layout *layout;

	layout_forget();
	layout_draft_begin(&draft, &machine);
	assert_int_equal(layout_reserve(&draft, start, end - start, "xen"), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	assert_true(layout_direct_start(layout) >= end ||
		    layout_direct_start(layout) + layout_direct_size(layout) <= start);
	assert_true(layout_window_start(layout) >= end ||
		    layout_window_start(layout) + 1024 * (UINT64_C(64) << 10) <= start);
	assert_true(layout_direct_size(layout) >= direct_size);
	assert_true(layout_direct_start(layout) ==
		    (direct_size <= start - machine.kernel_start ? machine.kernel_start : end));
}

static void test_layout_around_the_hole(void **state)
{
	const struct pv_hole all = pv_hole_from(0);
	const struct pv_hole less = pv_hole_from(0xffff820000000000);

	(void)state;
	/* Right above: the first address behind it. */
	check_layout_around(all.start, all.end, UINT64_C(1) << 46);
	/* Right below: up to its first address. */
	check_layout_around(less.start, less.end, less.start - 0xffff800000000000);
	check_layout_around(less.start, less.end, UINT64_C(1) << 46);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, begin),
		cmocka_unit_test_setup(test_magic, begin),
		cmocka_unit_test_setup(test_pages, begin),
		cmocka_unit_test_setup(test_shared_info, begin),
		cmocka_unit_test_setup(test_page_tables, begin),
		cmocka_unit_test_setup(test_frame_list, begin),
		cmocka_unit_test_setup(test_module, begin),
		cmocka_unit_test_setup(test_command_line_without_end, begin),
		cmocka_unit_test_setup(test_anything, begin),
		cmocka_unit_test_setup(test_map_without_entries, begin),
		cmocka_unit_test_setup(test_map_without_ram, begin),
		cmocka_unit_test_setup(test_map_is_cut, begin),
		cmocka_unit_test_setup(test_hole, begin),
		cmocka_unit_test_setup(test_layout_around_the_hole, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
