// SPDX-License-Identifier: MIT
/* Platform profiles: the good, the wrong, and any bytes; and how one is found by its name. */
#include "tool/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NEEDED "qemu = q\narch = a\nimage = i\nexit = power-off\n"

static int parse(const char *text, size_t size, struct profile *profile, char *message)
{
	char *copy = malloc(size ? size : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, text, size);
	result = profile_parse(copy, size, "x.profile", profile, message, 256);
	free(copy);
	return result;
}

static void expect_refused(const char *text, const char *message_part)
{
	struct profile profile;
	char message[256] = "";

	if (!parse(text, strlen(text), &profile, message))
		fail_msg("not refused: %s", text);
	if (!strstr(message, message_part) || !strstr(message, "x.profile"))
		fail_msg("\"%s\" does not hold \"%s\"", message, message_part);
	assert_null(strchr(message, '\n'));
	profile_free(&profile);
}

static void test_good(void **state)
{
	const char *text = "# a comment, en français\n"
			   "\n"
			   "description = one = two\r\n"
			   "\tqemu=qemu-system-x86_64   \n"
			   "arch = x86_64\n"
			   "image = muster-x86_64.elf\n"
			   "args = -device a,b=c\n"
			   "  # indented\n"
			   "args = -x\n"
			   "append = debug-exit=0x501\n"
			   "cpus = 8\n"
			   "cpus-max = 16\n"
			   "mem = 1G\n"
			   "exit = isa-debug-exit";
	struct profile profile;
	char message[256];

	(void)state;
	assert_int_equal(parse(text, strlen(text), &profile, message), 0);
	assert_string_equal(profile.description, "one = two");
	assert_string_equal(profile.qemu, "qemu-system-x86_64");
	assert_int_equal(profile.args.count, 3);
	assert_string_equal(profile.args.at[2], "-x");
	assert_string_equal(profile.append, "debug-exit=0x501");
	assert_int_equal(profile.cpus, 8);
	assert_int_equal(profile.cpus_max, 16);
	assert_int_equal(profile.memory, 1024);
	assert_int_equal(profile.exit, PROFILE_EXIT_ISA_DEBUG);
	assert_int_equal(profile.console, PROFILE_CONSOLE_SERIAL);
	assert_null(profile.machine);
	profile_free(&profile);
	profile_free(&profile);
}

static void test_refused(void **state)
{
	char line[1100];

	(void)state;
	expect_refused("", "qemu");
	expect_refused("qemu = q\narch = a\nimage = i\n", "exit");
	expect_refused(NEEDED "colour = red\n", ":5: unknown key \"colour\"");
	expect_refused(NEEDED "QEMU = q\n", "unknown key");
	expect_refused(NEEDED "qemu = r\n", ":5: qemu: given twice");
	expect_refused(NEEDED "append\n", ":5:");
	expect_refused(NEEDED "append =\n", "append: no value");
	expect_refused(NEEDED "= x\n", "unknown key");
	expect_refused(NEEDED "cpus = 0\n", "cpus = 0");
	expect_refused(NEEDED "cpus = 4097\n", "cpus = 4097");
	expect_refused(NEEDED "cpus = many\n", "cpus = many");
	expect_refused(NEEDED "cpus-max = 2\n", "above cpus-max");
	expect_refused(NEEDED "mem = 0\n", "mem = 0");
	expect_refused(NEEDED "mem = lots\n", "mem = lots");
	expect_refused(NEEDED "console = teletype\n", "console = teletype");
	expect_refused("exit = door\n", "exit = door");
	expect_refused(NEEDED "boot = floppy\n", "boot = floppy");
	expect_refused(NEEDED "boot = initrd\n", "loader: needed");
	expect_refused(NEEDED "loader = vmlinuz\n", "loader: needed");
	expect_refused(NEEDED "boot = module\n", "loader: needed");
	expect_refused(NEEDED "machine-cpus-max = 2\n", "only for boot = module");
	expect_refused(NEEDED "machine-cpus-max = 0\n", "machine-cpus-max = 0: not between");
	expect_refused(NEEDED "boot = initrd\nloader = x\nmachine-cpus-max = 2\n",
		       "only for boot = module");
	expect_refused(NEEDED "boot = module\nloader = x\nloader-append = {mem}\n",
		       "in braces stands only {cpus}");
	expect_refused(NEEDED "boot = module\nloader = x\nloader-append = {cpus}}\n",
		       "in braces stands only {cpus}");
	expect_refused(NEEDED "append = \x1b[2J\n", "not printable");
	expect_refused(NEEDED "append = caf\xc3\xa9\n", "not printable");
	memset(line, 'x', sizeof(line));
	memcpy(line, "append = ", 9);
	line[sizeof(line) - 1] = 0;
	expect_refused(line, "longer than");
}

static void test_hypervisor(void **state)
{
	const char *text = NEEDED "boot = module\nloader = xen.elf\noption-rom = some.rom\n"
				  "loader-append = {cpus} a{cpus}{cpus}\nmachine-cpus-max = 16\n";
	struct profile profile;
	char message[256];

	(void)state;
	assert_int_equal(parse(text, strlen(text), &profile, message), 0);
	assert_int_equal(profile.boot, PROFILE_BOOT_MODULE);
	assert_string_equal(profile.loader, "xen.elf");
	assert_string_equal(profile.option_rom, "some.rom");
	assert_string_equal(profile.loader_append, "{cpus} a{cpus}{cpus}");
	assert_int_equal(profile.machine_cpus_max, 16);
	profile_free(&profile);
}

static void test_zero_bytes(void **state)
{
	static const char text[] = "qemu = q\0x\narch = a\n";
	struct profile profile;
	char message[256] = "";

	(void)state;
	assert_int_equal(parse(text, sizeof(text), &profile, message), -1);
	profile_free(&profile);
}

static void test_any_bytes(void **state)
{
	static const char text[] = NEEDED "cpus = 4\nargs = -a b\nmem = 64M\n# end\n";
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char bytes[sizeof(text) - 1], message[64];
		struct profile profile;

		memcpy(bytes, text, sizeof(bytes));
		for (int change = 0; change < 2; change++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			bytes[(random >> 33) % sizeof(bytes)] = (char)(random >> 56);
		}
		(void)profile_parse(bytes, (random >> 20) % (sizeof(bytes) + 1), "p", &profile,
				    message, sizeof(message));
		profile_free(&profile);
	}
}

/* A folder with the profile "one", which is good, and "bad", which is not. */
static char folder[] = "/tmp/muster-profiles-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	write_file("one.profile", NEEDED);
	write_file("bad.profile", "nonsense\n");
	write_file("note.txt", "no profile\n");
	write_file("Big.profile", NEEDED);
	unsetenv("MUSTER_PROFILES");
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "one.profile", "bad.profile", "note.txt",
					     "Big.profile" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void test_find(void **state)
{
	struct profile_search search = { folder, "/nonexistent/bin" };
	struct profile profile;
	char message[256] = "";

	(void)state;
	assert_int_equal(profile_find(&search, "one", &profile, message, sizeof(message)), 0);
	assert_string_equal(profile.name, "one");
	profile_free(&profile);
	assert_int_equal(profile_find(&search, "bad", &profile, message, sizeof(message)), -1);
	assert_non_null(strstr(message, "/bad.profile:1:"));
	profile_free(&profile);
	search.first = NULL;
	assert_int_equal(profile_find(&search, "one", &profile, message, sizeof(message)), -1);
	profile_free(&profile);
	setenv("MUSTER_PROFILES", folder, 1);
	assert_int_equal(profile_find(&search, "one", &profile, message, sizeof(message)), 0);
	profile_free(&profile);
	unsetenv("MUSTER_PROFILES");
}

static void test_unknown_names(void **state)
{
	static const char *const names[] = { "",
					     "two",
					     "../one",
					     "one.profile",
					     "One",
					     "Big",
					     "./one",
					     "one/",
					     "one\n",
					     "\x1b[2J",
					     "a-name-that-is-far-too-long-to-be-one-of-a-profile" };
	struct profile_search search = { folder, "/nonexistent/bin" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct profile profile;
		char message[256] = "";

		if (!profile_find(&search, names[i], &profile, message, sizeof(message)))
			fail_msg("found: %s", names[i]);
		assert_non_null(strstr(message, "unknown platform"));
		assert_non_null(strstr(message, ": bad, one"));
		for (const char *c = message; *c; c++)
			assert_in_range(*c, ' ', '~');
		profile_free(&profile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hypervisor),    cmocka_unit_test(test_zero_bytes),
		cmocka_unit_test(test_any_bytes),     cmocka_unit_test(test_find),
		cmocka_unit_test(test_unknown_names),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
