// SPDX-License-Identifier: MIT
/* The report as JSON: every key of schema 1 is there, whatever the guest said, and no number lies. */
#include "tool/report_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static void feed(struct guest_report *report, const char *line)
{
	assert_int_equal(report_read_line(report, line, strlen(line)), REPORT_RECORD);
}

static struct vcpu_places vcpus;

static json_t *json_of(const struct guest_report *report)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	json_t *json;

	assert_non_null(file);
	assert_int_equal(report_write_json(report, &vcpus, file), 0);
	fclose(file);
	assert_int_equal(text[size - 1], '\n');
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(text);
	return json;
}

static void expect_keys(json_t *object, const char *const *keys, size_t count)
{
	assert_int_equal(json_object_size(object), count);
	for (size_t i = 0; i < count; i++)
		if (!json_object_get(object, keys[i]))
			fail_msg("no key %s", keys[i]);
}

static const char *const top_keys[] = {
	"schema", "platform", "arch",	"hypervisor", "entry",	    "possible", "present", "online",
	"cpus",	  "steps",    "memory", "layout",     "hypercalls", "tests",	"vcpus"
};

static void test_nothing_said(void **state)
{
	struct guest_report report = { .refused = 0 };
	json_t *json = json_of(&report);

	(void)state;
	expect_keys(json, top_keys, sizeof(top_keys) / sizeof(top_keys[0]));
	/* What is not known is not 0. */
	assert_true(json_is_null(json_object_get(json, "possible")));
	assert_true(json_is_null(json_object_get(json, "present")));
	assert_true(json_is_null(json_object_get(json, "online")));
	assert_int_equal(json_array_size(json_object_get(json, "vcpus")), 0);
	assert_int_equal(json_array_size(json_object_get(json, "cpus")), 0);
	assert_int_equal(json_integer_value(json_object_get(json, "schema")), 1);
	json_decref(json);
}

static void read_small(struct guest_report *report)
{
	feed(report,
	     "@muster 1 guest platform=pc arch=x86_64 hypervisor=tcg entry=pvh possible=2 present=2 online=1 left_out=0");
	feed(report,
	     "@muster 1 cpu cpu=0 hwid=4 fwid=7 vcpu_id=- node=- state=online unit=0xffffe00000000000 online_ns=5 step=online");
	feed(report,
	     "@muster 1 cpu cpu=1 hwid=0xffffffffffffffff fwid=- vcpu_id=3 node=1 state=failed unit=0 online_ns=- step=unit");
	feed(report,
	     "@muster 1 area cpu=1 kind=vcpu-info addr=0xffffffffffffffff size=64 told=0xffffffffffffffff state=shared");
	feed(report, "@muster 1 step cpu=1 name=unit where=PREPARE start_ns=9 end_ns=-");
	feed(report, "@muster 1 memory owner=page-table bytes=8192");
	feed(report, "@muster 1 layout part=hole first=0xf5800000 last=0xffffffff owner=xen");
	feed(report, "@muster 1 hypercall step=start call=vcpu-op-up count=3");
	feed(report, "@muster 1 tests passed=3 failed=1");
}

static void test_keys(void **state)
{
	static const char *const cpu_keys[] = { "cpu",	"hwid",	 "fwid", "vcpu_id",
						"node", "state", "unit", "areas" };
	static const char *const area_keys[] = { "kind", "addr", "size", "told", "state" };
	static const char *const step_keys[] = { "name", "where", "cpu", "start_ns", "end_ns" };
	static const char *const memory_keys[] = { "owner", "bytes" };
	static const char *const layout_keys[] = { "part", "first", "last", "owner" };
	static const char *const hypercall_keys[] = { "step", "call", "count" };
	static const char *const test_keys[] = { "passed", "failed" };
	struct guest_report report = { .refused = 0 };
	json_t *json, *cpus, *areas;

	(void)state;
	read_small(&report);
	json = json_of(&report);
	cpus = json_object_get(json, "cpus");
	areas = json_object_get(json_array_get(cpus, 1), "areas");
	expect_keys(json, top_keys, sizeof(top_keys) / sizeof(top_keys[0]));
	assert_int_equal(json_integer_value(json_object_get(json, "possible")), 2);
	assert_int_equal(json_integer_value(json_object_get(json, "online")), 1);
	assert_int_equal(json_array_size(cpus), 2);
	expect_keys(json_array_get(cpus, 0), cpu_keys, 8);
	assert_int_equal(json_array_size(areas), 1);
	expect_keys(json_array_get(areas, 0), area_keys, 5);
	expect_keys(json_array_get(json_object_get(json, "steps"), 0), step_keys, 5);
	expect_keys(json_array_get(json_object_get(json, "memory"), 0), memory_keys, 2);
	expect_keys(json_array_get(json_object_get(json, "layout"), 0), layout_keys, 4);
	expect_keys(json_array_get(json_object_get(json, "hypercalls"), 0), hypercall_keys, 3);
	expect_keys(json_object_get(json, "tests"), test_keys, 2);
	json_decref(json);
	report_free(&report);
}

static void test_values(void **state)
{
	struct guest_report report = { .refused = 0 };
	json_t *json, *cpu, *area, *step;

	(void)state;
	read_small(&report);
	json = json_of(&report);
	cpu = json_array_get(json_object_get(json, "cpus"), 0);
	assert_int_equal(json_integer_value(json_object_get(cpu, "hwid")), 4);
	assert_int_equal(json_integer_value(json_object_get(cpu, "fwid")), 7);
	assert_true(json_is_null(json_object_get(cpu, "vcpu_id")));
	assert_true(json_is_null(json_object_get(cpu, "node")));
	assert_string_equal(json_string_value(json_object_get(cpu, "unit")), "0xffffe00000000000");
	cpu = json_array_get(json_object_get(json, "cpus"), 1);
	assert_string_equal(json_string_value(json_object_get(cpu, "state")), "failed");
	/* What no signed number holds is no negative one. */
	assert_true(json_is_null(json_object_get(cpu, "hwid")));
	area = json_array_get(json_object_get(cpu, "areas"), 0);
	assert_string_equal(json_string_value(json_object_get(area, "addr")), "0xffffffffffffffff");
	assert_int_equal(json_integer_value(json_object_get(area, "size")), 64);
	assert_true(json_is_null(json_object_get(area, "told")));
	step = json_array_get(json_object_get(json, "steps"), 0);
	assert_int_equal(json_integer_value(json_object_get(step, "start_ns")), 9);
	assert_true(json_is_null(json_object_get(step, "end_ns")));
	json_decref(json);
	report_free(&report);
}

static void test_vcpus(void **state)
{
	static struct vcpu_place places[] = {
		{ .vcpu = 0, .address = 0xffffffff80101234, .symbol = "cpu_idle", .offset = 0x12 },
		{ .vcpu = 7, .address = 0xfff0 },
	};
	struct guest_report report = { .refused = 0 };
	json_t *json, *one;

	(void)state;
	vcpus = (struct vcpu_places){ places, 2 };
	json = json_of(&report);
	vcpus = (struct vcpu_places){ 0 };
	assert_int_equal(json_array_size(json_object_get(json, "vcpus")), 2);
	one = json_array_get(json_object_get(json, "vcpus"), 0);
	assert_int_equal(json_object_size(one), 4);
	assert_string_equal(json_string_value(json_object_get(one, "address")),
			    "0xffffffff80101234");
	assert_string_equal(json_string_value(json_object_get(one, "symbol")), "cpu_idle");
	assert_int_equal(json_integer_value(json_object_get(one, "offset")), 0x12);
	one = json_array_get(json_object_get(json, "vcpus"), 1);
	assert_int_equal(json_integer_value(json_object_get(one, "vcpu")), 7);
	assert_true(json_is_null(json_object_get(one, "symbol")));
	assert_true(json_is_null(json_object_get(one, "offset")));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_said),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_vcpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
