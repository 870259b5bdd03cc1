// SPDX-License-Identifier: MIT
/*
 * The targets and the two forms of the table: the sums are right, a limit is on the right side of its
 * figure, and what was not measured is no number anywhere.
 */
#include "tool/bench_guest.h"
#include "tool/bench_program.h"
#include "tool/bench_show.h"
#include "tool/bench_xen.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum row {
	ROW_TOTAL,
	ROW_BOOT,
	ROW_FLAT_TOTAL,
	ROW_FLAT_BOOT,
	ROW_WALL,
	ROW_MAIN,
	ROW_ALL_STACKS,
	ROW_HELLO,
	ROW_PERCPU,
	ROW_XEN_PV_COUNTED,
	ROW_XEN_PV,
	ROW_XEN_PVH_COUNTED,
	ROW_XEN_PVH,
	ROW_PAPR_4,
	ROW_PAPR_16,
	ROW_PAPR_64,
	ROW_WAKE_FEW,
	ROW_WAKE_MANY,
	ROW_WOKEN,
	ROW_INCREMENT
};

static struct bench bench;
static struct target_row rows[TARGETS];

/* A CPU more costs `total` instructions, `boot` of them the boot CPU's. */
static struct bench_guest guest_of(uint64_t cpus, uint64_t total, uint64_t boot)
{
	struct bench_guest guest = {
		.cpus = cpus,
		.known = true,
		.prepare = 100 + boot * cpus,
		.total = 100 + total * cpus,
		.wall = { .known = true, .value = 20e6 },
		.owners = { { "image", 5000 },
			    { "unit-and-stacks", 16384.0 * (double)cpus },
			    { "page-table", 1024.0 * (double)cpus } },
		.owner_count = 3,
		.stacks = { { "main", 4096 }, { "nmi", 4096 }, { "fatal", 4096 } },
		.stack_count = 3
	};

	return guest;
}

static struct bench_virtual virtual_at_limit(uint64_t cpus, double ns, double linux_seconds)
{
	return (struct bench_virtual){ .cpus = cpus,
				       .time = { .known = true, .value = ns },
				       .linux_kernel = { .known = true,
							 .cpus = cpus,
							 .seconds = linux_seconds,
							 .note = "by its log" } };
}

/* A tenth of Linux's time. */
static struct bench_hypervised hypervised_at_limit(const char *profile)
{
	struct bench_hypervised xen = {
		.cpus = 16,
		.wall = { .known = true, .value = 0.3e9 },
		.linux_kernel = { .known = true, .cpus = 16, .seconds = 3 },
		.counted = virtual_at_limit(16, 50e6, 0.5),
		.calls = { { "start", "vcpu-op-up", 1 }, { "unit", "mmu-update", 1.5 } },
		.call_count = 2,
	};

	snprintf(xen.profile, sizeof(xen.profile), "%s", profile);
	return xen;
}

static struct bench_park park_at_limit(uint64_t cpus)
{
	return (struct bench_park){ .cpus = cpus,
				    .wake = { .known = true, .value = 60 },
				    .online = { .known = true, .value = 1000 },
				    .cold = { .known = true, .value = 10000 } };
}

/* All is at its limit, or as near below as can be. */
static int begin(void **state)
{
	(void)state;
	bench = (struct bench){
		.guests = { guest_of(16, 1500, 400), guest_of(64, 1500, 400),
			    guest_of(255, 1500, 400) },
		.guest_count = 3,
		.hello = { .name = "hello",
			   .known = true,
			   .text = 60000,
			   .rodata = 5000,
			   .data = 535 },
		.muster = { .name = "muster", .note = "there is none" },
		.percpu_alloc = { .known = true, .value = 99.9 },
		.increment = { .known = true, .value = 1 },
		.linux_kernel = { .known = true, .cpus = 64, .seconds = 0.8, .note = "a kernel" },
		.kvm_unit_tests = { .note = "no checkout" },
		.papr = { virtual_at_limit(4, 949e3, 0.01), virtual_at_limit(16, 0.4e6, 0.04),
			  virtual_at_limit(64, 1.5e6, 0.15) },
		.parks = { park_at_limit(2), park_at_limit(16), park_at_limit(255) },
		.xen = { hypervised_at_limit("xen-pv"), hypervised_at_limit("xen-pvh") },
	};
	return 0;
}

static enum verdict verdict_of(enum row row)
{
	targets_judge(&bench, rows);
	return rows[row].verdict;
}

static void all_at_their_limits(void **state)
{
	(void)state;
	targets_judge(&bench, rows);
	for (size_t i = 0; i < TARGETS; i++)
		if (rows[i].verdict != VERDICT_REACHED)
			fail_msg("%s: %s", rows[i].name, verdict_name(rows[i].verdict));
	assert_int_equal(targets_count(rows, VERDICT_REACHED), TARGETS);
	assert_true(rows[ROW_TOTAL].figure.value == 1500);
	assert_true(rows[ROW_BOOT].figure.value == 400);
	assert_true(rows[ROW_MAIN].figure.value == 8192);
	assert_true(rows[ROW_ALL_STACKS].figure.value == 16384);
	assert_true(rows[ROW_HELLO].figure.value == 65535);
}

static void each_just_above(void **state)
{
	(void)state;
	bench.guests[1].total += 48;
	assert_int_equal(verdict_of(ROW_TOTAL), VERDICT_MISSED);
	bench.guests[1].prepare += 48;
	assert_int_equal(verdict_of(ROW_BOOT), VERDICT_MISSED);
	bench.guests[1].wall.value = 20.1e6;
	assert_int_equal(verdict_of(ROW_WALL), VERDICT_MISSED);
	bench.guests[1].owners[1].bytes += 48;
	assert_int_equal(verdict_of(ROW_MAIN), VERDICT_MISSED);
	assert_int_equal(verdict_of(ROW_ALL_STACKS), VERDICT_MISSED);
	bench.hello.data++;
	assert_int_equal(verdict_of(ROW_HELLO), VERDICT_MISSED);
	bench.percpu_alloc.value = 100;
	assert_int_equal(verdict_of(ROW_PERCPU), VERDICT_MISSED);
	bench.increment.value = 2;
	assert_int_equal(verdict_of(ROW_INCREMENT), VERDICT_MISSED);
	bench.xen[0].wall.value = 0.31e9;
	assert_int_equal(verdict_of(ROW_XEN_PV), VERDICT_MISSED);
	bench.xen[1].linux_kernel.seconds = 2.9;
	assert_int_equal(verdict_of(ROW_XEN_PVH), VERDICT_MISSED);
	bench.xen[0].counted.time.value = 51e6;
	assert_int_equal(verdict_of(ROW_XEN_PV_COUNTED), VERDICT_MISSED);
	bench.xen[1].counted.linux_kernel.seconds = 0.49;
	assert_int_equal(verdict_of(ROW_XEN_PVH_COUNTED), VERDICT_MISSED);
	bench.papr[0].time.value = 950e3;
	assert_int_equal(verdict_of(ROW_PAPR_4), VERDICT_MISSED);
	bench.papr[1].time.value = 0.41e6;
	assert_int_equal(verdict_of(ROW_PAPR_16), VERDICT_MISSED);
	bench.papr[2].linux_kernel.seconds = 0.149;
	assert_int_equal(verdict_of(ROW_PAPR_64), VERDICT_MISSED);
	bench.parks[0].wake.value = 61;
	assert_int_equal(verdict_of(ROW_WAKE_FEW), VERDICT_MISSED);
	bench.parks[2].wake.value = 61;
	assert_int_equal(verdict_of(ROW_WAKE_MANY), VERDICT_MISSED);
	bench.parks[1].online.value = 1001;
	assert_int_equal(verdict_of(ROW_WOKEN), VERDICT_MISSED);
	assert_int_equal(targets_count(rows, VERDICT_MISSED), 18);
}

/* Flat: the limit, or within 10 % of the slope before it. */
static void flat(void **state)
{
	(void)state;
	bench.guests[2].total += 191;
	assert_int_equal(verdict_of(ROW_FLAT_TOTAL), VERDICT_REACHED);
	bench.guests[2].total += 191 * 150;
	assert_int_equal(verdict_of(ROW_FLAT_TOTAL), VERDICT_MISSED);
	/* Far above the limit before, and not more than 10 % more behind. */
	bench.guests[0] = guest_of(16, 10000, 5000);
	bench.guests[1] = guest_of(64, 10000, 5000);
	bench.guests[2] = guest_of(255, 10000, 5000);
	assert_int_equal(verdict_of(ROW_TOTAL), VERDICT_MISSED);
	assert_int_equal(verdict_of(ROW_FLAT_TOTAL), VERDICT_REACHED);
	assert_int_equal(verdict_of(ROW_FLAT_BOOT), VERDICT_REACHED);
	bench.guests[2].prepare += 191 * 501;
	assert_int_equal(verdict_of(ROW_FLAT_BOOT), VERDICT_MISSED);
}

static void what_was_not_measured(void **state)
{
	(void)state;
	bench.guests[1].known = false;
	snprintf(bench.guests[1].note, BENCH_NOTE_SIZE, "it hung");
	bench.linux_kernel.known = false;
	bench.percpu_alloc = (struct bench_figure){ .note = "not built" };
	assert_int_equal(verdict_of(ROW_TOTAL), VERDICT_NOT_MEASURED);
	assert_string_equal(rows[ROW_TOTAL].figure.note, "it hung");
	assert_int_equal(verdict_of(ROW_FLAT_BOOT), VERDICT_NOT_MEASURED);
	assert_int_equal(verdict_of(ROW_MAIN), VERDICT_NOT_MEASURED);
	assert_int_equal(verdict_of(ROW_WALL), VERDICT_NOT_MEASURED);
	assert_string_equal(rows[ROW_PERCPU].figure.note, "not built");
	bench.papr[0].time = (struct bench_figure){ .note = "no such profile" };
	bench.papr[1].linux_kernel.cpus = 4;
	assert_int_equal(verdict_of(ROW_PAPR_4), VERDICT_NOT_MEASURED);
	assert_string_equal(rows[ROW_PAPR_4].figure.note, "no such profile");
	assert_int_equal(verdict_of(ROW_PAPR_16), VERDICT_NOT_MEASURED);
	assert_int_equal(targets_count(rows, VERDICT_MISSED), 0);
}

/* Linux with fewer CPUs is no comparison. */
static void linux_of_another_size(void **state)
{
	(void)state;
	bench.linux_kernel.cpus = 63;
	assert_int_equal(verdict_of(ROW_WALL), VERDICT_NOT_MEASURED);
}

static void memory_of_one_cpu(void **state)
{
	struct bench_part parts[BENCH_PARTS_MAX];

	(void)state;
	/* The image is the same in both, so it is no part. */
	assert_int_equal(bench_memory(&bench.guests[0], &bench.guests[1], parts), 2);
	assert_string_equal(parts[0].name, "unit-and-stacks");
	assert_true(parts[0].bytes == 16384);
	assert_string_equal(parts[1].name, "page-table");
	assert_true(parts[1].bytes == 1024);
}

/* The report of a guest of two CPUs; of the stacks, those of the last. */
static void from_a_report(void **state)
{
	struct report_memory memory[] = { { "unit", 8192 }, { "page-table", 12288 } };
	struct report_stack stacks[] = { { 0, 4096, 0, "main" },
					 { 1, 4096, 0, "main" },
					 { 1, 2048, 0, "nmi" } };
	struct guest_report report = { .guest = { .possible = 2 },
				       .memory = memory,
				       .memory_count = 2,
				       .stacks = stacks,
				       .stack_count = 3 };
	struct bench_guest guest = { .cpus = 2 };

	(void)state;
	guest_take_report(&guest, &report);
	assert_int_equal(guest.owner_count, 2);
	assert_string_equal(guest.owners[1].name, "page-table");
	assert_int_equal(guest.stack_count, 2);
	assert_true(guest.stacks[1].bytes == 2048);
}

/* What a CPU more costs: what both guests called is divided, what stays the same is left out. */
static void calls_of_a_cpu(void **state)
{
	struct report_hypercall few[] = { { "cpu-ids", "vcpu-op-is-up", 4 },
					  { "layout", "xen-version", 1 },
					  { "start", "vcpu-op-up", 3 } };
	struct report_hypercall many[] = { { "cpu-ids", "vcpu-op-is-up", 16 },
					   { "layout", "xen-version", 1 },
					   { "start", "vcpu-op-up", 15 },
					   { "unit", "mmu-update", 6 } };
	struct guest_report less = { .guest = { .online = 4 },
				     .hypercalls = few,
				     .hypercall_count = 3 };
	struct guest_report more = { .guest = { .online = 16 },
				     .hypercalls = many,
				     .hypercall_count = 4 };
	struct bench_hypervised xen = { .cpus = 16 };

	(void)state;
	xen_calls(&less, &more, &xen);
	assert_int_equal(xen.call_count, 3);
	assert_string_equal(xen.calls[0].call, "vcpu-op-is-up");
	assert_true(xen.calls[0].count == 1);
	assert_string_equal(xen.calls[2].step, "unit");
	assert_true(xen.calls[2].count == 0.5);
	/* Two guests of a size tell nothing. */
	xen_calls(&more, &more, &xen);
	assert_int_equal(xen.call_count, 0);
}

static void median(void **state)
{
	double five[] = { 5, 1, 4, 2, 30 };
	double two[] = { 7, 3 };
	double one[] = { 9 };

	(void)state;
	assert_true(xen_median(five, 5) == 4);
	assert_true(five[0] == 1 && five[4] == 30);
	assert_true(xen_median(two, 2) == 3);
	assert_true(xen_median(one, 1) == 9);
}

static char *text_of(void)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	targets_judge(&bench, rows);
	bench_write_text(&bench, rows, file);
	fclose(file);
	return text;
}

static void expect_text(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void as_text(void **state)
{
	char *text;

	(void)state;
	bench.guests[2].known = false;
	snprintf(bench.guests[2].note, BENCH_NOTE_SIZE, "it hung");
	bench.percpu_alloc = (struct bench_figure){ .note = "not built" };
	bench.increment.value = 2;
	bench.papr[0].time = (struct bench_figure){ .note = "no such profile" };
	bench.parks[2] = (struct bench_park){ .cpus = 255, .wake = { .note = "it was lost" } };
	text = text_of();
	expect_text(text, "  255  not measured: it hung\n");
	expect_text(text, "by owner: unit-and-stacks 16384, page-table 1024; in all 17408 bytes");
	expect_text(text, "hello: text 60000, rodata 5000, data 535; in all 65535; bss 0");
	expect_text(text, "muster: not measured: there is none");
	expect_text(text, "Linux (a kernel): 64 CPUs in 800.000 ms");
	expect_text(text, "kvm-unit-tests: not measured: no checkout");
	expect_text(text, "not measured: not built");
	expect_text(text, "0.0250 <= 0.0250                reached\n");
	expect_text(text,
		    "  xen-pv: 16 CPUs online in 300.000 ms\n    Linux: 16 CPUs in 3000.000 ms");
	expect_text(
		text,
		"    by a clock that counts instructions: 16 CPUs: from entry to all online 50.000 "
		"ms; Linux 500.000 ms (by its log)\n");
	expect_text(text,
		    "a CPU more makes 2.50 calls to Xen: 1.00 vcpu-op-up (start), 1.50 mmu-update "
		    "(unit)\n");
	expect_text(text, "  4 CPUs: not measured: no such profile\n");
	expect_text(text, "  16 CPUs: from the first start to all online 0.400 ms; Linux 40.000 ms "
			  "(by its log)\n");
	expect_text(
		text,
		"  16 CPUs: 60 of the boot CPU until the store is made; from START to all online "
		"1000, cold 10000\n");
	expect_text(text, "  255 CPUs: not measured: it was lost\n");
	expect_text(text, "14 reached, 1 missed, 5 not measured\n");
	free(text);
}

static void as_json(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	json_t *json, *targets, *guests;

	(void)state;
	bench.guests[2].known = false;
	bench.percpu_alloc = (struct bench_figure){ .note = "not built" };
	targets_judge(&bench, rows);
	assert_int_equal(bench_write_json(&bench, rows, file), 0);
	fclose(file);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "schema")), 1);
	guests = json_object_get(json, "guests");
	assert_int_equal(json_array_size(guests), 3);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(guests, 1), "total")),
			 96100);
	assert_true(json_is_null(json_object_get(json_array_get(guests, 2), "total")));
	assert_true(json_is_null(json_object_get(
		json_object_get(json_object_get(json, "peers"), "kvm_unit_tests"), "ap_mean")));
	assert_int_equal(json_array_size(json_object_get(json, "papr")), BENCH_VIRTUAL);
	assert_int_equal(json_array_size(json_object_get(json, "parked")), BENCH_PARKS);
	targets = json_object_get(json, "targets");
	assert_int_equal(json_array_size(targets), TARGETS);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(targets, ROW_TOTAL), "verdict")),
		"reached");
	assert_true(json_is_null(json_object_get(json_array_get(targets, ROW_PERCPU), "value")));
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(targets, ROW_PERCPU), "note")),
		"not built");
	json_decref(json);
	free(text);
}

static int run_shell(const char *script, unsigned int seconds, char *output, size_t size)
{
	char sh[] = "sh", c[] = "-c", line[256];
	char *const words[] = { sh, c, line, NULL };

	snprintf(line, sizeof(line), "%s", script);
	return program_run(words, "/", seconds, output, size);
}

static void programs(void **state)
{
	char output[8];
	char nothing[] = "./no such program";
	char *const words[] = { nothing, NULL };

	(void)state;
	assert_int_equal(run_shell("pwd; exit 3", 10, output, sizeof(output)), 3);
	assert_string_equal(output, "/\n");
	assert_int_equal(run_shell("echo much more than fits", 10, output, sizeof(output)), 0);
	assert_string_equal(output, "much mo");
	assert_int_equal(run_shell("echo a; sleep 60", 1, output, sizeof(output)), -1);
	assert_string_equal(output, "a\n");
	/* It closes its output and stays. */
	assert_int_equal(run_shell("exec >&-; sleep 60", 1, output, sizeof(output)), -1);
	assert_int_equal(program_run(words, NULL, 10, output, sizeof(output)), -1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_at_their_limits),
		TEST(each_just_above),
		TEST(flat),
		TEST(what_was_not_measured),
		TEST(linux_of_another_size),
		TEST(memory_of_one_cpu),
		TEST(from_a_report),
		TEST(calls_of_a_cpu),
		TEST(median),
		TEST(as_text),
		TEST(as_json),
		TEST(programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
