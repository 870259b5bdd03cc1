// SPDX-License-Identifier: MIT
/*
 * The command line: keeping it, and reading it against lists of words. Step `command-line` calls
 * both; a kernel may read lines of its own. Reading must take nothing that it does not understand,
 * and must not print: the line may be what says where to print.
 */
#include "core/command_line_store.h"
#include "core/format.h"
#include "core/string.h"

#include <muster/command_line.h>
#include <muster/console.h>
#include <muster/error.h>

/* The most of a word or value that a message repeats. */
#define QUOTE_MAX 48

/* One character more than may be read: see core/command_line_store.h. */
static char stored[COMMAND_LINE_MAX + 2];

/* A piece of the line. */
struct piece {
	const char *text;
	size_t length;
};

/* Where a message is put together, and the word it is about. */
struct message {
	char *text;
	size_t size;
	size_t used;
	struct piece word;
};

void command_line_set(const char *line)
{
	size_t length = line ? strnlen(line, sizeof(stored) - 1) : 0;

	if (length)
		memcpy(stored, line, length);
	stored[length] = '\0';
}

const char *command_line(void)
{
	return stored;
}

static void message_add_v(struct message *message, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
static void message_add_v(struct message *message, const char *format, va_list arguments)
{
	size_t room = message->size - message->used;
	size_t length;

	if (!room)
		return;
	length = format_text_v(message->text + message->used, room, format, arguments);
	message->used += length < room ? length : room - 1;
}

static void message_add(struct message *message, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void message_add(struct message *message, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message_add_v(message, format, arguments);
	va_end(arguments);
}

/* Repeat the word: cut, and without what a terminal would act on. */
static void message_quote(struct message *message)
{
	size_t length = message->word.length < QUOTE_MAX ? message->word.length : QUOTE_MAX;

	for (size_t i = 0; i < length; i++) {
		char character = message->word.text[i];
		bool printable = character > ' ' && character <= '~';

		message_add(message, "%c", printable ? character : '?');
	}
	if (length < message->word.length)
		message_add(message, "...");
}

/* Begin the message with the word and the rule that it breaks. */
static int refuse(struct message *message, const char *rule, ...)
	__attribute__((format(printf, 2, 3)));
static int refuse(struct message *message, const char *rule, ...)
{
	va_list arguments;

	message_quote(message);
	message_add(message, ": ");
	va_start(arguments, rule);
	message_add_v(message, rule, arguments);
	va_end(arguments);
	return MUSTER_E_INVALID;
}

/* Blanks, and what a boot loader may leave at the end of a line. */
static bool is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static bool piece_is(struct piece piece, const char *text)
{
	return strlen(text) == piece.length && !memcmp(piece.text, text, piece.length);
}

/* The value of a digit in any base up to 16; 16 if it is none. */
static unsigned int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return (unsigned int)(digit - '0');
	if (digit >= 'a' && digit <= 'f')
		return (unsigned int)(digit - 'a') + 10;
	if (digit >= 'A' && digit <= 'F')
		return (unsigned int)(digit - 'A') + 10;
	return 16;
}

/* Decimal, or hexadecimal after 0x, and nothing else. False if it is not, or has over 64 bits. */
static bool read_number(struct piece piece, uint64_t *number)
{
	unsigned int base = 10;
	size_t i = 0;

	if (piece.length > 2 && piece.text[0] == '0' && piece.text[1] == 'x') {
		base = 16;
		i = 2;
	}
	if (i == piece.length)
		return false;
	for (*number = 0; i < piece.length; i++) {
		unsigned int digit = digit_value(piece.text[i]);

		if (digit >= base || *number > (UINT64_MAX - digit) / base)
			return false;
		*number = *number * base + digit;
	}
	return true;
}

static int set_number(const struct command_line_word *word, struct piece value,
		      struct message *message)
{
	uint64_t number;

	if (!read_number(value, &number))
		return refuse(message, "must be a number of at most 64 bits, decimal or 0x...");
	if (number < word->min || number > word->max)
		return refuse(message, "must be %llu to %llu", (unsigned long long)word->min,
			      (unsigned long long)word->max);
	if (word->number)
		*word->number = number;
	return 0;
}

static int set_choice(const struct command_line_word *word, struct piece value,
		      struct message *message)
{
	for (size_t i = 0; word->choices[i]; i++) {
		if (piece_is(value, word->choices[i])) {
			if (word->number)
				*word->number = i;
			return 0;
		}
	}
	refuse(message, "must be one of");
	for (size_t i = 0; word->choices[i]; i++)
		message_add(message, "%s %s", i ? "," : "", word->choices[i]);
	return MUSTER_E_INVALID;
}

static int set_text(const struct command_line_word *word, struct piece value,
		    struct message *message)
{
	if (value.length >= word->text_size)
		return refuse(message, "has %zu characters: at most %zu fit", value.length,
			      word->text_size ? word->text_size - 1 : 0);
	memcpy(word->text, value.text, value.length);
	word->text[value.length] = '\0';
	return 0;
}

/* value.text is NULL when there was no '='. */
static int set_word(const struct command_line_word *word, struct piece value,
		    struct message *message)
{
	if (word->kind == COMMAND_LINE_FLAG) {
		if (value.text)
			return refuse(message, "takes no value");
		if (word->flag)
			*word->flag = true;
		return 0;
	}
	if (!value.text)
		return refuse(message, "needs a value");
	switch (word->kind) {
	case COMMAND_LINE_NUMBER:
		return set_number(word, value, message);
	case COMMAND_LINE_CHOICE:
		return set_choice(word, value, message);
	case COMMAND_LINE_TEXT:
		return set_text(word, value, message);
	case COMMAND_LINE_FLAG:
		break;
	}
	return MUSTER_E_INVALID;
}

static const struct command_line_word *
find_word(struct piece name, const struct command_line_word *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (piece_is(name, words[i].name))
			return &words[i];
	return NULL;
}

/* The next word at or after `at`; its length is 0 at the end of the line. */
static struct piece next_word(const char *at)
{
	struct piece word;

	while (is_blank(*at))
		at++;
	word.text = at;
	while (*at && !is_blank(*at))
		at++;
	word.length = (size_t)(at - word.text);
	return word;
}

/* Cut a word at its first '='. value->text is NULL when it has none. */
static struct piece split_word(struct piece word, struct piece *value)
{
	struct piece name = { .text = word.text };

	while (name.length < word.length && word.text[name.length] != '=')
		name.length++;
	*value = (struct piece){ 0 };
	if (name.length < word.length) {
		value->text = word.text + name.length + 1;
		value->length = word.length - name.length - 1;
	}
	return name;
}

/* Did a word of that name stand in the line before `end`? */
static bool was_there(const char *line, const char *end, struct piece name)
{
	for (struct piece word = next_word(line); word.text < end;
	     word = next_word(word.text + word.length)) {
		struct piece value;
		struct piece before = split_word(word, &value);

		if (before.length == name.length && !memcmp(before.text, name.text, name.length))
			return true;
	}
	return false;
}

int command_line_read(const char *line, const struct command_line_word *words, size_t count,
		      const struct command_line_word *more, size_t more_count, char *text,
		      size_t size)
{
	struct message message = { .text = text, .size = size };

	if (size)
		text[0] = '\0';
	if (strnlen(line, COMMAND_LINE_MAX + 1) > COMMAND_LINE_MAX) {
		message_add(&message, "the line: has more than %d characters", COMMAND_LINE_MAX);
		return MUSTER_E_INVALID;
	}
	for (struct piece piece = next_word(line); piece.length;
	     piece = next_word(piece.text + piece.length)) {
		struct piece value;
		struct piece name = split_word(piece, &value);
		const struct command_line_word *word = find_word(name, words, count);

		if (!word && more)
			word = find_word(name, more, more_count);
		message.word = piece;
		if (!word)
			return refuse(&message, "no such word");
		if (was_there(line, piece.text, name))
			return refuse(&message, "must not stand there twice");
		if (set_word(word, value, &message))
			return MUSTER_E_INVALID;
		if (word->seen)
			*word->seen = true;
	}
	return 0;
}
