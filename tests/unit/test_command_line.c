// SPDX-License-Identifier: MIT
/*
 * The command line: what is set, what is refused and in which words, and that the stored line
 * cannot become right by being cut.
 */
#include "core/command_line_store.h"

#include <muster/command_line.h>
#include <muster/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the words of the tests set. */
static bool trace;
static bool trace_seen;
static uint64_t cpus;
static bool cpus_seen;
static uint64_t address;
static uint64_t start;
static char fail[8];
static bool bench;

static const char *const start_choices[] = { "all", "one", "k", NULL };

static const struct command_line_word words[] = {
	{ .name = "trace", .kind = COMMAND_LINE_FLAG, .flag = &trace, .seen = &trace_seen },
	{ .name = "cpus",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &cpus,
	  .min = 1,
	  .max = 255,
	  .seen = &cpus_seen },
	{ .name = "address",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &address,
	  .min = 0,
	  .max = UINT64_MAX },
	{ .name = "start",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &start,
	  .choices = start_choices },
	{ .name = "fail", .kind = COMMAND_LINE_TEXT, .text = fail, .text_size = sizeof(fail) },
};
static const struct command_line_word more_words[] = {
	{ .name = "bench", .kind = COMMAND_LINE_FLAG, .flag = &bench },
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static char message[160];

static int forget(void **state)
{
	(void)state;
	trace = trace_seen = cpus_seen = bench = false;
	cpus = address = start = 77;
	strcpy(fail, "none");
	strcpy(message, "untouched");
	return 0;
}

static int read_line(const char *line)
{
	return command_line_read(line, words, WORDS, more_words, 1, message, sizeof(message));
}

static void assert_refused(const char *line, const char *why)
{
	assert_int_equal(read_line(line), MUSTER_E_INVALID);
	assert_string_equal(message, why);
}

static void an_empty_line_sets_nothing(void **state)
{
	static const char *const lines[] = { "", " ", " \t\r\n ", "\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(read_line(lines[i]), 0);
		assert_string_equal(message, "");
	}
	assert_false(trace || trace_seen || cpus_seen || bench);
	assert_int_equal(cpus, 77);
	assert_string_equal(fail, "none");
}

static void every_kind_is_set(void **state)
{
	(void)state;
	assert_int_equal(read_line("\ttrace  cpus=12 address=0xFEE0abcd start=k fail=s@3 bench\n"),
			 0);
	assert_true(trace && trace_seen && cpus_seen && bench);
	assert_int_equal(cpus, 12);
	assert_int_equal(address, 0xfee0abcd);
	assert_int_equal(start, 2);
	assert_string_equal(fail, "s@3");
	assert_string_equal(message, "");
}

static void the_second_list_may_be_missing(void **state)
{
	(void)state;
	assert_int_equal(command_line_read("trace", words, WORDS, NULL, 0, message, 10), 0);
	assert_int_equal(command_line_read("bench", words, WORDS, NULL, 0, message, 10),
			 MUSTER_E_INVALID);
	assert_int_equal(command_line_read("", NULL, 0, NULL, 0, message, 10), 0);
	assert_int_equal(command_line_read("x", NULL, 0, NULL, 0, NULL, 0), MUSTER_E_INVALID);
}

static void numbers_at_their_limits(void **state)
{
	(void)state;
	assert_int_equal(read_line("cpus=1"), 0);
	assert_int_equal(cpus, 1);
	assert_int_equal(read_line("cpus=255"), 0);
	assert_int_equal(read_line("cpus=0xff"), 0);
	assert_int_equal(cpus, 255);
	assert_int_equal(read_line("cpus=007"), 0);
	assert_int_equal(cpus, 7);
	assert_int_equal(read_line("address=18446744073709551615"), 0);
	assert_true(address == UINT64_MAX);
	assert_int_equal(read_line("address=0xffffffffffffffff"), 0);
	assert_int_equal(read_line("address=0"), 0);
	assert_int_equal(address, 0);
	cpus = 77;
	assert_refused("cpus=0", "cpus=0: must be 1 to 255");
	assert_refused("cpus=256", "cpus=256: must be 1 to 255");
	assert_int_equal(cpus, 77);
	assert_refused("address=18446744073709551616",
		       "address=18446744073709551616: must be a number of at most 64 bits, decimal "
		       "or 0x...");
	assert_int_equal(read_line("address=0x10000000000000000"), MUSTER_E_INVALID);
	assert_int_equal(read_line("address=99999999999999999999"), MUSTER_E_INVALID);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const lines[] = {
		"cpus=",   "cpus=x",	"cpus=1x",  "cpus=-1",	 "cpus=+1", "cpus=0x",
		"cpus=1a", "cpus=0x1g", "cpus=1,2", "cpus=0X10", "cpus==1", "cpus=\"1\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(read_line(lines[i]), MUSTER_E_INVALID);
		assert_non_null(strstr(message, "must be a number"));
		assert_int_equal(cpus, 77);
		assert_false(cpus_seen);
	}
}

static void words_are_refused_by_name(void **state)
{
	(void)state;
	assert_refused("quiet", "quiet: no such word");
	assert_refused("trace cpu=4", "cpu=4: no such word");
	assert_true(trace); /* what stands before the fault has been set */
	assert_refused("cpuss=1", "cpuss=1: no such word");
	assert_refused("=1", "=1: no such word");
	assert_refused("TRACE", "TRACE: no such word");
	assert_refused("trace=1", "trace=1: takes no value");
	assert_refused("trace=", "trace=: takes no value");
	assert_refused("cpus", "cpus: needs a value");
	assert_refused("start=two", "start=two: must be one of all, one, k");
	assert_refused("start=", "start=: must be one of all, one, k");
	assert_refused("start=al", "start=al: must be one of all, one, k");
	assert_refused("start=alll", "start=alll: must be one of all, one, k");
	assert_int_equal(start, 77);
}

static void a_word_twice_is_refused(void **state)
{
	(void)state;
	assert_refused("cpus=4 trace cpus=4", "cpus=4: must not stand there twice");
	assert_refused("trace trace", "trace: must not stand there twice");
	assert_refused("bench cpus=9 bench", "bench: must not stand there twice");
	/* The second value did not count. */
	assert_refused("cpus=5 cpus=6", "cpus=6: must not stand there twice");
	assert_int_equal(cpus, 5);
}

static void text_must_fit(void **state)
{
	(void)state;
	assert_int_equal(read_line("fail=1234567"), 0);
	assert_string_equal(fail, "1234567");
	assert_refused("fail=12345678", "fail=12345678: has 8 characters: at most 7 fit");
	assert_string_equal(fail, "1234567");
	assert_int_equal(read_line("fail="), 0);
	assert_string_equal(fail, "");
	assert_int_equal(read_line("fail=a=b"), 0);
	assert_string_equal(fail, "a=b");
}

static void messages_are_one_clean_line(void **state)
{
	char line[1100] = "fail=";
	char small[12];

	(void)state;
	assert_refused("\x1b[2Jx\x07\xff", "?[2Jx??: no such word");
	memset(line + 5, 'x', 1000);
	assert_int_equal(read_line(line), MUSTER_E_INVALID);
	assert_string_equal(message,
			    "fail=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: has 1000 "
			    "characters: at most 7 fit");
	for (size_t size = 0; size <= sizeof(small); size++) {
		memset(small, '#', sizeof(small));
		assert_int_equal(command_line_read("start=two", words, WORDS, NULL, 0, small, size),
				 MUSTER_E_INVALID);
		if (size)
			assert_int_equal(strlen(small), size - 1);
		if (size < sizeof(small))
			assert_int_equal(small[size], '#');
	}
}

static void a_long_line_is_refused(void **state)
{
	char *line = malloc(COMMAND_LINE_MAX + 100);

	(void)state;
	assert_non_null(line);
	memset(line, ' ', COMMAND_LINE_MAX + 99);
	line[COMMAND_LINE_MAX + 99] = '\0';
	memcpy(line, "trace", 5);
	line[COMMAND_LINE_MAX] = '\0';
	assert_int_equal(read_line(line), 0);
	line[COMMAND_LINE_MAX] = ' ';
	assert_refused(line, "the line: has more than 2048 characters");

	/* The one that is kept must not become shorter than it may be. */
	command_line_set(line);
	assert_refused(command_line(), "the line: has more than 2048 characters");
	line[COMMAND_LINE_MAX] = '\0';
	command_line_set(line);
	assert_string_equal(command_line(), line);
	assert_int_equal(read_line(command_line()), 0);
	free(line);
}

static void the_line_is_kept(void **state)
{
	char line[] = "cpus=4 trace";

	(void)state;
	command_line_set(line);
	line[0] = 'x';
	assert_string_equal(command_line(), "cpus=4 trace");
	command_line_set("short");
	assert_string_equal(command_line(), "short");
	command_line_set(NULL);
	assert_string_equal(command_line(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_line_sets_nothing, forget),
		cmocka_unit_test_setup(every_kind_is_set, forget),
		cmocka_unit_test_setup(the_second_list_may_be_missing, forget),
		cmocka_unit_test_setup(numbers_at_their_limits, forget),
		cmocka_unit_test_setup(what_is_no_number_is_refused, forget),
		cmocka_unit_test_setup(words_are_refused_by_name, forget),
		cmocka_unit_test_setup(a_word_twice_is_refused, forget),
		cmocka_unit_test_setup(text_must_fit, forget),
		cmocka_unit_test_setup(messages_are_one_clean_line, forget),
		cmocka_unit_test_setup(a_long_line_is_refused, forget),
		cmocka_unit_test_setup(the_line_is_kept, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
