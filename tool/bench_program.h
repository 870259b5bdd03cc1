/* SPDX-License-Identifier: MIT */
/* Running a program to its end and taking what it prints. */
#ifndef TOOL_BENCH_PROGRAM_H
#define TOOL_BENCH_PROGRAM_H

#include <stddef.h>

/*
 * Run words (NULL-terminated) in a folder (NULL: this one) for at most so many seconds, and put what it prints to standard
 * output, up to size - 1 bytes, into output, terminated. Returns its exit status, or -1: it could not be
 * run, or was stopped at the limit. Nothing of it is left running.
 */
int program_run(char *const *words, const char *folder, unsigned int seconds, char *output,
		size_t size);

#endif
