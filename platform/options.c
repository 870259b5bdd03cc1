// SPDX-License-Identifier: MIT
/*
 * The library's own command-line words, joined with the platform's and the kernel's. Called by the
 * platform's step `command-line`, once.
 */
#include "platform/options.h"

#include "core/clock_store.h"
#include "core/command_line_store.h"
#include "core/image_choice.h"
#include "core/runner.h"
#include "platform/platform.h"

IMAGE_CHOICE(command_line);

#define WORDS_MAX 64
#define STEP_TEXT 48
#define LIMIT_MIN 10 /* milliseconds: less, and an emulated CPU is never in time */
#define LIMIT_MAX 600000

static char fail_text[STEP_TEXT], hang_text[STEP_TEXT], lose_text[STEP_TEXT];
static uint64_t start_number;
static struct muster_options kernel_options;
static struct command_line_word all_words[WORDS_MAX];

void options_kernel_words(const struct muster_options *options)
{
	kernel_options = options ? *options : (struct muster_options){ 0 };
}

enum start_mode options_start_mode(void)
{
	return (enum start_mode)start_number;
}

static size_t words_add(size_t count, const struct command_line_word *words, size_t more)
{
	for (size_t i = 0; i < more && count < WORDS_MAX; i++)
		all_words[count++] = words[i];
	return count;
}

int options_read(const char *line)
{
	static const char *const start_choices[] = { "all", "one-by-one", NULL };
	const struct command_line_word library[] = {
		{ .name = "fail",
		  .kind = COMMAND_LINE_TEXT,
		  .text = fail_text,
		  .text_size = sizeof(fail_text) },
		{ .name = "hang",
		  .kind = COMMAND_LINE_TEXT,
		  .text = hang_text,
		  .text_size = sizeof(hang_text) },
		{ .name = "lose",
		  .kind = COMMAND_LINE_TEXT,
		  .text = lose_text,
		  .text_size = sizeof(lose_text) },
		{ .name = "start",
		  .kind = COMMAND_LINE_CHOICE,
		  .number = &start_number,
		  .choices = start_choices },
		{ .name = "timeout",
		  .kind = COMMAND_LINE_NUMBER,
		  .number = clock_cpu_limit_store(),
		  .min = LIMIT_MIN,
		  .max = LIMIT_MAX },
	};
	const struct platform *platform = platform_current();
	char message[160];
	size_t count = words_add(0, library, sizeof(library) / sizeof(library[0]));

	count = words_add(count, platform->words, platform->word_count);
	command_line_set(line);
	if (command_line_read(line, all_words, count, kernel_options.words,
			      kernel_options.word_count, message, sizeof(message))) {
		console_print("muster: command line: %s\n", message);
		return MUSTER_E_INVALID;
	}
	if (fail_text[0] && injection_read(fail_text, false))
		return MUSTER_E_INVALID;
	if (lose_text[0] && injection_read_lost(lose_text))
		return MUSTER_E_INVALID;
	return hang_text[0] ? injection_read(hang_text, true) : 0;
}
