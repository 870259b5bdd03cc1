// SPDX-License-Identifier: MIT
/*
 * `muster run`, whole and with sanitizers, against a QEMU that misbehaves (fake_qemu.c): what it
 * exits with, what its last line is, that it stops what hangs and shows nothing that a terminal
 * would act on. Must never need a real QEMU.
 */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT_MAX     (1024 * 1024)
#define WORDS_MAX    24
#define GIVE_UP_SECS 20

struct outcome {
	int status; /* -1: it had to be killed, or died of a signal */
	double seconds;
	char out[TEXT_MAX], err[TEXT_MAX];
};

static char folder[] = "/tmp/muster-test-XXXXXX";
static char muster[PATH_MAX], fake[PATH_MAX];
static struct outcome outcome;

static void path_in(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", folder, name);
}

static void read_back(const char *name, char *text)
{
	char path[128];
	FILE *file;
	size_t count;

	path_in(path, sizeof(path), name);
	file = fopen(path, "re");
	assert_non_null(file);
	count = fread(text, 1, TEXT_MAX - 1, file);
	text[count] = 0;
	/* A byte 0 would hide what is behind it. */
	assert_int_equal(strlen(text), count);
	fclose(file);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	path_in(path, sizeof(path), name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void write_profile(const char *mode, const char *exit)
{
	char text[PATH_MAX + 256];

	snprintf(text, sizeof(text),
		 "qemu = %s\narch = x86_64\nimage = image\nexit = %s\nargs = -fake %s\n"
		 "platform = fake\ncpus = 4\ncpus-max = 8\n",
		 fake, exit, mode);
	write_file("fake.profile", text);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void become(char **argv)
{
	char path[128];

	path_in(path, sizeof(path), "out");
	dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
	path_in(path, sizeof(path), "err");
	dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
	setenv("TERM", "xterm", 1);
	execv(muster, argv);
	_exit(99);
}

/* Wait for it; kill what does not end. interrupt_after: seconds until it gets SIGINT; 0: never. */
static void wait_for(pid_t pid, double interrupt_after)
{
	double start = now();
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (interrupt_after > 0 && now() - start > interrupt_after) {
			kill(pid, SIGINT);
			interrupt_after = 0;
		}
		if (now() - start > GIVE_UP_SECS)
			kill(pid, SIGKILL);
		usleep(5000);
	}
	outcome.seconds = now() - start;
	outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run_program(double interrupt_after, const char *const *argv)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		become((char **)argv);
	wait_for(pid, interrupt_after);
	read_back("out", outcome.out);
	read_back("err", outcome.err);
}

static void run_words(double interrupt_after, const char *const *more)
{
	const char *argv[WORDS_MAX] = { muster,	   "run",  "--platform", "fake",
					"--build", folder, "--profiles", folder };
	size_t count = 8;

	for (; *more; more++) {
		assert_true(count + 1 < WORDS_MAX);
		argv[count++] = *more;
	}
	run_program(interrupt_after, argv);
}

static void assert_printable(const char *text)
{
	for (; *text; text++)
		assert_true(*text == '\n' || (*text >= ' ' && *text <= '~'));
}

/* Run a mode with a limit of 1 s. What comes out is plain text, whatever went in. */
static void run_mode(const char *mode)
{
	static const char *const limit[] = { "--timeout", "1", NULL };

	write_profile(mode, "isa-debug-exit");
	run_words(0, limit);
	assert_printable(outcome.out);
	assert_printable(outcome.err);
}

static void assert_last_line(const char *line)
{
	size_t length = strlen(outcome.out);
	size_t wanted = strlen(line);

	assert_true(length > wanted);
	assert_int_equal(outcome.out[length - 1], '\n');
	outcome.out[length - 1] = 0;
	assert_string_equal(outcome.out + length - 1 - wanted, line);
	assert_true(length - 1 == wanted || outcome.out[length - 2 - wanted] == '\n');
	outcome.out[length - 1] = '\n';
}

static void assert_says(const char *text)
{
	if (strstr(outcome.err, text))
		return;
	print_error("not on stderr: %s\nbut:\n%.2000s\n", text, outcome.err);
	fail();
}

static void good_is_good(void **state)
{
	(void)state;
	run_mode("good");
	assert_int_equal(outcome.status, 0);
	assert_string_equal(outcome.err, "");
	assert_non_null(strstr(outcome.out, "self-tests: 3 passed, 0 failed\n"));
	assert_last_line("muster: fake: 4 of 4 CPUs online, 0 failed");
}

static void good_by_power_off(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	write_profile("good-power-off", "power-off");
	run_words(0, none);
	assert_int_equal(outcome.status, 0);
	assert_last_line("muster: fake: 4 of 4 CPUs online, 0 failed");
	/* The same end on a platform that has a status to give is none. */
	run_mode("good-power-off");
	assert_int_equal(outcome.status, 1);
}

static void number_of_cpus(void **state)
{
	static const char *const two[] = { "--cpus", "2", NULL };
	static const char *const users[] = { "--cpus", "2", "--", "-smp", "6", NULL };

	(void)state;
	write_profile("good", "isa-debug-exit");
	run_words(0, two);
	assert_int_equal(outcome.status, 0);
	assert_last_line("muster: fake: 2 of 2 CPUs online, 0 failed");
	run_words(0, users);
	assert_int_equal(outcome.status, 0);
	assert_last_line("muster: fake: 6 of 6 CPUs online, 0 failed");
}

static void a_cpu_that_fails(void **state)
{
	(void)state;
	run_mode("one-failed");
	assert_int_equal(outcome.status, 1);
	assert_says("muster: CPU 1: step unit failed: \\x1b[31minjected\n");
	assert_last_line("muster: fake: 3 of 4 CPUs online, 1 failed");
}

static void a_test_that_fails(void **state)
{
	(void)state;
	run_mode("test-failed");
	assert_int_equal(outcome.status, 1);
	assert_says("not ok 2 - calls\n");
	assert_last_line("muster: fake: 4 of 4 CPUs online, 1 failed");
}

static void bytes_without_sense(void **state)
{
	(void)state;
	run_mode("garbage");
	assert_int_equal(outcome.status, 1);
	assert_says("muster: fake: ");
}

static void hang_is_stopped_and_named(void **state)
{
	(void)state;
	run_mode("hang");
	assert_int_equal(outcome.status, 1);
	assert_true(outcome.seconds >= 1 && outcome.seconds < 4);
	/* The answer to the NMI is newer than what the boot CPU said while it waited. */
	assert_says("no end after 1 s: CPU 2 was last seen in step call-queue (ONLINE)\n");
	run_mode("hang-silent");
	assert_int_equal(outcome.status, 1);
	assert_says("no end after 1 s");
}

static void hang_without_qmp(void **state)
{
	(void)state;
	run_mode("hang-deaf");
	assert_int_equal(outcome.status, 1);
	assert_true(outcome.seconds < 6);
	assert_says("CPU 0 was last seen in step clock (BOOT)\n");
	run_mode("hang-polite");
	assert_int_equal(outcome.status, 1);
	assert_true(outcome.seconds < 6);
	assert_says("CPU 0 was last seen in step firmware (BOOT)\n");
}

static void flood_is_stopped(void **state)
{
	(void)state;
	run_mode("flood");
	assert_int_equal(outcome.status, 1);
	assert_true(outcome.seconds < 8);
	assert_says("CPU 0 was last seen in step interrupts (BOOT)\n");
}

static void panic_that_hangs(void **state)
{
	static const char *const longer[] = { "--timeout", "15", NULL };

	(void)state;
	write_profile("panic-and-hang", "isa-debug-exit");
	run_words(0, longer);
	assert_int_equal(outcome.status, 1);
	assert_true(outcome.seconds >= 2 && outcome.seconds < 8);
	assert_says("panic on CPU 1 in step unit");
}

static void crash_is_no_success(void **state)
{
	(void)state;
	run_mode("crash");
	assert_int_equal(outcome.status, 1);
	run_mode("cut-short");
	assert_int_equal(outcome.status, 1);
}

static void lies_are_found(void **state)
{
	static const char *const lies[] = { "lie-present", "lie-online", "lie-records",
					    "lie-status" };

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		run_mode(lies[i]);
		assert_int_equal(outcome.status, 1);
		assert_says("muster: fake: ");
	}
}

static void lines_without_end(void **state)
{
	(void)state;
	run_mode("huge-lines");
	assert_int_equal(outcome.status, 0);
	assert_last_line("muster: fake: 4 of 4 CPUs online, 0 failed");
}

/* What stands in a line is no record, nor is what has no newline. */
static void only_whole_lines_are_records(void **state)
{
	(void)state;
	run_mode("record-in-line");
	assert_int_equal(outcome.status, 0);
	run_mode("end-without-newline");
	assert_int_equal(outcome.status, 1);
	assert_says("before the report did");
}

static void what_is_left_behind_goes_too(void **state)
{
	(void)state;
	run_mode("leave-child");
	assert_int_equal(outcome.status, 0);
	assert_true(outcome.seconds < 3);
}

static void the_count_is_of_what_was_asked_for(void **state)
{
	(void)state;
	run_mode("hang");
	assert_last_line("muster: fake: 1 of 4 CPUs online, 3 failed");
	run_mode("lie-present");
	assert_last_line("muster: fake: 1 of 4 CPUs online, 3 failed");
}

static void loud_qemu(void **state)
{
	(void)state;
	run_mode("loud-errors");
	assert_int_equal(outcome.status, 1);
	assert_last_line("muster: fake: 3 of 4 CPUs online, 1 failed");
}

static void user_interrupts(void **state)
{
	static const char *const longer[] = { "--timeout", "15", NULL };

	(void)state;
	write_profile("hang", "isa-debug-exit");
	run_words(0.7, longer);
	assert_int_equal(outcome.status, 130);
	assert_true(outcome.seconds < 5);
}

static void what_cannot_be_tried(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const nought[] = { "--cpus", "0", NULL };
	static const char *const none_there[] = { "--platform", "nosuch", NULL };
	static const char *const no_image[] = { "--build", "/nonexistent", NULL };
	static const char *const many[] = { "--cpus", "9", NULL };

	(void)state;
	write_profile("good", "isa-debug-exit");
	run_words(0, none_there);
	assert_int_equal(outcome.status, 2);
	assert_says("muster: unknown platform \"nosuch\"");
	run_words(0, no_image);
	assert_int_equal(outcome.status, 2);
	assert_says("/nonexistent/image");
	run_words(0, many);
	assert_int_equal(outcome.status, 2);
	assert_string_equal(outcome.err, "muster: --cpus 9: not between 1 and 8\n");
	run_words(0, nought);
	assert_int_equal(outcome.status, 2);
	assert_string_equal(outcome.err, "muster: --cpus 0: not between 1 and 8\n");
	write_file("fake.profile", "qemu = no-such-qemu\narch = x86_64\nimage = image\n"
				   "exit = power-off\n");
	run_words(0, none);
	assert_int_equal(outcome.status, 2);
	assert_says("no-such-qemu: ");
	assert_string_equal(outcome.out, "");
}

static void files_are_written(void **state)
{
	char json[128], log[128];
	const char *const words[] = { "--json", json, "--log", log, NULL };
	const char *const nowhere[] = { "--log", "/nonexistent/log", NULL };

	(void)state;
	path_in(json, sizeof(json), "report.json");
	path_in(log, sizeof(log), "console.log");
	write_profile("good", "isa-debug-exit");
	run_words(0, words);
	assert_int_equal(outcome.status, 0);
	read_back("report.json", outcome.out);
	assert_int_equal(outcome.out[0], '{');
	read_back("console.log", outcome.out);
	assert_non_null(strstr(outcome.out, "@muster 1 end records=6 status=0"));
	run_words(0, nowhere);
	assert_int_equal(outcome.status, 2);
}

static void run_asking(const char *mode)
{
	static const char *const words[] = { "--timeout", "10", "--host-actions", NULL };

	write_profile(mode, "isa-debug-exit");
	run_words(0, words);
	assert_printable(outcome.err);
}

static void the_guest_asks(void **state)
{
	(void)state;
	run_asking("asks");
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	run_asking("asks-and-keeps");
	assert_int_equal(outcome.status, 1);
	assert_says("muster: fake: 1 CPUs were asked back, 0 went\n");
	run_asking("asks-for-cores");
	assert_int_equal(outcome.status, 0);
	assert_says("muster: fake: the guest asked for cpu-add: that CPU is there\n");
	run_asking("asks-in-vain");
	assert_int_equal(outcome.status, 0);
	assert_says("muster: fake: the guest asked for nmi: no \\x1b NMIs\n");
}

/* Whoever does not allow it gets none of it; and nobody gets it without end. */
static void the_guest_asks_too_much(void **state)
{
	(void)state;
	run_mode("asks-for-much");
	assert_int_equal(outcome.status, 1);
	assert_says("the guest asked for nmi: not allowed; --host-actions allows it\n");
	assert_says("too many records of kind ask");
	run_mode("asks");
	assert_int_equal(outcome.status, 1);
	assert_says("the guest asked for cpu-add: not allowed; --host-actions allows it\n");
}

static void hang_before_the_first_step(void **state)
{
	static const char *const words[] = { "--timeout", "1", "--json", NULL, NULL };
	const char *all[5];
	char json[128];

	(void)state;
	path_in(json, sizeof(json), "report.json");
	memcpy(all, words, sizeof(words));
	all[3] = json;
	write_profile("hang-before-all", "isa-debug-exit");
	run_words(0, all);
	assert_int_equal(outcome.status, 1);
	assert_says("the guest never said where it is; vCPU 0 at 0xfff0, vCPU 1 at "
		    "0xffffffff80100010\n");
	read_back("report.json", outcome.out);
	assert_non_null(strstr(outcome.out, "\"0xffffffff80100010\""));
	assert_non_null(strstr(outcome.out, "\"present\": null"));
}

/* Options that QEMU refuses are not the guest's fault. */
static void qemu_refuses(void **state)
{
	(void)state;
	run_mode("refuse-arguments");
	assert_int_equal(outcome.status, 2);
	assert_string_equal(outcome.err, "muster: fake: fake_qemu: -bogus: invalid option\n");
	assert_string_equal(outcome.out, "");
}

/* In front of the profile: what of it is a hypervisor's. */
static void write_hypervisor_profile(const char *loader)
{
	char text[PATH_MAX + 512];

	snprintf(text, sizeof(text),
		 "qemu = %s\narch = x86_64\nimage = image\nexit = isa-debug-exit\n"
		 "args = -fake shared-console\nplatform = fake\ncpus = 4\ncpus-max = 8\n%s"
		 "append = one=1,2\nmachine-cpus-max = 3\n",
		 fake, loader);
	write_file("fake.profile", text);
}

static void a_guest_of_a_hypervisor(void **state)
{
	static const char *const words[] = { "--append", "two", "--log", "console.log", NULL };
	char log[PATH_MAX], wanted[PATH_MAX];
	const char *with_log[] = { words[0], words[1], words[2], log, "--", "-smp", "2", NULL };

	(void)state;
	path_in(log, sizeof(log), "console.log");
	write_hypervisor_profile("boot = module\nloader = hypervisor\n"
				 "loader-append = a={cpus}b {cpus}-{cpus}\noption-rom = rom\n");
	write_file("hypervisor", "not one");
	run_words(0, with_log);
	assert_int_equal(outcome.status, 2);
	assert_says("/rom: No such file or directory");
	write_file("rom", "none either");
	run_words(0, with_log);
	assert_string_equal(outcome.err, "");
	assert_int_equal(outcome.status, 0);
	/* The user's -smp is about the machine, so the guest must have all that were asked for. */
	assert_last_line("muster: fake: 4 of 4 CPUs online, 0 failed");
	read_back("console.log", outcome.out);
	snprintf(wanted, sizeof(wanted),
		 "words -smp <3> -kernel <%s/hypervisor> -append <a=4b 4-4>"
		 " -initrd <%s/image one=1,,2 two> -option-rom <%s/rom> -smp <2>\n",
		 folder, folder, folder);
	assert_non_null(strstr(outcome.out, wanted));
	assert_non_null(strstr(outcome.out,
			       "\n(XEN) d0v1: a word\n(XEN) and one more\n(XEN) third\n"
			       "@muster 1 guest platform=fake arch=x86_64 hypervisor=xen "
			       "possible=4 present=4 online=4 left_out=0\n"));
}

/* The same console where nobody is expected to share it: nothing is put together. */
static void no_hypervisor_no_joining(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	write_hypervisor_profile("");
	run_words(0, none);
	assert_int_equal(outcome.status, 2);
	assert_says("machine-cpus-max: only for boot = module");
	run_mode("shared-console");
	assert_int_equal(outcome.status, 1);
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || !realpath(TEST_BUILD "/sanitized/muster", muster) ||
	    !realpath(TEST_BUILD "/tests/unit/tool/fake_qemu", fake))
		return -1;
	write_file("image", "not a kernel");
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = { "image",	    "fake.profile",  "out",	   "err",
					     "report.json", "console.log",   "hypervisor", "rom",
					     "matrix.txt",  "check/line.log" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_in(path, sizeof(path), names[i]);
		unlink(path);
	}
	path_in(path, sizeof(path), "check");
	rmdir(path);
	return rmdir(folder);
}

/* Check one entry, "line", of a matrix. */
static void check_mode(const char *mode)
{
	char words[PATH_MAX], matrix[128], marker[128];
	const char *const argv[] = { muster, "check",	   "--matrix", matrix, "--build",
				     folder, "--profiles", folder,     NULL };

	path_in(marker, sizeof(marker), "marker");
	path_in(matrix, sizeof(matrix), "matrix.txt");
	snprintf(words, sizeof(words), "%s -marker %s", mode, marker);
	write_profile(words, "isa-debug-exit");
	write_file("matrix.txt", "line platform=fake cpus=4 timeout=2\n");
	(void)unlink(marker);
	run_program(0, argv);
	(void)unlink(marker);
}

/* A guest whose hypervisor fails before it has begun has not been tried. */
static void a_hypervisor_fails(void **state)
{
	(void)state;
	check_mode("hypervisor-fails");
	assert_int_equal(outcome.status, 0);
	assert_says(
		"line: the hypervisor failed before the guest said anything: booted once more\n");
	assert_last_line("1 passed, 0 failed");
	check_mode("hypervisor-fails-later");
	assert_int_equal(outcome.status, 1);
	assert_string_equal(outcome.err, "");
	assert_last_line("0 passed, 1 failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_is_good),
		cmocka_unit_test(good_by_power_off),
		cmocka_unit_test(number_of_cpus),
		cmocka_unit_test(a_cpu_that_fails),
		cmocka_unit_test(a_test_that_fails),
		cmocka_unit_test(bytes_without_sense),
		cmocka_unit_test(hang_is_stopped_and_named),
		cmocka_unit_test(hang_without_qmp),
		cmocka_unit_test(flood_is_stopped),
		cmocka_unit_test(panic_that_hangs),
		cmocka_unit_test(crash_is_no_success),
		cmocka_unit_test(lies_are_found),
		cmocka_unit_test(lines_without_end),
		cmocka_unit_test(only_whole_lines_are_records),
		cmocka_unit_test(what_is_left_behind_goes_too),
		cmocka_unit_test(the_count_is_of_what_was_asked_for),
		cmocka_unit_test(loud_qemu),
		cmocka_unit_test(user_interrupts),
		cmocka_unit_test(what_cannot_be_tried),
		cmocka_unit_test(files_are_written),
		cmocka_unit_test(the_guest_asks),
		cmocka_unit_test(the_guest_asks_too_much),
		cmocka_unit_test(hang_before_the_first_step),
		cmocka_unit_test(qemu_refuses),
		cmocka_unit_test(a_guest_of_a_hypervisor),
		cmocka_unit_test(no_hypervisor_no_joining),
		cmocka_unit_test(a_hypervisor_fails),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
