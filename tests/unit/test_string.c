// SPDX-License-Identifier: MIT
/*
 * core/string.c, compiled here under other names, against the C library: every small size at every
 * alignment, with guard bytes around.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The functions under test, under names of their own. */
void *muster_memcpy(void *to, const void *from, size_t size);
void *muster_memmove(void *to, const void *from, size_t size);
void *muster_memset(void *to, int value, size_t size);
int muster_memcmp(const void *a, const void *b, size_t size);
size_t muster_strlen(const char *text);
size_t muster_strnlen(const char *text, size_t limit);
int muster_strcmp(const char *a, const char *b);
int muster_strncmp(const char *a, const char *b, size_t limit);

#define memcpy	muster_memcpy
#define memmove muster_memmove
#define memset	muster_memset
#define memcmp	muster_memcmp
#define strlen	muster_strlen
#define strnlen muster_strnlen
#define strcmp	muster_strcmp
#define strncmp muster_strncmp
#include "core/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp

#define SIZE_MOST 200
#define SPACE	  (SIZE_MOST + 64)

static void fill(unsigned char *bytes, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(seed += 101u);
}

static void copies_every_size_and_alignment(void **state)
{
	unsigned char from[SPACE], to[SPACE], expected[SPACE];

	(void)state;
	for (size_t size = 0; size <= SIZE_MOST; size++) {
		for (size_t a = 0; a < 9; a++) {
			for (size_t b = 0; b < 9; b++) {
				fill(from, sizeof(from), (unsigned int)size);
				fill(to, sizeof(to), 7);
				memcpy(expected, to, sizeof(to));
				memcpy(expected + 16 + a, from + 16 + b, size);
				assert_ptr_equal(muster_memcpy(to + 16 + a, from + 16 + b, size),
						 to + 16 + a);
				assert_memory_equal(to, expected, sizeof(to));
			}
		}
	}
}

static void moves_over_itself(void **state)
{
	unsigned char bytes[SPACE], expected[SPACE];

	(void)state;
	for (size_t size = 0; size <= 100; size++) {
		for (size_t from = 0; from < 48; from++) {
			for (size_t to = 0; to < 48; to++) {
				fill(bytes, sizeof(bytes), (unsigned int)(size + from));
				memcpy(expected, bytes, sizeof(bytes));
				memmove(expected + 8 + to, expected + 8 + from, size);
				assert_ptr_equal(muster_memmove(bytes + 8 + to, bytes + 8 + from,
								size),
						 bytes + 8 + to);
				assert_memory_equal(bytes, expected, sizeof(bytes));
			}
		}
	}
}

static void sets_every_size_and_alignment(void **state)
{
	static const int values[] = { 0, 1, 0x5a, 0xff, -1, 0x1234 };
	unsigned char bytes[SPACE], expected[SPACE];

	(void)state;
	for (size_t size = 0; size <= SIZE_MOST; size++) {
		for (size_t at = 0; at < 9; at++) {
			int value = values[(size + at) % (sizeof(values) / sizeof(values[0]))];

			fill(bytes, sizeof(bytes), 3);
			memcpy(expected, bytes, sizeof(bytes));
			memset(expected + 16 + at, value, size);
			assert_ptr_equal(muster_memset(bytes + 16 + at, value, size),
					 bytes + 16 + at);
			assert_memory_equal(bytes, expected, sizeof(bytes));
		}
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void compares_like_the_library(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char a[24], b[24];
		size_t size = (size_t)rand() % sizeof(a);

		/* Few letters, so that long common beginnings and ends inside happen. */
		for (size_t i = 0; i < sizeof(a); i++) {
			a[i] = "a\xff\0b"[rand() % 50 ? 0 : rand() % 4];
			b[i] = "a\xff\0b"[rand() % 50 ? 0 : rand() % 4];
		}
		a[sizeof(a) - 1] = b[sizeof(b) - 1] = '\0';
		assert_int_equal(sign(muster_memcmp(a, b, size)), sign(memcmp(a, b, size)));
		assert_int_equal(sign(muster_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(muster_strncmp(a, b, size)), sign(strncmp(a, b, size)));
		assert_int_equal(muster_strlen(a), strlen(a));
		assert_int_equal(muster_strnlen(a, size), strnlen(a, size));
	}
}

/* Nothing is read beyond the limit: the address sanitizer would say so. */
static void reads_no_further_than_told(void **state)
{
	char *exact = malloc(5);

	(void)state;
	assert_non_null(exact);
	memcpy(exact, "abcde", 5);
	assert_int_equal(muster_strnlen(exact, 5), 5);
	assert_int_equal(muster_strncmp(exact, "abcdef", 5), 0);
	assert_int_equal(muster_memcmp(exact, "abcde", 5), 0);
	assert_int_equal(muster_strnlen(exact, 0), 0);
	free(exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_every_size_and_alignment),
		cmocka_unit_test(moves_over_itself),
		cmocka_unit_test(sets_every_size_and_alignment),
		cmocka_unit_test(compares_like_the_library),
		cmocka_unit_test(reads_no_further_than_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
