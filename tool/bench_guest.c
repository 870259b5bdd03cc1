// SPDX-License-Identifier: MIT
/*
 * Boots the muster kernel for bench: under the plugin for instructions and memory, and without it for
 * the time, which the plugin would spoil. Called by bench for each number of CPUs. A guest that does not
 * come up in every respect is not measured, and says why.
 */
#include "tool/bench_guest.h"

#include "tool/boot.h"
#include "tool/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLUGIN	      "muster-instructions.so"
#define COUNTS_BYTES  (8u << 20)
#define PHASE_PREPARE 1 /* include/muster/mark_number.h */
#define PHASE_START   2
#define PHASE_ARRIVE  3

/* QEMU's options end at a comma; a doubled one is one of the value. To be freed. */
static char *with_commas_doubled(const char *text)
{
	char *out = memory_or_end(malloc(2 * strlen(text) + 1));
	size_t used = 0;

	for (; *text; text++) {
		out[used++] = *text;
		if (*text == ',')
			out[used++] = ',';
	}
	out[used] = '\0';
	return out;
}

/* Beside the image, or where `make install` puts it. To be freed. */
static char *plugin_path(const char *build)
{
	char *path = text_format("%s/%s", build, PLUGIN);
	char *installed = text_format("%s/../lib/muster/%s", build, PLUGIN);
	bool other = access(path, R_OK) && !access(installed, R_OK);

	free(other ? path : installed);
	return other ? installed : path;
}

int counted_begin(struct counted *counted, const char *build, const char *arguments, char *note,
		  size_t size)
{
	const char *folder = getenv("TMPDIR");
	char *plugin = plugin_path(build);
	char *path = text_format("%s/muster-counts-XXXXXX", folder && *folder ? folder : "/tmp");
	int file = -1, error = 0;

	*counted = (struct counted){ 0 };
	if (access(plugin, R_OK))
		snprintf(note, size, "%.160s: %s; `make` builds it", plugin, strerror(errno));
	else if ((file = mkstemp(path)) < 0)
		snprintf(note, size, "%.160s: %s", path, strerror(errno));
	if (file < 0) {
		free(path);
		error = -1;
	} else {
		char *plugin_doubled = with_commas_doubled(plugin);
		char *path_doubled = with_commas_doubled(path);

		close(file);
		counted->path = path;
		counted->words[0] = text_copy("-plugin", 7);
		counted->words[1] =
			text_format("%s,out=%s%s", plugin_doubled, path_doubled, arguments);
		free(plugin_doubled);
		free(path_doubled);
	}
	free(plugin);
	return error;
}

int counted_read(const struct counted *counted, struct counts *counts, char *note, size_t size)
{
	size_t length;
	char *text = file_read(counted->path, COUNTS_BYTES, &length);
	int error;

	if (!text) {
		snprintf(note, size, "counts of instructions: %.160s: %s", counted->path,
			 strerror(errno));
		*counts = (struct counts){ 0 };
		return -1;
	}
	error = counts_parse(text, length, counts, note, size);
	free(text);
	return error;
}

void counted_end(struct counted *counted)
{
	if (counted->path)
		(void)unlink(counted->path);
	free(counted->path);
	for (size_t i = 0; i < sizeof(counted->words) / sizeof(counted->words[0]); i++)
		free(counted->words[i]);
	*counted = (struct counted){ 0 };
}

void guest_sum(struct bench_guest *guest, const struct counts *counts)
{
	const struct counts_vcpu *boot = &counts->at[0];
	uint64_t others = 0, waits = 0;

	guest->prepare = boot->work[PHASE_PREPARE];
	guest->start = boot->work[PHASE_START];
	guest->arrive = boot->work[PHASE_ARRIVE];
	guest->boot_waits =
		boot->waits[PHASE_PREPARE] + boot->waits[PHASE_START] + boot->waits[PHASE_ARRIVE];
	guest->each_max = 0;
	for (uint32_t vcpu = 1; vcpu < counts->vcpus; vcpu++) {
		uint64_t work = counts->at[vcpu].work[PHASE_ARRIVE];

		others += work;
		waits += counts->at[vcpu].waits[PHASE_ARRIVE];
		if (work > guest->each_max)
			guest->each_max = work;
	}
	guest->total = bench_boot_work(guest) + others;
	guest->each = counts->vcpus > 1 ? (double)others / (counts->vcpus - 1) : 0;
	guest->each_waits = counts->vcpus > 1 ? (double)waits / (counts->vcpus - 1) : 0;
}

static size_t add_part(struct bench_part *parts, size_t count, const char *name, uint64_t bytes)
{
	if (count == BENCH_PARTS_MAX)
		return count;
	snprintf(parts[count].name, sizeof(parts[count].name), "%s", name);
	parts[count].bytes = (double)bytes;
	return count + 1;
}

void guest_take_report(struct bench_guest *guest, const struct guest_report *report)
{
	guest->owner_count = guest->stack_count = 0;
	for (size_t i = 0; i < report->memory_count; i++)
		guest->owner_count = add_part(guest->owners, guest->owner_count,
					      report->memory[i].owner, report->memory[i].bytes);
	for (size_t i = 0; i < report->stack_count; i++)
		if (report->stacks[i].cpu + 1 == report->guest.possible)
			guest->stack_count =
				add_part(guest->stacks, guest->stack_count, report->stacks[i].kind,
					 report->stacks[i].size);
}

int guest_boot(const struct bench_setup *setup, uint64_t cpus, char *const *words,
	       struct boot_result *result, char *note)
{
	const struct boot_order order = {
		.profile = setup->profile,
		.build = setup->given,
		.cpus = cpus,
		.memory = setup->memory ? setup->memory : setup->profile->memory,
		.append = "test=none",
		.qemu_args = words ? words : setup->qemu_args,
		.timeout = setup->timeout,
	};
	char message[BOOT_MESSAGE_SIZE];
	const char *failure;

	boot_run(&order, result);
	failure = result->end == BOOT_NOT_STARTED
			  ? result->message
			  : boot_failure(result, setup->profile, cpus, message, sizeof(message));
	if (failure)
		snprintf(note, BENCH_NOTE_SIZE, "%s", failure);
	return failure ? -1 : 0;
}

static int measure_counted(const struct bench_setup *setup, struct bench_guest *guest)
{
	struct counted counted;
	struct counts counts = { 0 };
	struct boot_result result = { 0 };
	int error = counted_begin(&counted, setup->build, "", guest->note, sizeof(guest->note));

	if (!error) {
		error = guest_boot(setup, guest->cpus, counted.words, &result, guest->note);
		if (!error)
			error = counted_read(&counted, &counts, guest->note, sizeof(guest->note));
		if (!error && counts.vcpus < guest->cpus) {
			snprintf(guest->note, sizeof(guest->note),
				 "counts of instructions: of %" PRIu32 " vCPUs only", counts.vcpus);
			error = -1;
		}
	}
	if (!error) {
		guest_sum(guest, &counts);
		guest_take_report(guest, &result.report);
		guest->known = true;
	}
	boot_result_free(&result);
	counts_free(&counts);
	counted_end(&counted);
	return error;
}

double guest_last_online(const struct guest_report *report)
{
	uint64_t last = 0;

	for (size_t i = 0; i < report->cpu_count; i++)
		if (report->cpus[i].online_ns.known && report->cpus[i].online_ns.value > last)
			last = report->cpus[i].online_ns.value;
	return (double)last;
}

/* A loaded host can only make it slower: the least of some boots is what it needs. */
int guest_wall(const struct bench_setup *setup, uint64_t cpus, unsigned int boots,
	       struct bench_figure *wall, struct boot_result *last)
{
	for (unsigned int i = 0; i < boots; i++) {
		double time;

		boot_result_free(last);
		if (guest_boot(setup, cpus, NULL, last, wall->note))
			return -1;
		time = guest_last_online(&last->report);
		if (!i || time < wall->value)
			wall->value = time;
	}
	wall->known = true;
	snprintf(wall->note, sizeof(wall->note), "the least of %u boots", boots);
	return 0;
}

void guest_measure(const struct bench_setup *setup, uint64_t cpus, unsigned int boots,
		   struct bench_guest *guest)
{
	struct boot_result last = { 0 };

	*guest = (struct bench_guest){ .cpus = cpus };
	if (!measure_counted(setup, guest) && boots && !boot_interrupted())
		(void)guest_wall(setup, cpus, boots, &guest->wall, &last);
	boot_result_free(&last);
}
