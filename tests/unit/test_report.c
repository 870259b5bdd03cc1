// SPDX-License-Identifier: MIT
/*
 * The report, read as docs/report.md describes it: every line's form and length, the order of the
 * records, all CPUs, and a closing record that counts right.
 */
#include "mock_guest.h"

#include "core/layout_current.h"

#include "core/stack_area.h"

#include <muster/ktap.h>
#include <muster/memory.h>
#include <muster/report.h>
#include <regex.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CPUS	  5
#define LINES_MAX 256

#define NUMBER	  "[0-9]+"
#define HEX	  "0x[0-9a-f]+"
#define WORD	  "[!-~]+"
#define OR_NOT	  "|-)"
#define STATE	  "(possible|present|prepared|starting|arrived|online|leaving|held|failed)"
#define WHERE	  "(BOOT|PREPARE|START|ONLINE|LEAVE)"

static const cpu_t cpu_1 = { 1 };

/* In the order in which they have to come. */
static const struct {
	const char *kind;
	const char *form;
} kinds[] = {
	{ "guest", "platform=" WORD " arch=" WORD " hypervisor=" WORD " entry=" WORD
		   " possible=" NUMBER " present=" NUMBER " online=" NUMBER " left_out=" NUMBER },
	{ "cpu", "cpu=" NUMBER " hwid=" HEX " fwid=(" NUMBER OR_NOT " vcpu_id=(" NUMBER OR_NOT
		 " node=(" NUMBER OR_NOT " state=" STATE " unit=" HEX " online_ns=(" NUMBER OR_NOT
		 " step=" WORD },
	{ "stack", "cpu=" NUMBER " kind=" WORD " size=" NUMBER " used=" NUMBER },
	{ "step", "cpu=" NUMBER " name=" WORD " where=" WHERE " start_ns=" NUMBER
		  " end_ns=(" NUMBER OR_NOT },
	{ "memory", "owner=" WORD " bytes=" NUMBER },
	{ "layout", "part=(all|user|direct|image|windows|fixmap|hole) first=" HEX " last=" HEX
		    " owner=" WORD },
	{ "tests", "passed=" NUMBER " failed=" NUMBER },
	{ "end", "records=" NUMBER " status=" NUMBER },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static char text[1 << 18];
static char *lines[LINES_MAX];
static size_t line_count;
static unsigned int counts[KINDS];

static int begin(void **state)
{
	(void)state;
	guest_begin(CPUS);
	return 0;
}

static bool matches(const char *line, const char *pattern)
{
	regex_t regex;
	bool match;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		abort();
	match = !regexec(&regex, line, 0, NULL, 0);
	regfree(&regex);
	return match;
}

/* Which kind of record a line is; its form is checked. */
static size_t kind_of(const char *line)
{
	for (size_t i = 0; i < KINDS; i++) {
		char pattern[512];
		char start[32];

		snprintf(start, sizeof(start), "@muster 1 %s ", kinds[i].kind);
		if (strncmp(line, start, strlen(start)))
			continue;
		snprintf(pattern, sizeof(pattern), "^%s%s$", start, kinds[i].form);
		if (!matches(line, pattern))
			fail_msg("form of: %s", line);
		return i;
	}
	fail_msg("kind of: %s", line);
	return 0;
}

/* Take the report apart. Everything on the console must be part of it. */
static void receive(const struct ktap *tests, int status)
{
	size_t last_kind = 0;
	char end[64];

	host_log_clear();
	report_send(tests, status);
	snprintf(text, sizeof(text), "%s", host_log());
	line_count = 0;
	memset(counts, 0, sizeof(counts));
	for (char *line = text, *next; *line; line = next) {
		size_t kind;

		next = strchr(line, '\n');
		assert_non_null(next);
		*next++ = '\0';
		assert_true(next - line <= 512);
		assert_true(matches(line, "^@muster 1 [a-z0-9_]+( [a-z0-9_]+=[!-~]+)*$"));
		kind = kind_of(line);
		assert_true(kind >= last_kind);
		last_kind = kind;
		counts[kind]++;
		assert_true(line_count < LINES_MAX);
		lines[line_count++] = line;
	}
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[KINDS - 1], 1);
	assert_int_equal(counts[KINDS - 2], tests != NULL);
	snprintf(end, sizeof(end), "@muster 1 end records=%zu status=%d", line_count - 1, status);
	assert_string_equal(lines[line_count - 1], end);
}

/* The n-th record (from 0) that begins like that, or NULL. */
static const char *record_like(const char *start, size_t n)
{
	for (size_t i = 0; i < line_count; i++)
		if (!strncmp(lines[i], start, strlen(start)) && !n--)
			return lines[i];
	return NULL;
}

static uint64_t value_of(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 10);
}

static void all_online(void **state)
{
	const struct ktap tests = { .passed = 12, .failed = 3 };

	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	receive(&tests, 1);
	assert_string_equal(lines[0],
			    "@muster 1 guest platform=hosted arch=host hypervisor=none entry=test "
			    "possible=5 present=5 online=5 left_out=0");
	assert_non_null(record_like("@muster 1 tests passed=12 failed=3", 0));
	for (uint32_t i = 0; i < CPUS; i++) {
		const char *line = record_like("@muster 1 cpu ", i);
		char start[128];

		snprintf(start, sizeof(start),
			 "@muster 1 cpu cpu=%u hwid=0x%x fwid=%u vcpu_id=%u node=- state=online "
			 "unit=0x%llx online_ns=",
			 i, 10 * i + 6, 3 * i + 40, i + 100,
			 (unsigned long long)percpu_unit(cpu_from_number(i)));
		assert_memory_equal(line, start, strlen(start));
		assert_non_null(strstr(line, " step=online"));
		assert_true(value_of(line, "online_ns=") < UINT64_C(20000000000));
	}
	/* BOOT and ONLINE of the boot CPU; PREPARE, START and ONLINE of the others. */
	assert_int_equal(counts[3], 5 + 4 + (CPUS - 1) * (2 + 1 + 4));
	for (size_t i = 0; i < counts[3]; i++) {
		const char *line = record_like("@muster 1 step ", i);

		assert_true(value_of(line, "start_ns=") <= value_of(line, "end_ns="));
		assert_true(value_of(line, "end_ns=") < UINT64_C(20000000000));
	}
	assert_non_null(record_like("@muster 1 step cpu=3 name=call-queue where=ONLINE ", 0));
	/* No status and no tests. */
	receive(NULL, 0);
}

static void nobody_is_left_out(void **state)
{
	(void)state;
	cpu_state_set(cpu_from_number(4), CPU_POSSIBLE);
	cpu_record(cpu_from_number(4))->present = 0;
	cpu_record(cpu_from_number(4))->fwid = fwid_from_value(FWID_UNKNOWN_VALUE);
	cpu_record(cpu_from_number(4))->vcpu_id = vcpu_id_from_value(VCPU_ID_UNKNOWN_VALUE);
	cpu_record(cpu_from_number(4))->node = 7;
	guest.fail_text = "areas@2";
	guest.never[3] = true;
	*clock_cpu_limit_store() = 500;
	guest_bring_up();
	receive(NULL, 5);
	assert_int_equal(counts[1], CPUS);
	assert_non_null(strstr(record_like("@muster 1 cpu ", 2),
			       " state=failed unit=0x0 online_ns=- "
			       "step=descriptor-tables"));
	assert_non_null(strstr(record_like("@muster 1 cpu ", 3), " state=failed "));
	assert_non_null(strstr(record_like("@muster 1 cpu ", 3), " online_ns=- step=start"));
	assert_non_null(strstr(record_like("@muster 1 cpu ", 4),
			       " fwid=- vcpu_id=- node=7 state=possible unit=0x0 online_ns=- "
			       "step=none"));
	/* The step that failed began, and did not end. */
	assert_non_null(record_like("@muster 1 step cpu=2 name=areas where=ONLINE start_ns=", 0));
	assert_non_null(strstr(record_like("@muster 1 step cpu=2 name=areas ", 0), " end_ns=-"));
	assert_null(record_like("@muster 1 step cpu=2 name=call-queue", 0));
	assert_null(record_like("@muster 1 step cpu=4", 0));
}

static void stacks(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	receive(NULL, 0);
	assert_int_equal(counts[2], 0);
	assert_int_equal(stacks_create(cpu_1, 1u << STACK_MAIN | 1u << STACK_NMI), 0);
	receive(NULL, 0);
	assert_int_equal(counts[2], 2);
	assert_non_null(record_like("@muster 1 stack cpu=1 kind=main size=4096 used=0", 0));
	assert_non_null(record_like("@muster 1 stack cpu=1 kind=nmi size=4096 used=0", 0));
	stacks_destroy(cpu_1);
}

/* Each owner once, with all it has; blanks in a name become `-`. */
static void memory(void **state)
{
	uint64_t apart[2];

	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	/* What one owner has is in two places, with another's between. */
	apart[0] = mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "two words");
	assert_int_not_equal(mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "another"), 0);
	apart[1] = mem_alloc(2 * MEMORY_PAGE_SIZE, 0, .owner = "two words");
	assert_true(apart[0] && apart[1]);
	receive(NULL, 0);
	assert_non_null(record_like("@muster 1 memory owner=two-words bytes=12288", 0));
	assert_null(record_like("@muster 1 memory owner=two-words", 1));
	assert_int_equal(value_of(record_like("@muster 1 memory owner=step-stamps", 0), "bytes="),
			 mem_owned_by("step stamps"));
}

/* Every part of the address space once, where the layout has it. */
static void address_space(void **state)
{
	const struct layout *layout;
	char line[128];

	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	layout = layout_current();
	receive(NULL, 0);
	for (const char *part = "all\0user\0direct\0image\0windows\0fixmap\0"; *part;
	     part += strlen(part) + 1) {
		snprintf(line, sizeof(line), "@muster 1 layout part=%s ", part);
		assert_non_null(record_like(line, 0));
		assert_null(record_like(line, 1));
	}
	assert_null(record_like("@muster 1 layout part=hole", 0));
	snprintf(
		line, sizeof(line), "@muster 1 layout part=direct first=0x%llx last=0x%llx owner=-",
		(unsigned long long)layout_direct_start(layout),
		(unsigned long long)(layout_direct_start(layout) + layout_direct_size(layout) - 1));
	assert_non_null(record_like(line, 0));
	snprintf(line, sizeof(line),
		 "@muster 1 layout part=windows first=0x%llx last=0x%llx owner=-",
		 (unsigned long long)layout_window_start(layout),
		 (unsigned long long)(layout_window_start(layout) +
				      layout_windows.count * layout_window_stride(layout) - 1));
	assert_non_null(record_like(line, 0));
}

/* Holes are named, and what lies above the one at the top is still the address space's. */
static void holes(void **state)
{
	struct layout_machine machine = host_layout_machine(CPUS);
	struct layout_draft draft;
	char line[128];

	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	layout_forget();
	layout_draft_begin(&draft, &machine);
	assert_int_equal(layout_reserve_top(&draft, machine.fixmap_align, "two words"), 0);
	assert_non_null(layout_seal(&draft));
	receive(NULL, 0);
	snprintf(line, sizeof(line),
		 "@muster 1 layout part=hole first=0x%llx last=0x%llx owner=two-words",
		 (unsigned long long)layout_kernel_top(layout_current()),
		 (unsigned long long)machine.address_last);
	assert_non_null(record_like(line, 0));
	snprintf(line, sizeof(line), "@muster 1 layout part=all first=0x0 last=0x%llx owner=-",
		 (unsigned long long)machine.address_last);
	assert_non_null(record_like(line, 0));
}

/* A counter that is behind that of the boot CPU does not give 500 years. */
static void ticks_before_the_entry(void **state)
{
	(void)state;
	assert_int_equal(guest_bring_up(), 0);
	cpu_record(cpu_1)->stamps[0].start = bringup_entry_ticks() - 1000;
	cpu_record(cpu_1)->online_ticks = bringup_entry_ticks() - 1;
	receive(NULL, 0);
	assert_non_null(strstr(record_like("@muster 1 cpu ", 1), " online_ns=0 "));
	assert_non_null(record_like("@muster 1 step cpu=1 name=unit where=PREPARE start_ns=0 ", 0));
}

/* Nobody's names make a line that a reader has to refuse for its length. */
static void long_names(void **state)
{
	static char name[1000];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	guest_step("areas")->name = name;
	assert_int_equal(guest_bring_up(), 0);
	host_log_clear();
	report_send(NULL, 0);
	for (const char *line = host_log(); *line; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n') + 1 - line <= 512);
}

/* In a boot that ended before the CPUs were known there is a report too. */
static void before_the_ids(void **state)
{
	(void)state;
	host_machine_begin();
	guest.bad_row = "memory-map";
	guest.bad_error = MUSTER_E_CORRUPT;
	assert_int_equal(guest_bring_up(), MUSTER_E_CORRUPT);
	receive(NULL, 63);
	assert_string_equal(lines[0],
			    "@muster 1 guest platform=hosted arch=host hypervisor=none entry=test "
			    "possible=0 present=0 online=0 left_out=0");
	assert_int_equal(counts[1], 0);
	assert_int_equal(counts[3], 3);
	assert_non_null(record_like("@muster 1 step cpu=0 name=memory-map where=BOOT ", 0));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, guest_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_online),     TEST(nobody_is_left_out),	    TEST(stacks),
		TEST(memory),	      TEST(ticks_before_the_entry), TEST(long_names),
		TEST(before_the_ids), TEST(address_space),	    TEST(holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
