/* SPDX-License-Identifier: MIT */
/*
 * What was printed, for tests that look at it: a machine that has nothing but a console.
 */
#ifndef TESTS_UNIT_CONSOLE_CAPTURE_H
#define TESTS_UNIT_CONSOLE_CAPTURE_H

#include "core/machine.h"

#include <string.h>

struct console_capture {
	char text[65536]; /* terminated */
	size_t used;
};

static struct console_capture capture;

static inline void capture_write(const char *text, size_t length)
{
	size_t room = sizeof(capture.text) - 1 - capture.used;

	if (length > room)
		length = room;
	memcpy(capture.text + capture.used, text, length);
	capture.used += length;
	capture.text[capture.used] = '\0';
}

/* Begin anew, with an empty text. */
static inline void capture_begin(void)
{
	static const struct machine machine = {
		.architecture = "test",
		.console_write = capture_write,
	};

	machine_set(&machine);
	capture.used = 0;
	capture.text[0] = '\0';
}

static inline bool capture_has(const char *part)
{
	return strstr(capture.text, part);
}

/* How often it stands there. */
static inline int capture_count(const char *part)
{
	int count = 0;

	for (const char *at = capture.text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

#endif
