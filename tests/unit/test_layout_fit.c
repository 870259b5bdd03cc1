// SPDX-License-Identifier: MIT
/*
 * A direct map that takes what is left: what each hole costs, to the byte, on the machine that has 32 bits;
 * holes that leave too little; and, over random machines, that no room is lost and no part meets another.
 */
#include "core/layout_current.h"
#include "host_machine.h"

#include <muster/error.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define KIB   UINT64_C(1024)
#define MIB   (1024 * KIB)
#define GIB   (1024 * MIB)
#define ENTRY (2 * MIB) /* what one page-table entry maps */
#define LEAST (16 * MIB)

/* i386, as arch/i386/offsets.h has it. */
static const struct layout_machine narrow = {
	.user_end = 0xbec00000,
	.kernel_start = 0xc0000000,
	.address_last = 0xffffffff,
	.image_start = 0xc0000000,
	.image_end = 0xc0264000,
	.direct_align = ENTRY,
	.fixmap_align = ENTRY,
	.window_stride = 64 * KIB,
	.fixmap_slots = 64,
	.cpus_max = 512,
	.direct_size = GIB,
};
#define FIXMAP	(64 * 4 * KIB)
#define WINDOWS (512 * 64 * KIB)

static struct layout_draft draft;

static int begin(void **state)
{
	(void)state;
	host_machine_begin();
	layout_forget();
	layout_draft_begin(&draft, &narrow);
	return 0;
}

static uint64_t rounded(uint64_t size, uint64_t align)
{
	return (size + align - 1) / align * align;
}

/* Bytes of low memory with a hole of that size at the top. */
static uint64_t low_memory(uint64_t hole)
{
	const struct layout *layout;

	begin(NULL);
	if (hole)
		assert_int_equal(layout_reserve_top(&draft, hole, "hole"), 0);
	assert_int_equal(layout_draft_fit(&draft, LEAST), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	/* One behind the other, with nothing between. */
	assert_int_equal(layout_direct_start(layout), 0xc0000000);
	assert_int_equal(layout_window_start(layout),
			 layout_direct_start(layout) + layout_direct_size(layout));
	assert_int_equal(layout_fixmap_start(layout), layout_window_start(layout) + WINDOWS);
	if (hole)
		assert_int_equal(layout_kernel_top(layout), layout_fixmap_start(layout) + FIXMAP);
	return layout_direct_size(layout);
}

static void what_a_hole_costs(void **state)
{
	static const uint64_t holes[] = { 1,	    4 * KIB,   4 * MIB,	  16 * MIB,
					  64 * MIB, 168 * MIB, 5 * MIB,	  ENTRY + 1,
					  ENTRY,    ENTRY - 1, 900 * MIB, 3 * ENTRY };
	/* The last entry stays empty without a hole: what is there is never used. */
	const uint64_t all = GIB - FIXMAP - WINDOWS;

	(void)state;
	assert_int_equal(low_memory(0), all - ENTRY);
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		/* The hole, rounded up to one entry, and not a page more. */
		assert_int_equal(low_memory(holes[i]), all - rounded(holes[i], ENTRY));
		assert_true(low_memory(0) - low_memory(holes[i]) <= rounded(holes[i], ENTRY));
	}
}

static void refused(uint64_t hole, const char *rule)
{
	begin(NULL);
	assert_int_equal(layout_reserve_top(&draft, hole, "hole"), 0);
	assert_int_equal(layout_draft_fit(&draft, LEAST), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has(rule));
	assert_int_equal(draft.machine.direct_size, GIB);
	/* Sealed all the same, there is no room for the direct map that was asked for. */
	assert_null(layout_seal(&draft));
}

static void too_little_is_left(void **state)
{
	const uint64_t most = GIB - FIXMAP - WINDOWS - LEAST;

	(void)state;
	assert_int_equal(low_memory(most / ENTRY * ENTRY), LEAST + most % ENTRY);
	refused(most / ENTRY * ENTRY + 1,
		"leave 0xfc0000 bytes of low memory: 0x1000000 are the least");
	refused(GIB - 6 * MIB, "leave 0 bytes of low memory");
	/* What would cover the image is refused before that. */
	begin(NULL);
	assert_int_equal(layout_reserve_top(&draft, GIB - 2 * MIB, "hole"), MUSTER_E_INVALID);
	assert_true(host_log_has("covers the kernel image"));
	assert_int_equal(layout_draft_fit(&draft, LEAST), 0);
	assert_non_null(layout_seal(&draft));
}

/* The image must end within it, however little is enough. */
static void the_image_does_not_fit(void **state)
{
	struct layout_machine machine = narrow;

	(void)state;
	machine.image_end = 0xc0000000 + 100 * MIB;
	layout_draft_begin(&draft, &machine);
	assert_int_equal(layout_reserve_top(&draft, 900 * MIB, "hole"), 0);
	assert_int_equal(layout_draft_fit(&draft, LEAST), MUSTER_E_NO_MEMORY);
	assert_true(host_log_has("image ends at 0xc6400000"));
}

/* It is one piece: a hole within the kernel's addresses ends it, and one below them does not. */
static void a_hole_in_the_middle(void **state)
{
	const struct layout *layout;

	(void)state;
	assert_int_equal(layout_reserve(&draft, 0x80000000, MIB, "below"), 0);
	assert_int_equal(layout_reserve(&draft, 0xd0000800, MIB, "middle"), 0);
	assert_int_equal(layout_draft_fit(&draft, LEAST), 0);
	layout = layout_seal(&draft);
	assert_non_null(layout);
	assert_int_equal(layout_direct_size(layout), 0x10000000);
	assert_true(layout_window_start(layout) >= 0xd0000800 + MIB);
}

/* A hole that comes after is one that there is no room beside. */
static void a_hole_that_comes_late(void **state)
{
	(void)state;
	assert_int_equal(layout_draft_fit(&draft, LEAST), 0);
	assert_int_equal(layout_reserve_top(&draft, 64 * MIB, "late"), 0);
	assert_null(layout_seal(&draft));
	assert_true(host_log_has("no room for the direct map"));
	/* Asked again, all is well. */
	begin(NULL);
	assert_int_equal(layout_draft_fit(&draft, LEAST), 0);
	assert_int_equal(layout_reserve_top(&draft, 64 * MIB, "late"), 0);
	assert_int_equal(layout_draft_fit(&draft, LEAST), 0);
	assert_non_null(layout_seal(&draft));
}

static void random_machines(void **state)
{
	uint32_t sealed = 0;

	(void)state;
	srand(20261121);
	for (int i = 0; i < 20000; i++) {
		struct layout_machine machine = narrow;
		const struct layout *layout;
		uint64_t hole = (uint64_t)rand() % (GIB + 8 * MIB), top, used;

		machine.cpus_max = 1 + (uint32_t)rand() % 4096;
		machine.fixmap_slots = 1 + (uint32_t)rand() % 600;
		machine.window_stride = UINT64_C(8192) << rand() % 8;
		machine.fixmap_align = MIB << rand() % 3;
		host_log_clear();
		layout_forget();
		layout_draft_begin(&draft, &machine);
		if (layout_reserve_top(&draft, hole, "hole") || layout_draft_fit(&draft, LEAST))
			continue;
		layout = layout_seal(&draft);
		assert_non_null(layout);
		sealed++;
		top = layout_kernel_top(layout);
		assert_int_equal(top, GIB * 4 - rounded(hole, machine.fixmap_align));
		used = layout_direct_size(layout) + machine.cpus_max * machine.window_stride +
		       machine.fixmap_slots * 4 * KIB;
		/* All but what aligning the windows takes. */
		assert_true(used <= top - 0xc0000000);
		assert_true(top - 0xc0000000 - used < machine.window_stride);
		assert_true(layout_window_start(layout) >=
			    layout_direct_start(layout) + layout_direct_size(layout));
		assert_true(layout_window_start(layout) +
				    machine.cpus_max * machine.window_stride <=
			    layout_fixmap_start(layout));
	}
	assert_true(sealed > 5000);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_hole_costs),      TEST(too_little_is_left),
		TEST(the_image_does_not_fit), TEST(a_hole_in_the_middle),
		TEST(a_hole_that_comes_late), TEST(random_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
