// SPDX-License-Identifier: MIT
/*
 * Numbers, words and printable forms of text. Used all over the tool, most of all where the text is
 * hostile. Must never read past a terminator or a length, and never pass a control character on.
 */
#include "tool/text.h"

#include "tool/exit_code.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

bool text_number(const char *text, uint64_t max, uint64_t *value)
{
	unsigned int base = 10;
	uint64_t number = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)digit_of(*text);

		if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	if (number > max)
		return false;
	*value = number;
	return true;
}

bool text_memory(const char *text, uint64_t *mebibytes)
{
	char digits[24];
	size_t length = strlen(text);
	uint64_t unit = 1;

	if (!length || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length + 1);
	if (digits[length - 1] == 'M' || digits[length - 1] == 'G') {
		unit = digits[length - 1] == 'G' ? 1024 : 1;
		digits[length - 1] = 0;
	}
	if (!text_number(digits, (UINT64_C(1) << 40) / unit, mebibytes))
		return false;
	*mebibytes *= unit;
	return true;
}

void text_show(char *out, size_t size, const char *bytes, size_t length)
{
	size_t used = 0;

	if (!size)
		return;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = bytes[i] == '\t' ? ' ' : (unsigned char)bytes[i];
		bool plain = c >= ' ' && c <= '~';

		if (used + (plain ? 1 : 4) >= size)
			break;
		if (plain)
			out[used++] = (char)c;
		else
			used += (size_t)snprintf(out + used, size - used, "\\x%02x", c);
	}
	out[used] = 0;
}

bool text_matches(const char *filter, const char *text)
{
	if (strpbrk(filter, "*?["))
		return !fnmatch(filter, text, 0);
	return strstr(text, filter);
}

void *memory_or_end(void *pointer)
{
	if (!pointer) {
		fputs("muster: out of memory\n", stderr);
		exit(EXIT_CANNOT);
	}
	return pointer;
}

char *text_copy(const char *text, size_t length)
{
	return memory_or_end(strndup(text, length));
}

char *text_format(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return memory_or_end(text);
}

void words_add(struct word_list *list, const char *word, size_t length)
{
	list->at = memory_or_end(reallocarray(list->at, list->count + 2, sizeof(*list->at)));
	list->at[list->count++] = text_copy(word, length);
	list->at[list->count] = NULL;
}

void words_add_text(struct word_list *list, const char *word)
{
	words_add(list, word, strlen(word));
}

void words_add_split(struct word_list *list, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, " \t");

		if (length)
			words_add(list, text, length);
		text += length;
		text += strspn(text, " \t");
	}
}

void words_free(struct word_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct word_list){ 0 };
}
