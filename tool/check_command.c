// SPDX-License-Identifier: MIT
/*
 * `muster check`: boots every entry of the matrix and holds what came of it against what the entry
 * expects. Each entry is a process of its own, -j of them at a time; a line is printed as each ends.
 */
#include "tool/check_entry.h"
#include "tool/commands.h"
#include "tool/exit_code.h"
#include "tool/file.h"
#include "tool/options.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MATRIX_FILE_MAX (1 << 20)

struct job {
	pid_t pid;
	const struct matrix_entry *entry;
	int verdict; /* the pipe that its verdict comes by */
	double start;
};

struct check {
	const struct options *options;
	struct job jobs[JOBS_MAX];
	size_t running;
	uint64_t passed, failed;
	char logs[512];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool chosen(const struct options *options, const struct matrix_entry *entry)
{
	if (options->filter && !text_matches(options->filter, entry->name))
		return false;
	return options->all || !entry->only_all;
}

/* In the job's own process. */
static void work(const struct check *check, const struct matrix_entry *entry, int verdict)
	__attribute__((noreturn));
static void work(const struct check *check, const struct matrix_entry *entry, int verdict)
{
	char reason[512] = "";
	int failed;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	boot_signals_catch();
	failed = check_entry(entry, check->options, check->logs, reason, sizeof(reason));
	if (write(verdict, reason, strlen(reason)) < 0)
		_exit(EXIT_CANNOT);
	_exit(failed ? EXIT_GUEST : EXIT_GOOD);
}

static bool job_begin(struct check *check, const struct matrix_entry *entry)
{
	struct job *job = &check->jobs[check->running];
	int ends[2];

	fflush(stdout);
	if (pipe(ends))
		return false;
	*job = (struct job){ .entry = entry, .verdict = ends[0], .start = now() };
	job->pid = fork();
	if (!job->pid)
		work(check, entry, ends[1]);
	close(ends[1]);
	if (job->pid > 0)
		check->running++;
	else
		close(ends[0]);
	return job->pid > 0;
}

static void job_report(struct check *check, const struct job *job, bool good)
{
	char reason[512];
	ssize_t got = read(job->verdict, reason, sizeof(reason) - 1);
	double seconds = now() - job->start;

	reason[got > 0 ? got : 0] = 0;
	close(job->verdict);
	if (good) {
		check->passed++;
		printf("ok - %s (%.1f s)\n", job->entry->name, seconds);
	} else {
		check->failed++;
		printf("not ok - %s: %s\n", job->entry->name,
		       reason[0] ? reason : "its process died");
	}
	fflush(stdout);
}

/* Wait for one job to end. */
static void job_end(struct check *check)
{
	int status;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < check->running; i++) {
		if (check->jobs[i].pid != pid)
			continue;
		job_report(check, &check->jobs[i], WIFEXITED(status) && !WEXITSTATUS(status));
		check->jobs[i] = check->jobs[--check->running];
		return;
	}
}

static void list_entries(const struct options *options, const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->count; i++)
		if (chosen(options, &matrix->entries[i]))
			puts(matrix->entries[i].name);
}

static int run_matrix(struct check *check, const struct matrix *matrix)
{
	const struct options *options = check->options;

	for (size_t i = 0; i < matrix->count && !boot_interrupted(); i++) {
		if (!chosen(options, &matrix->entries[i]))
			continue;
		while (check->running == options->jobs && !boot_interrupted())
			job_end(check);
		if (!job_begin(check, &matrix->entries[i])) {
			fprintf(stderr, "muster: %s: %s\n", matrix->entries[i].name,
				strerror(errno));
			check->failed++;
		}
	}
	while (check->running) {
		for (size_t i = 0; boot_interrupted() && i < check->running; i++)
			kill(check->jobs[i].pid, SIGTERM);
		job_end(check);
	}
	if (boot_interrupted())
		return EXIT_INTERRUPTED;
	if (!check->passed && !check->failed) {
		fprintf(stderr, "muster: check: no entry matches\n");
		return EXIT_CANNOT;
	}
	printf("%" PRIu64 " passed, %" PRIu64 " failed\n", check->passed, check->failed);
	return check->failed ? EXIT_GUEST : EXIT_GOOD;
}

static char *matrix_path(const struct options *options)
{
	if (options->matrix)
		return text_copy(options->matrix, strlen(options->matrix));
	return text_format("%s/../tests/boot/matrix.txt", file_program_folder());
}

static int check_with(const struct options *options, const char *text, size_t size,
		      const char *path)
{
	struct check *check = memory_or_end(calloc(1, sizeof(*check)));
	struct matrix matrix;
	char message[256];
	int code = EXIT_CANNOT;

	check->options = options;
	snprintf(check->logs, sizeof(check->logs), "%s/check",
		 options->build ? options->build : file_program_folder());
	boot_signals_catch();
	if (matrix_parse(&matrix, text, size, path, message, sizeof(message))) {
		fprintf(stderr, "muster: %s\n", message);
	} else if (options->list) {
		list_entries(options, &matrix);
		code = EXIT_GOOD;
	} else {
		(void)mkdir(check->logs, 0777);
		code = run_matrix(check, &matrix);
	}
	matrix_free(&matrix);
	free(check);
	return code;
}

int check_command(int argc, char **argv)
{
	struct options options;
	char message[256];
	char *path, *text;
	size_t size;
	int code = EXIT_CANNOT;

	if (options_read(&options, OPTIONS_OF_CHECK, argc, argv, message, sizeof(message))) {
		fprintf(stderr, "muster: %s\n", message);
		return EXIT_CANNOT;
	}
	path = matrix_path(&options);
	text = file_read(path, MATRIX_FILE_MAX, &size);
	if (!text)
		fprintf(stderr, "muster: %s: %s\n", path, strerror(errno));
	else
		code = check_with(&options, text, size, path);
	free(text);
	free(path);
	return code;
}
