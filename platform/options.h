/* SPDX-License-Identifier: MIT */
/* The command-line words that the library itself knows: docs/command-line.md. */
#ifndef PLATFORM_OPTIONS_H
#define PLATFORM_OPTIONS_H

#include <muster/muster.h>

enum start_mode {
	START_ALL,
	START_ONE_BY_ONE
};

/* Remember the kernel's own words, for step `command-line`. */
void options_kernel_words(const struct muster_options *options);

/*
 * Read the line against the library's, the platform's and the kernel's words. line: terminated.
 * Returns 0 or MUSTER_E_INVALID with a line on the console.
 */
int options_read(const char *line);

enum start_mode options_start_mode(void);

#endif
