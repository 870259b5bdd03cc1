// SPDX-License-Identifier: MIT
/*
 * Stands in for QEMU where test_run wants one that misbehaves: takes the tool's command line, finds
 * its console and QMP sockets in it, and does what the word after -fake says. Run by `muster run`
 * under test_run only. Must never outlive the test: every mode ends by itself after a minute.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONGEST_SECONDS 60

struct fake {
	const char *mode;
	const char *marker; /* a file that this program may leave for its next run; or NULL */
	int console, qmp;
	unsigned int cpus;
	char **words;
	unsigned int records; /* of the closing report, said so far */
};

static void say_bytes(const struct fake *fake, const char *bytes, size_t length)
{
	while (length) {
		ssize_t count = write(fake->console, bytes, length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			_exit(3);
		bytes += count;
		length -= (size_t)count;
	}
}

__attribute__((format(printf, 2, 3))) static void say(const struct fake *fake, const char *format,
						      ...)
{
	char text[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say_bytes(fake, text, (size_t)length);
}

static int fd_of(const char *value)
{
	const char *fd = strstr(value, "fd=");
	const char *path = strstr(value, "/fd/");

	if (path)
		return atoi(path + 4);
	return fd ? atoi(fd + 3) : -1;
}

static void read_arguments(struct fake *fake, int argc, char **argv)
{
	fake->words = argv;
	for (int i = 1; i + 1 < argc; i++) {
		const char *value = argv[i + 1];

		if (!strcmp(argv[i], "-fake"))
			fake->mode = value;
		else if (!strcmp(argv[i], "-marker"))
			fake->marker = value;
		else if (!strcmp(argv[i], "-smp"))
			fake->cpus = (unsigned int)atoi(value);
		else if (!strcmp(argv[i], "-chardev") && fake->console < 0)
			fake->console = fd_of(value);
		else if (!strcmp(argv[i], "-chardev"))
			fake->qmp = fd_of(value);
	}
}

static void say_guest(struct fake *fake, unsigned int present, unsigned int online)
{
	say(fake,
	    "@muster 1 guest platform=fake arch=x86_64 hypervisor=none possible=%u present=%u "
	    "online=%u left_out=0\n",
	    present, present, online);
	fake->records = 1;
}

static void say_cpu(struct fake *fake, unsigned int cpu, const char *state)
{
	say(fake,
	    "@muster 1 cpu cpu=%u hwid=%u fwid=%u vcpu_id=- node=- state=%s unit=0x1000 "
	    "online_ns=1000 step=online\n",
	    cpu, cpu, cpu, state);
	fake->records++;
}

/* A whole report: the first `online` CPUs of `present` are online. */
static void say_report(struct fake *fake, unsigned int present, unsigned int online,
		       unsigned int failed_tests, unsigned int status)
{
	say(fake, "@muster 1 at step=console where=BOOT cpu=0\n");
	say_guest(fake, present, online);
	for (unsigned int i = 0; i < present; i++)
		say_cpu(fake, i, i < online ? "online" : "failed");
	say(fake, "@muster 1 tests passed=3 failed=%u\n", failed_tests);
	say(fake, "@muster 1 end records=%u status=%u\n", fake->records + 1, status);
}

static void greet(const struct fake *fake)
{
	static const char greeting[] = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

	if (write(fake->qmp, greeting, sizeof(greeting) - 1) < 0)
		_exit(3);
}

/* Answer QMP until told to quit. nmi: what the guest says when it is asked where it is. */
static void serve_qmp(const struct fake *fake, const char *nmi)
{
	char line[512];
	FILE *commands = fdopen(fake->qmp, "r");

	while (commands && fgets(line, sizeof(line), commands)) {
		if (write(fake->qmp, "{\"return\": {}}\r\n", 16) < 0)
			break;
		if (strstr(line, "inject-nmi"))
			say(fake, "%s", nmi);
		if (strstr(line, "quit"))
			exit(0);
	}
	pause();
}

static int good(struct fake *fake)
{
	greet(fake);
	say_report(fake, fake->cpus, fake->cpus, 0, 0);
	return 1;
}

/* Not the next time. */
static int hypervisor_fails(struct fake *fake)
{
	if (!access(fake->marker, F_OK))
		return good(fake);
	close(open(fake->marker, O_WRONLY | O_CREAT, 0600));
	say(fake, "(XEN) Xen version 4.17\n(XEN) Panic on CPU 1:\n");
	return 0;
}

static int hypervisor_fails_later(struct fake *fake)
{
	close(open(fake->marker, O_WRONLY | O_CREAT, 0600));
	say(fake, "@muster 1 at step=unit where=PREPARE cpu=1\n(XEN) Panic on CPU 1:\n");
	return 0;
}

static int good_power_off(struct fake *fake)
{
	say_report(fake, fake->cpus, fake->cpus, 0, 0);
	return 0;
}

static int one_failed(struct fake *fake)
{
	say(fake, "muster: CPU 1: step unit failed: \033[31minjected\n");
	say_report(fake, fake->cpus, fake->cpus - 1, 0, 1);
	return 1 << 1 | 1;
}

static int test_failed(struct fake *fake)
{
	say(fake, "not ok 2 - calls\n");
	say_report(fake, fake->cpus, fake->cpus, 1, 3);
	return 3 << 1 | 1;
}

/* Bytes without any sense, some of them in what looks like records; the same ones each time. */
static int garbage(struct fake *fake)
{
	uint32_t seed = 1;
	char bytes[4096];

	for (int block = 0; block < 64; block++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (char)(seed >> 24);
		}
		say_bytes(fake, "\n@muster 1 cpu cpu=", 19);
		say_bytes(fake, bytes, sizeof(bytes));
	}
	return 1;
}

/* The id of a command, which its reply must have. */
static unsigned int id_of(const char *command)
{
	const char *id = strstr(command, "\"id\":");

	return id ? (unsigned int)atoi(id + 5) : 0;
}

static void reply(const struct fake *fake, const char *command, const char *what)
{
	if (dprintf(fake->qmp, "{%s, \"id\": %u}\r\n", what, id_of(command)) < 0)
		_exit(3);
}

/* The next command; it must hold that text. Those that the guest has nothing to do with are answered. */
static void expect(const struct fake *fake, FILE *commands, char *line, int size, const char *text)
{
	while (fgets(line, size, commands)) {
		if (strstr(line, text))
			return;
		if (!strstr(line, "qmp_capabilities")) {
			fprintf(stderr, "fake_qemu: expected %s, not %s", text, line);
			_exit(9);
		}
		reply(fake, line, "\"return\": {}");
	}
	_exit(9);
}

/* Three possible CPUs, as QEMU lists them: in no order. The one in the middle is asked for. */
#define CPU_ENTRY(core, path)                                                              \
	"{\"props\": {\"core-id\": " core ", \"socket-id\": 1}, \"vcpus-count\": 1, " path \
	"\"type\": \"fake-cpu\"}"
#define CPU_HERE(name) "\"qom-path\": \"" name "\", "

static int ask_cpus(struct fake *fake, bool gone)
{
	static const char absent[] = "\"return\": [" CPU_ENTRY("2", "") ", " CPU_ENTRY(
		"0", CPU_HERE("/cpu/0")) ", " CPU_ENTRY("1", "") "]";
	static const char there[] = "\"return\": [" CPU_ENTRY("2", "") ", " CPU_ENTRY(
		"0", CPU_HERE("/cpu/0")) ", " CPU_ENTRY("1", CPU_HERE("/cpu/muster-cpu-1")) "]";
	static const char event[] = "{\"event\": \"DEVICE_DELETED\", \"data\": {\"path\": ";
	FILE *commands = fdopen(fake->qmp, "r");
	char line[512];

	greet(fake);
	say(fake, "@muster 1 ask action=cpu-add hwid=0x1 fwid=1\n"
		  "@muster 1 ask action=cpu-remove hwid=0x1 fwid=1\n"
		  "@muster 1 ask action=nmi hwid=- fwid=-\n");
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, absent);
	expect(fake, commands, line, sizeof(line), "device_add");
	if (!strstr(line, "\"core-id\":1") || !strstr(line, "\"driver\":\"fake-cpu\"") ||
	    !strstr(line, "\"id\":\"muster-cpu-1\""))
		return 9;
	reply(fake, line, "\"return\": {}");
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, there);
	expect(fake, commands, line, sizeof(line), "device_del");
	if (!strstr(line, "\"id\":\"/cpu/muster-cpu-1\""))
		return 9;
	reply(fake, line, "\"return\": {}");
	/* What only begins alike is another's. */
	dprintf(fake->qmp, "%s\"/cpu/muster-cpu-12\"}}\r\n", event);
	if (gone)
		dprintf(fake->qmp, "%s\"/cpu/muster-cpu-1/lapic\"}}\r\n", event);
	expect(fake, commands, line, sizeof(line), "inject-nmi");
	reply(fake, line, "\"return\": {}");
	return good(fake);
}

static int asks(struct fake *fake)
{
	return ask_cpus(fake, true);
}

static int asks_and_keeps(struct fake *fake)
{
	return ask_cpus(fake, false);
}

/* A pseries machine's cores of two threads; the guest says a thread's server number. */
#define CORE_ENTRY(core, path)                                           \
	"{\"props\": {\"core-id\": " core "}, \"vcpus-count\": 2, " path \
	"\"type\": \"power9-spapr-cpu-core\"}"

static int asks_for_cores(struct fake *fake)
{
	static const char cores[] = "\"return\": [" CORE_ENTRY("4", "") ", " CORE_ENTRY(
		"0", CPU_HERE("/core/0")) ", " CORE_ENTRY("2", CPU_HERE("/core/2")) "]";
	FILE *commands = fdopen(fake->qmp, "r");
	char line[512];

	greet(fake);
	say(fake, "@muster 1 ask action=cpu-add hwid=0x5 fwid=5\n"
		  "@muster 1 ask action=cpu-add hwid=0x3 fwid=3\n"
		  "@muster 1 ask action=cpu-add hwid=0x6 fwid=6\n");
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, cores);
	expect(fake, commands, line, sizeof(line), "device_add");
	if (!strstr(line, "\"core-id\":4") || !strstr(line, "\"driver\":\"power9-spapr-cpu-core\""))
		return 9;
	reply(fake, line, "\"return\": {}");
	/* One that is there, then one that is not to be had. */
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, cores);
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, cores);
	return good(fake);
}

/* What QEMU does not do, and what the machine does not have. */
static int asks_in_vain(struct fake *fake)
{
	FILE *commands = fdopen(fake->qmp, "r");
	char line[512];

	greet(fake);
	say(fake, "@muster 1 ask action=nmi hwid=- fwid=-\n"
		  "@muster 1 ask action=cpu-add hwid=0x99 fwid=99\n"
		  "@muster 1 ask action=cpu-remove hwid=0x2 fwid=0\n");
	expect(fake, commands, line, sizeof(line), "inject-nmi");
	reply(fake, line,
	      "\"error\": {\"class\": \"GenericError\", \"desc\": \"no \\u001b NMIs\"}");
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, "\"return\": [" CPU_ENTRY("0", "") "]");
	expect(fake, commands, line, sizeof(line), "query-hotpluggable-cpus");
	reply(fake, line, "\"return\": {\"not\": \"a list\"}");
	return good(fake);
}

/* Asks without end, and is content with what comes of it. */
static int asks_for_much(struct fake *fake)
{
	for (int i = 0; i < 5000; i++)
		say(fake, "@muster 1 ask action=nmi hwid=- fwid=-\n");
	return good(fake);
}

/* Not a word from the guest; QEMU knows where the vCPUs are. */
static int hang_before_all(struct fake *fake)
{
	FILE *commands = fdopen(fake->qmp, "r");
	char line[512];

	greet(fake);
	expect(fake, commands, line, sizeof(line), "info registers -a");
	reply(fake, line,
	      "\"return\": \"\\r\\nCPU#0\\r\\nEAX=0 \\r\\nEIP=0000fff0 EFL=2\\r\\n\\r\\nCPU#1\\r\\n"
	      "RAX=1\\r\\nRIP=ffffffff80100010 RFL=2\\r\\n\"");
	pause();
	return 0;
}

static int hang(struct fake *fake)
{
	greet(fake);
	say(fake, "@muster 1 at step=start where=START cpu=1\n"
		  "@muster 1 waiting cpu=2 step=local-apic online=1 present=4\n");
	serve_qmp(fake, "@muster 1 at step=call-queue where=ONLINE cpu=2\n");
	return 0;
}

static int hang_silent(struct fake *fake)
{
	(void)fake;
	pause();
	return 0;
}

/* Never says a word of QMP, and does not go when asked. */
static int hang_deaf(struct fake *fake)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	say(fake, "@muster 1 at step=clock where=BOOT cpu=0\n");
	for (;;)
		pause();
}

/* Takes commands and does nothing of what they say. */
static int hang_polite(struct fake *fake)
{
	static const char noise[] = "not JSON\r\n[1,2]\r\n{\"return\": {}}\r\n{\"event\": 7}\r\n";

	greet(fake);
	say(fake, "@muster 1 at step=firmware where=BOOT cpu=0\n");
	for (;;) {
		if (write(fake->qmp, noise, sizeof(noise) - 1) < 0)
			pause();
		usleep(1000);
	}
}

/* Never stops talking. */
static int flood(struct fake *fake)
{
	say(fake, "@muster 1 at step=interrupts where=BOOT cpu=0\n");
	for (;;)
		say(fake, "and so on and on\n");
}

static int panic_and_hang(struct fake *fake)
{
	greet(fake);
	say(fake, "muster: panic: CPU 1 in step unit: a test\n@muster 1 panic cpu=1 step=unit\n");
	serve_qmp(fake, "");
	return 0;
}

static int crash(struct fake *fake)
{
	say(fake, "@muster 1 at step=console where=BOOT cpu=0\n");
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static int cut_short(struct fake *fake)
{
	say_guest(fake, fake->cpus, fake->cpus);
	say_cpu(fake, 0, "online");
	return 1;
}

/* It was given more CPUs, found one, and is content. */
static int lie_present(struct fake *fake)
{
	say_report(fake, 1, 1, 0, 0);
	return 1;
}

static int lie_online(struct fake *fake)
{
	say_guest(fake, fake->cpus, fake->cpus);
	for (unsigned int i = 0; i < fake->cpus; i++)
		say_cpu(fake, i, i ? "prepared" : "online");
	say(fake, "@muster 1 tests passed=3 failed=0\n");
	say(fake, "@muster 1 end records=%u status=0\n", fake->records + 1);
	return 1;
}

static int lie_records(struct fake *fake)
{
	say_guest(fake, 1, 1);
	say_cpu(fake, 0, "online");
	say(fake, "@muster 1 tests passed=3 failed=0\n@muster 1 end records=9 status=0\n");
	return 1;
}

static int lie_status(struct fake *fake)
{
	say_report(fake, fake->cpus, fake->cpus, 0, 0);
	return 1 << 1 | 1;
}

/* A line of megabytes, text that is no line at the end, and a good report in between. */
static int huge_lines(struct fake *fake)
{
	char bytes[4096];

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 1024; i++)
		say_bytes(fake, bytes, sizeof(bytes));
	say_bytes(fake, "\n", 1);
	say_report(fake, fake->cpus, fake->cpus, 0, 0);
	say_bytes(fake, "text without an end", 19);
	return 1;
}

/* What stands in the middle of a line is no record, wherever a reader may cut. */
static int record_in_line(struct fake *fake)
{
	char bytes[4096];

	memset(bytes, 'x', sizeof(bytes));
	for (int cut = 0; cut < 4; cut++) {
		for (int i = 0; i < 1 << cut; i++)
			say_bytes(fake, bytes, sizeof(bytes));
		say(fake, "@muster 1 panic cpu=0 step=unit\n");
	}
	say_report(fake, fake->cpus, fake->cpus, 0, 0);
	return 1;
}

/* A record is ended by its newline: without it, it may be half of one. */
static int end_without_newline(struct fake *fake)
{
	say_guest(fake, 1, 1);
	say_cpu(fake, 0, "online");
	say(fake, "@muster 1 tests passed=3 failed=0\n@muster 1 end records=3 status=0");
	return 1;
}

static int no_tests(struct fake *fake)
{
	say_guest(fake, 1, 1);
	say_cpu(fake, 0, "online");
	say(fake, "@muster 1 end records=2 status=0\n");
	return 1;
}

/* Ends well, and leaves a process behind that holds every connection open. */
static int leave_child(struct fake *fake)
{
	if (!fork()) {
		alarm(LONGEST_SECONDS);
		pause();
		_exit(0);
	}
	return good(fake);
}

static int refuse_arguments(struct fake *fake)
{
	(void)fake;
	fputs("fake_qemu: -bogus: invalid option\n", stderr);
	return 1;
}

/* More on stderr than anyone keeps. */
static int loud_errors(struct fake *fake)
{
	for (int i = 0; i < 65536; i++)
		fputs("fake_qemu: warning: \033]0;title\007\n", stderr);
	say_report(fake, fake->cpus, fake->cpus - 1, 0, 1);
	return 1 << 1 | 1;
}

/* The report of a guest whose hypervisor writes to the same console, and first its words. */
static int shared_console(struct fake *fake)
{
	say(fake, "(XEN) booting\r\nwords");
	for (char **word = fake->words; *word; word++)
		if (!strcmp(*word, "-kernel") || !strcmp(*word, "-append") ||
		    !strcmp(*word, "-initrd") || !strcmp(*word, "-smp") ||
		    !strcmp(*word, "-option-rom"))
			say(fake, " %s <%s>", word[0], word[1]);
	say(fake,
	    "\r\n(XEN) [2026-11-21 14:00:00] (d0) @muster 1 at step=console where=BOOT cpu=0\r\n");
	say(fake, "@muster 1 guest platform=fake arch=x86_64 hypervi(XEN) d0v1: a word\r\n"
		  "(XEN) and one more\r\n"
		  "sor=xen possible=4 present=4 on(XEN) third\r\nline=4 left_out=0\r\n");
	fake->records = 1;
	for (unsigned int i = 0; i < 4; i++)
		say_cpu(fake, i, "online");
	say(fake, "@muster 1 tests passed=3 failed=0\n");
	say(fake, "@muster 1 end rec(XEN) \r\nords=%u status=0\n", fake->records + 1);
	return 1;
}

static const struct {
	const char *name;
	int (*run)(struct fake *fake);
} modes[] = {
	{ "good", good },
	{ "good-power-off", good_power_off },
	{ "one-failed", one_failed },
	{ "test-failed", test_failed },
	{ "garbage", garbage },
	{ "asks", asks },
	{ "asks-and-keeps", asks_and_keeps },
	{ "asks-for-cores", asks_for_cores },
	{ "asks-in-vain", asks_in_vain },
	{ "asks-for-much", asks_for_much },
	{ "hang-before-all", hang_before_all },
	{ "hang", hang },
	{ "hang-silent", hang_silent },
	{ "hang-deaf", hang_deaf },
	{ "hang-polite", hang_polite },
	{ "flood", flood },
	{ "panic-and-hang", panic_and_hang },
	{ "crash", crash },
	{ "cut-short", cut_short },
	{ "lie-present", lie_present },
	{ "lie-online", lie_online },
	{ "lie-records", lie_records },
	{ "lie-status", lie_status },
	{ "huge-lines", huge_lines },
	{ "record-in-line", record_in_line },
	{ "end-without-newline", end_without_newline },
	{ "no-tests", no_tests },
	{ "leave-child", leave_child },
	{ "refuse-arguments", refuse_arguments },
	{ "loud-errors", loud_errors },
	{ "shared-console", shared_console },
	{ "hypervisor-fails", hypervisor_fails },
	{ "hypervisor-fails-later", hypervisor_fails_later },
};

int main(int argc, char **argv)
{
	struct fake fake = { .mode = "", .console = -1, .qmp = -1, .cpus = 1 };

	alarm(LONGEST_SECONDS);
	read_arguments(&fake, argc, argv);
	if (fake.console < 0 || fake.qmp < 0) {
		fputs("fake_qemu: no console or no QMP on the command line\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(fake.mode, modes[i].name))
			return modes[i].run(&fake);
	}
	fprintf(stderr, "fake_qemu: %s: no such mode\n", fake.mode);
	return 2;
}
