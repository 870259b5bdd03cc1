// SPDX-License-Identifier: MIT
/*
 * The address layout: the machines that muster knows, as their numbers are; holes that are too
 * large, wrap or overlap; and, over random machines, that no two parts ever meet.
 */
#include "core/layout_current.h"
#include "host_machine.h"

#include <muster/error.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE UINT64_C(4096)
#define MIB  (UINT64_C(1) << 20)
#define GIB  (UINT64_C(1) << 30)
#define TIB  (UINT64_C(1) << 40)

/* x86-64: the upper half, the image in the last 2 GiB. */
static const struct layout_machine wide = {
	.user_end = UINT64_C(1) << 47,
	.kernel_start = 0xffff800000000000,
	.address_last = UINT64_MAX,
	.image_start = 0xffffffff80200000,
	.image_end = 0xffffffff80400000,
	.direct_align = GIB,
	.fixmap_align = 2 * MIB,
	.window_stride = 64 << 10,
	.fixmap_slots = 300,
	.cpus_max = 1024,
	.direct_size = 64 * TIB,
};

/* i386: 3 GiB of user space, the image in the direct map. */
static const struct layout_machine narrow = {
	.user_end = 0xbff00000,
	.kernel_start = 0xc0000000,
	.address_last = 0xffffffff,
	.image_start = 0xc0100000,
	.image_end = 0xc0300000,
	.direct_align = 4 * MIB,
	.fixmap_align = 4 * MIB,
	.window_stride = 64 << 10,
	.fixmap_slots = 64,
	.cpus_max = 32,
	.direct_size = 768 * MIB,
};

static struct layout_draft draft;

static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	return 0;
}

static void draft_of(const struct layout_machine *machine)
{
	layout_forget();
	layout_draft_begin(&draft, machine);
}

struct part {
	uint64_t first;
	uint64_t last;
};

static struct part part_of(uint64_t start, uint64_t size)
{
	struct part part = { start, start + (size - 1) };

	assert_true(size && part.last >= part.first);
	return part;
}

static bool apart(struct part a, struct part b)
{
	return a.last < b.first || b.last < a.first;
}

/* What must be true of every layout. */
static void check_layout(const struct layout *layout, const struct layout_machine *machine)
{
	struct part direct = part_of(layout_direct_start(layout), layout_direct_size(layout));
	struct part fixmap =
		part_of(layout_fixmap_start(layout), layout_fixmap_slots(layout) * PAGE);
	struct part windows = part_of(layout_window_start(layout),
				      machine->cpus_max * layout_window_stride(layout));
	struct part image =
		part_of(machine->image_start, machine->image_end - machine->image_start);
	const struct part parts[] = { direct, fixmap, windows };
	uint64_t top = layout_kernel_top(layout);

	assert_ptr_equal(layout_current(), layout);
	assert_true(apart(direct, fixmap) && apart(direct, windows) && apart(fixmap, windows));
	assert_true(apart(fixmap, image) && apart(windows, image));
	assert_true(apart(direct, image) ||
		    (image.first >= direct.first && image.last <= direct.last));
	for (size_t i = 0; i < 3; i++) {
		assert_true(parts[i].first >= machine->kernel_start);
		assert_true(parts[i].last <= fixmap.last);
		for (uint32_t j = 0; layout_hole_at(layout, j); j++)
			assert_true(apart(parts[i], part_of(layout_hole_at(layout, j)->start,
							    layout_hole_at(layout, j)->size)));
	}
	assert_int_equal(direct.first % machine->direct_align, 0);
	assert_int_equal((fixmap.last + 1) % machine->fixmap_align, 0);
	assert_int_equal(windows.first % machine->window_stride, 0);
	/* Right below what is not ours: nothing fits in between but what alignment leaves. */
	assert_true(fixmap.last <= top - 1);
	assert_true(top - 1 - fixmap.last < machine->fixmap_align + (top % PAGE ? PAGE : 0) ||
		    top == machine->address_last + 1);
	/* Not the last page of all, hole or not. */
	assert_true(fixmap.last <= machine->address_last - PAGE);
	assert_int_equal(layout_direct_size(layout), machine->direct_size);
	assert_int_equal(layout_user_end(layout), machine->user_end);
	assert_int_equal(layout_window_stride(layout), machine->window_stride);
	for (uint32_t slot = 0; slot < machine->fixmap_slots; slot += 7)
		assert_int_equal(layout_fixmap_address(layout, slot), fixmap.first + slot * PAGE);
}

static void test_wide(void **state)
{
	const struct layout *layout;

	(void)state;
	draft_of(&wide);
	assert_null(layout_current());
	layout = layout_seal(&draft);
	assert_non_null(layout);
	check_layout(layout, &wide);
	assert_int_equal(layout_kernel_top(layout), 0);
	assert_int_equal(layout_direct_start(layout), 0xffff800000000000);
	/* The last page is never used: below it, aligned down. */
	assert_int_equal(layout_fixmap_start(layout), 0xffffffffffe00000 - 300 * PAGE);
	assert_int_equal(layout_window_start(layout), 0xffffc00000000000);
	assert_null(layout_hole_at(layout, 0));
}

static void test_narrow(void **state)
{
	const struct layout *layout;

	(void)state;
	draft_of(&narrow);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	check_layout(layout, &narrow);
	assert_int_equal(layout_kernel_top(layout), 0x100000000);
	assert_int_equal(layout_fixmap_start(layout), 0xffc00000 - 64 * PAGE);
	/* Two names: user space ends below the direct map here. */
	assert_int_equal(layout_user_end(layout), 0xbff00000);
	assert_int_equal(layout_direct_start(layout), 0xc0000000);

	/* The hypervisor takes the top 64 MiB. */
	draft_of(&narrow);
	assert_int_equal(layout_reserve_top(&draft, 64 * MIB, "vmi"), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	check_layout(layout, &narrow);
	assert_int_equal(layout_kernel_top(layout), 0xfc000000);
	assert_int_equal(layout_fixmap_start(layout), 0xfc000000 - 64 * PAGE);
	assert_string_equal(layout_hole_at(layout, 0)->owner, "vmi");
}

/* Xen's range stands where the kernel would begin. */
static void test_hole_in_the_middle(void **state)
{
	const struct layout *layout;

	(void)state;
	draft_of(&wide);
	assert_int_equal(layout_reserve(&draft, 0xffff800000000000, 8 * TIB, "xen"), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	check_layout(layout, &wide);
	assert_int_equal(layout_direct_start(layout), 0xffff880000000000);
	assert_int_equal(layout_kernel_top(layout), 0);
	assert_int_equal(layout_hole_at(layout, 0)->start, 0xffff800000000000);
	assert_null(layout_hole_at(layout, 1));
}

static void test_reserve_top(void **state)
{
	struct layout_machine machine = narrow;
	const struct layout *layout;

	(void)state;
	draft_of(&narrow);
	assert_int_equal(layout_reserve_top(&draft, 0, "x"), MUSTER_E_INVALID);
	assert_int_equal(layout_reserve_top(&draft, UINT64_MAX, "x"), MUSTER_E_INVALID);
	assert_int_equal(layout_reserve_top(&draft, 1 * GIB, "x"), MUSTER_E_INVALID);
	assert_true(host_log_has("x at 0xc0000000"));
	/* Down to the image's end, and a little more. */
	machine.image_start = 0xc1000000;
	machine.image_end = 0xc1800000;
	draft_of(&machine);
	assert_int_equal(layout_reserve_top(&draft, 0x100000000 - 0xc1800000, "x"), 0);
	assert_int_equal(layout_reserve_top(&draft, 0x100000000 - 0xc1800000 + 1, "x"),
			 MUSTER_E_INVALID);
	assert_true(host_log_has("covers the kernel image"));
	assert_int_equal(draft.holes[0].size, 0x100000000 - 0xc1800000);
	draft_of(&narrow);
	host_log_clear();
	assert_int_equal(layout_reserve_top(&draft, 4 * MIB, "a"), 0);
	assert_string_equal(host_log(), "");
	assert_int_equal(layout_reserve_top(&draft, 4 * MIB + 1, "b"), 0);
	assert_true(host_log_has("b: 0x400001 bytes rounded up to 0x800000"));
	/* The largest counts, and a smaller one changes nothing. */
	assert_int_equal(layout_reserve_top(&draft, 4 * MIB, "c"), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	assert_int_equal(layout_kernel_top(layout), 0x100000000 - 8 * MIB);
	assert_string_equal(layout_hole_at(layout, 0)->owner, "b");
	assert_null(layout_hole_at(layout, 1));
	check_layout(layout, &narrow);
}

static void test_reserve(void **state)
{
	const struct layout *layout;

	(void)state;
	draft_of(&wide);
	assert_int_equal(layout_reserve(&draft, 0xffff900000000000, 0, "x"), MUSTER_E_INVALID);
	assert_int_equal(layout_reserve(&draft, UINT64_MAX, 2, "x"), MUSTER_E_INVALID);
	assert_int_equal(layout_reserve(&draft, 0xffffffff803ff000, PAGE, "x"), MUSTER_E_INVALID);
	assert_int_equal(layout_reserve(&draft, 0xffffffff801ff000, PAGE, "x"), 0);
	assert_int_equal(layout_reserve(&draft, 0xffffffff80400000, PAGE, "x"), 0);
	assert_int_equal(layout_reserve(&draft, 0xffff900000000000, GIB, "first"), 0);
	host_log_clear();
	assert_int_equal(layout_reserve(&draft, 0xffff90003fffffff, GIB, "second"),
			 MUSTER_E_EXISTS);
	assert_true(host_log_has("second at 0xffff90003fffffff"));
	assert_int_equal(layout_reserve_top(&draft, TIB, "third"), MUSTER_E_INVALID);
	assert_int_equal(layout_reserve(&draft, 0xffff900040000000, GIB, "second"), 0);
	for (uint64_t i = 4; i < LAYOUT_HOLES_MAX; i++)
		assert_int_equal(layout_reserve(&draft, 0xffffa00000000000 + i * TIB, PAGE, NULL),
				 0);
	assert_int_equal(layout_reserve(&draft, 0xffffb00000000000, PAGE, "ninth"),
			 MUSTER_E_NO_MEMORY);
	assert_int_equal(layout_reserve_top(&draft, PAGE, "ninth"), MUSTER_E_NO_MEMORY);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	check_layout(layout, &wide);
	assert_non_null(layout_hole_at(layout, LAYOUT_HOLES_MAX - 1));
	assert_null(layout_hole_at(layout, LAYOUT_HOLES_MAX));

	/* Beyond a 32-bit machine's last address. */
	draft_of(&narrow);
	assert_int_equal(layout_reserve(&draft, 0xfffff000, 2 * PAGE, "x"), MUSTER_E_INVALID);
	/* Up to it: then that is the hole at the top, and a larger one may take its place. */
	assert_int_equal(layout_reserve(&draft, 0xfff00000, MIB, "x"), 0);
	assert_int_equal(layout_reserve_top(&draft, 4 * MIB, "y"), 0);
	layout = layout_seal(&draft);
	assert_int_equal(layout_kernel_top(layout), 0xffc00000);
	check_layout(layout, &narrow);
}

static void test_no_room(void **state)
{
	struct layout_machine machine = narrow;

	(void)state;
	machine.direct_size = GIB;
	draft_of(&machine);
	assert_null(layout_seal(&draft));
	assert_true(host_log_has("no room for the direct map of 0x40000000 bytes"));
	assert_null(layout_current());

	machine = narrow;
	machine.cpus_max = 4096;
	draft_of(&machine);
	assert_null(layout_seal(&draft));
	assert_true(host_log_has("no room for the CPU windows of 0x10000000 bytes"));

	machine = wide;
	host_log_clear();
	/* 2^64 + 2^40 bytes, which must not be taken for 2^40. */
	machine.cpus_max = (1u << 24) + 1;
	machine.window_stride = UINT64_C(1) << 40;
	draft_of(&machine);
	assert_null(layout_seal(&draft));
	assert_true(host_log_has("no room for the CPU windows"));

	machine = narrow;
	machine.fixmap_slots = UINT32_MAX;
	draft_of(&machine);
	assert_null(layout_seal(&draft));
	assert_true(host_log_has("no room for the fixmap"));

	/* The image stands where the fixmap has to be, and the fixmap has no other place. */
	machine = narrow;
	machine.image_start = 0xffb00000;
	machine.image_end = 0xffc00000;
	host_log_clear();
	draft_of(&machine);
	assert_null(layout_seal(&draft));
	assert_true(host_log_has("no room for the fixmap"));
	/* What failed is a draft still: with a hole at the top there is another place. */
	draft.machine.image_start = narrow.image_start;
	draft.machine.image_end = narrow.image_end;
	assert_non_null(layout_seal(&draft));
}

static void test_broken_numbers(void **state)
{
	struct layout_machine machine;

	(void)state;
#define SEAL_FAILS_WITH(field, value)                 \
	do {                                          \
		machine = wide;                       \
		machine.field = (value);              \
		host_log_clear();                     \
		draft_of(&machine);                   \
		assert_null(layout_seal(&draft));     \
		assert_true(host_log_has("layout:")); \
	} while (0)
	SEAL_FAILS_WITH(direct_align, 0);
	SEAL_FAILS_WITH(direct_align, 3 * GIB);
	SEAL_FAILS_WITH(fixmap_align, 0);
	SEAL_FAILS_WITH(fixmap_align, 2048);
	SEAL_FAILS_WITH(window_stride, 0);
	SEAL_FAILS_WITH(window_stride, 4096);
	SEAL_FAILS_WITH(window_stride, 3 << 16);
	SEAL_FAILS_WITH(image_end, wide.image_start);
	SEAL_FAILS_WITH(kernel_start, UINT64_MAX);
	SEAL_FAILS_WITH(direct_size, 0);
	SEAL_FAILS_WITH(cpus_max, 0);
	SEAL_FAILS_WITH(fixmap_slots, 0);
}

/* An image that would lie across the end of the direct map moves the direct map. */
static void test_image_across_direct_map(void **state)
{
	struct layout_machine machine = narrow;
	const struct layout *layout;

	(void)state;
	machine.image_start = 0xc0000000 + 256 * MIB - PAGE;
	machine.image_end = machine.image_start + 2 * PAGE;
	machine.direct_size = 256 * MIB;
	draft_of(&machine);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	check_layout(layout, &machine);
	assert_true(layout_direct_start(layout) >= machine.image_end);
}

static uint64_t random_64(void)
{
	uint64_t value = 0;

	for (int i = 0; i < 5; i++)
		value = value << 13 ^ (uint64_t)rand();
	return value >> rand() % 64;
}

/* Whatever the numbers: it seals in good order, or refuses with a line. */
static void test_random(void **state)
{
	int sealed = 0;

	(void)state;
	srand(4);
	for (int i = 0; i < 30000; i++) {
		struct layout_machine machine = rand() % 2 ? wide : narrow;
		const struct layout *layout;

		if (rand() % 2)
			machine.direct_align = UINT64_C(1) << rand() % 64;
		if (rand() % 2)
			machine.fixmap_align = UINT64_C(1) << (12 + rand() % 20);
		if (rand() % 2)
			machine.window_stride = UINT64_C(1) << (13 + rand() % 20);
		if (rand() % 2)
			machine.cpus_max = (uint32_t)random_64() | 1;
		if (rand() % 2)
			machine.fixmap_slots = 1 + (uint32_t)(random_64() % 5000);
		if (rand() % 2)
			machine.direct_size = random_64() | 1;
		if (rand() % 4 == 0)
			machine.kernel_start = random_64();
		host_log_clear();
		draft_of(&machine);
		for (int j = rand() % 12; j > 0; j--) {
			uint64_t start =
				machine.address_last - random_64() % (machine.address_last / 2);

			if (rand() % 4)
				layout_reserve(&draft, start, random_64(), "hole");
			else
				layout_reserve_top(&draft, random_64(), "top");
		}
		layout = layout_seal(&draft);
		if (layout)
			check_layout(layout, &machine);
		else
			assert_true(host_log_has("layout:"));
		sealed += !!layout;
	}
	/* Or the test would say nothing. */
	assert_true(sealed > 2000);
}

static void test_fixmap_slot_panics(void **state)
{
	const struct layout *layout;
	const char *message;

	(void)state;
	draft_of(&narrow);
	layout = layout_seal(&draft);
	assert_null(host_panic_of(layout_fixmap_address(layout, 63)));
	message = host_panic_of(layout_fixmap_address(layout, 64));
	assert_non_null(message);
	assert_non_null(strstr(message, "slot 64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_wide, begin),
		cmocka_unit_test_setup(test_narrow, begin),
		cmocka_unit_test_setup(test_hole_in_the_middle, begin),
		cmocka_unit_test_setup(test_reserve_top, begin),
		cmocka_unit_test_setup(test_reserve, begin),
		cmocka_unit_test_setup(test_no_room, begin),
		cmocka_unit_test_setup(test_broken_numbers, begin),
		cmocka_unit_test_setup(test_image_across_direct_map, begin),
		cmocka_unit_test_setup(test_random, begin),
		cmocka_unit_test_setup(test_fixmap_slot_panics, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
