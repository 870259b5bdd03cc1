// SPDX-License-Identifier: MIT
/*
 * H6. An early table scan used a fixmap slot, and page-table set-up read the fixmap's top, before
 * the paravirtual ROM had asked for the fixmap to move below its hole: both went on with addresses
 * that were the hypervisor's.
 *
 * Here there are no fixmap addresses before the holes are known: reserving takes the draft, using
 * and reading take the sealed layout. That mixing them up does not compile is shown by the files
 * *.refused.c beside this one; that reserving comes too late after sealing, here.
 */
#include "core/layout_current.h"
#include "tests/unit/host_machine.h"

#include <muster/error.h>
#include <muster/memory.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The machine it happened to: 32 bits, a ROM that wants the top 64 MiB. */
static const struct layout_machine machine = {
	.user_end = 0xc0000000,
	.kernel_start = 0xc0000000,
	.address_last = 0xffffffff,
	.image_start = 0xc0100000,
	.image_end = 0xc0400000,
	.direct_align = 4 << 20,
	.fixmap_align = 4 << 20,
	.window_stride = 64 << 10,
	.fixmap_slots = 100,
	.cpus_max = 8,
	.direct_size = 512 << 20,
};

#define HOLE (UINT64_C(64) << 20)

static struct layout_draft draft;

static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	layout_draft_begin(&draft, &machine);
	return 0;
}

static void test_fixmap_is_right_below_the_hole(void **state)
{
	const struct layout *layout;
	uint64_t top = (UINT64_C(1) << 32) - HOLE;

	(void)state;
	assert_int_equal(layout_reserve_top(&draft, HOLE, "rom"), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	assert_int_equal(layout_kernel_top(layout), top);
	assert_int_equal(layout_fixmap_address(layout, 99) + MEMORY_PAGE_SIZE, top);
	assert_int_equal(layout_fixmap_address(layout, 0), layout_fixmap_start(layout));
	assert_int_equal(layout_fixmap_start(layout), top - 100 * MEMORY_PAGE_SIZE);
}

static void test_reserving_after_the_seal_is_refused(void **state)
{
	const struct layout *layout = layout_seal(&draft);
	uint64_t fixmap;

	(void)state;
	assert_non_null(layout);
	fixmap = layout_fixmap_start(layout);
	assert_int_equal(layout_reserve_top(&draft, HOLE, "rom"), MUSTER_E_ORDER);
	assert_true(host_log_has("hole of rom"));
	assert_true(host_log_has("after the layout was sealed"));
	assert_int_equal(layout_reserve(&draft, 0xf0000000, 4096, "rom"), MUSTER_E_ORDER);
	/* Nothing has moved under those who use it. */
	assert_int_equal(layout_fixmap_start(layout), fixmap);
	assert_int_equal(layout_kernel_top(layout), UINT64_C(1) << 32);
	assert_null(layout_hole_at(layout, 0));
}

static void test_sealing_twice_is_refused(void **state)
{
	const struct layout *layout = layout_seal(&draft);
	struct layout_draft second;
	uint64_t fixmap = layout_fixmap_start(layout);

	(void)state;
	assert_null(layout_seal(&draft));
	/* Another draft is no way around it. */
	layout_draft_begin(&second, &machine);
	assert_int_equal(layout_reserve_top(&second, HOLE, "rom"), 0);
	assert_null(layout_seal(&second));
	assert_true(host_log_has("there is a layout already"));
	assert_ptr_equal(layout_current(), layout);
	assert_int_equal(layout_fixmap_start(layout), fixmap);
	/* A sealed draft stays sealed even where there is no layout. */
	layout_forget();
	assert_null(layout_seal(&draft));
	assert_int_equal(layout_reserve_top(&draft, HOLE, "rom"), MUSTER_E_ORDER);
}

/* A draft that nobody began, or whose memory was cleared, reserves and seals nothing. */
static void test_no_draft(void **state)
{
	(void)state;
	memset(&draft, 0, sizeof(draft));
	assert_int_equal(layout_reserve_top(&draft, HOLE, "rom"), MUSTER_E_ORDER);
	assert_int_equal(layout_reserve(&draft, 0xf0000000, 4096, "rom"), MUSTER_E_ORDER);
	assert_null(layout_seal(&draft));
	assert_null(layout_current());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fixmap_is_right_below_the_hole, begin),
		cmocka_unit_test_setup(test_reserving_after_the_seal_is_refused, begin),
		cmocka_unit_test_setup(test_sealing_twice_is_refused, begin),
		cmocka_unit_test_setup(test_no_draft, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
