// SPDX-License-Identifier: MIT
/*
 * Was it a good boot? Called by run and check with what boot.c saw. Must never call a boot good that
 * came up with fewer CPUs than it was given: that is how such losses stay unseen.
 */
#include "tool/boot.h"
#include "tool/options.h"

#include <inttypes.h>
#include <string.h>

uint64_t boot_expected_cpus(const struct boot_order *order)
{
	bool machine_is_guests = order->profile->boot != PROFILE_BOOT_MODULE;

	return machine_is_guests && options_qemu_has(order->qemu_args, "-smp") ? 0 : order->cpus;
}

int boot_guest_status(const struct boot_result *result, const struct profile *profile)
{
	if (result->end != BOOT_ENDED)
		return -1;
	if (profile->exit == PROFILE_EXIT_ISA_DEBUG) {
		/* QEMU's isa-debug-exit ends it with (value << 1) | 1: an odd number. */
		return result->qemu_status & 1 && result->qemu_status < 128
			       ? result->qemu_status >> 1
			       : -1;
	}
	return result->report.has_end && !result->qemu_status ? (int)result->report.status : -1;
}

static const char *first_error_line(const struct boot_result *result, char *line, size_t size)
{
	text_show(line, size, result->errors, strcspn(result->errors, "\n"));
	return line;
}

/* Did it end as a guest does that has done its work? */
static const char *failure_of_end(const struct boot_result *result, const struct profile *profile,
				  char *message, size_t size)
{
	int status = boot_guest_status(result, profile);
	char line[160];

	if (result->end != BOOT_ENDED) {
		snprintf(message, size, "%s", result->message);
		return message;
	}
	if (result->report.panic.known) {
		snprintf(message, size, "panic on CPU %" PRIu32 " in step %s",
			 result->report.panic.cpu, result->report.panic.step);
		return message;
	}
	if (!report_is_complete(&result->report)) {
		snprintf(message, size, "QEMU ended (status %d) before the report did%s%s",
			 result->qemu_status, result->errors[0] ? ": " : "",
			 first_error_line(result, line, sizeof(line)));
		return message;
	}
	if (result->report.fault[0]) {
		snprintf(message, size, "the report is wrong: %s", result->report.fault);
		return message;
	}
	if (status != (int)result->report.status) {
		snprintf(message, size, "the report says status %" PRIu64 ", QEMU ended with %d",
			 result->report.status, result->qemu_status);
		return message;
	}
	return NULL;
}

/* A guest that took itself for another platform's has not shown what it was booted for. */
static const char *platform_expected(const struct profile *profile)
{
	return profile->platform ? profile->platform : profile->name;
}

const char *boot_failure(const struct boot_result *result, const struct profile *profile,
			 uint64_t expected, char *message, size_t size)
{
	const struct guest_report *report = &result->report;

	if (failure_of_end(result, profile, message, size))
		return message;
	if (!report->has_guest || !report->guest.present)
		snprintf(message, size, "no CPU is in the report");
	else if (strcmp(report->guest.platform, platform_expected(profile)))
		snprintf(message, size, "the guest says that its platform is %s, not %s",
			 report->guest.platform, platform_expected(profile));
	else if (expected && report->guest.present != expected)
		snprintf(message, size, "%" PRIu32 " CPUs are present, %" PRIu64 " were asked for",
			 report->guest.present, expected);
	else if (report->guest.left_out)
		snprintf(message, size, "%" PRIu64 " CPUs were left out", report->guest.left_out);
	else if (report->guest.online != report->guest.present)
		snprintf(message, size, "%" PRIu32 " of %" PRIu32 " CPUs came online",
			 report->guest.online, report->guest.present);
	else if (result->host.removed < result->host.asked_back)
		snprintf(message, size, "%" PRIu64 " CPUs were asked back, %" PRIu64 " went",
			 result->host.asked_back, result->host.removed);
	else if (report->tests_failed)
		snprintf(message, size, "%" PRIu64 " self-tests failed", report->tests_failed);
	else if (report->status)
		snprintf(message, size, "the guest ended with status %" PRIu64, report->status);
	else
		return NULL;
	return message;
}

const char *boot_payload_failure(const struct boot_result *result, const struct profile *profile,
				 uint64_t expected, char *message, size_t size)
{
	const char *failure = boot_failure(result, profile, expected, message, size);

	if (failure || result->report.handed.known)
		return failure;
	snprintf(message, size, "the report is of a kernel that nobody has handed over to");
	return message;
}
