// SPDX-License-Identifier: MIT
/*
 * The boot matrix: what a line means, and that what is not understood is refused with file, line and
 * key. The matrix of the tree is read too: it must be one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tool/file.h"
#include "tool/matrix.h"

static struct matrix matrix;
static char message[256];

static int parse(const char *text)
{
	matrix_free(&matrix);
	memset(message, 0, sizeof(message));
	return matrix_parse(&matrix, text, strlen(text), "m.txt", message, sizeof(message));
}

static void nothing_in_it(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(matrix.count, 0);
	assert_int_equal(parse("# a comment\n\n \t\r\n  # another"), 0);
	assert_int_equal(matrix.count, 0);
}

static void defaults(void **state)
{
	const struct matrix_entry *entry;

	(void)state;
	assert_int_equal(parse("one"), 0);
	assert_int_equal(matrix.count, 1);
	entry = &matrix.entries[0];
	assert_string_equal(entry->name, "one");
	assert_string_equal(entry->platform, "pc");
	assert_int_equal(entry->timeout, 30);
	assert_int_equal(entry->repeat, 1);
	assert_int_equal(entry->cpus, 0);
	assert_int_equal(entry->qemu.count, 0);
	assert_false(entry->expect_fail || entry->only_all || entry->has_online ||
		     entry->has_status);
	assert_null(entry->append);
	assert_null(entry->hwids);
	assert_null(entry->fwids);
	assert_null(entry->vcpus);
	assert_null(entry->nodes);
	assert_null(entry->never);
	assert_null(entry->line);
	assert_null(entry->reason);
	assert_null(entry->image);
	assert_null(entry->entry);
}

static void every_key(void **state)
{
	const struct matrix_entry *entry;

	(void)state;
	assert_int_equal(
		parse("# first\r\n"
		      "a platform=other cpus=7 mem=2G append=\"x=1 y\" timeout=5 repeat=20"
		      " tier=all expect=fail online=0 hwids=0,2 nodes=1,- never=\"no no\" status=0 line=\"a  b\""
		      " image=other.iso option-rom=a.rom entry=pvh reason=because qemu=\"-smp 6,cores=3 -m 1G\"\r\n"
		      "b append=fail=unit@1 tier=check expect=ok status=63\n"),
		0);
	assert_int_equal(matrix.count, 2);
	entry = &matrix.entries[0];
	assert_string_equal(entry->platform, "other");
	assert_int_equal(entry->cpus, 7);
	assert_int_equal(entry->memory, 2048);
	assert_string_equal(entry->append, "x=1 y");
	assert_int_equal(entry->timeout, 5);
	assert_int_equal(entry->repeat, 20);
	assert_true(entry->only_all && entry->expect_fail);
	/* 0 is a number to expect, and not the lack of one. */
	assert_true(entry->has_online && entry->has_status);
	assert_int_equal(entry->online, 0);
	assert_string_equal(entry->hwids, "0,2");
	assert_string_equal(entry->nodes, "1,-");
	assert_string_equal(entry->never, "no no");
	assert_string_equal(entry->line, "a  b");
	assert_string_equal(entry->reason, "because");
	assert_string_equal(entry->image, "other.iso");
	assert_string_equal(entry->option_rom, "a.rom");
	assert_string_equal(entry->entry, "pvh");
	assert_int_equal(entry->qemu.count, 4);
	assert_string_equal(entry->qemu.at[1], "6,cores=3");
	assert_string_equal(entry->qemu.at[3], "1G");
	assert_false(entry->host_actions || entry->nmis.given || entry->possible.given);
	entry = &matrix.entries[1];
	/* Only the first = divides. */
	assert_string_equal(entry->append, "fail=unit@1");
	assert_false(entry->only_all || entry->expect_fail);
	assert_int_equal(entry->status, 63);
}

static void numbers_to_expect(void **state)
{
	const struct matrix_entry *entry;

	(void)state;
	assert_int_equal(parse("a host-actions=yes possible=6 present=0 nmis=24 added=4 removed=1 "
			       "tests=372\n"
			       "b host-actions=no ends=yes"),
			 0);
	entry = &matrix.entries[0];
	assert_true(entry->host_actions);
	assert_true(entry->possible.given && entry->present.given && entry->nmis.given &&
		    entry->added.given && entry->removed.given);
	assert_int_equal(entry->possible.value, 6);
	assert_int_equal(entry->present.value, 0);
	assert_int_equal(entry->nmis.value, 24);
	assert_int_equal(entry->added.value, 4);
	assert_int_equal(entry->removed.value, 1);
	assert_true(entry->tests.given);
	assert_int_equal(entry->tests.value, 372);
	assert_true(matrix.entries[1].ends && !entry->ends);
	assert_false(matrix.entries[1].host_actions || matrix.entries[1].added.given);
}

static void handovers_to_expect(void **state)
{
	const struct matrix_entry *entry;

	(void)state;
	assert_int_equal(
		parse("a payload=muster park=no-sibling payload-append=\"x=1 y\" initrd=file "
		      "random-nmis=1000 generation=100 parked=3 machine-checks=8 nmis-survived=24\n"
		      "b cpus=2"),
		0);
	entry = &matrix.entries[0];
	assert_string_equal(entry->payload, "muster");
	assert_string_equal(entry->park, "no-sibling");
	assert_string_equal(entry->payload_append, "x=1 y");
	assert_string_equal(entry->initrd, "file");
	assert_int_equal(entry->random_nmis, 1000);
	assert_true(entry->generation.given && entry->parked.given && entry->machine_checks.given);
	assert_int_equal(entry->generation.value, 100);
	assert_int_equal(entry->parked.value, 3);
	assert_int_equal(entry->machine_checks.value, 8);
	assert_int_equal(entry->nmis_survived.value, 24);
	entry = &matrix.entries[1];
	assert_null(entry->payload);
	assert_null(entry->park);
	assert_false(entry->generation.given || entry->random_nmis);
}

static void ranges_of_ids(void **state)
{
	char all[8192], *at = all;

	(void)state;
	assert_int_equal(
		parse("a hwids=0-2,4-5,9,0x10-0x12\nb hwids=7\nc hwids=0-1\nd hwids=0-254\n"
		      "e hwids=0,2 fwids=3-4 vcpus=5,6"),
		0);
	assert_string_equal(matrix.entries[0].hwids, "0,1,2,4,5,9,16,17,18");
	assert_string_equal(matrix.entries[1].hwids, "7");
	assert_string_equal(matrix.entries[2].hwids, "0,1");
	for (int i = 0; i < 255; i++)
		at += sprintf(at, "%s%d", i ? "," : "", i);
	assert_string_equal(matrix.entries[3].hwids, all);
	assert_string_equal(matrix.entries[4].hwids, "0,2");
	assert_string_equal(matrix.entries[4].fwids, "3,4");
	assert_string_equal(matrix.entries[4].vcpus, "5,6");
}

struct refused {
	const char *text;
	const char *named; /* what the message must hold */
};

static void what_is_refused(void **state)
{
	static const struct refused rows[] = {
		{ "a nosuch=1", "m.txt:1: nosuch: " },
		{ "\n\na word", "m.txt:3: word: " },
		{ "a cpus=x", "m.txt:1: x: " },
		{ "a cpus=4097", "4097" },
		{ "a cpus=-1", "-1" },
		{ "a mem=1T", "1T" },
		{ "a online=", "m.txt:1: " },
		{ "a status=64", "64" },
		{ "a timeout=3601", "3601" },
		{ "a timeout=0", "m.txt:1: a: " },
		{ "a repeat=0", "m.txt:1: a: " },
		{ "a tier=some", "some" },
		{ "a expect=maybe", "maybe" },
		{ "a append=\"open", "m.txt:1: a: " },
		{ "a\nb\na", "m.txt:3: a: " },
		{ "a \033[31m=1", "\\x1b[31m" },
		{ "a hwids=", "m.txt:1: " },
		{ "a hwids=1,", "m.txt:1: " },
		{ "a hwids=,1", "m.txt:1: " },
		{ "a hwids=3-3", "3-3" },
		{ "a hwids=5-3", "5-3" },
		{ "a hwids=1-2-3", "1-2-3" },
		{ "a hwids=1-", "1-" },
		{ "a hwids=-1", "-1" },
		{ "a hwids=0-x", "0-x" },
		{ "a hwids=0-4096", "0-4096" },
		{ "a hwids=0-0xffffffffffffffff", "m.txt:1: " },
		{ "a host-actions=maybe", "maybe" },
		{ "a ends=well", "well" },
		{ "a nmis=x", "m.txt:1: x: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].text), -1);
		if (!strstr(message, rows[i].named))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].named, message);
		assert_null(strchr(message, '\n'));
	}
}

static void bytes_that_are_no_text(void **state)
{
	static const char text[] = "a cpus=1\0 cpus=2\n";

	(void)state;
	matrix_free(&matrix);
	assert_int_equal(matrix_parse(&matrix, text, sizeof(text) - 1, "m.txt", message,
				      sizeof(message)),
			 -1);
	assert_non_null(strstr(message, "m.txt:1: "));
}

/* Cut anywhere, it is read or refused; the sanitizers see to the rest. */
static void cut_anywhere(void **state)
{
	static const char text[] = "a append=\"x y\" qemu=\"-m 1\" line=\"q\"\nb hwids=1\n";

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		char *exact = malloc(size ? size : 1);

		assert_non_null(exact);
		memcpy(exact, text, size);
		matrix_free(&matrix);
		(void)matrix_parse(&matrix, exact, size, "m.txt", message, sizeof(message));
		free(exact);
	}
}

static void that_of_the_tree(void **state)
{
	size_t size = 0;
	char *text = file_read("tests/boot/matrix.txt", 1 << 20, &size);
	size_t checked = 0;

	(void)state;
	assert_non_null(text);
	matrix_free(&matrix);
	if (matrix_parse(&matrix, text, size, "matrix.txt", message, sizeof(message)))
		fail_msg("%s", message);
	free(text);
	for (size_t i = 0; i < matrix.count; i++) {
		const struct matrix_entry *entry = &matrix.entries[i];

		checked += !entry->only_all;
		/* A boot that must fail must also say in which way. */
		if (entry->expect_fail && !entry->has_online && !entry->has_status &&
		    !entry->line && !entry->reason)
			fail_msg("%s: expect=fail alone", entry->name);
	}
	assert_true(checked > 0);
}

static int end(void **state)
{
	(void)state;
	matrix_free(&matrix);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_it),       cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),	       cmocka_unit_test(numbers_to_expect),
		cmocka_unit_test(handovers_to_expect), cmocka_unit_test(ranges_of_ids),
		cmocka_unit_test(what_is_refused),     cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(cut_anywhere),	       cmocka_unit_test(that_of_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
