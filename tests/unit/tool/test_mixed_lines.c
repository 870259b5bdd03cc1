// SPDX-License-Identifier: MIT
/* What a hypervisor and its guest write to one console is parted again: prefixes, lines within lines,
 * lines that are too long; and no byte gets lost. */
#include "tool/mixed_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char seen[16384];
static size_t seen_bytes;

/* Writes what it gets as it is told to: g for the guest's, G for a piece of it, h for the other's. */
static void on_line(void *context, const char *line, size_t length, bool guest, bool piece)
{
	size_t used = strlen(seen);

	(void)context;
	assert_true(used + length + 3 < sizeof(seen));
	snprintf(seen + used, sizeof(seen) - used, "%c:%.*s\n",
		 !guest	 ? 'h'
		 : piece ? 'G'
			 : 'g',
		 (int)length, line);
	seen_bytes += length;
}

static void take_all(struct mixed_lines *lines, const char *const *text)
{
	seen[0] = 0;
	seen_bytes = 0;
	for (; *text; text++) {
		/* Exactly as long as told: the sanitizer sees what reads further. */
		char *copy = malloc(strlen(*text) ? strlen(*text) : 1);

		assert_non_null(copy);
		memcpy(copy, *text, strlen(*text));
		mixed_lines_take(lines, copy, strlen(*text));
		free(copy);
	}
	mixed_lines_end(lines);
}

static void expect(const char *const *text, const char *wanted)
{
	struct mixed_lines lines = { .line = on_line };

	take_all(&lines, text);
	assert_string_equal(seen, wanted);
}

#define EXPECT(wanted, ...) expect((const char *const[]){ __VA_ARGS__, NULL }, wanted)

static void lines_of_one_of_them(void **state)
{
	(void)state;
	EXPECT("g:@muster 1 tests passed=1 failed=0\n", "@muster 1 tests passed=1 failed=0");
	EXPECT("g:\n", "");
	EXPECT("h:(XEN) Brought up 4 CPUs\n", "(XEN) Brought up 4 CPUs");
	EXPECT("h:(XEN) @muster 1 tests passed=1 failed=0\n",
	       "(XEN) @muster 1 tests passed=1 failed=0");
	EXPECT("g:(XEN)\n", "(XEN)");
	EXPECT("h:(XEN) \n", "(XEN) ");
}

static void prefixes(void **state)
{
	(void)state;
	EXPECT("g:@muster 1\n", "(d0) @muster 1");
	EXPECT("g:@muster 1\n", "(d12) @muster 1");
	EXPECT("g:@muster 1\n", "(XEN) (d0) @muster 1");
	EXPECT("g:@muster 1\n", "(XEN) [2026-11-21 14:00:00.123] (d0) @muster 1");
	EXPECT("g:@muster 1\n", "(XEN) [    1.234567] (d3) @muster 1");
	EXPECT("g:\n", "(d0) ");
	/* Not quite. */
	EXPECT("g:(d) x\n", "(d) x");
	EXPECT("g:(d0)x\n", "(d0)x");
	EXPECT("g:(d0\n", "(d0");
	EXPECT("g:(dx) x\n", "(dx) x");
	EXPECT("g:[1] (d0) x\n", "[1] (d0) x");
	EXPECT("h:(XEN) [1](d0) x\n", "(XEN) [1](d0) x");
	EXPECT("h:(XEN) [\n", "(XEN) [");
	EXPECT("h:(XEN) []\n", "(XEN) []");
}

static void a_line_within_a_line(void **state)
{
	(void)state;
	EXPECT("h:(XEN) d0v1 x\ng:@muster 1 end records=3\n", "@muster 1 en(XEN) d0v1 x",
	       "d records=3");
	EXPECT("h:(XEN) a\nh:(XEN) b\nh:(XEN) c\ng:one two three\n", "one(XEN) a", "(XEN) b",
	       " two(XEN) c", " three");
	EXPECT("h:(XEN) a\ng:one two\ng:three\n", "(d0) one(XEN) a", "(d0)  two", "three");
	EXPECT("h:(XEN) a\ng:one\n", "one(XEN) a", "");
	/* The rest never comes. */
	EXPECT("h:(XEN) a\nG:one\n", "one(XEN) a");
}

/* As long as two lines may be together, and longer: then it is in pieces, and none is called whole. */
static void long_lines(void **state)
{
	static char first[2 * MIXED_LINE_MAX + 64], second[2 * MIXED_LINE_MAX + 64];
	const char *const both[] = { first, second, "next", NULL };

	(void)state;
	for (size_t a = MIXED_LINE_MAX - 2; a <= MIXED_LINE_MAX + 2; a++) {
		for (size_t b = 0; b <= 3; b++) {
			struct mixed_lines lines = { .line = on_line };

			memset(first, 'a', a);
			strcpy(first + a, "(XEN) x");
			memset(second, 'b', b);
			second[b] = 0;
			take_all(&lines, both);
			assert_int_equal(seen_bytes, a + b + strlen("(XEN) x") + strlen("next"));
			assert_true(!strstr(seen, "g:a") == (a + b > MIXED_LINE_MAX));
			assert_true(!strstr(seen, "g:b"));
			assert_non_null(strstr(seen, "\ng:next\n"));
		}
	}
}

static void any_bytes(void **state)
{
	static const char alphabet[] = "(XEN) d0[]a";
	struct mixed_lines lines = { .line = on_line };
	unsigned int random = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char *text = malloc(40);
		size_t length = 0, before = seen_bytes;

		assert_non_null(text);
		random = random * 1103515245u + 12345u;
		for (unsigned int r = random >> 4; r && length < 34; r /= 11) {
			if (r % 5 == 0) {
				memcpy(text + length, "(XEN) ", 6);
				length += 6;
			} else {
				text[length++] = alphabet[r % (sizeof(alphabet) - 1)];
			}
		}
		seen[0] = 0;
		mixed_lines_take(&lines, text, length);
		assert_true(seen_bytes - before <= length + sizeof(lines.begun));
		assert_true(lines.used <= sizeof(lines.begun));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_one_of_them),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(a_line_within_a_line),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
