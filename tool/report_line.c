// SPDX-License-Identifier: MIT
/*
 * The form of a record line: `@muster 1 KIND NAME=VALUE ...`. Called by report.c for every line of
 * the console. Must never guess: what is not of the form is refused, with the reason.
 */
#include "tool/report_line.h"

#include "tool/text.h"

#include <string.h>

#define MARK "@muster"

static enum report_line refuse(struct report_fields *fields, const char *fault, const char *name)
{
	fields->fault = fault;
	fields->fault_name = name;
	return REPORT_REFUSED;
}

static bool is_name(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static const char *find(const struct report_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (!strcmp(fields->values[i].name, name))
			return fields->values[i].text;
	}
	return NULL;
}

/* One NAME=VALUE; word is terminated and is changed. */
static enum report_line add_value(struct report_fields *fields, char *word)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return refuse(fields, "a word without =", "");
	*equals = 0;
	if (!is_name(word) || !equals[1])
		return refuse(fields, "a name or value that is none", "");
	if (find(fields, word))
		return refuse(fields, "given twice: ", word);
	if (fields->count == REPORT_VALUES_MAX)
		return refuse(fields, "too many values", "");
	fields->values[fields->count].name = word;
	fields->values[fields->count++].text = equals + 1;
	return REPORT_RECORD;
}

/* Cut the next word off *rest; NULL at the end. Words are parted by exactly one blank. */
static char *next_word(char **rest)
{
	char *word = *rest;
	char *blank;

	if (!word)
		return NULL;
	blank = strchr(word, ' ');
	if (blank)
		*blank++ = 0;
	*rest = blank;
	return word;
}

static bool printable(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (line[i] < ' ' || line[i] > '~')
			return false;
	}
	return true;
}

enum report_line report_split(struct report_fields *fields, const char *line, size_t length)
{
	const size_t mark = sizeof(MARK) - 1;
	char *rest;
	char *word;

	fields->count = 0;
	fields->kind = "";
	fields->fault = fields->fault_name = "";
	if (length < mark || memcmp(line, MARK, mark) || (length > mark && line[mark] != ' '))
		return REPORT_TEXT;
	if (length && line[length - 1] == '\r')
		length--;
	if (length > REPORT_LINE_MAX)
		return refuse(fields, "longer than 512 bytes", "");
	if (!printable(line, length))
		return refuse(fields, "bytes that are not printable ASCII", "");
	memcpy(fields->buffer, line, length);
	fields->buffer[length] = 0;
	rest = fields->buffer;
	next_word(&rest);
	word = next_word(&rest);
	if (!word || strcmp(word, "1"))
		return refuse(fields, "a version that is not known: ", word ? word : "none");
	word = next_word(&rest);
	if (!word || !is_name(word))
		return refuse(fields, "no kind", "");
	fields->kind = word;
	while ((word = next_word(&rest))) {
		if (add_value(fields, word) != REPORT_RECORD)
			return REPORT_REFUSED;
	}
	/* No kind is without values: this one lost its end, and may have been any kind. */
	return fields->count ? REPORT_RECORD : refuse(fields, "no values", "");
}

/* The value, or NULL with the fault set. */
static const char *need(struct report_fields *fields, const char *name)
{
	const char *text = find(fields, name);

	if (!text)
		refuse(fields, "missing: ", name);
	return text;
}

bool report_take_word(struct report_fields *fields, const char *name, char *word)
{
	const char *text = need(fields, name);

	if (!text)
		return false;
	if (strlen(text) > REPORT_WORD_MAX) {
		refuse(fields, "too long: ", name);
		return false;
	}
	strcpy(word, text);
	return true;
}

bool report_take_word_if_there(struct report_fields *fields, const char *name, char *word)
{
	*word = 0;
	return !find(fields, name) || report_take_word(fields, name, word);
}

bool report_take_number(struct report_fields *fields, const char *name, uint64_t *number)
{
	const char *text = need(fields, name);

	if (!text)
		return false;
	if (text_number(text, UINT64_MAX, number))
		return true;
	refuse(fields, "not a number: ", name);
	return false;
}

bool report_take_number_if_there(struct report_fields *fields, const char *name,
				 struct report_number *number)
{
	number->known = find(fields, name);
	return !number->known || report_take_number(fields, name, &number->value);
}

bool report_take_cpu(struct report_fields *fields, const char *name, uint32_t *cpu)
{
	uint64_t number;

	if (!report_take_number(fields, name, &number))
		return false;
	if (number > REPORT_CPUS_MAX) {
		refuse(fields, "more CPUs than 4096: ", name);
		return false;
	}
	*cpu = (uint32_t)number;
	return true;
}

bool report_take_maybe(struct report_fields *fields, const char *name, struct report_number *number)
{
	const char *text = need(fields, name);

	if (!text)
		return false;
	*number = (struct report_number){ 0 };
	if (!strcmp(text, "-"))
		return true;
	number->known = true;
	return report_take_number(fields, name, &number->value);
}

bool report_take_choice(struct report_fields *fields, const char *name, const char *const *choices,
			char *word)
{
	if (!report_take_word(fields, name, word))
		return false;
	for (; *choices; choices++) {
		if (!strcmp(word, *choices))
			return true;
	}
	refuse(fields, "not a word it may be: ", name);
	return false;
}
