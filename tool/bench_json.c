// SPDX-License-Identifier: MIT
/*
 * What bench has measured as JSON, schema 1. Called by bench. Must never leave out a key: what was not
 * measured is null, and its note says why.
 */
#include "tool/bench_show.h"

#include "tool/json_file.h"

#include <jansson.h>

static json_t *count(bool known, uint64_t value)
{
	return known && value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

/* What is no finite number has no place in JSON. */
static json_t *real(bool known, double value)
{
	return known && value - value == 0 ? json_real(value) : json_null();
}

static json_t *parts_of(const struct bench_part *parts, size_t number)
{
	json_t *array = json_array();

	for (size_t i = 0; i < number; i++)
		json_array_append_new(array, json_pack("{s:s, s:f}", "name", parts[i].name, "bytes",
						       parts[i].bytes));
	return array;
}

static json_t *guest_json(const struct bench_guest *guest)
{
	bool known = guest->known;

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "cpus", count(true, guest->cpus), "note", guest->note, "boot_prepare",
			 count(known, guest->prepare), "boot_start", count(known, guest->start),
			 "boot_arrive", count(known, guest->arrive), "boot_waits",
			 count(known, guest->boot_waits), "ap_mean", real(known, guest->each),
			 "ap_max", count(known, guest->each_max), "ap_waits_mean",
			 real(known, guest->each_waits), "total", count(known, guest->total),
			 "online_ns", real(guest->wall.known, guest->wall.value), "memory",
			 parts_of(guest->owners, guest->owner_count), "stacks",
			 parts_of(guest->stacks, guest->stack_count));
}

static json_t *guests_json(const struct bench *bench)
{
	json_t *array = json_array();

	for (size_t i = 0; i < bench->guest_count; i++)
		json_array_append_new(array, guest_json(&bench->guests[i]));
	return array;
}

static json_t *image_json(const struct bench_image *image)
{
	bool known = image->known;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", image->name, "note", image->note,
			 "text", count(known, image->text), "rodata", count(known, image->rodata),
			 "data", count(known, image->data), "bss", count(known, image->bss));
}

static json_t *linux_json(const struct bench_peer *peer)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "note", peer->note, "what", peer->what, "cpus",
			 count(peer->known, peer->cpus), "seconds",
			 real(peer->known, peer->seconds));
}

static json_t *kut_json(const struct bench_peer *peer)
{
	bool known = peer->known;

	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "note", peer->note, "what",
			 peer->what, "cpus", count(known, peer->cpus), "ap_mean",
			 real(known, peer->each_mean), "ap_least", real(known, peer->each_least),
			 "slope_total", real(known, peer->slope_total), "slope_boot",
			 real(known, peer->slope_boot));
}

static json_t *targets_json(const struct target_row rows[TARGETS])
{
	json_t *array = json_array();

	for (size_t i = 0; i < TARGETS; i++) {
		const struct target_row *row = &rows[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:o, s:s, s:f, s:b, s:s, s:s, s:s}", "name", row->name,
				  "value", real(row->figure.known, row->figure.value), "unit",
				  row->unit, "limit", row->limit, "below", (int)row->below,
				  "source", row->source, "verdict", verdict_name(row->verdict),
				  "note", row->figure.note));
	}
	return array;
}

/* time: the member that says it. */
static json_t *virtual_json(const struct bench_virtual *times, const char *time)
{
	return json_pack("{s:o, s:o, s:s, s:o}", "cpus", count(true, times->cpus), time,
			 real(times->time.known, times->time.value), "note", times->time.note,
			 "linux", linux_json(&times->linux_kernel));
}

static json_t *hypervised_json(const struct bench_hypervised *xen)
{
	json_t *calls = json_array();

	for (size_t i = 0; i < xen->call_count; i++)
		json_array_append_new(
			calls, json_pack("{s:s, s:s, s:f}", "step", xen->calls[i].step, "call",
					 xen->calls[i].call, "count", xen->calls[i].count));
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "profile", xen->profile, "cpus",
			 count(true, xen->cpus), "online_ns",
			 real(xen->wall.known, xen->wall.value), "note", xen->wall.note, "linux",
			 linux_json(&xen->linux_kernel), "virtual",
			 virtual_json(&xen->counted, "online_ns"), "calls", calls);
}

static json_t *papr_json(const struct bench *bench)
{
	json_t *array = json_array();

	for (size_t i = 0; i < BENCH_VIRTUAL; i++)
		json_array_append_new(array, virtual_json(&bench->papr[i], "start_to_online_ns"));
	return array;
}

static json_t *parks_json(const struct bench *bench)
{
	json_t *array = json_array();

	for (size_t i = 0; i < BENCH_PARKS; i++) {
		const struct bench_park *park = &bench->parks[i];

		json_array_append_new(
			array,
			json_pack("{s:o, s:o, s:o, s:o, s:s}", "cpus", count(true, park->cpus),
				  "wake", real(park->wake.known, park->wake.value),
				  "start_to_online", real(park->online.known, park->online.value),
				  "cold", real(park->cold.known, park->cold.value), "note",
				  park->wake.note));
	}
	return array;
}

static json_t *bench_json(const struct bench *bench, const struct target_row rows[TARGETS])
{
	return json_pack("{s:i, s:b, s:o, s:[o, o], s:{s:o, s:o}, s:[o, o], s:o, s:o, s:o}",
			 "schema", 1, "quick", (int)bench->quick, "guests", guests_json(bench),
			 "images", image_json(&bench->hello), image_json(&bench->muster), "peers",
			 "linux", linux_json(&bench->linux_kernel), "kvm_unit_tests",
			 kut_json(&bench->kvm_unit_tests), "xen", hypervised_json(&bench->xen[0]),
			 hypervised_json(&bench->xen[1]), "papr", papr_json(bench), "parked",
			 parks_json(bench), "targets", targets_json(rows));
}

int bench_write_json(const struct bench *bench, const struct target_row rows[TARGETS], FILE *file)
{
	return json_file_write(bench_json(bench, rows), file);
}
