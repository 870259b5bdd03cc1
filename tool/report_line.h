/* SPDX-License-Identifier: MIT */
/* One line of the record, taken apart: the form only, no meaning. */
#ifndef TOOL_REPORT_LINE_H
#define TOOL_REPORT_LINE_H

#include "tool/report.h"

#define REPORT_VALUES_MAX 32

struct report_value {
	const char *name;
	const char *text;
};

struct report_fields {
	char buffer[REPORT_LINE_MAX + 1];
	const char *kind;
	struct report_value values[REPORT_VALUES_MAX];
	size_t count;
	const char *fault; /* what is wrong with it, when it is refused */
	const char *fault_name;
};

/*
 * Take a line apart. REPORT_TEXT when it is no record; REPORT_REFUSED, with fault set, when it is
 * one and is ill-formed or of another version.
 */
enum report_line report_split(struct report_fields *fields, const char *line, size_t length);

/*
 * The values of a record by name. Each returns false, and sets fault, when the value is missing or
 * is not of its form.
 */
bool report_take_word(struct report_fields *fields, const char *name, char *word);
/* The same for a value that may be missing: then the word is empty. */
bool report_take_word_if_there(struct report_fields *fields, const char *name, char *word);
bool report_take_number(struct report_fields *fields, const char *name, uint64_t *number);
/* The same for a number that may be missing: then it is not known. */
bool report_take_number_if_there(struct report_fields *fields, const char *name,
				 struct report_number *number);
bool report_take_cpu(struct report_fields *fields, const char *name, uint32_t *cpu);
bool report_take_maybe(struct report_fields *fields, const char *name,
		       struct report_number *number);
/* A word that is one of a list that ends with NULL. */
bool report_take_choice(struct report_fields *fields, const char *name, const char *const *choices,
			char *word);

#endif
