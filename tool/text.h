/* SPDX-License-Identifier: MIT */
/*
 * Text that comes from elsewhere: numbers and lists of words read out of it, and a form of it that
 * is safe to show.
 */
#ifndef TOOL_TEXT_H
#define TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The number that all of text is: decimal digits, or 0x and hexadecimal ones. No sign, no blanks.
 * False when it is not a number or above max; *value is set only on true.
 */
bool text_number(const char *text, uint64_t max, uint64_t *value);

/* An amount of memory in MiB: N, NM, or NG. False for anything else, or above 2^40 MiB. */
bool text_memory(const char *text, uint64_t *mebibytes);

/*
 * Write bytes as printable ASCII, terminated; what is not becomes \xNN, and what does not fit into
 * size is cut. Tabs become blanks.
 */
void text_show(char *out, size_t size, const char *bytes, size_t length);

/* Does text match a filter: a glob if it has one of *?[, else a part of the text? */
bool text_matches(const char *filter, const char *text);

/* A list of words that owns them. Zeroed: empty. `at` is terminated by NULL when count > 0. */
struct word_list {
	char **at;
	size_t count;
};

/* Add a copy of word (length bytes). Ends the program when there is no memory. */
void words_add(struct word_list *list, const char *word, size_t length);
void words_add_text(struct word_list *list, const char *word);
/* Add the words of text, which are separated by blanks. */
void words_add_split(struct word_list *list, const char *text);
void words_free(struct word_list *list);

/* Copies and joins; they end the program when there is no memory. */
char *text_copy(const char *text, size_t length);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *memory_or_end(void *pointer);

#endif
