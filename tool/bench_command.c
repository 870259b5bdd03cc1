// SPDX-License-Identifier: MIT
/*
 * `muster bench`: measures everything in one run, prints the table, and says which targets are reached.
 * Standard output gets the table and nothing else. What cannot be measured is said in its row, and the
 * rest goes on.
 */
#include "tool/bench_guest.h"
#include "tool/bench_image.h"
#include "tool/bench_kut.h"
#include "tool/bench_linux.h"
#include "tool/bench_park.h"
#include "tool/bench_program.h"
#include "tool/bench_show.h"
#include "tool/bench_virtual.h"
#include "tool/bench_xen.h"
#include "tool/boot.h"
#include "tool/commands.h"
#include "tool/exit_code.h"
#include "tool/file.h"
#include "tool/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_BYTES	(64u << 20)
#define PROGRAM_SECONDS 60
#define WALL_BOOTS	3
#define LINUX_CPUS	64
/* Debian's Linux as a PVH guest with 16 has been seen to take minutes. */
#define XEN_PV_CPUS  16
#define XEN_PVH_CPUS 8
#define XEN_CPUS     16 /* of both, by a clock that counts instructions */
/* What would be measured else: the host's finding memory for the machine, and Xen's clearing of what it
 * has left, which goes on when its first guest has begun. */
#define XEN_QEMU_WORD	"-mem-prealloc"
#define XEN_LOADER_WORD "bootscrub=0"
#define KUT_LESS	16
#define KUT_MORE	64

static const uint64_t all_cpus[] = { 1, 4, 16, 64, 255 };
static const uint64_t park_cpus[BENCH_PARKS] = { 2, 16, 255 };
static const uint64_t papr_cpus[BENCH_VIRTUAL] = { 4, 16, 64 };
static const uint64_t quick_cpus[] = { 1, 4, 16, 64 };

static void say(const char *what, uint64_t cpus)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "muster: bench: %s, %" PRIu64 " CPUs\n", what, cpus);
}

static void measure_guests(const struct bench_setup *setup, struct bench *bench)
{
	const uint64_t *cpus = bench->quick ? quick_cpus : all_cpus;
	size_t count = bench->quick ? sizeof(quick_cpus) / sizeof(quick_cpus[0])
				    : sizeof(all_cpus) / sizeof(all_cpus[0]);

	for (size_t i = 0; i < count && !boot_interrupted(); i++) {
		say("muster", cpus[i]);
		guest_measure(setup, cpus[i], bench->quick ? 1 : WALL_BOOTS,
			      &bench->guests[bench->guest_count++]);
	}
}

static void measure_image(const char *build, const char *name, struct bench_image *image)
{
	char *path = text_format("%s/%s", build, name);
	char *installed = text_format("%s/../lib/muster/%s", build, name);
	size_t size;
	char *data = file_read(access(path, R_OK) ? installed : path, IMAGE_BYTES, &size);

	snprintf(image->name, sizeof(image->name), "%s", name);
	if (data)
		(void)image_measure((const uint8_t *)data, size, image);
	else
		snprintf(image->note, sizeof(image->note), "%.160s: %s", path, strerror(errno));
	free(data);
	free(installed);
	free(path);
}

static void measure_percpu_alloc(const char *build, struct bench_figure *figure)
{
	char *path = text_format("%s/tests/bench/percpu_alloc", build);
	char *const words[] = { path, NULL };
	char output[1024];
	double value;
	char unit[4];

	if (access(path, X_OK))
		snprintf(figure->note, sizeof(figure->note), "not built");
	else if (program_run(words, NULL, PROGRAM_SECONDS, output, sizeof(output)))
		snprintf(figure->note, sizeof(figure->note), "it failed");
	else if (sscanf(output, "percpu_alloc+percpu_free %lf %3s", &value, unit) != 2 ||
		 strcmp(unit, "ns") != 0 || !(value >= 0 && value < 1e12))
		snprintf(figure->note, sizeof(figure->note),
			 "its line is not `percpu_alloc+percpu_free NS ns`");
	else
		*figure = (struct bench_figure){ .known = true, .value = value };
	free(path);
}

/* The test prints the code of the increment, one instruction a line, and the return. */
static void measure_increment(const char *build, struct bench_figure *figure)
{
	char *root = text_format("%s/..", build);
	char *script = text_format("%s/tests/percpu_code.sh", root);
	char sh[] = "sh", relative[] = "tests/percpu_code.sh", compiler[] = "clang";
	char *const words[] = { sh, relative, compiler, NULL };
	char output[4096];
	size_t lines = 0;

	if (access(script, R_OK)) {
		snprintf(figure->note, sizeof(figure->note), "no source tree beside the build");
	} else if (program_run(words, root, PROGRAM_SECONDS, output, sizeof(output)) < 0) {
		snprintf(figure->note, sizeof(figure->note), "%.160s could not be run", script);
	} else {
		for (const char *at = output; (at = strchr(at, '\n')); at++)
			lines++;
		figure->known = lines > 1;
		figure->value = lines > 1 ? (double)(lines - 1) : 0;
		if (!figure->known)
			snprintf(figure->note, sizeof(figure->note), "the compiler gave no code");
	}
	free(script);
	free(root);
}

static void measure_xen(const struct bench_setup *setup, struct bench_hypervised *hypervised,
			const char *name, uint64_t cpus)
{
	static char word[] = XEN_QEMU_WORD;
	char *const words[] = { word, NULL };
	struct profile_search search = { .first = setup->profiles,
					 .program_folder = file_program_folder() };
	struct bench_setup under = *setup;
	struct profile profile;

	snprintf(hypervised->profile, sizeof(hypervised->profile), "%s", name);
	under.profile = &profile;
	under.linux_cpus = cpus;
	under.memory = LINUX_MEMORY_HYPERVISED;
	under.qemu_args = words;
	if (!profile_find(&search, name, &profile, hypervised->wall.note,
			  sizeof(hypervised->wall.note))) {
		char *loader_append = text_format(
			"%s " XEN_LOADER_WORD, profile.loader_append ? profile.loader_append : "");

		free(profile.loader_append);
		profile.loader_append = loader_append;
		say(name, cpus);
		xen_measure(&under, hypervised);
		under.qemu_args = NULL;
		under.linux_cpus = XEN_CPUS;
		if (!boot_interrupted())
			virtual_measure_hypervised(&under, &hypervised->counted);
	}
	profile_free(&profile);
}

static void measure_papr(const struct bench_setup *setup, struct bench *bench)
{
	struct profile_search search = { .first = setup->profiles,
					 .program_folder = file_program_folder() };
	struct bench_setup under = *setup;
	struct profile profile;
	char note[BENCH_NOTE_SIZE];
	int error = profile_find(&search, "papr", &profile, note, sizeof(note));

	under.profile = &profile;
	for (size_t i = 0; i < BENCH_VIRTUAL && !boot_interrupted(); i++) {
		bench->papr[i].cpus = under.linux_cpus = papr_cpus[i];
		memcpy(bench->papr[i].time.note, note, sizeof(note));
		if (error)
			continue;
		say("papr", papr_cpus[i]);
		virtual_measure(&under, &bench->papr[i]);
	}
	profile_free(&profile);
}

/* What --quick leaves out. */
static void leave_out(struct bench *bench, const char *const xen[BENCH_HYPERVISED])
{
	static const char why[] = "left out by --quick";

	snprintf(bench->linux_kernel.note, BENCH_NOTE_SIZE, why);
	snprintf(bench->kvm_unit_tests.note, BENCH_NOTE_SIZE, why);
	for (size_t i = 0; i < BENCH_HYPERVISED; i++) {
		snprintf(bench->xen[i].profile, sizeof(bench->xen[i].profile), "%s", xen[i]);
		snprintf(bench->xen[i].wall.note, BENCH_NOTE_SIZE, why);
		snprintf(bench->xen[i].counted.time.note, BENCH_NOTE_SIZE, why);
	}
	for (size_t i = 0; i < BENCH_VIRTUAL; i++) {
		bench->papr[i].cpus = papr_cpus[i];
		snprintf(bench->papr[i].time.note, BENCH_NOTE_SIZE, why);
	}
}

/* The last is for patient ones. */
static void measure_parks(const struct bench_setup *setup, struct bench *bench)
{
	for (size_t i = 0; i < BENCH_PARKS && !boot_interrupted(); i++) {
		bench->parks[i].cpus = park_cpus[i];
		if (bench->quick && i + 1 == BENCH_PARKS) {
			snprintf(bench->parks[i].wake.note, BENCH_NOTE_SIZE, "left out by --quick");
			continue;
		}
		say("parked and woken", park_cpus[i]);
		park_measure(setup, park_cpus[i], &bench->parks[i]);
	}
}

static void measure(const struct bench_setup *setup, struct bench *bench)
{
	static const char *const xen[BENCH_HYPERVISED] = { "xen-pv", "xen-pvh" };
	static const uint64_t xen_cpus[BENCH_HYPERVISED] = { XEN_PV_CPUS, XEN_PVH_CPUS };

	measure_guests(setup, bench);
	measure_parks(setup, bench);
	measure_image(setup->build, "hello-x86_64.elf", &bench->hello);
	measure_image(setup->build, "muster-x86_64.elf", &bench->muster);
	measure_percpu_alloc(setup->build, &bench->percpu_alloc);
	measure_increment(setup->build, &bench->increment);
	if (bench->quick) {
		leave_out(bench, xen);
		return;
	}
	say("Linux", setup->linux_cpus);
	if (!boot_interrupted())
		linux_measure(setup, &bench->linux_kernel);
	if (!boot_interrupted())
		kut_measure(setup, KUT_LESS, KUT_MORE, &bench->kvm_unit_tests);
	for (size_t i = 0; i < BENCH_HYPERVISED && !boot_interrupted(); i++)
		measure_xen(setup, &bench->xen[i], xen[i], xen_cpus[i]);
	measure_papr(setup, bench);
}

static int write_json(const struct bench *bench, const struct target_row *rows, const char *path)
{
	FILE *file = fopen(path, "w");
	int result = file ? bench_write_json(bench, rows, file) : -1;

	if (result)
		fprintf(stderr, "muster: --json %s: %s\n", path, strerror(errno));
	if (file && fclose(file))
		result = -1;
	return result;
}

static int show(const struct bench *bench, const struct options *options)
{
	struct target_row rows[TARGETS];
	bool failed = false;

	targets_judge(bench, rows);
	bench_write_text(bench, rows, stdout);
	fflush(stdout);
	if (options->json && write_json(bench, rows, options->json))
		return EXIT_CANNOT;
	for (size_t i = 0; i < bench->guest_count; i++)
		failed |= !bench->guests[i].known || !bench->guests[i].wall.known;
	if (failed || (options->strict && targets_count(rows, VERDICT_MISSED)))
		return EXIT_GUEST;
	return EXIT_GOOD;
}

static int refuse(const char *message)
{
	fprintf(stderr, "muster: %s\n", message);
	return EXIT_CANNOT;
}

static int bench_with(const struct options *options, const struct profile *profile)
{
	const char *build = options->build ? options->build : file_program_folder();
	char *peers = text_format("%s/peers", build);
	const struct bench_setup setup = { .profile = profile,
					   .given = options->build,
					   .build = build,
					   .peers = peers,
					   .profiles = options->profiles,
					   .kvm_unit_tests = options->kut,
					   .timeout = options->timeout,
					   .linux_cpus = LINUX_CPUS };
	struct bench *bench = memory_or_end(calloc(1, sizeof(*bench)));
	int code;

	bench->quick = options->quick;
	boot_signals_catch();
	measure(&setup, bench);
	code = boot_interrupted() ? EXIT_INTERRUPTED : show(bench, options);
	free(bench);
	free(peers);
	return code;
}

int bench_command(int argc, char **argv)
{
	struct options options;
	struct profile profile;
	struct profile_search search = { .program_folder = file_program_folder() };
	char message[512];
	int code;

	if (options_read(&options, OPTIONS_OF_BENCH, argc, argv, message, sizeof(message)))
		return refuse(message);
	search.first = options.profiles;
	if (profile_find(&search, "pc", &profile, message, sizeof(message)))
		code = refuse(message);
	else
		code = bench_with(&options, &profile);
	profile_free(&profile);
	return code;
}
