// SPDX-License-Identifier: MIT
/*
 * A report as JSON, schema 1. Called by run. Must never leave out a key: what the guest did not say is
 * null, so that a program which reads it finds every key in its place.
 */
#include "tool/report_show.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

static json_t *maybe(struct report_number number)
{
	return number.known ? json_integer((json_int_t)number.value) : json_null();
}

/* Addresses of kernels do not fit in JSON's signed integers. */
static json_t *address(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_string(text);
}

static json_t *areas_of(const struct guest_report *report, uint32_t cpu)
{
	json_t *areas = json_array();

	for (size_t i = 0; i < report->area_count; i++) {
		const struct report_area *area = &report->areas[i];

		if (area->cpu == cpu)
			json_array_append_new(
				areas,
				json_pack("{s:s, s:o, s:I, s:I, s:s}", "kind", area->kind, "addr",
					  address(area->addr), "size", (json_int_t)area->size,
					  "told", (json_int_t)area->told, "state", area->state));
	}
	return areas;
}

static json_t *cpus_of(const struct guest_report *report)
{
	json_t *cpus = json_array();

	for (size_t i = 0; i < report->cpu_count; i++) {
		const struct report_cpu *cpu = &report->cpus[i];

		json_array_append_new(
			cpus, json_pack("{s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:o}", "cpu",
					(json_int_t)cpu->cpu, "hwid", (json_int_t)cpu->hwid, "fwid",
					maybe(cpu->fwid), "vcpu_id", maybe(cpu->vcpu_id), "node",
					maybe(cpu->node), "state", cpu->state, "unit",
					address(cpu->unit), "areas", areas_of(report, cpu->cpu)));
	}
	return cpus;
}

static json_t *steps_of(const struct guest_report *report)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < report->step_count; i++) {
		const struct report_step *step = &report->steps[i];

		json_array_append_new(steps,
				      json_pack("{s:s, s:s, s:I, s:I, s:o}", "name", step->name,
						"where", step->where, "cpu", (json_int_t)step->cpu,
						"start_ns", (json_int_t)step->start_ns, "end_ns",
						maybe(step->end_ns)));
	}
	return steps;
}

static json_t *report_json(const struct guest_report *report)
{
	const struct report_guest *guest = &report->guest;

	return json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:{s:I, s:I}}", "schema", 1,
			 "platform", guest->platform, "arch", guest->arch, "hypervisor",
			 guest->hypervisor, "possible", (json_int_t)guest->possible, "present",
			 (json_int_t)guest->present, "online", (json_int_t)guest->online, "cpus",
			 cpus_of(report), "steps", steps_of(report), "tests", "passed",
			 (json_int_t)report->tests_passed, "failed",
			 (json_int_t)report->tests_failed);
}

int report_write_json(const struct guest_report *report, FILE *file)
{
	json_t *json = report_json(report);
	int result = -1;

	errno = ENOMEM;
	if (json)
		result = json_dumpf(json, file, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(json);
	if (result || fputc('\n', file) == EOF)
		return -1;
	return fflush(file) ? -1 : 0;
}
