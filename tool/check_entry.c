// SPDX-License-Identifier: MIT
/*
 * Boots one entry of the matrix and compares. Called by check, in a process of its own. Every
 * expectation that an entry states is looked at, also when another has failed to hold.
 */
#include "tool/check_entry.h"

#include "tool/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct watch {
	const char *wanted; /* the text that some line must hold; NULL: none */
	bool seen;
	const char *unwanted; /* the text that no line may hold; NULL: none */
	bool unwanted_seen;
	bool guest_spoke;	/* a record of the guest's */
	bool hypervisor_failed; /* by its own word, before that */
	FILE *log;
};

/* Xen's last words (its console is the guest's too). Before the guest has said anything it is not the guest's
 * doing: Debian's 4.17 under TCG does so in one of some hundred boots on a busy host. */
#define HYPERVISOR_FAILED "(XEN) Panic on CPU "

static void on_line(void *context, const char *line, size_t length, enum report_line what)
{
	struct watch *watch = context;

	watch->guest_spoke |= what != REPORT_TEXT;
	if (!watch->guest_spoke &&
	    memmem(line, length, HYPERVISOR_FAILED, strlen(HYPERVISOR_FAILED)))
		watch->hypervisor_failed = true;
	if (watch->wanted && memmem(line, length, watch->wanted, strlen(watch->wanted)))
		watch->seen = true;
	if (watch->unwanted && memmem(line, length, watch->unwanted, strlen(watch->unwanted)))
		watch->unwanted_seen = true;
	if (watch->log) {
		fwrite(line, 1, length, watch->log);
		fputc('\n', watch->log);
	}
}

/* One number of each CPU of the report. */
typedef struct report_number number_of_cpu(const struct report_cpu *cpu);

static struct report_number hwid_of(const struct report_cpu *cpu)
{
	return (struct report_number){ true, cpu->hwid };
}

static struct report_number fwid_of(const struct report_cpu *cpu)
{
	return cpu->fwid;
}

static struct report_number vcpu_of(const struct report_cpu *cpu)
{
	return cpu->vcpu_id;
}

static struct report_number node_of(const struct report_cpu *cpu)
{
	return cpu->node;
}

/* Of all CPUs, as the matrix writes them; - for none. */
static char *numbers_of(const struct guest_report *report, number_of_cpu *number_of)
{
	char *text = text_copy("", 0);

	for (size_t i = 0; i < report->cpu_count; i++) {
		struct report_number number = number_of(&report->cpus[i]);
		char *longer =
			number.known ? text_format("%s%s%" PRIu64, text, i ? "," : "", number.value)
				     : text_format("%s%s-", text, i ? "," : "");

		free(text);
		text = longer;
	}
	return text;
}

/* found: to be freed here. */
static int compare_list(const char *what, char *found, const char *expected, char *reason,
			size_t size)
{
	int result = strcmp(found, expected) ? -1 : 0;

	if (result)
		snprintf(reason, size, "%s are %s, expected %s", what, found, expected);
	free(found);
	return result;
}

static int compare_lists(const struct matrix_entry *entry, const struct guest_report *report,
			 char *reason, size_t size)
{
	const struct {
		const char *what, *expected;
		number_of_cpu *number_of;
	} lists[] = {
		{ "hardware ids", entry->hwids, hwid_of },
		{ "firmware ids", entry->fwids, fwid_of },
		{ "vCPU ids", entry->vcpus, vcpu_of },
		{ "nodes", entry->nodes, node_of },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].expected &&
		    compare_list(lists[i].what, numbers_of(report, lists[i].number_of),
				 lists[i].expected, reason, size))
			return -1;
	return 0;
}

/* The numbers that an entry states with a word of their own. */
static int compare_numbers(const struct matrix_entry *entry, const struct boot_result *result,
			   char *reason, size_t size)
{
	const struct {
		const char *what;
		struct matrix_number expected;
		uint64_t found;
	} rows[] = {
		{ "CPUs possible", entry->possible, result->report.guest.possible },
		{ "CPUs present", entry->present, result->report.guest.present },
		{ "NMIs sent", entry->nmis, result->host.nmis },
		{ "CPUs added", entry->added, result->host.added },
		{ "CPUs removed", entry->removed, result->host.removed },
		{ "self-tests passed", entry->tests, result->report.tests_passed },
		{ "handovers", entry->generation, result->report.handed.generation },
		{ "CPUs parked", entry->parked, result->report.handed.parked },
		{ "CPUs parked at the least", entry->parked, result->report.handed.parked_least },
		{ "NMIs survived", entry->nmis_survived, result->report.handed.nmis },
		{ "machine checks survived", entry->machine_checks,
		  result->report.handed.machine_checks },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].expected.given || rows[i].expected.value == rows[i].found)
			continue;
		snprintf(reason, size, "%" PRIu64 " %s, expected %" PRIu64, rows[i].found,
			 rows[i].what, rows[i].expected.value);
		return -1;
	}
	return 0;
}

static int compare(const struct matrix_entry *entry, const struct boot_result *result,
		   const struct profile *profile, const struct watch *watch, const char *failure,
		   char *reason, size_t size)
{
	const struct guest_report *report = &result->report;
	int status = boot_guest_status(result, profile);

	if (result->end == BOOT_NOT_STARTED || result->end == BOOT_INTERRUPTED ||
	    (failure && !entry->expect_fail))
		snprintf(reason, size, "%s", failure);
	else if (!failure && entry->expect_fail)
		snprintf(reason, size, "all is well, which was not expected");
	else if (entry->ends && result->end != BOOT_ENDED)
		snprintf(reason, size, "it had to be stopped: %s", result->message);
	else if (entry->has_online && report->guest.online != entry->online)
		snprintf(reason, size, "%" PRIu32 " CPUs online, expected %" PRIu64,
			 report->guest.online, entry->online);
	else if (entry->has_status && status != (int)entry->status)
		snprintf(reason, size, "status %d, expected %" PRIu64, status, entry->status);
	else if (entry->line && !watch->seen)
		snprintf(reason, size, "no line of the console holds \"%s\"", entry->line);
	else if (entry->never && watch->unwanted_seen)
		snprintf(reason, size, "a line of the console holds \"%s\"", entry->never);
	else if (entry->reason && (!failure || !strstr(failure, entry->reason)))
		snprintf(reason, size, "the verdict is \"%s\", expected to hold \"%s\"",
			 failure ? failure : "all is well", entry->reason);
	else if (entry->entry && strcmp(report->guest.entry, entry->entry))
		snprintf(reason, size, "the way in is \"%s\", expected \"%s\"", report->guest.entry,
			 entry->entry);
	else if (report->handed.free_changed)
		snprintf(reason, size,
			 "generation %" PRIu64 " has not as much free memory as the one before it",
			 report->handed.free_changed);
	else if (entry->random_nmis && result->random_nmis < entry->random_nmis)
		snprintf(reason, size, "%" PRIu64 " of %" PRIu64 " random NMIs were sent",
			 result->random_nmis, entry->random_nmis);
	else if (entry->random_nmis && !report->handed.nmis)
		snprintf(reason, size, "no random NMI was counted in a park page");
	else if (!compare_numbers(entry, result, reason, size))
		return compare_lists(entry, report, reason, size);
	return -1;
}

/* *again: the hypervisor failed, and the guest has not been tried. */
static int boot_once(const struct matrix_entry *entry, const struct profile *profile,
		     const char *build, const char *log, char *reason, size_t size, bool *again)
{
	struct watch watch = { .wanted = entry->line,
			       .unwanted = entry->never,
			       .log = fopen(log, "w") };
	struct boot_order order = {
		.profile = profile,
		.build = build,
		.image = entry->image,
		.option_rom = entry->option_rom,
		.cpus = entry->cpus ? entry->cpus : profile->cpus,
		.memory = entry->memory ? entry->memory : profile->memory,
		.append = entry->append,
		.qemu_args = entry->qemu.count ? entry->qemu.at : NULL,
		.timeout = entry->timeout,
		.host_actions = entry->host_actions,
		.payload = { entry->payload, entry->initrd, entry->payload_append, entry->park },
		.random_nmis = entry->random_nmis,
		.line = on_line,
		.context = &watch,
	};
	char message[BOOT_MESSAGE_SIZE];
	struct boot_result result;
	const char *failure;
	int code;

	boot_run(&order, &result);
	failure = (entry->payload ? boot_payload_failure : boot_failure)(
		&result, profile, boot_expected_cpus(&order), message, sizeof(message));
	code = compare(entry, &result, profile, &watch, failure, reason, size);
	if (code && result.host.message[0]) {
		size_t used = strlen(reason);

		snprintf(reason + used, size - used, " (%s)", result.host.message);
	}
	if (watch.log)
		fclose(watch.log);
	boot_result_free(&result);
	*again = code && watch.hypervisor_failed;
	return code;
}

static int boot_once_or_again(const struct matrix_entry *entry, const struct profile *profile,
			      const char *build, const char *log, char *reason, size_t size)
{
	bool again;
	int code = boot_once(entry, profile, build, log, reason, size, &again);

	if (!again)
		return code;
	fprintf(stderr,
		"muster: %s: the hypervisor failed before the guest said anything: booted once more\n",
		entry->name);
	return boot_once(entry, profile, build, log, reason, size, &again);
}

int check_entry(const struct matrix_entry *entry, const struct options *options, const char *logs,
		char *reason, size_t size)
{
	const char *build = options->build;
	struct profile_search search = { options->profiles, file_program_folder() };
	char *log = text_format("%s/%s.log", logs, entry->name);
	struct profile profile;
	int code = profile_find(&search, entry->platform, &profile, reason, size);

	for (uint64_t i = 0; i < entry->repeat && !code; i++) {
		code = boot_once_or_again(entry, &profile, build, log, reason, size);
		if (code && entry->repeat > 1) {
			size_t used = strlen(reason);

			snprintf(reason + used, size - used, " (boot %" PRIu64 " of %" PRIu64 ")",
				 i + 1, entry->repeat);
		}
	}
	if (code) {
		size_t used = strlen(reason);

		snprintf(reason + used, size - used, "; console: %s", log);
	} else {
		unlink(log);
	}
	profile_free(&profile);
	free(log);
	return code;
}
