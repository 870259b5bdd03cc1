// SPDX-License-Identifier: MIT
/*
 * The options of run and check: what is taken, and that what is not is refused in one line that
 * names it. Must never depend on what is installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tool/options.h"

#define WORDS_MAX 12

static struct options options;
static char message[128];

/* words: what stands behind the subcommand, up to NULL. */
static int read_words(enum options_of of, const char *const *words)
{
	static char *argv[WORDS_MAX + 2];
	int argc = 1;

	argv[0] = (char *)"run";
	for (; *words; words++) {
		assert_true(argc <= WORDS_MAX);
		argv[argc++] = (char *)*words;
	}
	argv[argc] = NULL;
	memset(message, 0, sizeof(message));
	return options_read(&options, of, argc, argv, message, sizeof(message));
}

static void nothing_given(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	assert_int_equal(read_words(OPTIONS_OF_RUN, none), 0);
	assert_string_equal(options.platform, "pc");
	assert_true(options.cpus == CPUS_OF_PROFILE);
	assert_int_equal(options.memory, 0);
	assert_int_equal(options.timeout, 30);
	assert_null(options.append);
	assert_null(options.qemu_args);
	assert_false(options.verbose);
	assert_int_equal(read_words(OPTIONS_OF_CHECK, none), 0);
	assert_int_equal(options.jobs, 2);
	assert_null(options.filter);
}

static void all_of_run(void **state)
{
	static const char *const words[] = { "--cpus",	 "255",	   "--mem",	"2G",
					     "--append", "--",	   "--timeout", "3600",
					     "--json",	 "a.json", "--verbose", NULL };

	(void)state;
	assert_int_equal(read_words(OPTIONS_OF_RUN, words), 0);
	assert_int_equal(options.cpus, 255);
	assert_int_equal(options.memory, 2048);
	/* The value of an option, and not the end of the options. */
	assert_string_equal(options.append, "--");
	assert_int_equal(options.timeout, 3600);
	assert_string_equal(options.json, "a.json");
	assert_true(options.verbose);
	assert_null(options.qemu_args);
}

static void all_of_check(void **state)
{
	static const char *const words[] = { "-j",    "64",   "--all",	 "--list", "--matrix",
					     "m.txt", "pc-*", "--build", "b",	   NULL };

	(void)state;
	assert_int_equal(read_words(OPTIONS_OF_CHECK, words), 0);
	assert_int_equal(options.jobs, 64);
	assert_true(options.all);
	assert_true(options.list);
	assert_string_equal(options.matrix, "m.txt");
	assert_string_equal(options.filter, "pc-*");
	assert_string_equal(options.build, "b");
}

static void all_of_bench(void **state)
{
	static const char *const words[] = { "--quick", "--strict", "--kut", "k", "--json",
					     "a.json",	"--build",  "b",     NULL };
	static const char *const none[] = { NULL };

	(void)state;
	assert_int_equal(read_words(OPTIONS_OF_BENCH, words), 0);
	assert_true(options.quick);
	assert_true(options.strict);
	assert_string_equal(options.kut, "k");
	assert_string_equal(options.json, "a.json");
	assert_string_equal(options.build, "b");
	assert_int_equal(read_words(OPTIONS_OF_BENCH, none), 0);
	assert_false(options.quick);
	assert_false(options.strict);
	assert_null(options.kut);
	assert_int_equal(options.timeout, 120);
}

static void words_for_qemu(void **state)
{
	static const char *const words[] = { "--cpus", "2", "--", "-smp", "6", "--cpus", NULL };
	static const char *const none[] = { "--", NULL };

	(void)state;
	assert_int_equal(read_words(OPTIONS_OF_RUN, words), 0);
	assert_int_equal(options.cpus, 2);
	assert_string_equal(options.qemu_args[0], "-smp");
	assert_string_equal(options.qemu_args[2], "--cpus");
	assert_null(options.qemu_args[3]);
	assert_true(options_qemu_has(options.qemu_args, "-smp"));
	assert_false(options_qemu_has(options.qemu_args, "-m"));
	assert_false(options_qemu_has(NULL, "-smp"));
	assert_int_equal(read_words(OPTIONS_OF_RUN, none), 0);
	assert_null(options.qemu_args[0]);
}

struct refused {
	enum options_of of;
	const char *words[4];
	const char *named; /* what the message must hold */
};

static void what_is_refused(void **state)
{
	static const struct refused rows[] = {
		{ OPTIONS_OF_BENCH, { "--cpus", "4" }, "--cpus: unknown" },
		{ OPTIONS_OF_BENCH, { "pc" }, "pc: unknown" },
		{ OPTIONS_OF_RUN, { "--quick" }, "--quick: unknown" },
		{ OPTIONS_OF_RUN, { "--cpus", "-1" }, "--cpus -1: " },
		{ OPTIONS_OF_RUN, { "--cpus", "2 " }, "--cpus 2 : " },
		{ OPTIONS_OF_RUN, { "--cpus", "" }, "--cpus" },
		{ OPTIONS_OF_RUN, { "--cpus", "18446744073709551617" }, "--cpus 1844" },
		{ OPTIONS_OF_RUN, { "--cpus" }, "--cpus" },
		{ OPTIONS_OF_RUN, { "--mem", "0" }, "--mem 0: " },
		{ OPTIONS_OF_RUN, { "--mem", "2T" }, "--mem 2T: " },
		{ OPTIONS_OF_RUN, { "--mem", "99999999G" }, "--mem 99999999G: " },
		{ OPTIONS_OF_RUN, { "--timeout", "0" }, "--timeout 0: not between 1 and 3600" },
		{ OPTIONS_OF_RUN, { "--timeout", "3601" }, "--timeout 3601: not between 1 and" },
		{ OPTIONS_OF_RUN, { "--bogus" }, "--bogus" },
		{ OPTIONS_OF_RUN, { "word" }, "word" },
		{ OPTIONS_OF_RUN, { "-j", "2" }, "-j" },
		{ OPTIONS_OF_CHECK, { "-j", "0" }, "-j 0: not between 1 and 64" },
		{ OPTIONS_OF_CHECK, { "-j", "65" }, "-j 65: not between 1 and 64" },
		{ OPTIONS_OF_CHECK, { "--cpus", "2" }, "--cpus" },
		{ OPTIONS_OF_CHECK, { "one", "two" }, "two" },
		{ OPTIONS_OF_CHECK, { "--" }, "--" },
		{ OPTIONS_OF_RUN, { "--\033[31m\n" }, "--\\x1b[31m\\x0a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_words(rows[i].of, rows[i].words), -1);
		if (!strstr(message, rows[i].named))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].named, message);
		assert_null(strchr(message, '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given), cmocka_unit_test(all_of_run),
		cmocka_unit_test(all_of_check),	 cmocka_unit_test(words_for_qemu),
		cmocka_unit_test(all_of_bench),	 cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
