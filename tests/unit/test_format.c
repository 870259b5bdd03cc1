// SPDX-License-Identifier: MIT
/*
 * The formatter against the C library's snprintf(), over random conversions of the set that both
 * know, and against what must come out of formats that are wrong.
 */
#include "core/format.h"

#include <muster/console.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 20000

/* A conversion that a test has made up. */
struct random_format {
	char text[64];
	bool width_argument;
	bool precision_argument;
	int width;
	int precision;
};

static char expected[20000];
static char got[20000];
static size_t expected_length;
static size_t got_length;

/*
 * Format once with each, the width and precision arguments in front as the format asks. A macro,
 * because the argument's type varies.
 */
#define FORMAT_WITH_BOTH(random, argument)                                    \
	do {                                                                  \
		const char *f = (random)->text;                               \
		int w = (random)->width;                                      \
		int p = (random)->precision;                                  \
		if ((random)->width_argument && (random)->precision_argument) \
			FORMAT_ONCE_WITH_BOTH(f, w, p, argument);             \
		else if ((random)->width_argument)                            \
			FORMAT_ONCE_WITH_BOTH(f, w, argument);                \
		else if ((random)->precision_argument)                        \
			FORMAT_ONCE_WITH_BOTH(f, p, argument);                \
		else                                                          \
			FORMAT_ONCE_WITH_BOTH(f, argument);                   \
	} while (0)

#define FORMAT_ONCE_WITH_BOTH(...)                                                           \
	do {                                                                                 \
		expected_length = (size_t)snprintf(expected, sizeof(expected), __VA_ARGS__); \
		got_length = format_text(got, sizeof(got), __VA_ARGS__);                     \
	} while (0)

static void assert_same(const struct random_format *random)
{
	if (got_length != expected_length || memcmp(got, expected, expected_length + 1))
		fail_msg("\"%s\" (* %d, %d): \"%s\" (%zu), not \"%s\" (%zu)", random->text,
			 random->width, random->precision, got, got_length, expected,
			 expected_length);
}

static int random_field(void)
{
	return rand() % 8 ? rand() % 30 : rand() % 600;
}

static void append(struct random_format *random, const char *text)
{
	strncat(random->text, text, sizeof(random->text) - strlen(random->text) - 1);
}

/* Make up everything but the length and the kind. */
static struct random_format random_begin(const char *flags)
{
	struct random_format random = { .text = "<%" };
	char number[16];

	for (int i = rand() % 4; i > 0; i--) {
		char flag[2] = { flags[(size_t)rand() % strlen(flags)], '\0' };

		append(&random, flag);
	}
	random.width = rand() % 2 ? random_field() : -random_field();
	random.precision = rand() % 4 ? random_field() : -random_field();
	if (rand() % 3 == 0) {
		random.width_argument = true;
		append(&random, "*");
	} else if (rand() % 2) {
		snprintf(number, sizeof(number), "%d", 1 + random_field());
		append(&random, number);
	}
	if (rand() % 3 == 0) {
		random.precision_argument = true;
		append(&random, ".*");
	} else if (rand() % 3 == 0) {
		snprintf(number, sizeof(number), rand() % 5 ? ".%d" : ".", random_field());
		append(&random, number);
	}
	return random;
}

static uint64_t random_value(void)
{
	uint64_t value = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();

	switch (rand() % 6) {
	case 0:
		return value % 20;
	case 1:
		return UINT64_MAX - value % 20;
	case 2:
		return UINT64_C(1) << value % 64;
	case 3:
		return (UINT64_C(1) << value % 64) - 1;
	default:
		return value >> rand() % 64;
	}
}

/* Format a number as the type that the length names; the conversion's sign does not matter. */
static void format_number(const struct random_format *random, const char *length, uint64_t value)
{
	if (!strcmp(length, "l"))
		FORMAT_WITH_BOTH(random, (long)value);
	else if (!strcmp(length, "ll"))
		FORMAT_WITH_BOTH(random, (long long)value);
	else if (!strcmp(length, "z"))
		FORMAT_WITH_BOTH(random, (size_t)value);
	else if (!strcmp(length, "j"))
		FORMAT_WITH_BOTH(random, (intmax_t)value);
	else if (!strcmp(length, "t"))
		FORMAT_WITH_BOTH(random, (ptrdiff_t)value);
	else
		FORMAT_WITH_BOTH(random, (int)value);
}

static void numbers_like_the_library(void **state)
{
	static const char *const lengths[] = { "", "hh", "h", "l", "ll", "z", "j", "t" };
	static const char *const kinds[] = { "d", "i", "u", "x", "X", "o" };

	(void)state;
	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		struct random_format random = random_begin("-+ #0");
		const char *length = lengths[(size_t)rand() % 8];

		append(&random, length);
		append(&random, kinds[(size_t)rand() % 6]);
		append(&random, ">");
		format_number(&random, length, random_value());
		assert_same(&random);
	}
}

static void strings_like_the_library(void **state)
{
	(void)state;
	srand(2);
	for (int round = 0; round < ROUNDS; round++) {
		struct random_format random = random_begin("-");
		size_t length = (size_t)rand() % 40;
		char *text = malloc(length + 1);

		assert_non_null(text);
		memset(text, 'a' + rand() % 26, length);
		text[length] = '\0';
		append(&random, "s>");
		FORMAT_WITH_BOTH(&random, text);
		free(text);
		assert_same(&random);
	}
}

static void characters_like_the_library(void **state)
{
	(void)state;
	srand(3);
	for (int round = 0; round < 2000; round++) {
		struct random_format random = random_begin("-");
		int character = rand() % 256;

		/* A precision has no meaning for a character, and the library warns of it. */
		if (strchr(random.text, '.'))
			continue;
		append(&random, "c>");
		FORMAT_WITH_BOTH(&random, character);
		assert_same(&random);
	}
}

static void whole_lines_like_the_library(void **state)
{
	struct random_format line = { .text = "a line" };

	(void)state;
	FORMAT_ONCE_WITH_BOTH("CPU %u (%#llx): %s: %5d%% of %-8s|%08x|%zu %c\n", 17u,
			      0x1ffffffffull, "prepared", -12, "unit", 0xbeefu, SIZE_MAX / 3, 'z');
	assert_same(&line);
	FORMAT_ONCE_WITH_BOTH("%s", "");
	assert_same(&line);
	FORMAT_ONCE_WITH_BOTH("%d %d %lld %lld", INT32_MIN, INT32_MAX, (long long)INT64_MIN,
			      (long long)INT64_MAX);
	assert_same(&line);
	/* A piece of a string that is not terminated: nothing after it may be read. */
	char *exact = malloc(3);

	assert_non_null(exact);
	memcpy(exact, "abc", 3);
	FORMAT_ONCE_WITH_BOTH("%.3s|%.*s", exact, 2, exact);
	free(exact);
	assert_same(&line);
}

static void pointers_have_all_digits(void **state)
{
	const bool wide = sizeof(void *) == 8;

	(void)state;
	assert_int_equal(format_text(got, sizeof(got), "%p", (void *)0x1234abcd), wide ? 18 : 10);
	assert_string_equal(got, wide ? "0x000000001234abcd" : "0x1234abcd");
	format_text(got, sizeof(got), "%p", NULL);
	assert_string_equal(got, wide ? "0x0000000000000000" : "0x00000000");
	format_text(got, sizeof(got), "%20p|%-20p|", (void *)1, (void *)2);
	assert_string_equal(got, wide ? "  0x0000000000000001|0x0000000000000002  |"
				      : "          0x00000001|0x00000002          |");
	format_text(got, sizeof(got), "%s|%.3s|%8s", (char *)NULL, (char *)NULL, (char *)NULL);
	assert_string_equal(got, "(null)|(nu|  (null)");
}

static size_t format_any(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	/* The compiler is kept from checking what is wrong on purpose. */
	size_t (*volatile formatter)(char *, size_t, const char *, va_list) = format_text_v;
	length = formatter(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

/* What is not known comes out as it stands, and no argument is taken for it or after it. */
static void wrong_formats_take_nothing(void **state)
{
	static const char *const as_they_stand[] = {
		"%",
		"100%",
		"%5",
		"%-+ #0",
		"%l",
		"%hh",
		"%.",
		"%.5",
		"%*",
		"%*.*",
		"%f",
		"%n",
		"%ls",
		"%lc",
		"%hs",
		"%hhc",
		"%lp",
		"%Lf",
		"%q",
		"%5%",
		"%.-5d",
		"%lld%lllu",
		"%hhhd",
		"%zzd",
		"%4096d",
		"%.4096d",
		"%1$s",
		"%f %s",
		"%n%d%s",
		"%*q%s",
		"%99999999999999999999d",
		"%.99999999999999999999s",
		"%ll5d",
		"%5 d",
		"%'d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(as_they_stand) / sizeof(as_they_stand[0]); i++) {
		const char *format = as_they_stand[i];

		/* This one begins with a conversion that is right, and has its argument. */
		if (!strncmp(format, "%lld", 4)) {
			format_any(got, sizeof(got), format, 5ll);
			assert_string_equal(got, "5%lllu");
			continue;
		}
		assert_int_equal(format_any(got, sizeof(got), format), strlen(format));
		assert_string_equal(got, format);
	}
	format_any(got, sizeof(got), "%%%");
	assert_string_equal(got, "%%");
	format_any(got, sizeof(got), "%d %f %d%% %s", 7);
	assert_string_equal(got, "7 %f %d% %s");
	/* 4095 is what C asks for; and what comes as an argument is cut to it. */
	assert_int_equal(format_any(got, sizeof(got), "%4095d", 1), 4095);
	assert_int_equal(format_any(got, sizeof(got), "%*d", INT32_MAX, 1), 4095);
	assert_int_equal(format_any(got, sizeof(got), "%*d", INT32_MIN, 1), 4095);
	assert_int_equal(got[0], '1');
	assert_int_equal(format_any(got, sizeof(got), "%.*d", INT32_MAX, 1), 4095);
	assert_int_equal(format_any(got, sizeof(got), "%.*d", INT32_MIN, 1), 1);
}

/* Any bytes: no fault, and the length is right. All arguments are strings, and there are enough. */
static void random_formats_do_no_harm(void **state)
{
	static const char letters[] = "%%%%dsxXocuip%lhzjt*.-+ #0123456789fnqL\x80\xff";
	const char *a = "argument";

	(void)state;
	srand(4);
	for (int round = 0; round < ROUNDS; round++) {
		char format[13] = { 0 };
		char part[16];
		size_t length;

		for (size_t i = 0; i < (size_t)rand() % sizeof(format); i++)
			format[i] = letters[(size_t)rand() % (sizeof(letters) - 1)];
		length = format_any(got, sizeof(got), format, a, a, a, a, a, a, a, a, a, a, a, a);
		assert_true(length < sizeof(got));
		assert_int_equal(got[length], '\0');
		assert_int_equal(format_any(part, sizeof(part), format, a, a, a, a, a, a, a, a, a,
					    a, a, a),
				 length);
		if (length >= sizeof(part))
			length = sizeof(part) - 1;
		assert_memory_equal(part, got, length);
		assert_int_equal(part[length], '\0');
	}
}

static void buffers_are_never_overrun(void **state)
{
	(void)state;
	for (size_t size = 0; size < 20; size++) {
		char *exact = malloc(size ? size : 1);

		assert_non_null(exact);
		exact[0] = '#';
		assert_int_equal(format_text(exact, size, "%s-%05d", "ten chars", 42), 15);
		if (!size)
			assert_int_equal(exact[0], '#');
		else if (size <= 15)
			assert_int_equal(strlen(exact), size - 1);
		else
			assert_string_equal(exact, "ten chars-00042");
		free(exact);
	}
	assert_int_equal(format_text(NULL, 0, "%d", 12345), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_like_the_library),
		cmocka_unit_test(strings_like_the_library),
		cmocka_unit_test(characters_like_the_library),
		cmocka_unit_test(whole_lines_like_the_library),
		cmocka_unit_test(pointers_have_all_digits),
		cmocka_unit_test(wrong_formats_take_nothing),
		cmocka_unit_test(random_formats_do_no_harm),
		cmocka_unit_test(buffers_are_never_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
