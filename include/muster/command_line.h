/* SPDX-License-Identifier: MIT */
/*
 * The command line: words separated by blanks, each a flag, or name=value. The library knows some
 * words (docs/command-line.md); a kernel adds its own. A word that neither knows, a value out of
 * range, or a word twice stops the boot with one line that names it.
 */
#ifndef MUSTER_COMMAND_LINE_H
#define MUSTER_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Characters of a command line that are read; what follows is refused. */
#define COMMAND_LINE_MAX 2048

enum command_line_kind {
	COMMAND_LINE_FLAG,   /* `name`: *flag = true */
	COMMAND_LINE_NUMBER, /* `name=N`: decimal or 0x..., min <= N <= max */
	COMMAND_LINE_CHOICE, /* `name=WORD`: one of choices; *number = its index */
	COMMAND_LINE_TEXT, /* `name=TEXT`: copied, terminated; longer than text_size - 1 is refused
			    */
};

struct command_line_word {
	const char *name;
	enum command_line_kind kind;
	bool *flag;
	uint64_t *number;
	uint64_t min, max;	    /* NUMBER: the values allowed, both included */
	const char *const *choices; /* CHOICE: NULL-terminated */
	char *text;		    /* TEXT */
	size_t text_size;
	bool *seen; /* NULL, or set to true when the word was there */
};

/*
 * Read a line against up to two lists of words; the second may be NULL. line: terminated, at most
 * COMMAND_LINE_MAX characters are looked at. Returns 0, or MUSTER_E_INVALID and fills message (size
 * bytes) with one line that names word, value and rule. Words before the fault have been set.
 * Pure; needs no step.
 */
int command_line_read(const char *line, const struct command_line_word *words, size_t count,
		      const struct command_line_word *more, size_t more_count, char *message,
		      size_t size);

/* The line the kernel was started with, as read; "" before step `command-line`. Never NULL. */
const char *command_line(void);

#ifdef __cplusplus
}
#endif

#endif
