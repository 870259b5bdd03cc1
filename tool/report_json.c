// SPDX-License-Identifier: MIT
/*
 * A report as JSON, schema 1. Called by run. Must never leave out a key: what the guest did not say is
 * null, so that a program which reads it finds every key in its place.
 */
#include "tool/report_show.h"

#include "tool/json_file.h"

#include <inttypes.h>
#include <jansson.h>

/* Numbers of a report have 64 bits without sign, jansson's have a sign: what is lost there is null. */
static json_t *number(uint64_t value)
{
	return value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

static json_t *maybe(struct report_number value)
{
	return value.known ? number(value.value) : json_null();
}

/* Addresses of kernels do not fit there at all. */
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
			json_array_append_new(areas,
					      json_pack("{s:s, s:o, s:o, s:o, s:s}", "kind",
							area->kind, "addr", address(area->addr),
							"size", number(area->size), "told",
							number(area->told), "state", area->state));
	}
	return areas;
}

static json_t *cpus_of(const struct guest_report *report)
{
	json_t *cpus = json_array();

	for (size_t i = 0; i < report->cpu_count; i++) {
		const struct report_cpu *cpu = &report->cpus[i];

		json_array_append_new(
			cpus, json_pack("{s:I, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "cpu",
					(json_int_t)cpu->cpu, "hwid", number(cpu->hwid), "fwid",
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

		json_array_append_new(
			steps, json_pack("{s:s, s:s, s:I, s:o, s:o}", "name", step->name, "where",
					 step->where, "cpu", (json_int_t)step->cpu, "start_ns",
					 number(step->start_ns), "end_ns", maybe(step->end_ns)));
	}
	return steps;
}

static json_t *memory_of(const struct guest_report *report)
{
	json_t *memory = json_array();

	for (size_t i = 0; i < report->memory_count; i++)
		json_array_append_new(memory,
				      json_pack("{s:s, s:o}", "owner", report->memory[i].owner,
						"bytes", number(report->memory[i].bytes)));
	return memory;
}

static json_t *vcpus_of(const struct vcpu_places *places)
{
	json_t *vcpus = json_array();

	for (size_t i = 0; i < places->count; i++) {
		const struct vcpu_place *place = &places->at[i];

		json_array_append_new(
			vcpus, json_pack("{s:o, s:o, s:s?, s:o}", "vcpu", number(place->vcpu),
					 "address", address(place->address), "symbol",
					 place->symbol[0] ? place->symbol : NULL, "offset",
					 place->symbol[0] ? number(place->offset) : json_null()));
	}
	return vcpus;
}

static json_t *hypercalls_of(const struct guest_report *report)
{
	json_t *calls = json_array();

	for (size_t i = 0; i < report->hypercall_count; i++) {
		const struct report_hypercall *call = &report->hypercalls[i];

		json_array_append_new(calls,
				      json_pack("{s:s, s:s, s:o}", "step", call->step, "call",
						call->call, "count", number(call->count)));
	}
	return calls;
}

static json_t *layout_of(const struct guest_report *report)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < report->part_count; i++) {
		const struct report_part *part = &report->parts[i];

		json_array_append_new(parts, json_pack("{s:s, s:o, s:o, s:s}", "part", part->part,
						       "first", address(part->first), "last",
						       address(part->last), "owner", part->owner));
	}
	return parts;
}

/* Without the record `guest` nothing is known of how many there are. */
static json_t *count_of(const struct guest_report *report, uint32_t count)
{
	return report->has_guest ? number(count) : json_null();
}

static json_t *report_json(const struct guest_report *report, const struct vcpu_places *vcpus)
{
	const struct report_guest *guest = &report->guest;

	return json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o}",
		"schema", 1, "platform", guest->platform, "arch", guest->arch, "hypervisor",
		guest->hypervisor, "entry", guest->entry, "possible",
		count_of(report, guest->possible), "present", count_of(report, guest->present),
		"online", count_of(report, guest->online), "cpus", cpus_of(report), "steps",
		steps_of(report), "memory", memory_of(report), "layout", layout_of(report),
		"hypercalls", hypercalls_of(report), "tests", "passed",
		number(report->tests_passed), "failed", number(report->tests_failed), "vcpus",
		vcpus_of(vcpus));
}

int report_write_json(const struct guest_report *report, const struct vcpu_places *vcpus,
		      FILE *file)
{
	return json_file_write(report_json(report, vcpus), file);
}
