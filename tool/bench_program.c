// SPDX-License-Identifier: MIT
/*
 * Runs the small programs whose output is a figure. Called by bench. Must always come to an end: at its
 * limit a program is killed, with all that it started.
 */
#include "tool/bench_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void child(char *const *words, const char *folder, int output, pid_t parent)
	__attribute__((noreturn));
static void child(char *const *words, const char *folder, int output, pid_t parent)
{
	int nothing = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(nothing, STDERR_FILENO);
	if (folder && chdir(folder))
		_exit(127);
	execvp(words[0], words);
	_exit(127);
}

static long milliseconds_left(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
}

/* Until the program closes its output. False: the time was over. */
static bool take(int from, const struct timespec *end, char *output, size_t size)
{
	size_t used = 0;

	for (;;) {
		struct pollfd poll_fd = { .fd = from, .events = POLLIN };
		long left = milliseconds_left(end);
		char bytes[512];
		ssize_t got;
		int ready = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		got = read(from, bytes, sizeof(bytes));
		if (got <= 0)
			return !got;
		for (ssize_t i = 0; i < got && used + 1 < size; i++)
			output[used++] = bytes[i];
		output[used] = '\0';
	}
}

/* One that has closed its output may still not end. False: the time was over. */
static bool wait_for(pid_t pid, const struct timespec *end)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	siginfo_t info = { .si_pid = 0 };

	while (!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) && !info.si_pid) {
		if (milliseconds_left(end) <= 0)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

int program_run(char *const *words, const char *folder, unsigned int seconds, char *output,
		size_t size)
{
	pid_t parent = getpid(), pid;
	struct timespec end;
	int ends[2], status = 0;
	bool whole;

	output[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	pid = fork();
	if (!pid)
		child(words, folder, ends[1], parent);
	close(ends[1]);
	whole = pid > 0 && take(ends[0], &end, output, size);
	close(ends[0]);
	if (pid < 0)
		return -1;
	whole = whole && wait_for(pid, &end);
	/* Its group is there until it is waited for; it may not have made one yet. */
	if (kill(-pid, SIGKILL))
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return whole && WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}
