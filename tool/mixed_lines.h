/* SPDX-License-Identifier: MIT */
/*
 * A console that a hypervisor and its guest share. Xen begins its own lines with "(XEN) ", wherever
 * the guest's line is just then, and may begin a guest's with "(d0) ", with or without "(XEN) " and a
 * time in brackets before it. What each of them wrote is found again here.
 */
#ifndef TOOL_MIXED_LINES_H
#define TOOL_MIXED_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* What of a guest's line is kept until the rest comes: longer ones are passed on in pieces. */
#define MIXED_LINE_MAX 1024

struct mixed_lines {
	/* guest: it is the guest's, without prefix. piece: not all of it, as it was too long. */
	void (*line)(void *context, const char *line, size_t length, bool guest, bool piece);
	void *context;
	char begun[MIXED_LINE_MAX]; /* of a guest's line in whose middle the hypervisor wrote */
	size_t used;
	bool cut; /* of that line a piece has been passed on */
};

/* One line of the console, without its end: line() is called for each line that is whole by now. */
void mixed_lines_take(struct mixed_lines *lines, const char *line, size_t length);

/* No more comes: pass on what was begun, as a piece. */
void mixed_lines_end(struct mixed_lines *lines);

#endif
