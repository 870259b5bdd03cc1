// SPDX-License-Identifier: MIT
/*
 * Counts what kvm-unit-tests executes to bring CPUs up, in a checkout that somebody has built. Called by
 * bench. It has no marks: its functions' addresses say where bring-up begins and ends (bringup_aps to
 * pmu_init, so with the ids and interrupts that smp_init gives to each CPU), and its code where it waits.
 */
#include "tool/bench_kut.h"

#include "tool/boot.h"
#include "tool/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ELF_BYTES     (64u << 20)
#define KUT_MEMORY    512
#define FUNCTION_MAX  4096
#define GOOD_LINE     "PASS: IPI to each CPU"
#define PHASE_BETWEEN 3 /* docs/bench.md: begin= and end= */
#define WHAT                                                                                       \
	"Each of its APs also prints a line; its CPUs' memory is static, and nothing is named or " \
	"undone when one does not come."

/* Intel SDM vol. 2: JE and JNE rel8, TEST EAX,EAX, PAUSE. */
#define JE    0x74
#define JNE   0x75
#define PAUSE 0x90f3
#define TEST  0xc085

struct kut {
	const struct bench_setup *setup;
	struct bench_peer *peer;
	char *arguments; /* for the plugin */
	uint64_t least;
	uint64_t boot[2], others[2]; /* of the guests with less and more CPUs */
};

static bool two_bytes_are(const uint8_t *at, uint16_t value)
{
	return (at[0] | at[1] << 8) == value;
}

static bool waits(const uint8_t *code, size_t from, size_t jump)
{
	for (size_t i = from; i + 1 < jump; i++)
		if (two_bytes_are(code + i, PAUSE))
			return true;
	return jump >= from + 2 && two_bytes_are(code + jump - 2, TEST);
}

void kut_find_waits(const uint8_t *code, size_t count, uint64_t address,
		    struct kut_range ranges[KUT_RANGES_MAX], size_t *found)
{
	for (size_t jump = 0; jump + 1 < count && *found < KUT_RANGES_MAX; jump++) {
		int distance = -(int8_t)code[jump + 1];
		size_t behind = jump + 2;

		if ((code[jump] != JE && code[jump] != JNE) || distance <= 2 ||
		    distance > KUT_LOOP_MAX || (size_t)distance > behind ||
		    !waits(code, behind - (size_t)distance, jump))
			continue;
		ranges[(*found)++] =
			(struct kut_range){ address + behind - (size_t)distance, address + behind };
	}
}

/* Where the plugin is to look, out of the ELF file. NULL with a note: it is not as expected. */
static char *arguments_of(const uint8_t *elf, size_t size, char *note, size_t note_size)
{
	static const char *const waiting[] = { "bringup_aps", "__on_cpu", "puts" };
	struct image_symbol begin, end, one;
	struct kut_range ranges[KUT_RANGES_MAX];
	size_t found = 0;
	char *arguments;

	if (!image_symbol(elf, size, "bringup_aps", &begin) ||
	    !image_symbol(elf, size, "pmu_init", &end)) {
		snprintf(note, note_size,
			 "smptest.elf has no functions bringup_aps and pmu_init: another version?");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
		const uint8_t *code;

		if (!image_symbol(elf, size, waiting[i], &one) || one.size > FUNCTION_MAX)
			continue;
		code = image_bytes(elf, size, one.address, one.size);
		if (code)
			kut_find_waits(code, one.size, one.address, ranges, &found);
	}
	arguments = text_format(",begin=0x%" PRIx64 ",end=0x%" PRIx64, begin.address, end.address);
	for (size_t i = 0; i < found; i++) {
		char *longer = text_format("%s,wait=0x%" PRIx64 "-0x%" PRIx64, arguments,
					   ranges[i].first, ranges[i].behind);

		free(arguments);
		arguments = longer;
	}
	return arguments;
}

static void on_line(void *context, const char *line, size_t length, enum report_line what)
{
	(void)what;
	if (length >= strlen(GOOD_LINE) && !memcmp(line, GOOD_LINE, strlen(GOOD_LINE)))
		*(bool *)context = true;
}

static void sum(struct kut *kut, size_t which, const struct counts *counts)
{
	kut->boot[which] = counts->at[0].work[PHASE_BETWEEN];
	kut->others[which] = 0;
	for (uint32_t vcpu = 1; vcpu < counts->vcpus; vcpu++) {
		uint64_t work = counts->at[vcpu].work[PHASE_BETWEEN];

		kut->others[which] += work;
		if (work < kut->least)
			kut->least = work;
	}
}

static int boot(struct kut *kut, size_t which, uint64_t cpus)
{
	static char device[] = "-device", exit_device[] = "isa-debug-exit,iobase=0xf4,iosize=4";
	static char image[] = "x86/smptest.flat";
	const struct profile *machine = kut->setup->profile;
	char *args[] = { device, exit_device, NULL };
	struct bench_peer *peer = kut->peer;
	struct counted counted;
	struct profile profile = { .qemu = machine->qemu,
				   .arch = machine->arch,
				   .machine = machine->machine,
				   .cpu = machine->cpu,
				   .accel = machine->accel,
				   .image = image,
				   .args = { args, 2 } };
	bool good = false;
	struct boot_order order = { .profile = &profile,
				    .build = kut->setup->kvm_unit_tests,
				    .cpus = cpus,
				    .memory = KUT_MEMORY,
				    .timeout = kut->setup->timeout,
				    .line = on_line,
				    .context = &good };
	struct boot_result result = { 0 };
	struct counts counts = { 0 };
	int error = counted_begin(&counted, kut->setup->build, kut->arguments, peer->note,
				  sizeof(peer->note));

	order.qemu_args = counted.words;
	if (!error) {
		boot_run(&order, &result);
		if (result.end != BOOT_ENDED || !good) {
			snprintf(peer->note, sizeof(peer->note),
				 "smptest with %" PRIu64 " CPUs: %s", cpus,
				 result.message[0] ? result.message : "it did not pass");
			error = -1;
		}
	}
	if (!error)
		error = counted_read(&counted, &counts, peer->note, sizeof(peer->note));
	if (!error)
		sum(kut, which, &counts);
	counts_free(&counts);
	boot_result_free(&result);
	counted_end(&counted);
	return error;
}

static void boot_both(struct kut *kut, uint64_t less, uint64_t more)
{
	struct bench_peer *peer = kut->peer;
	double cpus = (double)(more - less);

	kut->least = UINT64_MAX;
	if (boot(kut, 0, less) || boot(kut, 1, more))
		return;
	peer->each_least = (double)kut->least;
	peer->each_mean = (double)kut->others[1] / (double)(more - 1);
	peer->slope_boot = ((double)kut->boot[1] - (double)kut->boot[0]) / cpus;
	peer->slope_total =
		peer->slope_boot + ((double)kut->others[1] - (double)kut->others[0]) / cpus;
	peer->slope_from = less;
	peer->slope_to = more;
	peer->cpus = more;
	snprintf(peer->note, sizeof(peer->note), "kvm-unit-tests' x86/smptest");
	peer->known = true;
}

void kut_measure(const struct bench_setup *setup, uint64_t less, uint64_t more,
		 struct bench_peer *peer)
{
	struct kut kut = { .setup = setup, .peer = peer };
	char *path;
	char *elf;
	size_t size;

	*peer = (struct bench_peer){ .what = WHAT };
	if (!setup->kvm_unit_tests) {
		snprintf(peer->note, sizeof(peer->note),
			 "no checkout was named; KUT=DIR (--kut DIR) does, one that is built");
		return;
	}
	path = text_format("%s/x86/smptest.elf", setup->kvm_unit_tests);
	elf = file_read(path, ELF_BYTES, &size);
	if (!elf)
		snprintf(peer->note, sizeof(peer->note), "%.160s: %s", path, strerror(errno));
	else
		kut.arguments =
			arguments_of((const uint8_t *)elf, size, peer->note, sizeof(peer->note));
	if (kut.arguments)
		boot_both(&kut, less, more);
	free(kut.arguments);
	free(elf);
	free(path);
}
