// SPDX-License-Identifier: MIT
/*
 * The command line over any bytes. The words have names of one letter, so that a fuzzer meets them
 * often.
 */
#include "core/command_line_store.h"
#include "tests/fuzz/silence.h"

#include <muster/command_line.h>
#include <muster/error.h>
#include <stdlib.h>
#include <string.h>

static bool flag, seen;
static uint64_t number, choice;
static char text[6];
static const char *const choices[] = { "on", "off", NULL };

static const struct command_line_word words[] = {
	{ .name = "f", .kind = COMMAND_LINE_FLAG, .flag = &flag, .seen = &seen },
	{ .name = "n", .kind = COMMAND_LINE_NUMBER, .number = &number, .min = 3, .max = 4000 },
	{ .name = "c", .kind = COMMAND_LINE_CHOICE, .number = &choice, .choices = choices },
};
static const struct command_line_word more[] = {
	{ .name = "t", .kind = COMMAND_LINE_TEXT, .text = text, .text_size = sizeof(text) },
};

/* One line, terminated whenever there is room for it, and harmless to a terminal. */
static void check_message(int result, const char *message, size_t size)
{
	if (!size)
		return;
	must(memchr(message, '\0', size));
	must(result == 0 || size == 1 || message[0]);
	must(result == MUSTER_E_INVALID || !message[0]);
	for (; *message; message++)
		must(*message >= ' ' && *message <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t message_size = size ? data[0] : 0;
	char *message = malloc(message_size ? message_size : 1);
	char *line = malloc(size + 1);
	int result;

	if (!message || !line)
		abort();
	silence_begin();
	if (size)
		memcpy(line, data, size);
	line[size] = '\0';
	number = 3;
	choice = 0;
	strcpy(text, "");
	result = command_line_read(line, words, sizeof(words) / sizeof(words[0]), more, 1, message,
				   message_size);
	check_message(result, message, message_size);
	must(number >= 3 && number <= 4000);
	must(choice <= 1);
	must(memchr(text, '\0', sizeof(text)));
	must(flag || !seen);

	/* A stored line is refused, or not, as the line itself is. */
	command_line_set(line);
	must(command_line_read(command_line(), words, sizeof(words) / sizeof(words[0]), more, 1,
			       message, message_size) == result);
	free(line);
	free(message);
	return 0;
}
