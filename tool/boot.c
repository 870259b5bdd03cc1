// SPDX-License-Identifier: MIT
/*
 * Sees one guest from its start to its end: reads its console, listens to QMP, and stops it when its
 * time is over, after asking it by an NMI where it hangs. Called by run and check. Must always come to
 * an end, whatever the guest and QEMU do.
 */
#include "tool/boot.h"

#include "tool/file.h"
#include "tool/mixed_lines.h"
#include "tool/qemu_process.h"
#include "tool/qmp_link.h"
#include "tool/random_nmis.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES    16384
#define ERRORS_BYTES  4096
#define ASKED_SECONDS 0.5 /* for the guest to say where it is */
#define QUIT_SECONDS  1.0 /* for QEMU to go when asked */
#define PANIC_SECONDS 2.0 /* for a guest that panics to end by itself */
#define POLL_MILLIS   50
#define VCPUS_SHOWN   3

/* What is being waited for. */
enum boot_phase {
	RUNNING,
	ASKED,
	QUITTING
};

struct boot {
	const struct boot_order *order;
	struct boot_result *result;
	struct qemu_process process;
	struct qmp_link qmp;
	struct host_actions actions;
	uint64_t places_asked; /* the id of the question where the vCPUs are; 0: not asked */
	bool console_heard;    /* a byte came */
	enum boot_phase phase;
	struct random_nmis random_nmis;
	double deadline; /* of the phase */
	bool panic_seen;
	char line[LINE_BYTES];
	size_t used;
	bool cut;		  /* the line has begun in an earlier piece */
	struct mixed_lines mixed; /* of a guest that shares its console with a hypervisor */
	size_t errors_used;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void boot_signals_catch(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool boot_interrupted(void)
{
	return interrupted;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* guest: the line is the guest's; piece: not all of it. Only a line that is all there can be a record. */
static void take_text(void *context, const char *line, size_t length, bool guest, bool piece)
{
	struct boot *boot = context;
	struct guest_report *report = &boot->result->report;
	enum report_line what =
		guest && !piece ? report_read_line(report, line, length) : REPORT_TEXT;

	if (boot->order->line)
		boot->order->line(boot->order->context, line, length, what);
	if (what == REPORT_RECORD && boot->order->progress)
		boot->order->progress(boot->order->context, report);
	if (what == REPORT_RECORD && boot->phase == RUNNING)
		host_actions_go_on(&boot->actions);
}

/* whole: it was ended by a newline. */
static void take_line(struct boot *boot, bool whole)
{
	size_t length = boot->used;
	bool piece = !whole || boot->cut;

	if (length && boot->line[length - 1] == '\r')
		length--;
	if (boot->order->profile->boot == PROFILE_BOOT_MODULE && !piece)
		mixed_lines_take(&boot->mixed, boot->line, length);
	else
		take_text(boot, boot->line, length, true, piece);
	boot->used = 0;
	boot->cut = !whole;
}

/* A line that is too long is cut in pieces: it is no record then, and still shown. */
static bool console_receive(struct boot *boot)
{
	char bytes[4096];
	ssize_t got = read(boot->process.console, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] == '\n' || boot->used == sizeof(boot->line))
			take_line(boot, bytes[i] == '\n');
		if (bytes[i] != '\n')
			boot->line[boot->used++] = bytes[i];
	}
	boot->console_heard |= got > 0;
	return got > 0;
}

static void on_reply(void *context, uint64_t id, const json_t *returned, const char *error)
{
	struct boot *boot = context;
	const char *text = json_string_value(returned);

	if (random_nmis_reply(&boot->random_nmis, &boot->qmp, id, returned, now()))
		return;
	if (id == boot->places_asked && text)
		vcpu_places_read(&boot->result->vcpus, text);
	else
		host_actions_reply(&boot->actions, id, returned, error);
}

static void on_event(void *context, const char *name, const json_t *data)
{
	struct boot *boot = context;

	host_actions_event(&boot->actions, name, data);
}

static bool errors_receive(struct boot *boot)
{
	char bytes[1024];
	ssize_t got = read(boot->process.errors, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < got && boot->errors_used < ERRORS_BYTES; i++)
		boot->result->errors[boot->errors_used++] = bytes[i];
	return got > 0;
}

static void phase_set(struct boot *boot, enum boot_phase phase, double seconds)
{
	boot->phase = phase;
	boot->deadline = now() + seconds;
}

static void begin_quit(struct boot *boot, enum boot_end end)
{
	boot->result->end = end;
	(void)qmp_send(&boot->qmp, "quit", NULL);
	phase_set(boot, QUITTING, QUIT_SECONDS);
}

/* The limit of a phase is over. Returns false when there is nothing left to wait for. */
static bool phase_over(struct boot *boot)
{
	switch (boot->phase) {
	case RUNNING:
		if (boot->panic_seen) {
			begin_quit(boot, BOOT_PANICKED);
			return true;
		}
		report_asked(&boot->result->report);
		/* Where they are before the NMI takes them elsewhere. */
		boot->places_asked =
			qmp_send(&boot->qmp, "human-monitor-command",
				 json_pack("{s:s}", "command-line", "info registers -a"));
		(void)qmp_send(&boot->qmp, "inject-nmi", NULL);
		boot->result->end = BOOT_TIMED_OUT;
		phase_set(boot, ASKED, ASKED_SECONDS);
		return true;
	case ASKED:
		begin_quit(boot, BOOT_TIMED_OUT);
		return true;
	default:
		return false;
	}
}

static void close_fd(int *fd)
{
	close(*fd);
	*fd = -1;
}

/* Wait for something to come, and take it. */
static void wait_and_take(struct boot *boot)
{
	struct qemu_process *process = &boot->process;
	struct pollfd fds[] = { { .fd = process->console, .events = POLLIN },
				{ .fd = process->qmp, .events = POLLIN },
				{ .fd = process->errors, .events = POLLIN } };

	if (poll(fds, sizeof(fds) / sizeof(fds[0]),
		 boot->order->random_nmis ? RANDOM_NMIS_MILLIS : POLL_MILLIS) <= 0)
		return;
	if (fds[0].revents && !console_receive(boot))
		close_fd(&process->console);
	if (fds[1].revents && !qmp_receive(&boot->qmp))
		close_fd(&process->qmp);
	if (fds[1].revents && boot->phase == RUNNING)
		host_actions_go_on(&boot->actions);
	if (fds[2].revents && !errors_receive(boot))
		close_fd(&process->errors);
}

/* Not before there has been a handover. */
static void random_nmis(struct boot *boot)
{
	if (boot->phase == RUNNING && boot->result->report.handed.known)
		random_nmis_go_on(&boot->random_nmis, &boot->qmp, now());
	boot->result->random_nmis = boot->random_nmis.sent;
}

static void check_panic(struct boot *boot)
{
	if (boot->phase != RUNNING || boot->panic_seen || !boot->result->report.panic.known)
		return;
	boot->panic_seen = true;
	boot->deadline = now() + PANIC_SECONDS;
}

/* Has QMP more to say, now? */
static bool qmp_more(const struct qemu_process *process)
{
	struct pollfd fd = { .fd = process->qmp, .events = POLLIN };

	return poll(&fd, 1, 0) > 0 && fd.revents & POLLIN;
}

/* Until QEMU has ended, or has been given up on. */
static void see_to_its_end(struct boot *boot)
{
	while (!qemu_process_ended(&boot->process, false)) {
		wait_and_take(boot);
		check_panic(boot);
		random_nmis(boot);
		if (boot->order->enough && *boot->order->enough && boot->phase == RUNNING)
			begin_quit(boot, BOOT_ENDED);
		if (interrupted && boot->phase != QUITTING)
			begin_quit(boot, BOOT_INTERRUPTED);
		if (now() > boot->deadline && !phase_over(boot))
			break;
	}
	/* What it said last may still be on its way. */
	while (boot->process.console >= 0 && !boot->process.pid && console_receive(boot))
		continue;
	while (boot->process.errors >= 0 && !boot->process.pid && errors_receive(boot))
		continue;
	while (boot->process.qmp >= 0 && qmp_more(&boot->process) && qmp_receive(&boot->qmp))
		continue;
	mixed_lines_end(&boot->mixed);
	if (boot->used)
		take_line(boot, false);
}

/* Of a guest that never said where it is: where its vCPUs were. */
static void describe_vcpus(const struct boot_result *result, char *text, size_t size)
{
	size_t used = 0;

	*text = 0;
	for (size_t i = 0; i < result->vcpus.count && i < VCPUS_SHOWN && used < size; i++) {
		const struct vcpu_place *place = &result->vcpus.at[i];
		int length = snprintf(text + used, size - used, "%s vCPU %" PRIu64 " at 0x%" PRIx64,
				      i ? "," : ";", place->vcpu, place->address);

		used += (size_t)length;
		if (place->symbol[0] && used < size)
			used += (size_t)snprintf(text + used, size - used, " (%.40s+0x%" PRIx64 ")",
						 place->symbol, place->offset);
	}
}

static void describe_end(const struct boot_order *order, struct boot_result *result)
{
	struct report_place place;
	char *message = result->message;
	char vcpus[160];

	if (result->end == BOOT_INTERRUPTED)
		snprintf(message, BOOT_MESSAGE_SIZE, "interrupted");
	else if (result->end == BOOT_PANICKED)
		snprintf(message, BOOT_MESSAGE_SIZE, "panic on CPU %" PRIu32 " in step %s",
			 result->report.panic.cpu, result->report.panic.step);
	else if (result->end == BOOT_TIMED_OUT && report_last_seen(&result->report, &place))
		snprintf(message, BOOT_MESSAGE_SIZE,
			 "no end after %" PRIu64 " s: CPU %" PRIu32
			 " was last seen in step %s%s%s%s",
			 order->timeout, place.cpu, place.step, place.where[0] ? " (" : "",
			 place.where, place.where[0] ? ")" : "");
	else if (result->end == BOOT_TIMED_OUT) {
		describe_vcpus(result, vcpus, sizeof(vcpus));
		snprintf(message, BOOT_MESSAGE_SIZE,
			 "no end after %" PRIu64 " s: the guest never said where it is%s",
			 order->timeout, vcpus);
	}
}

/*
 * QEMU ends with status 1 when it refuses its command line, before anything runs. (A guest can end it so
 * too, by isa-debug-exit with status 0; but not without a word, and with one of QEMU's.)
 */
static void find_refusal(const struct boot *boot, struct boot_result *result)
{
	const char *errors = result->errors;

	if (result->end != BOOT_ENDED || result->qemu_status != 1 || boot->console_heard ||
	    !*errors)
		return;
	result->end = BOOT_NOT_STARTED;
	text_show(result->message, BOOT_MESSAGE_SIZE, errors, strcspn(errors, "\r\n"));
}

/* Where the image is: in the build folder, or, when muster is installed, in its library folder. NULL
 * with a message: nowhere. To be freed. */
static char *image_find(const struct boot_order *order, const char *name, char *message)
{
	const char *build = order->build ? order->build : file_program_folder();
	char *path = text_format("%s/%s", build, name);
	char *installed = text_format("%s/../lib/muster/%s", build, name);
	int error = access(path, R_OK) ? errno : 0;

	if (error && !order->build && !access(installed, R_OK)) {
		free(path);
		return installed;
	}
	free(installed);
	if (!error)
		return path;
	snprintf(message, BOOT_MESSAGE_SIZE, "%s: %s; `make%s%s` builds it", path, strerror(error),
		 order->profile->boot == PROFILE_BOOT_KERNEL ? "" : " run PLATFORM=",
		 order->profile->boot == PROFILE_BOOT_KERNEL ? "" : order->profile->name);
	free(path);
	return NULL;
}

/* The module of a handover, if there is to be one: its path, to be removed. NULL with a message: cannot be made. */
static char *payload_make(const struct boot_order *order, const char *image, char *message)
{
	bool muster = !strcmp(order->payload.file, PAYLOAD_MUSTER);
	char *base = muster ? boot_line(order) : text_copy("", 0);
	const char *more = order->payload.append ? order->payload.append : "";
	/* It goes on as long as it is told to, and parks as we do. */
	char *line = muster ? text_format("%s%spayload=module park=%s%s%s", base, *base ? " " : "",
					  order->payload.park ? order->payload.park : "all",
					  *more ? " " : "", more)
			    : text_copy(more, strlen(more));
	char *path = payload_archive(&order->payload, image, line, message, BOOT_MESSAGE_SIZE);

	free(base);
	free(line);
	return path;
}

static bool payload_refused(const struct boot_order *order, char *message)
{
	enum profile_boot boot = order->profile->boot;

	if (!order->payload.file || boot == PROFILE_BOOT_KERNEL || boot == PROFILE_BOOT_MODULE)
		return false;
	snprintf(message, BOOT_MESSAGE_SIZE,
		 "--payload: platform %s has no way to give it to the kernel",
		 order->profile->name);
	return true;
}

/* QEMU takes what is behind a blank for the module's command line. */
static bool module_refused(const struct boot_order *order, const char *path, char *message)
{
	if (order->profile->boot != PROFILE_BOOT_MODULE || !strchr(path, ' '))
		return false;
	snprintf(message, BOOT_MESSAGE_SIZE,
		 "%.200s: has a blank in it: QEMU does not load a module from there", path);
	return true;
}

void boot_run(const struct boot_order *order, struct boot_result *result)
{
	struct boot *boot = memory_or_end(calloc(1, sizeof(*boot)));
	double start = now();
	const char *name = order->image ? order->image : order->profile->image;
	const char *loader_name = order->profile->loader;
	const char *rom_name = order->option_rom ? order->option_rom : order->profile->option_rom;
	struct boot_files files = { 0 };

	*result = (struct boot_result){ .end = BOOT_NOT_STARTED };
	result->errors = memory_or_end(calloc(1, ERRORS_BYTES + 1));
	boot->order = order;
	boot->result = result;
	boot->random_nmis.wanted = order->random_nmis;
	boot->random_nmis.ask = !strcmp(order->profile->arch, "ppc64le");
	boot->mixed = (struct mixed_lines){ .line = take_text, .context = boot };
	files.image = image_find(order, name, result->message);
	if (payload_refused(order, result->message))
		goto out;
	if (files.image && order->payload.file) {
		files.payload = payload_make(order, files.image, result->message);
		if (!files.payload)
			goto out;
	}
	if (files.image && loader_name)
		files.loader = image_find(order, loader_name, result->message);
	if (files.image && rom_name)
		files.option_rom = image_find(order, rom_name, result->message);
	if (files.image && !files.loader == !loader_name && !files.option_rom == !rom_name &&
	    !module_refused(order, files.image, result->message) &&
	    !qemu_process_start(&boot->process, order, &files, result->message,
				BOOT_MESSAGE_SIZE)) {
		result->end = BOOT_ENDED;
		qmp_begin(&boot->qmp, boot->process.qmp);
		boot->qmp.reply = on_reply;
		boot->qmp.event = on_event;
		boot->qmp.context = boot;
		boot->actions = (struct host_actions){ .allowed = order->host_actions,
						       .link = &boot->qmp,
						       .report = &result->report,
						       .tally = &result->host };
		phase_set(boot, RUNNING, (double)order->timeout);
		see_to_its_end(boot);
		qemu_process_stop(&boot->process);
		qmp_end(&boot->qmp);
		host_actions_end(&boot->actions);
		result->qemu_status = boot->process.status;
		vcpu_places_name(&result->vcpus, files.image);
		find_refusal(boot, result);
		describe_end(order, result);
	}
out:
	result->seconds = now() - start;
	if (files.payload)
		unlink(files.payload);
	free(files.payload);
	free(files.image);
	free(files.loader);
	free(files.option_rom);
	free(boot);
}

void boot_result_free(struct boot_result *result)
{
	report_free(&result->report);
	vcpu_places_free(&result->vcpus);
	free(result->errors);
	result->errors = NULL;
}
