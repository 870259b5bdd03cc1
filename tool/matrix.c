// SPDX-License-Identifier: MIT
/*
 * Reads the boot matrix. Called by check. A key that is not known or a value that is not understood
 * is refused: an expectation that is not looked at would be a test that cannot fail.
 */
#include "tool/matrix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX    4096
#define REPEAT_MAX  10000
#define NMIS_MAX    1000000
#define TIMEOUT_MAX 3600

struct matrix_reader {
	const char *path;
	unsigned int line;
	char *message;
	size_t message_size;
};

static int fault(const struct matrix_reader *reader, const char *what, const char *rule)
{
	char shown[80];

	text_show(shown, sizeof(shown), what, strlen(what));
	snprintf(reader->message, reader->message_size, "%s:%u: %s: %s", reader->path, reader->line,
		 shown, rule);
	return -1;
}

static bool set_text(struct matrix_entry *entry, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **place;
	} texts[] = {
		{ "platform", &entry->platform },
		{ "append", &entry->append },
		{ "line", &entry->line },
		{ "reason", &entry->reason },
		{ "nodes", &entry->nodes },
		{ "never", &entry->never },
		{ "image", &entry->image },
		{ "entry", &entry->entry },
		{ "payload", &entry->payload },
		{ "park", &entry->park },
		{ "payload-append", &entry->payload_append },
		{ "initrd", &entry->initrd },
		{ "option-rom", &entry->option_rom },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(key, texts[i].key))
			continue;
		free(*texts[i].place);
		*texts[i].place = text_copy(value, strlen(value));
		return true;
	}
	return false;
}

/* 1: set; 0: no such key; -1: the value is wrong. */
static int set_number(struct matrix_entry *entry, const char *key, const char *value)
{
	const struct {
		const char *key;
		uint64_t *place;
		uint64_t max;
	} numbers[] = {
		{ "cpus", &entry->cpus, CPUS_MAX },
		{ "online", &entry->online, CPUS_MAX },
		{ "timeout", &entry->timeout, TIMEOUT_MAX },
		{ "repeat", &entry->repeat, REPEAT_MAX },
		{ "random-nmis", &entry->random_nmis, NMIS_MAX },
		{ "status", &entry->status, 63 },
	};

	entry->has_online |= !strcmp(key, "online");
	entry->has_status |= !strcmp(key, "status");
	if (!strcmp(key, "mem"))
		return text_memory(value, &entry->memory) ? 1 : -1;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(key, numbers[i].key))
			return text_number(value, numbers[i].max, numbers[i].place) ? 1 : -1;
	return 0;
}

/* Numbers that have a place of their own for whether they were given. As set_number(). */
static int set_expected(struct matrix_entry *entry, const char *key, const char *value)
{
	const struct {
		const char *key;
		struct matrix_number *place;
	} numbers[] = {
		{ "possible", &entry->possible },
		{ "present", &entry->present },
		{ "nmis", &entry->nmis },
		{ "added", &entry->added },
		{ "removed", &entry->removed },
		{ "tests", &entry->tests },
		{ "parked", &entry->parked },
		{ "generation", &entry->generation },
		{ "machine-checks", &entry->machine_checks },
		{ "nmis-survived", &entry->nmis_survived },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(key, numbers[i].key))
			continue;
		numbers[i].place->given = true;
		return text_number(value, CPUS_MAX, &numbers[i].place->value) ? 1 : -1;
	}
	return 0;
}

/* Cut the next number off *rest, up to one of the characters or the end. */
static bool next_id(char **rest, const char *until, uint64_t *id)
{
	char *end = *rest + strcspn(*rest, until);
	char kept = *end;
	bool good;

	*end = 0;
	good = text_number(*rest, UINT64_MAX - 1, id);
	*end = kept;
	*rest = end;
	return good;
}

/* "0,4-6" as all of its numbers: "0,4,5,6". NULL: it is not of that form, or more than there can be. */
static char *ids_expand(const char *value)
{
	char *ids = text_copy("", 0), *copy = text_copy(value, strlen(value)), *rest = copy;
	uint64_t first, last, count = 0;
	bool good = true, more = true;

	while (good && more) {
		good = next_id(&rest, ",-", &first);
		last = first;
		if (good && *rest == '-') {
			rest++;
			good = next_id(&rest, ",", &last) && last > first;
		}
		good = good && last - first < CPUS_MAX && (count += last - first + 1) <= CPUS_MAX;
		for (uint64_t id = first; good && id <= last; id++) {
			char *longer = text_format("%s%s%" PRIu64, ids, *ids ? "," : "", id);

			free(ids);
			ids = longer;
		}
		more = *rest == ',';
		rest += more;
	}
	free(copy);
	if (good)
		return ids;
	free(ids);
	return NULL;
}

/* Lists of ids. As set_number(). */
static int set_ids(struct matrix_entry *entry, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **place;
	} lists[] = {
		{ "hwids", &entry->hwids },
		{ "fwids", &entry->fwids },
		{ "vcpus", &entry->vcpus },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(key, lists[i].key))
			continue;
		free(*lists[i].place);
		*lists[i].place = ids_expand(value);
		return *lists[i].place ? 1 : -1;
	}
	return 0;
}

static int set_choice(struct matrix_entry *entry, const char *key, const char *value)
{
	if (!strcmp(key, "expect")) {
		entry->expect_fail = !strcmp(value, "fail");
		return entry->expect_fail || !strcmp(value, "ok") ? 1 : -1;
	}
	if (!strcmp(key, "ends")) {
		entry->ends = !strcmp(value, "yes");
		return entry->ends || !strcmp(value, "no") ? 1 : -1;
	}
	if (!strcmp(key, "host-actions")) {
		entry->host_actions = !strcmp(value, "yes");
		return entry->host_actions || !strcmp(value, "no") ? 1 : -1;
	}
	if (!strcmp(key, "tier")) {
		entry->only_all = !strcmp(value, "all");
		return entry->only_all || !strcmp(value, "check") ? 1 : -1;
	}
	return 0;
}

static int set_key(const struct matrix_reader *reader, struct matrix_entry *entry, const char *key,
		   const char *value)
{
	int set;

	if (!strcmp(key, "qemu")) {
		words_add_split(&entry->qemu, value);
		return 0;
	}
	if (set_text(entry, key, value))
		return 0;
	set = set_ids(entry, key, value);
	if (!set)
		set = set_number(entry, key, value);
	if (!set)
		set = set_expected(entry, key, value);
	if (!set)
		set = set_choice(entry, key, value);
	if (!set)
		return fault(reader, key, "no such key");
	return set < 0 ? fault(reader, value, "not a value of its key") : 0;
}

/* The next word of a line, quotes taken off, in place. NULL: no more; *bad: a quote is open. */
static char *next_word(char **rest, bool *bad)
{
	char *from = *rest + strspn(*rest, " \t\r"), *to = from, *word = from;
	bool quoted = false;

	if (!*from)
		return NULL;
	for (; *from && (quoted || !strchr(" \t\r", *from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*bad = quoted;
	*rest = *from ? from + 1 : from;
	*to = 0;
	return word;
}

static int read_entry(const struct matrix_reader *reader, struct matrix_entry *entry, char *line)
{
	bool bad = false;
	char *word = next_word(&line, &bad);

	*entry = (struct matrix_entry){ .timeout = 30, .repeat = 1 };
	entry->name = text_copy(word, strlen(word));
	entry->platform = text_copy("pc", 2);
	while (!bad && (word = next_word(&line, &bad))) {
		char *equals = strchr(word, '=');

		if (!equals)
			return fault(reader, word, "not of the form KEY=VALUE");
		*equals = 0;
		if (set_key(reader, entry, word, equals + 1))
			return -1;
	}
	if (bad)
		return fault(reader, entry->name, "a quote that is not closed");
	return entry->timeout && entry->repeat
		       ? 0
		       : fault(reader, entry->name, "timeout and repeat are at least 1");
}

static bool name_is_new(const struct matrix *matrix)
{
	for (size_t i = 0; i + 1 < matrix->count; i++)
		if (!strcmp(matrix->entries[i].name, matrix->entries[matrix->count - 1].name))
			return false;
	return true;
}

static int read_line(const struct matrix_reader *reader, struct matrix *matrix, char *line)
{
	char *text = line + strspn(line, " \t\r");
	int result;

	if (!*text || *text == '#')
		return 0;
	matrix->entries = memory_or_end(
		realloc(matrix->entries, (matrix->count + 1) * sizeof(*matrix->entries)));
	result = read_entry(reader, &matrix->entries[matrix->count++], text);
	if (!result && !name_is_new(matrix))
		return fault(reader, matrix->entries[matrix->count - 1].name,
			     "another entry has this name");
	return result;
}

int matrix_parse(struct matrix *matrix, const char *text, size_t size, const char *path,
		 char *message, size_t message_size)
{
	struct matrix_reader reader = { path, 0, message, message_size };
	int result = 0;

	*matrix = (struct matrix){ .count = 0 };
	while (size && !result) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;
		char *line = text_copy(text, length);

		reader.line++;
		if (strlen(line) != length)
			result = fault(&reader, line, "a byte that is no text");
		else
			result = read_line(&reader, matrix, line);
		free(line);
		length += end ? 1 : 0;
		text += length;
		size -= length;
	}
	return result;
}

void matrix_free(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->count; i++) {
		struct matrix_entry *entry = &matrix->entries[i];

		free(entry->name);
		free(entry->platform);
		free(entry->append);
		free(entry->hwids);
		free(entry->fwids);
		free(entry->vcpus);
		free(entry->nodes);
		free(entry->never);
		free(entry->line);
		free(entry->reason);
		free(entry->image);
		free(entry->option_rom);
		free(entry->entry);
		free(entry->payload);
		free(entry->payload_append);
		free(entry->park);
		free(entry->initrd);
		words_free(&entry->qemu);
	}
	free(matrix->entries);
	*matrix = (struct matrix){ .count = 0 };
}
