// SPDX-License-Identifier: MIT
/*
 * Starts QEMU with the words that a profile, the tool and the user have for it, and ends it. Called by
 * boot.c. Must never leave a child behind: the child dies with us, and whoever starts one stops it.
 */
#include "tool/qemu_process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child gets: its ends of the connections. */
struct child_ends {
	int console, qmp, errors, exec_error;
};

static void add_option(struct word_list *words, const char *option, const char *value)
{
	if (!value)
		return;
	words_add_text(words, option);
	words_add_text(words, value);
}

static void add_formatted(struct word_list *words, const char *option, char *value)
{
	add_option(words, option, value);
	free(value);
}

/* QEMU divides values at commas; two of them are one. */
static char *commas_doubled(const char *text)
{
	char *doubled = memory_or_end(calloc(2, strlen(text) + 1));

	for (char *to = doubled; *text; text++) {
		*to++ = *text;
		if (*text == ',')
			*to++ = ',';
	}
	return doubled;
}

/* The loader's own command line for so many CPUs. NULL: it has none. To be freed. */
static char *loader_line(const struct profile *profile, uint64_t cpus)
{
	const char *rest = profile->loader_append;
	char *line = rest ? text_copy("", 0) : NULL;

	while (rest && *rest) {
		const char *word = strstr(rest, PROFILE_CPUS_WORD);
		int length = (int)(word ? (size_t)(word - rest) : strlen(rest));
		char *longer = word ? text_format("%s%.*s%" PRIu64, line, length, rest, cpus)
				    : text_format("%s%s", line, rest);

		free(line);
		line = longer;
		rest = word ? word + strlen(PROFILE_CPUS_WORD) : NULL;
	}
	return line;
}

/* A hypervisor's first module, and what goes with it. QEMU takes a comma for the end of a module. */
static void module_words(struct word_list *words, const char *image, const char *line,
			 const char *payload)
{
	char *module = text_format("%s%s%s", image, *line ? " " : "", line);
	char *doubled = commas_doubled(module);

	add_formatted(words, "-initrd",
		      payload ? text_format("%s,%s", doubled, payload)
			      : text_copy(doubled, strlen(doubled)));
	free(doubled);
	free(module);
}

char *boot_line(const struct boot_order *order)
{
	const char *base = order->profile->append ? order->profile->append : "";
	const char *more = order->append ? order->append : "";

	return text_format("%s%s%s", base, *base && *more ? " " : "", more);
}

/* What makes a muster kernel hand over. */
static char *line_with_payload(const struct boot_order *order)
{
	char *line = boot_line(order);
	char *longer;

	if (!order->payload.file)
		return line;
	longer = text_format("%s%spayload=module park=%s", line, *line ? " " : "",
			     order->payload.park ? order->payload.park : "all");
	free(line);
	return longer;
}

/* The image and its command line, in the way that the profile wants. */
static void image_words(struct word_list *words, const struct boot_order *order,
			const struct boot_files *files)
{
	const struct profile *profile = order->profile;
	char *line = line_with_payload(order);
	char *serial;

	if (profile->boot == PROFILE_BOOT_KERNEL) {
		add_option(words, "-kernel", files->image);
		add_formatted(words, "-append", line);
		add_option(words, "-initrd", files->payload);
		return;
	}
	if (profile->boot == PROFILE_BOOT_CDROM) {
		add_option(words, "-cdrom", files->image);
	} else {
		add_option(words, "-kernel", files->loader);
		add_formatted(words, "-append", loader_line(profile, order->cpus));
	}
	if (profile->boot == PROFILE_BOOT_MODULE) {
		module_words(words, files->image, line, files->payload);
		free(line);
		return;
	}
	if (profile->boot == PROFILE_BOOT_INITRD)
		add_option(words, "-initrd", files->image);
	serial = commas_doubled(line);
	add_formatted(words, "-smbios", text_format("type=1,serial=%s", serial));
	free(serial);
	free(line);
}

/* How many CPUs the machine has: the guest's, unless there is a hypervisor between the two. */
static uint64_t machine_cpus(const struct boot_order *order)
{
	uint64_t most = order->profile->machine_cpus_max;

	return most && most < order->cpus ? most : order->cpus;
}

/* The profile's words first, then ours, the user's last: of two the last wins. */
static void qemu_words(struct word_list *words, const struct boot_order *order,
		       const struct boot_files *files, const struct child_ends *ends)
{
	static const char *const always[] = { "-nodefaults", "-no-user-config", "-no-reboot",
					      "-display", "none" };
	const struct profile *profile = order->profile;

	words_add_text(words, profile->qemu);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		words_add_text(words, always[i]);
	add_option(words, "-machine", profile->machine);
	add_option(words, "-cpu", profile->cpu);
	/* Under TCG a CPU that waits in a loop, or in MWAIT, takes the others' time: docs/park.md. */
	add_option(words, "-accel",
		   order->payload.file && profile->accel && !strcmp(profile->accel, "tcg")
			   ? "tcg,thread=single"
			   : profile->accel);
	for (size_t i = 0; i < profile->args.count; i++)
		words_add_text(words, profile->args.at[i]);
	add_formatted(words, "-smp", text_format("%" PRIu64, machine_cpus(order)));
	add_formatted(words, "-m", text_format("%" PRIu64 "M", order->memory));
	image_words(words, order, files);
	if (files->option_rom)
		add_option(words, "-option-rom", files->option_rom);
	add_formatted(words, "-chardev",
		      text_format("file,id=console,path=/proc/self/fd/%d", ends->console));
	if (profile->console == PROFILE_CONSOLE_DEBUG)
		add_option(words, "-device", "isa-debugcon,iobase=0xe9,chardev=console");
	else
		add_option(words, "-serial", "chardev:console");
	add_formatted(words, "-chardev", text_format("socket,id=control,fd=%d", ends->qmp));
	add_option(words, "-mon", "chardev=control,mode=control");
	for (char *const *arg = order->qemu_args; arg && *arg; arg++)
		words_add_text(words, *arg);
}

static void inherit(int fd)
{
	fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) & ~FD_CLOEXEC);
}

static void child(char **words, const struct child_ends *ends, pid_t parent)
	__attribute__((noreturn));
static void child(char **words, const struct child_ends *ends, pid_t parent)
{
	int nothing = open("/dev/null", O_RDWR);
	int error;

	/* If we die, it dies; and if we have died already, too. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	/* A Ctrl-C is for us: we ask it to go. */
	setpgid(0, 0);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	dup2(ends->errors, STDERR_FILENO);
	inherit(ends->console);
	inherit(ends->qmp);
	execvp(words[0], words);
	error = errno;
	if (write(ends->exec_error, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/*
 * The console is a pipe. QEMU writes a serial port byte by byte, and in a socket each byte takes a
 * buffer of its own: one is full after less than 300, and what is not written when the guest exits
 * is lost. A whole report of 255 CPUs fits in this.
 */
#define CONSOLE_PIPE_BYTES (1024 * 1024)

static bool connections(struct qemu_process *process, struct child_ends *ends, int *exec_error)
{
	int console[2] = { -1, -1 }, qmp[2] = { -1, -1 }, errors[2] = { -1, -1 };
	int failed[2] = { -1, -1 };
	bool good = !pipe2(console, O_CLOEXEC) &&
		    !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp) &&
		    !pipe2(errors, O_CLOEXEC) && !pipe2(failed, O_CLOEXEC);

	if (good) {
		/* A smaller one will do where the system's limit is lower. */
		(void)fcntl(console[0], F_SETPIPE_SZ, CONSOLE_PIPE_BYTES);
		/* What QEMU leaves behind may hold the other end open for ever. */
		(void)fcntl(console[0], F_SETFL, O_NONBLOCK);
		(void)fcntl(errors[0], F_SETFL, O_NONBLOCK);
	}
	process->console = console[0];
	process->qmp = qmp[0];
	process->errors = errors[0];
	*exec_error = failed[0];
	*ends = (struct child_ends){ console[1], qmp[1], errors[1], failed[1] };
	return good;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_ends(struct child_ends *ends)
{
	close_one(&ends->console);
	close_one(&ends->qmp);
	close_one(&ends->errors);
	close_one(&ends->exec_error);
}

int qemu_process_start(struct qemu_process *process, const struct boot_order *order,
		       const struct boot_files *files, char *message, size_t size)
{
	struct word_list words = { 0 };
	struct child_ends ends;
	pid_t parent = getpid();
	int exec_error, error = 0;

	*process = (struct qemu_process){ .console = -1, .qmp = -1, .errors = -1 };
	if (!connections(process, &ends, &exec_error)) {
		snprintf(message, size, "no connections for QEMU: %s", strerror(errno));
		close_ends(&ends);
		close_one(&exec_error);
		qemu_process_stop(process);
		return -1;
	}
	qemu_words(&words, order, files, &ends);
	process->pid = fork();
	if (!process->pid)
		child(words.at, &ends, parent);
	close_ends(&ends);
	words_free(&words);
	/* Nothing comes here when exec went well: then the pipe closes. */
	if (process->pid < 0)
		error = errno;
	else if (read(exec_error, &error, sizeof(error)) != sizeof(error))
		error = 0;
	close_one(&exec_error);
	if (!error)
		return 0;
	snprintf(message, size, "%s: %s%s", order->profile->qemu, strerror(error),
		 error == ENOENT ? "; `make run` installs it" : "");
	qemu_process_stop(process);
	return -1;
}

bool qemu_process_ended(struct qemu_process *process, bool wait)
{
	siginfo_t info;
	int status;

	if (!process->pid)
		return true;
	info.si_pid = 0;
	if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT | (wait ? 0 : WNOHANG)) ||
	    !info.si_pid)
		return false;
	/* Until it is waited for, its number is nobody else's: whatever it started goes too. */
	kill(-process->pid, SIGKILL);
	if (waitpid(process->pid, &status, 0) != process->pid)
		return false;
	process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	process->pid = 0;
	return true;
}

void qemu_process_stop(struct qemu_process *process)
{
	if (process->pid > 0) {
		kill(process->pid, SIGKILL);
		(void)qemu_process_ended(process, true);
	}
	process->pid = 0;
	close_one(&process->console);
	close_one(&process->qmp);
	close_one(&process->errors);
}
