// SPDX-License-Identifier: MIT
/*
 * Reads what the plugin wrote. Called by bench for every guest that it counts. Must never take a file
 * that was cut for a whole one: the line `end` comes last, and says how many vCPUs there are.
 */
#include "tool/bench_counts.h"

#include "tool/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX	      "instructions 1 "
#define LINE_MAX_SIZE 256

struct reader {
	struct counts *counts;
	bool seen[COUNTS_VCPUS_MAX][COUNTS_PHASES];
	bool ended;
	uint32_t highest;
	const char *fault;
};

static bool fault(struct reader *reader, const char *text)
{
	reader->fault = text;
	return false;
}

/* Takes NAME=NUMBER off the front of *rest, and the blank behind it if there is one. */
static bool take(char **rest, const char *name, uint64_t max, uint64_t *value)
{
	size_t length = strlen(name);
	char *word = *rest;
	char *blank = strchr(word, ' ');

	if (strncmp(word, name, length) || word[length] != '=')
		return false;
	if (blank)
		*blank = '\0';
	*rest = blank ? blank + 1 : word + strlen(word);
	return text_number(word + length + 1, max, value);
}

static bool take_end(struct reader *reader, char *rest)
{
	uint64_t vcpus, strange;

	if (!take(&rest, "vcpus", COUNTS_VCPUS_MAX, &vcpus) ||
	    !take(&rest, "strange", UINT64_MAX, &strange) || *rest)
		return fault(reader, "a last line that is not of the form");
	if (!vcpus || reader->highest >= vcpus)
		return fault(reader, "a vCPU that there is not");
	if (strange)
		return fault(reader, "marks that are out of place");
	reader->counts->vcpus = (uint32_t)vcpus;
	reader->ended = true;
	return true;
}

static bool take_line(struct reader *reader, char *line)
{
	uint64_t vcpu, phase, work, waits;
	char *rest = line + strlen(PREFIX);

	if (strncmp(line, PREFIX, strlen(PREFIX)))
		return fault(reader, "a line of another kind");
	if (reader->ended)
		return fault(reader, "a line behind the last");
	if (!strncmp(rest, "end ", 4))
		return take_end(reader, rest + 4);
	if (!take(&rest, "vcpu", COUNTS_VCPUS_MAX - 1, &vcpu) ||
	    !take(&rest, "phase", COUNTS_PHASES - 1, &phase) ||
	    !take(&rest, "work", UINT64_MAX, &work) || !take(&rest, "waits", UINT64_MAX, &waits) ||
	    *rest)
		return fault(reader, "a line that is not of the form");
	if (reader->seen[vcpu][phase])
		return fault(reader, "a phase given twice");
	reader->seen[vcpu][phase] = true;
	if (vcpu > reader->highest)
		reader->highest = (uint32_t)vcpu;
	reader->counts->at[vcpu].work[phase] = work;
	reader->counts->at[vcpu].waits[phase] = waits;
	return true;
}

static bool take_text(struct reader *reader, const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		char line[LINE_MAX_SIZE];
		size_t length;

		if (!end)
			return fault(reader, "a line without its end");
		length = (size_t)(end - text);
		if (length >= sizeof(line) || memchr(text, '\0', length))
			return fault(reader, "a line that is not of the form");
		memcpy(line, text, length);
		line[length] = '\0';
		if (!take_line(reader, line))
			return false;
		text = end + 1;
		size -= length + 1;
	}
	return reader->ended || fault(reader, "no last line: the guest was stopped by force?");
}

int counts_parse(const char *text, size_t size, struct counts *counts, char *message,
		 size_t message_size)
{
	struct reader *reader = memory_or_end(calloc(1, sizeof(*reader)));
	bool good;

	*counts = (struct counts){ .at = memory_or_end(
					   calloc(COUNTS_VCPUS_MAX, sizeof(*counts->at))) };
	reader->counts = counts;
	good = take_text(reader, text, size);
	if (!good)
		snprintf(message, message_size, "counts of instructions: %s", reader->fault);
	free(reader);
	return good ? 0 : -1;
}

void counts_free(struct counts *counts)
{
	free(counts->at);
	*counts = (struct counts){ 0 };
}
