// SPDX-License-Identifier: MIT
/*
 * Boots a stock Linux in muster's machine and times its bring-up of CPUs by its own log lines, stamped
 * on the host as they arrive: its clock is not to be trusted here, but where it counts instructions.
 * Called by bench. The guest has no root to mount, so QEMU is ended as soon as the second line has come.
 */
#include "tool/bench_linux.h"

#include "tool/boot.h"

#include <ctype.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEGIN_TEXT "smp: Bringing up secondary CPUs"
#define END_TEXT   "smp: Brought up "
/* The delay loop's length, given: Linux would measure it on every CPU, which has nothing to do with
 * bring-up. The log is for people: quiet would leave out the lines. */
#define APPEND "console=ttyS0 lpj=4600000 panic=-1"
/* As the first guest of a hypervisor it has that one's console. */
#define APPEND_HYPERVISED "console=hvc0 lpj=4600000 panic=-1"
#define LINUX_BOOTS	  3u
#define SLOW		  10 /* from so many seconds on one boot says enough */
#define MEMORY		  1024
/* A guest of an emulated hypervisor may take minutes. */
#define TIMEOUT_HYPERVISED 150
/* The delay loop's length is not measured on ppc64. */
#define APPEND_VIRTUAL	"console=hvc0 panic=-1"
#define MEMORY_VIRTUAL	2048
#define TIMEOUT_VIRTUAL 120
#define WHAT                                                                                       \
	"In that time Linux also gives each CPU its kernel threads, timers, work queues, RCU and " \
	"scheduler state, and compares its TSC, one CPU at a time; muster has none of these."

struct watch {
	bool by_stamps; /* of the log, not of the host */
	bool begun, ended;
	double begin, end;
	uint64_t cpus;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Behind "[    0.769896] ", if the line has that. */
static const char *behind_stamp(const char *line)
{
	const char *end = *line == '[' ? strchr(line, ']') : NULL;

	if (!end)
		return line;
	for (const char *at = line + 1; at < end; at++)
		if (!isdigit((unsigned char)*at) && *at != ' ' && *at != '.')
			return line;
	return end[1] == ' ' ? end + 2 : line;
}

bool linux_stamp_of(const char *line, size_t length, double *seconds)
{
	char copy[32];
	const char *end = memchr(line, ']', length < sizeof(copy) ? length : sizeof(copy) - 1);
	char *behind;

	if (!length || *line != '[' || !end)
		return false;
	memcpy(copy, line + 1, (size_t)(end - line) - 1);
	copy[end - line - 1] = '\0';
	if (strspn(copy, " 0123456789.") != strlen(copy))
		return false;
	*seconds = strtod(copy, &behind);
	return behind != copy && !*behind;
}

/* When a line was written: by the host's clock, as it arrived, or by the guest's. */
static bool when(const struct watch *watch, const char *line, size_t length, double *seconds)
{
	if (watch->by_stamps)
		return linux_stamp_of(line, length, seconds);
	*seconds = now();
	return true;
}

/* "N nodes, M CPUs": M. */
static bool read_cpus(const char *text, uint64_t *cpus)
{
	char number[24];
	const char *comma = strstr(text, ", ");
	size_t digits;

	if (!comma)
		return false;
	digits = strspn(comma + 2, "0123456789");
	if (!digits || digits >= sizeof(number) || !begins(comma + 2 + digits, " CPU"))
		return false;
	memcpy(number, comma + 2, digits);
	number[digits] = '\0';
	return text_number(number, UINT32_MAX, cpus);
}

enum linux_line linux_line_of(const char *line, size_t length, uint64_t *cpus)
{
	char copy[160];
	const char *text;

	if (length >= sizeof(copy) || memchr(line, '\0', length))
		return LINUX_OTHER;
	memcpy(copy, line, length);
	copy[length] = '\0';
	text = behind_stamp(copy);
	if (begins(text, BEGIN_TEXT))
		return LINUX_BEGIN;
	if (begins(text, END_TEXT) && read_cpus(text + strlen(END_TEXT), cpus))
		return LINUX_END;
	return LINUX_OTHER;
}

static void on_line(void *context, const char *line, size_t length, enum report_line what)
{
	struct watch *watch = context;

	(void)what;
	if (watch->ended)
		return;
	switch (linux_line_of(line, length, &watch->cpus)) {
	case LINUX_BEGIN:
		watch->begun = when(watch, line, length, &watch->begin);
		break;
	case LINUX_END:
		watch->ended = when(watch, line, length, &watch->end);
		break;
	default:
		break;
	}
}

/* The name of the newest kernel in FOLDER/boot, to be freed; NULL: none. ppc64le's is not compressed. */
static char *find_kernel(const char *folder)
{
	char *pattern = text_format("%s/boot/vmlinu*-*", folder);
	glob_t found = { 0 };
	char *name = NULL;

	if (!glob(pattern, 0, NULL, &found) && found.gl_pathc) {
		const char *last = found.gl_pathv[found.gl_pathc - 1];

		name = text_copy(strrchr(last, '/') + 1, strlen(strrchr(last, '/') + 1));
	}
	globfree(&found);
	free(pattern);
	return name;
}

/* Boot it once. Returns 0 and the seconds, or -1 with a line in the peer's note. */
static int boot_once(const struct boot_order *order, const struct watch *watch, const char *kernel,
		     struct bench_peer *peer)
{
	struct boot_result result = { 0 };
	int error = 0;

	boot_run(order, &result);
	if (result.end == BOOT_NOT_STARTED) {
		snprintf(peer->note, sizeof(peer->note), "%s", result.message);
		error = -1;
	} else if (!watch->begun || !watch->ended) {
		snprintf(peer->note, sizeof(peer->note), "%.100s: its log never said \"%s\"",
			 kernel, watch->begun ? END_TEXT : BEGIN_TEXT);
		error = -1;
	}
	boot_result_free(&result);
	return error;
}

/* A loaded host can only make it slower: the least of some boots is what it needs. A clock that counts
 * instructions says the same each time. */
static void boot_some(const struct boot_order *order, struct watch *watch, const char *kernel,
		      struct bench_peer *peer, unsigned int most)
{
	const bool by_stamps = watch->by_stamps;
	const unsigned int wanted = by_stamps ? 1 : most;
	unsigned int boots = 0;

	for (; boots < wanted && (!boots || peer->seconds < SLOW); boots++) {
		*watch = (struct watch){ .by_stamps = by_stamps };
		peer->known = false;
		if (boot_interrupted() || boot_once(order, watch, kernel, peer))
			return;
		if (!boots || watch->end - watch->begin < peer->seconds)
			peer->seconds = watch->end - watch->begin;
		peer->cpus = watch->cpus;
		peer->known = true;
	}
	if (by_stamps)
		snprintf(peer->note, sizeof(peer->note), "%.100s, by the stamps of its log",
			 kernel);
	else if (most > 1)
		snprintf(peer->note, sizeof(peer->note), "%.100s, the least of %u boots", kernel,
			 boots);
	else
		snprintf(peer->note, sizeof(peer->note), "%.100s", kernel);
}

/* More than the profile says: its image is in build. */
struct how {
	const char *build, *append;
	uint64_t memory, timeout;
	char *const *words; /* for QEMU, with which its clock counts instructions; or NULL */
	const char *folder, *package;
	unsigned int boots;
};

static void measure(const struct bench_setup *setup, const struct profile *profile,
		    const struct how *how, const char *kernel, struct bench_peer *peer)
{
	struct watch watch = { .by_stamps = how->words };
	const struct boot_order order = { .profile = profile,
					  .build = how->build,
					  .cpus = setup->linux_cpus,
					  .memory = how->memory,
					  .append = how->append,
					  .qemu_args = how->words ? how->words : setup->qemu_args,
					  .timeout = how->timeout,
					  .line = on_line,
					  .context = &watch,
					  .enough = &watch.ended };

	*peer = (struct bench_peer){ .what = WHAT };
	if (kernel)
		boot_some(&order, &watch, kernel, peer, how->boots);
	else
		snprintf(peer->note, sizeof(peer->note),
			 "no kernel in %.100s/%s/boot; `make bench` fetches package %s",
			 setup->peers, how->folder, how->package);
}

void linux_measure(const struct bench_setup *setup, struct bench_peer *peer)
{
	char *folder = text_format("%s/linux", setup->peers);
	char *boot = text_format("%s/boot", folder);
	char *kernel = find_kernel(folder);
	const struct profile profile = { .qemu = setup->profile->qemu,
					 .arch = setup->profile->arch,
					 .machine = setup->profile->machine,
					 .cpu = setup->profile->cpu,
					 .accel = setup->profile->accel,
					 .image = kernel };

	measure(setup, &profile,
		&(struct how){ boot, APPEND, MEMORY, setup->timeout, NULL, "linux",
			       "linux-image-amd64", LINUX_BOOTS },
		kernel, peer);
	free(kernel);
	free(boot);
	free(folder);
}

void linux_measure_virtual(const struct bench_setup *setup, char *const *words,
			   struct bench_peer *peer)
{
	char *folder = text_format("%s/linux-ppc64el", setup->peers);
	char *boot = text_format("%s/boot", folder);
	char *kernel = find_kernel(folder);
	struct profile profile = *setup->profile;

	profile.image = kernel;
	profile.append = NULL;
	measure(setup, &profile,
		&(struct how){ boot, APPEND_VIRTUAL, MEMORY_VIRTUAL,
			       setup->timeout > TIMEOUT_VIRTUAL ? setup->timeout : TIMEOUT_VIRTUAL,
			       words, "linux-ppc64el", "linux-image-powerpc64le", 1 },
		kernel, peer);
	free(kernel);
	free(boot);
	free(folder);
}

int linux_boot_hypervised(const struct bench_setup *setup, char *const *words,
			  struct bench_peer *peer)
{
	char *folder = text_format("%s/linux", setup->peers);
	char *kernel = find_kernel(folder);
	char *image = kernel ? text_format("peers/linux/boot/%s", kernel) : NULL;
	struct profile profile = *setup->profile;

	profile.image = image;
	profile.append = NULL;
	measure(setup, &profile,
		&(struct how){ setup->build, APPEND_HYPERVISED, LINUX_MEMORY_HYPERVISED,
			       setup->timeout > TIMEOUT_HYPERVISED ? setup->timeout
								   : TIMEOUT_HYPERVISED,
			       words, "linux", "linux-image-amd64", 1 },
		kernel, peer);
	free(kernel);
	free(image);
	free(folder);
	return peer->known ? 0 : -1;
}
