// SPDX-License-Identifier: MIT
/*
 * `muster run`: boots one guest for a person (or a script) to look at. Standard output gets the table
 * and the verdict and nothing else; what happens on the way goes to standard error.
 */
#include "tool/boot.h"
#include "tool/commands.h"
#include "tool/exit_code.h"
#include "tool/file.h"
#include "tool/options.h"
#include "tool/report_show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAIL_LINES  20
#define SHOWN_BYTES 2048

/* What the user sees while the guest runs. */
struct view {
	const char *platform;
	FILE *log;
	bool verbose;
	bool live;  /* standard error is a terminal: progress is a line that is written over */
	bool drawn; /* there is such a line now */
	bool said;  /* a line of the guest's has been shown */
	char *tail[TAIL_LINES];
	size_t tail_next;
};

static void erase_progress(struct view *view)
{
	if (view->drawn)
		fputs("\r\033[K", stderr);
	view->drawn = false;
}

static bool begins(const char *line, size_t length, const char *with)
{
	return length >= strlen(with) && !memcmp(line, with, strlen(with));
}

static void keep_tail(struct view *view, const char *shown)
{
	char **place = &view->tail[view->tail_next++ % TAIL_LINES];

	free(*place);
	*place = text_copy(shown, strlen(shown));
}

static void on_line(void *context, const char *line, size_t length, enum report_line what)
{
	struct view *view = context;
	char shown[SHOWN_BYTES];

	if (view->log) {
		fwrite(line, 1, length, view->log);
		fputc('\n', view->log);
	}
	text_show(shown, sizeof(shown), line, length);
	keep_tail(view, shown);
	if (!view->verbose && (what != REPORT_TEXT || (!begins(line, length, "muster: ") &&
						       !begins(line, length, "not ok "))))
		return;
	erase_progress(view);
	fprintf(stderr, "%s\n", shown);
	view->said = true;
}

static void on_progress(void *context, const struct guest_report *report)
{
	struct view *view = context;

	if (!view->live || view->verbose)
		return;
	if (report->has_guest)
		fprintf(stderr, "\r\033[K%s: %" PRIu32 " of %" PRIu32 " CPUs online",
			view->platform, report->guest.online, report->guest.present);
	else if (report->waiting.known)
		fprintf(stderr, "\r\033[K%s: waiting for CPU %" PRIu32 " (%" PRIu32 " online)",
			view->platform, report->waiting.cpu, report->waiting_online);
	else
		fprintf(stderr, "\r\033[K%s: %s %s", view->platform, report->at.where,
			report->at.step);
	fflush(stderr);
	view->drawn = true;
}

static void show_tail(const struct view *view)
{
	size_t first = view->tail_next > TAIL_LINES ? view->tail_next - TAIL_LINES : 0;

	if (view->said || view->verbose)
		return;
	for (size_t i = first; i < view->tail_next; i++)
		fprintf(stderr, "  | %s\n", view->tail[i % TAIL_LINES]);
}

static void view_end(struct view *view)
{
	erase_progress(view);
	for (size_t i = 0; i < TAIL_LINES; i++)
		free(view->tail[i]);
	if (view->log)
		fclose(view->log);
}

static bool colour_wanted(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (!no_colour || !*no_colour);
}

/*
 * The last line. A CPU that the machine was given is present whatever the guest says, or does not
 * come to say: one that is missing in its report is one that is not online.
 */
static void show_count(const struct guest_report *report, const char *platform, uint64_t expected)
{
	uint64_t online = report->has_guest ? report->guest.online : report->waiting_online;
	uint64_t present = report->guest.present > expected ? report->guest.present : expected;

	if (online > present)
		online = present;
	printf("muster: %s: %" PRIu64 " of %" PRIu64 " CPUs online, %" PRIu64 " failed\n", platform,
	       online, present, present - online + report->tests_failed);
}

/* The same of a guest that was to hand over. */
static void show_payload(const struct guest_report *report, const char *platform, uint64_t expected)
{
	bool came = report->handed.known && report->has_guest;
	uint64_t online = came ? report->guest.online : 0;
	uint64_t present =
		came && report->guest.present > expected ? report->guest.present : expected;

	if (came)
		printf("muster: %s: handover %" PRIu64 ": %" PRIu64 " CPUs were parked, %" PRIu64
		       " started cold\n",
		       platform, report->handed.generation, report->handed.parked,
		       online > report->handed.parked ? online - 1 - report->handed.parked : 0);
	printf("muster: %s: payload: %" PRIu64 " of %" PRIu64 " CPUs online\n", platform, online,
	       present);
}

static void show_errors(const char *errors)
{
	char shown[1024];

	for (int i = 0; i < TAIL_LINES && *errors; i++) {
		size_t length = strcspn(errors, "\r\n");

		text_show(shown, sizeof(shown), errors, length);
		if (length)
			fprintf(stderr, "QEMU: %s\n", shown);
		errors += length;
		errors += strspn(errors, "\r\n");
	}
}

static void show_result(const struct boot_result *result, const char *platform, const char *failure,
			uint64_t expected, bool payload)
{
	const struct guest_report *report = &result->report;

	report_write_table(report, stdout, colour_wanted());
	if (report->has_tests)
		printf("self-tests: %" PRIu64 " passed, %" PRIu64 " failed\n", report->tests_passed,
		       report->tests_failed);
	fflush(stdout);
	if (result->host.message[0])
		fprintf(stderr, "muster: %s: %s\n", platform, result->host.message);
	if (failure)
		fprintf(stderr, "muster: %s: %s\n", platform, failure);
	fflush(stderr);
	if (payload)
		show_payload(report, platform, expected);
	else
		show_count(report, platform, expected);
	fflush(stdout);
}

static int write_json(const struct boot_result *boot, const char *path)
{
	FILE *file = fopen(path, "w");
	int result = file ? report_write_json(&boot->report, &boot->vcpus, file) : -1;

	if (result)
		fprintf(stderr, "muster: --json %s: %s\n", path, strerror(errno));
	if (file && fclose(file))
		result = -1;
	return result;
}

static int judge(const struct boot_result *result, const struct options *options,
		 const struct boot_order *order, struct view *view)
{
	char message[BOOT_MESSAGE_SIZE];
	bool payload = order->payload.file;
	const char *failure = (payload ? boot_payload_failure : boot_failure)(
		result, order->profile, boot_expected_cpus(order), message, sizeof(message));

	erase_progress(view);
	if (result->end == BOOT_NOT_STARTED) {
		fprintf(stderr, "muster: %s: %s\n", order->profile->name, result->message);
		return EXIT_CANNOT;
	}
	if (failure) {
		show_tail(view);
		show_errors(result->errors);
	}
	if (options->layout)
		report_write_layout(&result->report, stdout);
	show_result(result, order->profile->name, failure, boot_expected_cpus(order), payload);
	if (options->json && write_json(result, options->json))
		return EXIT_CANNOT;
	if (result->end == BOOT_INTERRUPTED)
		return EXIT_INTERRUPTED;
	return failure ? EXIT_GUEST : EXIT_GOOD;
}

static int refuse(const char *message)
{
	fprintf(stderr, "muster: %s\n", message);
	return EXIT_CANNOT;
}

static int run_with(const struct options *options, const struct profile *profile)
{
	struct view view = { .platform = profile->name,
			     .verbose = options->verbose,
			     .live = isatty(STDERR_FILENO) };
	struct boot_order order = {
		.profile = profile,
		.build = options->build,
		.cpus = options->cpus == CPUS_OF_PROFILE ? profile->cpus : options->cpus,
		.memory = options->memory ? options->memory : profile->memory,
		.append = options->append,
		.payload = { options->payload, options->initrd, options->payload_append,
			     options->park },
		.qemu_args = options->qemu_args,
		.timeout = options->timeout,
		.host_actions = options->host_actions,
		.line = on_line,
		.progress = on_progress,
		.context = &view,
	};
	struct boot_result result;
	char message[128];
	int code;

	if (!order.cpus || order.cpus > profile->cpus_max) {
		snprintf(message, sizeof(message), "--cpus %" PRIu64 ": not between 1 and %" PRIu64,
			 order.cpus, profile->cpus_max);
		return refuse(message);
	}
	if (!options->payload && (options->initrd || options->payload_append || options->park))
		return refuse("--initrd, --payload-append, --park: go with --payload");
	if (options->log && !(view.log = fopen(options->log, "w"))) {
		snprintf(message, sizeof(message), "--log %.64s: %s", options->log,
			 strerror(errno));
		return refuse(message);
	}
	boot_signals_catch();
	boot_run(&order, &result);
	code = judge(&result, options, &order, &view);
	view_end(&view);
	boot_result_free(&result);
	return code;
}

int run_command(int argc, char **argv)
{
	struct options options;
	struct profile profile;
	struct profile_search search = { .program_folder = file_program_folder() };
	char message[512];
	int code;

	if (options_read(&options, OPTIONS_OF_RUN, argc, argv, message, sizeof(message)))
		return refuse(message);
	search.first = options.profiles;
	if (profile_find(&search, options.platform, &profile, message, sizeof(message)))
		code = refuse(message);
	else
		code = run_with(&options, &profile);
	profile_free(&profile);
	return code;
}
