// SPDX-License-Identifier: MIT
/*
 * The table that `muster bench` prints. Called when all is measured. Must never print a number for what
 * was not measured: there stands why.
 */
#include "tool/bench_show.h"

#include <inttypes.h>

static void write_guest(const struct bench_guest *guest, const struct bench_guest *before,
			FILE *file)
{
	if (!guest->known) {
		fprintf(file, "%5" PRIu64 "  not measured: %s\n", guest->cpus, guest->note);
		return;
	}
	fprintf(file, "%5" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9.0f %9" PRIu64, guest->cpus,
		bench_boot_work(guest), guest->boot_waits, guest->each, guest->each_max);
	if (before) {
		struct bench_slope slope = bench_slope(before, guest);

		fprintf(file, " %9.0f %9.0f", slope.total, slope.boot);
	} else {
		fprintf(file, " %9s %9s", "-", "-");
	}
	if (guest->wall.known)
		fprintf(file, " %9.3f ms\n", guest->wall.value / 1e6);
	else
		fprintf(file, "  %s\n", guest->wall.note[0] ? guest->wall.note : "not measured");
}

static void write_guests(const struct bench *bench, FILE *file)
{
	const struct bench_guest *before = NULL;

	fputs("Bring-up, from the first PREPARE step to the last CPU online: instructions, waits apart.\n"
	      "\"more\" is what one CPU more costs than in the row above, all CPUs' and the boot CPU's.\n"
	      "\"online\" is the time from the first C code until all are online, without the plugin.\n"
	      " CPUs  boot CPU its waits   each AP   the max      more   of boot       online\n",
	      file);
	for (size_t i = 0; i < bench->guest_count; i++) {
		write_guest(&bench->guests[i], before, file);
		if (bench->guests[i].known)
			before = &bench->guests[i];
	}
}

static void write_parts(const char *begin, const struct bench_part *parts, size_t count, FILE *file)
{
	double sum = 0;

	fputs(begin, file);
	for (size_t i = 0; i < count; i++) {
		fprintf(file, "%s%s %.0f", i ? ", " : " ", parts[i].name, parts[i].bytes);
		sum += parts[i].bytes;
	}
	fprintf(file, "; in all %.0f bytes\n", sum);
}

static void write_memory(const struct bench *bench, FILE *file)
{
	const struct bench_guest *less = NULL, *more = NULL;
	struct bench_part parts[BENCH_PARTS_MAX];

	for (size_t i = 0; i < bench->guest_count; i++) {
		const struct bench_guest *guest = &bench->guests[i];

		if (guest->known && guest->owner_count && guest->cpus <= 64) {
			less = more;
			more = guest;
		}
	}
	if (!less) {
		fputs("\nMemory of one CPU: not measured: two guests are needed whose report has it\n",
		      file);
		return;
	}
	fprintf(file, "\nMemory that one CPU more takes (%" PRIu64 " to %" PRIu64 "):\n",
		less->cpus, more->cpus);
	write_parts("  by owner:", parts, bench_memory(less, more, parts), file);
	write_parts("  its stacks:", more->stacks, more->stack_count, file);
}

static void write_image(const struct bench_image *image, FILE *file)
{
	if (!image->known)
		fprintf(file, "  %s: not measured: %s\n", image->name, image->note);
	else
		fprintf(file,
			"  %s: text %" PRIu64 ", rodata %" PRIu64 ", data %" PRIu64
			"; in all %" PRIu64 "; bss %" PRIu64 "\n",
			image->name, image->text, image->rodata, image->data,
			image->text + image->rodata + image->data, image->bss);
}

static void write_peers(const struct bench *bench, FILE *file)
{
	const struct bench_peer *stock = &bench->linux_kernel, *kut = &bench->kvm_unit_tests;

	fputs("\nPeers, in the same machine:\n", file);
	if (!stock->known)
		fprintf(file, "  Linux: not measured: %s\n", stock->note);
	else
		fprintf(file,
			"  Linux (%s): %" PRIu64
			" CPUs in %.3f ms, from \"Bringing up\" to \"Brought up\".\n    %s\n",
			stock->note, stock->cpus, stock->seconds * 1e3, stock->what);
	if (!kut->known)
		fprintf(file, "  kvm-unit-tests: not measured: %s\n", kut->note);
	else
		fprintf(file,
			"  %s: instructions of an AP %.0f (mean; the least %.0f); for each more, %" PRIu64
			" to %" PRIu64 ": %.0f, of these the boot CPU's %.0f.\n    %s\n",
			kut->note, kut->each_mean, kut->each_least, kut->slope_from, kut->slope_to,
			kut->slope_total, kut->slope_boot, kut->what);
}

static void write_calls(const struct bench_hypervised *xen, FILE *file)
{
	double all = 0;

	for (size_t i = 0; i < xen->call_count; i++)
		all += xen->calls[i].count;
	fprintf(file, "    a CPU more makes %.2f calls to Xen:", all);
	for (size_t i = 0; i < xen->call_count; i++)
		fprintf(file, "%s %.2f %s (%s)", i ? "," : "", xen->calls[i].count,
			xen->calls[i].call, xen->calls[i].step);
	fputc('\n', file);
}

/* what: the part that the time is of. */
static void write_virtual(const struct bench_virtual *times, const char *what, FILE *file)
{
	const struct bench_peer *peer = &times->linux_kernel;

	if (!times->time.known) {
		fprintf(file, "%" PRIu64 " CPUs: not measured: %s\n", times->cpus,
			times->time.note);
		return;
	}
	fprintf(file, "%" PRIu64 " CPUs: %s %.3f ms;", times->cpus, what, times->time.value / 1e6);
	if (peer->known)
		fprintf(file, " Linux %.3f ms (%s)\n", peer->seconds * 1e3, peer->note);
	else
		fprintf(file, " Linux: not measured: %s\n", peer->note);
}

static void write_hypervised(const struct bench_hypervised *xen, FILE *file)
{
	if (!xen->wall.known)
		fprintf(file, "  %s: not measured: %s\n", xen->profile, xen->wall.note);
	else
		fprintf(file, "  %s: %" PRIu64 " CPUs online in %.3f ms%s%s%s\n", xen->profile,
			xen->cpus, xen->wall.value / 1e6, *xen->wall.note ? " (" : "",
			xen->wall.note, *xen->wall.note ? ")" : "");
	if (xen->wall.known && !xen->linux_kernel.known)
		fprintf(file, "    Linux: not measured: %s\n", xen->linux_kernel.note);
	else if (xen->wall.known)
		fprintf(file, "    Linux: %" PRIu64 " CPUs in %.3f ms (%s)\n",
			xen->linux_kernel.cpus, xen->linux_kernel.seconds * 1e3,
			xen->linux_kernel.note);
	fputs("    by a clock that counts instructions: ", file);
	write_virtual(&xen->counted, "from entry to all online", file);
	if (xen->call_count)
		write_calls(xen, file);
}

static void write_park(const struct bench_park *park, FILE *file)
{
	if (!park->online.known)
		fprintf(file, "  %" PRIu64 " CPUs: not measured: %s\n", park->cpus,
			park->wake.note);
	else
		fprintf(file,
			"  %" PRIu64
			" CPUs: %.0f of the boot CPU until the store is made; from START to "
			"all online %.0f, cold %.0f\n",
			park->cpus, park->wake.value, park->online.value, park->cold.value);
}

static void write_target(const struct target_row *row, FILE *file)
{
	const char *than = row->below ? "<" : "<=";
	int digits = row->limit < 1 ? 4 : 0;

	fprintf(file, "%-54s ", row->name);
	if (row->figure.known)
		fprintf(file, "%9.*f", digits, row->figure.value);
	else
		fprintf(file, "%9s", "-");
	fprintf(file, " %2s %-8.*f %-12s %s", than, digits, row->limit, row->unit,
		verdict_name(row->verdict));
	if (!row->figure.known)
		fprintf(file, ": %s", row->figure.note);
	fputc('\n', file);
}

void bench_write_text(const struct bench *bench, const struct target_row rows[TARGETS], FILE *file)
{
	write_guests(bench, file);
	write_memory(bench, file);
	fputs("\nBytes that an image loads from its file:\n", file);
	write_image(&bench->hello, file);
	write_image(&bench->muster, file);
	write_peers(bench, file);
	fputs("\nAs the first guest of Xen:\n", file);
	for (size_t i = 0; i < BENCH_HYPERVISED; i++)
		write_hypervised(&bench->xen[i], file);
	fputs("\nInstructions, of CPUs that were parked while one kernel went on to another:\n",
	      file);
	for (size_t i = 0; i < BENCH_PARKS; i++)
		write_park(&bench->parks[i], file);
	fputs("\nOn PAPR, by a clock that counts instructions:\n", file);
	for (size_t i = 0; i < BENCH_VIRTUAL; i++) {
		fputs("  ", file);
		write_virtual(&bench->papr[i], "from the first start to all online", file);
	}
	fprintf(file, "\n%-54s %9s    %-8s\n", "Targets", "value", "limit");
	for (size_t i = 0; i < TARGETS; i++)
		write_target(&rows[i], file);
	fprintf(file, "%zu reached, %zu missed, %zu not measured\n",
		targets_count(rows, VERDICT_REACHED), targets_count(rows, VERDICT_MISSED),
		targets_count(rows, VERDICT_NOT_MEASURED));
}
