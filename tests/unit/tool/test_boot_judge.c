// SPDX-License-Identifier: MIT
/* What is called a good boot, and what each thing that is wrong with one is called. */
#include "tool/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char no_errors[] = "";
static char no_image[] = "qemu: no image\nmore";
static char pc_word[] = "pc";

/* A boot of four CPUs as it should be. */
static struct boot_result good_boot(void)
{
	struct boot_result result = { .end = BOOT_ENDED, .qemu_status = 1, .errors = no_errors };
	struct guest_report *report = &result.report;

	report->has_guest = report->has_end = report->has_tests = true;
	report->guest.possible = report->guest.present = report->guest.online = 4;
	report->tests_passed = 10;
	strcpy(report->guest.platform, "pc");
	return result;
}

static const struct profile debug_exit = { .name = "pc-other",
					   .platform = pc_word,
					   .exit = PROFILE_EXIT_ISA_DEBUG };
static const struct profile power_off = { .name = "pc", .exit = PROFILE_EXIT_POWER_OFF };

static void expect(const struct boot_result *result, const struct profile *profile, uint64_t cpus,
		   const char *part)
{
	char message[BOOT_MESSAGE_SIZE];
	const char *failure = boot_failure(result, profile, cpus, message, sizeof(message));

	if (!part) {
		assert_null(failure);
		return;
	}
	assert_non_null(failure);
	if (!strstr(failure, part))
		fail_msg("\"%s\" does not hold \"%s\"", failure, part);
	assert_null(strchr(failure, '\n'));
}

/* A report of the kernel that was to hand over is no report of the payload. */
static void test_payload(void **state)
{
	struct boot_result result = good_boot();
	char message[BOOT_MESSAGE_SIZE];
	const char *failure;

	(void)state;
	failure = boot_payload_failure(&result, &debug_exit, 4, message, sizeof(message));
	assert_non_null(failure);
	assert_non_null(strstr(failure, "nobody has handed over to"));
	result.report.handed.known = true;
	assert_null(boot_payload_failure(&result, &debug_exit, 4, message, sizeof(message)));
	result.report.guest.online = 3;
	failure = boot_payload_failure(&result, &debug_exit, 4, message, sizeof(message));
	assert_non_null(failure);
	assert_non_null(strstr(failure, "3 of 4 CPUs"));
}

static void test_good(void **state)
{
	struct boot_result result = good_boot();

	(void)state;
	expect(&result, &debug_exit, 4, NULL);
	expect(&result, &debug_exit, 0, NULL);
	result.qemu_status = 0;
	expect(&result, &power_off, 4, NULL);
	result.report.has_tests = false;
	expect(&result, &power_off, 4, NULL);
}

static void test_cpus(void **state)
{
	struct boot_result result = good_boot();

	(void)state;
	expect(&result, &debug_exit, 5, "4 CPUs are present, 5 were asked for");
	expect(&result, &debug_exit, 3, "4 CPUs are present, 3 were asked for");
	result.report.guest.online = 3;
	expect(&result, &debug_exit, 4, "3 of 4 CPUs came online");
	result.report.guest.present = result.report.guest.online = 0;
	expect(&result, &debug_exit, 0, "no CPU");
}

static void test_another_platform(void **state)
{
	struct boot_result result = good_boot();

	(void)state;
	strcpy(result.report.guest.platform, "xen-pvh");
	expect(&result, &debug_exit, 4, "its platform is xen-pvh, not pc");
	result.qemu_status = 0;
	expect(&result, &power_off, 4, "its platform is xen-pvh, not pc");
}

static void test_status(void **state)
{
	struct boot_result result = good_boot();

	(void)state;
	result.report.tests_failed = 2;
	expect(&result, &debug_exit, 4, "2 self-tests failed");
	result.report.tests_failed = 0;
	result.report.status = 3;
	expect(&result, &debug_exit, 4, "the report says status 3");
	result.qemu_status = 3 << 1 | 1;
	expect(&result, &debug_exit, 4, "ended with status 3");
	assert_int_equal(boot_guest_status(&result, &debug_exit), 3);
	/* What no guest of that kind can give: an even number, or the end by a signal. */
	result.report.status = 0;
	result.qemu_status = 0;
	expect(&result, &debug_exit, 4, "QEMU ended with 0");
	result.qemu_status = 128 + 11;
	expect(&result, &debug_exit, 4, "QEMU ended with 139");
	assert_int_equal(boot_guest_status(&result, &debug_exit), -1);
	result.qemu_status = 1;
	expect(&result, &power_off, 4, "QEMU ended with 1");
}

static void test_report(void **state)
{
	struct boot_result result = good_boot();

	(void)state;
	strcpy(result.report.fault, "record cpu refused: missing: hwid");
	expect(&result, &debug_exit, 4, "missing: hwid");
	result = good_boot();
	result.report.has_end = false;
	result.errors = no_image;
	expect(&result, &debug_exit, 4, "before the report did: qemu: no image");
	result = good_boot();
	result.report.panic = (struct report_place){ .known = true, .cpu = 2, .step = "unit" };
	expect(&result, &debug_exit, 4, "panic on CPU 2 in step unit");
}

static void test_other_ends(void **state)
{
	static const enum boot_end ends[] = { BOOT_TIMED_OUT, BOOT_PANICKED, BOOT_INTERRUPTED,
					      BOOT_NOT_STARTED };
	struct boot_result result = good_boot();

	(void)state;
	strcpy(result.message, "why it was");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		result.end = ends[i];
		expect(&result, &debug_exit, 4, "why it was");
		assert_int_equal(boot_guest_status(&result, &debug_exit), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload),	   cmocka_unit_test(test_good),
		cmocka_unit_test(test_cpus),	   cmocka_unit_test(test_another_platform),
		cmocka_unit_test(test_status),	   cmocka_unit_test(test_report),
		cmocka_unit_test(test_other_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
