// SPDX-License-Identifier: MIT
/*
 * The reader of the guest's record: what a good guest sends is read, what a bad one sends is
 * refused, and nothing that either sends can make it believe a report that has lines missing.
 */
#include "tool/report.h"
#include "tool/report_show.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOOD_LINES 11

/* The closing report of two CPUs, as docs/report.md has it. */
static const char *const good[GOOD_LINES] = {
	"@muster 1 guest platform=pc arch=x86_64 hypervisor=tcg entry=multiboot2 possible=2 present=2 online=2 left_out=0",
	"@muster 1 cpu cpu=0 hwid=0x0 fwid=0 vcpu_id=0 node=- state=online unit=0xffffe00000000000 online_ns=1000 step=online",
	"@muster 1 cpu cpu=1 hwid=0x4 fwid=- vcpu_id=- node=1 state=online unit=0xffffe00000200000 online_ns=2500 step=online",
	"@muster 1 stack cpu=0 kind=main size=16384 used=1024",
	"@muster 1 area cpu=1 kind=vcpu-info addr=0x1000 size=64 told=64 state=shared",
	"@muster 1 step cpu=0 name=unit where=BOOT start_ns=10 end_ns=20",
	"@muster 1 step cpu=1 name=unit where=PREPARE start_ns=30 end_ns=-",
	"@muster 1 step cpu=1 name=cpu-check where=ONLINE start_ns=40 end_ns=50",
	"@muster 1 memory owner=page-table bytes=8192",
	"@muster 1 tests passed=23 failed=0",
	"@muster 1 end records=10 status=0",
};

static enum report_line feed(struct guest_report *report, const char *line)
{
	/* A copy of just that size, so that the sanitizer sees a read behind its end. */
	size_t length = strlen(line);
	char *copy = malloc(length ? length : 1);
	enum report_line what;

	assert_non_null(copy);
	memcpy(copy, line, length);
	what = report_read_line(report, copy, length);
	free(copy);
	return what;
}

static void feed_good(struct guest_report *report)
{
	for (size_t i = 0; i < GOOD_LINES; i++)
		assert_int_equal(feed(report, good[i]), REPORT_RECORD);
}

static void test_good_report(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed_good(&report);
	assert_true(report_is_complete(&report));
	assert_string_equal(report.fault, "");
	assert_string_equal(report.guest.platform, "pc");
	assert_string_equal(report.guest.hypervisor, "tcg");
	assert_string_equal(report.guest.entry, "multiboot2");
	assert_int_equal(report.guest.online, 2);
	assert_int_equal(report.cpu_count, 2);
	assert_int_equal(report.cpus[1].hwid, 4);
	assert_false(report.cpus[1].fwid.known);
	assert_false(report.cpus[1].vcpu_id.known);
	assert_true(report.cpus[1].node.known);
	assert_false(report.cpus[0].node.known);
	assert_int_equal(report.cpus[0].unit, UINT64_C(0xffffe00000000000));
	assert_int_equal(report.cpus[1].online_ns.value, 2500);
	assert_int_equal(report.area_count, 1);
	assert_int_equal(report.areas[0].addr, 0x1000);
	assert_int_equal(report.stack_count, 1);
	assert_int_equal(report.step_count, 3);
	assert_false(report.steps[1].end_ns.known);
	assert_int_equal(report.memory_count, 1);
	assert_string_equal(report.memory[0].owner, "page-table");
	assert_int_equal(report.memory[0].bytes, 8192);
	assert_int_equal(report.tests_passed, 23);
	assert_int_equal(report.status, 0);
	assert_int_equal(report_failed_count(&report), 0);
	report_free(&report);
	assert_null(report.cpus);
}

static void test_other_lines_are_text(void **state)
{
	static const char *const lines[] = { "",
					     "muster: hello",
					     " @muster 1 end",
					     "@musters",
					     "@muste",
					     "@Muster 1 end records=0 status=0",
					     "ok 1 - @muster 1 end" };
	struct guest_report report = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(feed(&report, lines[i]), REPORT_TEXT);
	assert_int_equal(report.refused, 0);
	report_free(&report);
}

static void test_ill_formed_lines(void **state)
{
	static const char *const lines[] = {
		"@muster",
		"@muster ",
		"@muster 1",
		"@muster 1 ",
		"@muster  1 tests passed=1 failed=0",
		"@muster 2 tests passed=1 failed=0",
		"@muster 01 tests passed=1 failed=0",
		"@muster 1 Tests passed=1 failed=0",
		"@muster 1 tests",
		"@muster 1 weather",
		"@muster 1 at step=a where=BOOT cpu=0 ",
		"@muster 1 at step=a  where=BOOT cpu=0",
		"@muster 1 at step= where=BOOT cpu=0",
		"@muster 1 at step where=BOOT cpu=0",
		"@muster 1 at =a where=BOOT cpu=0",
		"@muster 1 at step=a where=BOOT cpu=0 cpu=1",
		"@muster 1 at Step=a where=BOOT cpu=0",
		"@muster 1 at step=a where=boot cpu=0",
		"@muster 1 at step=a where=BOOT",
		"@muster 1 at step=a where=BOOT cpu=-",
		"@muster 1 at step=a where=BOOT cpu=-1",
		"@muster 1 at step=a where=BOOT cpu=+1",
		"@muster 1 at step=a where=BOOT cpu=1x",
		"@muster 1 at step=a where=BOOT cpu=0x",
		"@muster 1 at step=a where=BOOT cpu=4097",
		"@muster 1 at step=a where=BOOT cpu=18446744073709551616",
		"@muster 1 at step=a where=BOOT cpu=0x10000000000000000",
		"@muster 1 at step=\x1b[2J where=BOOT cpu=0",
		"@muster 1 at step=a\twhere=BOOT cpu=0",
		"@muster 1 at step=\xc3\xa9 where=BOOT cpu=0",
		"@muster 1 waiting cpu=4097 step=a online=1 present=2",
		"@muster 1 waiting cpu=1 step=a online=- present=2",
		"@muster 1 failed cpu=1 step=a",
		"@muster 1 panic step=a",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct guest_report report = { 0 };

		if (feed(&report, lines[i]) != REPORT_REFUSED)
			fail_msg("not refused: %s", lines[i]);
		assert_int_equal(report.refused, 1);
		assert_string_not_equal(report.fault, "");
		for (const char *c = report.fault; *c; c++)
			assert_in_range(*c, ' ', '~');
		report_free(&report);
	}
}

static void test_carriage_return_and_unknown_names(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	assert_int_equal(feed(&report, "@muster 1 at step=a where=BOOT cpu=0\r"), REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 at step=b where=BOOT cpu=0 later=!~"),
			 REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 weather kind=fine"), REPORT_RECORD);
	assert_int_equal(report.refused, 0);
	assert_string_equal(report.at.step, "b");
	report_free(&report);
}

static void test_line_length(void **state)
{
	char line[REPORT_LINE_MAX + 2];
	struct guest_report report = { 0 };
	int used = snprintf(line, sizeof(line), "@muster 1 at step=a where=BOOT cpu=0 x=");

	(void)state;
	memset(line + used, 'x', sizeof(line) - (size_t)used);
	assert_int_equal(report_read_line(&report, line, REPORT_LINE_MAX), REPORT_RECORD);
	assert_int_equal(report_read_line(&report, line, REPORT_LINE_MAX + 1), REPORT_REFUSED);
	report_free(&report);
}

static void test_word_length(void **state)
{
	char line[256], word[REPORT_WORD_MAX + 2];
	struct guest_report report = { 0 };

	(void)state;
	memset(word, 'w', sizeof(word));
	word[REPORT_WORD_MAX] = 0;
	snprintf(line, sizeof(line), "@muster 1 at step=%s where=BOOT cpu=0", word);
	assert_int_equal(feed(&report, line), REPORT_RECORD);
	assert_string_equal(report.at.step, word);
	word[REPORT_WORD_MAX] = 'w';
	word[REPORT_WORD_MAX + 1] = 0;
	snprintf(line, sizeof(line), "@muster 1 at step=%s where=BOOT cpu=0", word);
	assert_int_equal(feed(&report, line), REPORT_REFUSED);
	report_free(&report);
}

static void test_many_values(void **state)
{
	char line[REPORT_LINE_MAX + 1] = "@muster 1 weather";
	struct guest_report report = { 0 };

	(void)state;
	for (int i = 0; i < 32; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " v%d=1", i);
	assert_int_equal(feed(&report, line), REPORT_RECORD);
	strcat(line, " more=1");
	assert_int_equal(feed(&report, line), REPORT_REFUSED);
	report_free(&report);
}

static void test_areas(void **state)
{
	static const char *const bad[] = {
		"@muster 1 area cpu=1 kind=vpa addr=0x1000 size=640 told=639 state=shared",
		"@muster 1 area cpu=1 kind=vpa addr=0x1000 size=0 told=0 state=shared",
		"@muster 1 area cpu=1 kind=vpa addr=0x1000 size=640 told=1024 state=registered",
		"@muster 1 area cpu=2 kind=vpa addr=0x1000 size=640 told=1024 state=shared",
		"@muster 1 area cpu=1 kind=vpa addr=- size=640 told=1024 state=shared",
	};
	struct guest_report report = { 0 };

	(void)state;
	assert_int_equal(feed(&report, good[0]), REPORT_RECORD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(feed(&report, bad[i]), REPORT_REFUSED);
	assert_int_equal(
		feed(&report,
		     "@muster 1 area cpu=1 kind=vpa addr=0x1000 size=640 told=1024 state=kept"),
		REPORT_RECORD);
	assert_int_equal(report.area_count, 1);
	assert_string_equal(report.areas[0].state, "kept");
	report_free(&report);
}

/* The table for people has one line a kind, whatever the guest sends. */
static void test_areas_in_the_table(void **state)
{
	struct guest_report report = { 0 };
	char line[160], *text = NULL;
	size_t size = 0, lines = 0;
	FILE *file;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		feed(&report, good[i]);
	feed(&report, "@muster 1 area cpu=0 kind=vpa addr=0x1000 size=640 told=1024 state=shared");
	feed(&report, "@muster 1 area cpu=1 kind=vpa addr=0x1400 size=640 told=1024 state=kept");
	for (int i = 0; i < 100; i++) {
		snprintf(line, sizeof(line),
			 "@muster 1 area cpu=1 kind=k%d addr=0x1800 size=1 told=1 state=made", i);
		feed(&report, line);
	}
	file = open_memstream(&text, &size);
	report_write_table(&report, file, false);
	fclose(file);
	assert_non_null(
		strstr(text, "area vpa: 640 bytes used, 1024 told; shared 1, kept 1, made 0\n"));
	for (const char *at = text; (at = strstr(at, "area ")); at++)
		lines++;
	assert_int_equal(lines, 16);
	free(text);
	report_free(&report);
}

/* Whichever line is missing, the report is not complete. */
static void test_a_line_less(void **state)
{
	(void)state;
	for (size_t missing = 0; missing < GOOD_LINES; missing++) {
		struct guest_report report = { 0 };

		for (size_t i = 0; i < GOOD_LINES; i++)
			if (i != missing)
				(void)feed(&report, good[i]);
		if (report_is_complete(&report))
			fail_msg("complete without line %zu", missing);
		report_free(&report);
	}
}

/* Nor is it right when one comes twice. */
static void test_a_line_twice(void **state)
{
	(void)state;
	for (size_t twice = 0; twice < GOOD_LINES; twice++) {
		struct guest_report report = { 0 };

		for (size_t i = 0; i < GOOD_LINES; i++) {
			(void)feed(&report, good[i]);
			if (i == twice)
				(void)feed(&report, good[i]);
		}
		if (report_is_complete(&report) && !report.fault[0])
			fail_msg("nothing to say about line %zu twice", twice);
		report_free(&report);
	}
}

/* Does a record that loses its last characters stay one? Only in its last value. */
static bool may_be_cut(const char *line, size_t length)
{
	return length > (size_t)(strrchr(line, '=') - line) + 1;
}

static void test_a_line_cut(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < GOOD_LINES; cut++) {
		for (size_t length = 0; length < strlen(good[cut]); length++) {
			struct guest_report report = { 0 };

			for (size_t i = 0; i < GOOD_LINES; i++) {
				char *line = strndup(good[i], i == cut ? length : REPORT_LINE_MAX);

				assert_non_null(line);
				(void)feed(&report, line);
				free(line);
			}
			if (report_is_complete(&report) && !may_be_cut(good[cut], length))
				fail_msg("complete with line %zu cut at %zu", cut, length);
			report_free(&report);
		}
	}
}

static void test_counts_that_lie(void **state)
{
	static const char *const guests[] = {
		"@muster 1 guest platform=pc arch=a hypervisor=h possible=2 present=3 online=1 left_out=0",
		"@muster 1 guest platform=pc arch=a hypervisor=h possible=2 present=1 online=2 left_out=0",
		"@muster 1 guest platform=pc arch=a hypervisor=h possible=4097 present=1 online=1 left_out=0",
		"@muster 1 guest platform=pc arch=a hypervisor=h possible=- present=1 online=1 left_out=0",
	};
	struct guest_report report = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		assert_int_equal(feed(&report, guests[i]), REPORT_REFUSED);
	assert_false(report.has_guest);
	/* Says that two are online, shows one. */
	assert_int_equal(feed(&report, good[0]), REPORT_RECORD);
	assert_int_equal(feed(&report, good[1]), REPORT_RECORD);
	assert_int_equal(
		feed(&report,
		     "@muster 1 cpu cpu=1 hwid=1 fwid=- vcpu_id=- node=- state=failed unit=0 online_ns=- step=unit"),
		REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 end records=3 status=0"), REPORT_REFUSED);
	assert_false(report_is_complete(&report));
	assert_int_equal(report_failed_count(&report), 1);
	report_free(&report);
}

static void test_cpus_out_of_order(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	assert_int_equal(feed(&report, good[1]), REPORT_REFUSED); /* before `guest` */
	assert_int_equal(feed(&report, good[0]), REPORT_RECORD);
	assert_int_equal(feed(&report, good[2]), REPORT_REFUSED); /* 1 before 0 */
	assert_int_equal(feed(&report, good[1]), REPORT_RECORD);
	assert_int_equal(feed(&report, good[1]), REPORT_REFUSED); /* 0 twice */
	assert_int_equal(feed(&report, good[2]), REPORT_RECORD);
	assert_int_equal(
		feed(&report,
		     "@muster 1 cpu cpu=2 hwid=9 fwid=- vcpu_id=- node=- state=online unit=0 online_ns=- step=a"),
		REPORT_REFUSED); /* more than possible */
	assert_int_equal(feed(&report, "@muster 1 stack cpu=2 kind=main size=1 used=1"),
			 REPORT_REFUSED);
	assert_int_equal(report.cpu_count, 2);
	report_free(&report);
}

static void test_nothing_after_the_end(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed_good(&report);
	assert_int_equal(feed(&report, good[0]), REPORT_REFUSED);
	assert_int_equal(feed(&report, good[GOOD_LINES - 1]), REPORT_REFUSED);
	assert_int_equal(feed(&report, good[5]), REPORT_REFUSED);
	assert_int_equal(feed(&report, "@muster 1 weather kind=fine"), REPORT_RECORD);
	report_free(&report);
}

/* A guest that fails before it knows its CPUs still reports the steps it did. */
static void test_report_without_cpus(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed(&report,
	     "@muster 1 guest platform=pc arch=a hypervisor=h possible=0 present=0 online=0 left_out=0");
	assert_int_equal(feed(&report,
			      "@muster 1 step cpu=0 name=clock where=BOOT start_ns=1 end_ns=-"),
			 REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 end records=2 status=1"), REPORT_RECORD);
	assert_true(report_is_complete(&report));
	assert_int_equal(report.status, 1);
	report_free(&report);
}

static void test_unknown_kinds_count(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	for (size_t i = 0; i + 1 < GOOD_LINES; i++)
		feed(&report, good[i]);
	feed(&report, "@muster 1 weather kind=fine");
	/* What a late CPU says in between does not count: the sender of the report doesn't know. */
	feed(&report, "@muster 1 at step=a where=ONLINE cpu=1");
	assert_int_equal(feed(&report, "@muster 1 end records=11 status=0"), REPORT_RECORD);
	assert_true(report_is_complete(&report));
	report_free(&report);
}

static void test_layout(void **state)
{
	struct guest_report report = { 0 };
	char line[128];

	(void)state;
	feed(&report, good[0]);
	assert_int_equal(feed(&report,
			      "@muster 1 layout part=all first=0 last=0xffffffffffffffff owner=-"),
			 REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 layout part=hole first=5 last=5 owner=xen"),
			 REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 layout part=hole first=6 last=5 owner=xen"),
			 REPORT_REFUSED);
	assert_non_null(strstr(report.fault, "before the first: last"));
	assert_int_equal(feed(&report, "@muster 1 layout part=attic first=5 last=6 owner=xen"),
			 REPORT_REFUSED);
	assert_int_equal(feed(&report, "@muster 1 layout part=hole first=5 owner=xen"),
			 REPORT_REFUSED);
	assert_int_equal(report.part_count, 2);
	assert_string_equal(report.parts[1].owner, "xen");
	assert_int_equal(report.parts[0].last, UINT64_MAX);
	for (int i = 2; i < REPORT_PARTS_MAX; i++) {
		snprintf(line, sizeof(line), "@muster 1 layout part=hole first=%d last=%d owner=x",
			 i, i);
		assert_int_equal(feed(&report, line), REPORT_RECORD);
	}
	assert_int_equal(feed(&report, line), REPORT_REFUSED);
	report_free(&report);
}

static void test_an_owner_twice(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed(&report, good[0]);
	assert_int_equal(feed(&report, "@muster 1 memory owner=unit bytes=1"), REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 memory owner=stack bytes=1"), REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 memory owner=unit bytes=1"), REPORT_REFUSED);
	assert_int_equal(report.memory_count, 2);
	report_free(&report);
}

static void test_too_many_rows(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed(&report, good[0]);
	for (size_t i = 0; i < REPORT_ROWS_MAX; i++)
		assert_int_equal(feed(&report, good[3]), REPORT_RECORD);
	assert_int_equal(feed(&report, good[3]), REPORT_REFUSED);
	assert_int_equal(report.stack_count, REPORT_ROWS_MAX);
	for (size_t i = 0; i < REPORT_CPUS_MAX + 10; i++)
		(void)feed(&report, "@muster 1 failed cpu=7 step=a error=b");
	assert_int_equal(report.failure_count, REPORT_CPUS_MAX);
	assert_int_equal(report_failed_count(&report), 1);
	report_free(&report);
}

static void test_panic_spoils_all(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed_good(&report);
	feed(&report, "@muster 1 panic cpu=1 step=online");
	feed(&report, "@muster 1 panic cpu=0 step=none");
	assert_false(report_is_complete(&report));
	assert_int_equal(report.panic.cpu, 1);
	assert_string_equal(report.panic.step, "online");
	assert_int_equal(report_failed_count(&report), 1);
	report_free(&report);
}

static void expect_seen(const struct guest_report *report, uint32_t cpu, const char *step)
{
	struct report_place place = { 0 };

	assert_true(report_last_seen(report, &place));
	assert_int_equal(place.cpu, cpu);
	assert_string_equal(place.step, step);
}

static void test_last_seen(void **state)
{
	struct guest_report report = { 0 };
	struct report_place place;

	(void)state;
	assert_false(report_last_seen(&report, &place));
	feed(&report, "@muster 1 at step=layout where=BOOT cpu=0");
	expect_seen(&report, 0, "layout");
	feed(&report, "@muster 1 at step=unit where=PREPARE cpu=1");
	expect_seen(&report, 1, "unit");
	feed(&report, "@muster 1 waiting cpu=2 step=local-apic online=1 present=4");
	expect_seen(&report, 2, "local-apic");
	assert_int_equal(report.waiting_online, 1);
	/* A step after it: it waits no more. */
	feed(&report, "@muster 1 at step=online where=ONLINE cpu=0");
	expect_seen(&report, 0, "online");
	feed(&report, "@muster 1 waiting cpu=- step=none online=1 present=4");
	expect_seen(&report, 0, "online");
	report_free(&report);
}

static void test_last_seen_by_answers(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed(&report, "@muster 1 at step=start where=START cpu=1");
	feed(&report, "@muster 1 waiting cpu=2 step=none online=1 present=4");
	report_asked(&report);
	feed(&report, "@muster 1 at step=online where=ONLINE cpu=0");
	expect_seen(&report, 2, "none");
	feed(&report, "@muster 1 at step=local-apic where=ONLINE cpu=2");
	expect_seen(&report, 2, "local-apic");
	feed(&report, "@muster 1 at step=online where=ONLINE cpu=1");
	expect_seen(&report, 2, "local-apic");
	/* The boot CPU says that it is at work on another. */
	feed(&report, "@muster 1 at step=stack where=PREPARE cpu=3");
	expect_seen(&report, 3, "stack");
	report_free(&report);
}

/* What was kept for later comes with the answer, which is the last. */
static void test_last_seen_behind_kept(void **state)
{
	struct guest_report report = { 0 };

	(void)state;
	feed(&report, "@muster 1 at step=console where=BOOT cpu=0");
	report_asked(&report);
	feed(&report, "@muster 1 at step=layout where=BOOT cpu=0");
	feed(&report, "@muster 1 at step=clock where=BOOT cpu=0");
	expect_seen(&report, 0, "clock");
	feed(&report, "@muster 1 at step=unit where=PREPARE cpu=1");
	expect_seen(&report, 1, "unit");
	report_free(&report);
}

static void test_any_bytes(void **state)
{
	struct guest_report report = { 0 };
	uint64_t random = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char line[160];
		size_t length =
			(size_t)snprintf(line, sizeof(line), "%.159s", good[i % GOOD_LINES]);

		for (int changes = 0; changes < 3; changes++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			line[(random >> 33) % length] = (char)(random >> 56);
		}
		(void)report_read_line(&report, line, length);
		if (report.has_guest)
			assert_true(report.cpu_count <= report.guest.possible);
	}
	report_free(&report);
}

/* All that is told of a kernel that is one of many: what was not as before in one of them is not lost in the next. */
static void test_handed_again(void **state)
{
	static const struct {
		uint64_t generation, parked, free, least, changed;
	} rows[] = {
		{ 1, 3, 700, 3, 0 }, { 2, 3, 700, 3, 0 }, { 3, 2, 700, 2, 0 },
		{ 4, 3, 696, 2, 4 }, { 5, 3, 692, 2, 4 }, { 6, 3, 692, 2, 4 },
	};
	struct guest_report report = { 0 };
	char line[160];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line),
			 "@muster 1 handed generation=%" PRIu64 " online=4 parked=%" PRIu64
			 " left=%" PRIu64 " nmis=0 machine_checks=0 free=%" PRIu64,
			 rows[i].generation, rows[i].parked, rows[i].parked, rows[i].free);
		assert_int_equal(feed(&report, line), REPORT_RECORD);
		assert_int_equal(report.handed.parked, rows[i].parked);
		assert_int_equal(report.handed.parked_least, rows[i].least);
		assert_int_equal(report.handed.free_changed, rows[i].changed);
	}
	assert_int_equal(feed(&report, "@muster 1 handed generation=7 online=4 parked=3 left=3 "
				       "nmis=0 machine_checks=0 free=many"),
			 REPORT_REFUSED);
	report_free(&report);
}

static void test_handed(void **state)
{
	static const char *const refused[] = {
		"@muster 1 handed generation=2 online=4 parked=3 left=3 nmis=1 machine_checks=0",
		"@muster 1 handed generation=3 online=4 parked=3 left=3 nmis=1",
		"@muster 1 handed generation=x online=4 parked=3 left=3 nmis=1 machine_checks=0",
	};
	struct guest_report report = { 0 };

	(void)state;
	assert_false(report.handed.known);
	assert_int_equal(feed(&report, "@muster 1 handed generation=1 online=4 parked=2 left=2 "
				       "nmis=5 machine_checks=1 free=7"),
			 REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 handed generation=2 online=4 parked=3 left=3 "
				       "nmis=6 machine_checks=0"),
			 REPORT_RECORD);
	assert_true(report.handed.known);
	assert_int_equal(report.handed.generation, 2);
	assert_int_equal(report.handed.parked, 3);
	/* Of all together. */
	assert_int_equal(report.handed.nmis, 11);
	assert_int_equal(report.handed.machine_checks, 1);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(feed(&report, refused[i]), REPORT_REFUSED);
	assert_int_equal(report.handed.generation, 2);
	report_free(&report);
}

static void test_asks(void **state)
{
	static const char *const refused[] = {
		"@muster 1 ask action=reboot hwid=- fwid=-",
		"@muster 1 ask action=nmi hwid=-",
		"@muster 1 ask action=nmi fwid=-",
		"@muster 1 ask hwid=- fwid=-",
		"@muster 1 ask action=cpu-add hwid=0x2 fwid=-",
		"@muster 1 ask action=cpu-remove hwid=x fwid=2",
		"@muster 1 ask action=cpu-add hwid=2 fwid=-1",
	};
	struct guest_report report = { .refused = 0 };

	(void)state;
	assert_int_equal(feed(&report, "@muster 1 ask action=nmi hwid=- fwid=-"), REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 ask action=cpu-add hwid=0xfe fwid=7"),
			 REPORT_RECORD);
	assert_int_equal(report.ask_count, 2);
	assert_string_equal(report.asks[0].action, "nmi");
	assert_false(report.asks[0].hwid.known || report.asks[0].fwid.known);
	assert_string_equal(report.asks[1].action, "cpu-add");
	assert_int_equal(report.asks[1].hwid.value, 0xfe);
	assert_int_equal(report.asks[1].fwid.value, 7);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(feed(&report, refused[i]), REPORT_REFUSED);
	assert_int_equal(report.ask_count, 2);
	report_free(&report);
	/* Only so many. */
	for (int i = 0; i < REPORT_ASKS_MAX; i++)
		assert_int_equal(feed(&report, "@muster 1 ask action=nmi hwid=- fwid=-"),
				 REPORT_RECORD);
	assert_int_equal(feed(&report, "@muster 1 ask action=nmi hwid=- fwid=-"), REPORT_REFUSED);
	assert_int_equal(report.ask_count, REPORT_ASKS_MAX);
	report_free(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_report),
		cmocka_unit_test(test_other_lines_are_text),
		cmocka_unit_test(test_ill_formed_lines),
		cmocka_unit_test(test_carriage_return_and_unknown_names),
		cmocka_unit_test(test_line_length),
		cmocka_unit_test(test_word_length),
		cmocka_unit_test(test_many_values),
		cmocka_unit_test(test_areas),
		cmocka_unit_test(test_areas_in_the_table),
		cmocka_unit_test(test_a_line_less),
		cmocka_unit_test(test_a_line_twice),
		cmocka_unit_test(test_a_line_cut),
		cmocka_unit_test(test_counts_that_lie),
		cmocka_unit_test(test_cpus_out_of_order),
		cmocka_unit_test(test_nothing_after_the_end),
		cmocka_unit_test(test_report_without_cpus),
		cmocka_unit_test(test_unknown_kinds_count),
		cmocka_unit_test(test_too_many_rows),
		cmocka_unit_test(test_an_owner_twice),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_panic_spoils_all),
		cmocka_unit_test(test_last_seen),
		cmocka_unit_test(test_last_seen_by_answers),
		cmocka_unit_test(test_last_seen_behind_kept),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_handed),
		cmocka_unit_test(test_handed_again),
		cmocka_unit_test(test_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
