// SPDX-License-Identifier: MIT
/* The drawing of an address space: a good one, and those of guests that say what cannot be. */
#include "tool/report_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct report_part parts[REPORT_PARTS_MAX];
static struct guest_report report = { .parts = parts };
static char *drawing;

static int begin(void **state)
{
	(void)state;
	report.part_count = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(drawing);
	drawing = NULL;
	return 0;
}

static void part(const char *name, uint64_t first, uint64_t last, const char *owner)
{
	struct report_part *row = &parts[report.part_count++];

	snprintf(row->part, sizeof(row->part), "%s", name);
	snprintf(row->owner, sizeof(row->owner), "%s", owner);
	row->first = first;
	row->last = last;
}

static void draw(void)
{
	size_t size;
	FILE *file = open_memstream(&drawing, &size);

	assert_non_null(file);
	report_write_layout(&report, file);
	fclose(file);
}

/* The lines, each with what it must have. */
static void expect(const char *const *lines, size_t count)
{
	char *line = drawing, *rest;

	for (size_t i = 0; i < count; i++) {
		line = i ? strtok_r(NULL, "\n", &rest) : strtok_r(drawing, "\n", &rest);
		assert_non_null(line);
		if (!strstr(line, lines[i]))
			fail_msg("line %zu is %s, without %s", i, line, lines[i]);
	}
	assert_null(strtok_r(NULL, "\n", &rest));
}

static void test_good(void **state)
{
	static const char *const lines[] = {
		"address space",
		" 0x00000000ffffffff +--",
		"| hole of xen                        168 MiB |",
		" 0x00000000f5800000 +--",
		"| fixmap                             256 KiB |",
		" 0x00000000f57c0000 +--",
		"| nobody's                           256 KiB |",
		" 0x00000000f5780000 +--",
		"| direct map of memory            876032 KiB |",
		"|   kernel image, at 0xc0200000 ",
		" 0x00000000c0000000 +--",
		"| nobody's                             1 GiB |",
		" 0x0000000080000000 +--",
		"| user space                           2 GiB |",
		" 0x0000000000000000 +--",
	};

	(void)state;
	part("all", 0, 0xffffffff, "-");
	part("user", 0, 0x7fffffff, "-");
	part("direct", 0xc0000000, 0xf577ffff, "-");
	part("image", 0xc0200000, 0xc02fffff, "-");
	part("fixmap", 0xf57c0000, 0xf57fffff, "-");
	part("hole", 0xf5800000, 0xffffffff, "xen");
	draw();
	expect(lines, sizeof(lines) / sizeof(lines[0]));
}

/* Sizes are exact: in the largest unit that divides them. */
static void test_sizes(void **state)
{
	(void)state;
	part("user", 0, UINT64_MAX, "-");
	draw();
	assert_non_null(strstr(drawing, " 16 EiB |"));
	free(drawing);
	report.part_count = 0;
	part("user", 1, 1536, "-");
	part("fixmap", 4096, 4096 + 3 * 1024 * 1024 - 1, "-");
	draw();
	assert_non_null(strstr(drawing, " 1536 B |"));
	assert_non_null(strstr(drawing, " 3 MiB |"));
	assert_non_null(strstr(drawing, " 1 B |"));
}

/* Whatever it is told, it ends, and shows each address once. */
static void test_odd(void **state)
{
	(void)state;
	draw();
	assert_non_null(strstr(drawing, "has not said"));
	free(drawing);
	for (int i = 0; i < REPORT_PARTS_MAX; i++)
		part("hole", (uint64_t)(i % 7) * 1000, (uint64_t)(i % 5) * 2000 + 6000, "x");
	draw();
	assert_true(strlen(drawing) < 8192);
	free(drawing);
	report.part_count = 0;
	/* Two alike, and two that overlap. */
	part("user", 0, 4095, "-");
	part("user", 0, 4095, "-");
	part("direct", 8192, 16383, "-");
	part("fixmap", 12288, 20479, "-");
	draw();
	assert_non_null(strstr(drawing, "fixmap"));
	assert_null(strstr(drawing, "direct map"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, begin, end),
		cmocka_unit_test_setup_teardown(test_sizes, begin, end),
		cmocka_unit_test_setup_teardown(test_odd, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
