// SPDX-License-Identifier: MIT
/* Numbers, words and printable forms of text from elsewhere. */
#include "tool/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_numbers(void **state)
{
	static const char *const bad[] = { "",
					   "-1",
					   "+1",
					   " 1",
					   "1 ",
					   "0x",
					   "0xg",
					   "x",
					   "1.",
					   "1e3",
					   "١",
					   "0x10000000000000000",
					   "18446744073709551616",
					   "99999999999999999999999" };
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(text_number(bad[i], UINT64_MAX, &value));
		assert_int_equal(value, 7);
	}
	assert_true(text_number("0", 0, &value) && value == 0);
	assert_true(text_number("007", 10, &value) && value == 7);
	assert_true(text_number("0xFf", 255, &value) && value == 255);
	assert_false(text_number("256", 255, &value));
	assert_true(text_number("18446744073709551615", UINT64_MAX, &value) && value == UINT64_MAX);
	assert_true(text_number("0xffffffffffffffff", UINT64_MAX, &value) && value == UINT64_MAX);
}

static void test_memory(void **state)
{
	static const char *const bad[] = { "",
					   "M",
					   "G",
					   "1K",
					   "1MB",
					   "-1M",
					   "M1",
					   "1 M",
					   "1T",
					   "18446744073709551615G",
					   "999999999999999999999999999" };
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_memory(bad[i], &value));
	assert_true(text_memory("64", &value) && value == 64);
	assert_true(text_memory("512M", &value) && value == 512);
	assert_true(text_memory("2G", &value) && value == 2048);
}

static void test_show(void **state)
{
	char out[16];

	(void)state;
	text_show(out, sizeof(out), "a\tb\x1b[m", 6);
	assert_string_equal(out, "a b\\x1b[m");
	text_show(out, sizeof(out), "\0\xff\x7f", 3);
	assert_string_equal(out, "\\x00\\xff\\x7f");
	/* Never half an escape, always an end, for every size. */
	for (size_t size = 1; size <= sizeof(out); size++) {
		memset(out, 'z', sizeof(out));
		text_show(out, size, "\x01\x02\x03\x04\x05", 5);
		assert_int_equal(strlen(out), (size - 1) / 4 * 4);
	}
	text_show(out, 0, "a", 1);
	text_show(out, sizeof(out), "", 0);
	assert_string_equal(out, "");
}

static void test_matches(void **state)
{
	(void)state;
	assert_true(text_matches("sparse", "pc-sparse-6"));
	assert_false(text_matches("sparse", "pc-mem"));
	assert_true(text_matches("pc-*-6", "pc-sparse-6"));
	assert_false(text_matches("sparse*", "pc-sparse-6"));
	assert_true(text_matches("", "anything"));
}

static void test_words(void **state)
{
	struct word_list words = { 0 };

	(void)state;
	words_add_split(&words, "  -device  isa-debug-exit\t-x ");
	assert_int_equal(words.count, 3);
	assert_string_equal(words.at[1], "isa-debug-exit");
	words_add(&words, "abcdef", 3);
	assert_string_equal(words.at[3], "abc");
	assert_null(words.at[4]);
	words_add_split(&words, "");
	assert_int_equal(words.count, 4);
	words_free(&words);
	words_free(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_show),	cmocka_unit_test(test_matches),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
