// SPDX-License-Identifier: MIT
/*
 * Reads platform profiles: `key = value`, one a line, # for comments. Called by run and check. Must
 * never take a key it does not know or a value it does not understand for something else: a profile
 * that is wrong is refused with file, line and key.
 */
#include "tool/profile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES	 1024
#define CPUS_MAX_DEFAULT 255
#define CPUS_MAX_MAX	 4096

struct profile_reader {
	struct profile *profile;
	const char *path;
	unsigned int line;
	uint64_t seen; /* a bit for each row of keys */
	char *message;
	size_t message_size;
};

/* One key. A row has a text, a number or a function, whichever it needs. */
struct profile_key {
	const char *name;
	bool required;
	size_t text; /* offset of a char * in struct profile, or 0 */
	int (*set)(struct profile_reader *reader, const char *value);
};

__attribute__((format(printf, 2, 3))) static int fault(struct profile_reader *reader,
						       const char *format, ...)
{
	int used = reader->line
			   ? snprintf(reader->message, reader->message_size,
				      "%s:%u: ", reader->path, reader->line)
			   : snprintf(reader->message, reader->message_size, "%s: ", reader->path);
	va_list arguments;

	if (used < 0 || (size_t)used >= reader->message_size)
		return -1;
	va_start(arguments, format);
	vsnprintf(reader->message + used, reader->message_size - (size_t)used, format, arguments);
	va_end(arguments);
	return -1;
}

static int set_cpus(struct profile_reader *reader, const char *value)
{
	if (text_number(value, CPUS_MAX_MAX, &reader->profile->cpus) && reader->profile->cpus)
		return 0;
	return fault(reader, "cpus = %s: not between 1 and %d", value, CPUS_MAX_MAX);
}

static int set_cpus_max(struct profile_reader *reader, const char *value)
{
	if (text_number(value, CPUS_MAX_MAX, &reader->profile->cpus_max) &&
	    reader->profile->cpus_max)
		return 0;
	return fault(reader, "cpus-max = %s: not between 1 and %d", value, CPUS_MAX_MAX);
}

static int set_machine_cpus_max(struct profile_reader *reader, const char *value)
{
	if (text_number(value, CPUS_MAX_MAX, &reader->profile->machine_cpus_max) &&
	    reader->profile->machine_cpus_max)
		return 0;
	return fault(reader, "machine-cpus-max = %s: not between 1 and %d", value, CPUS_MAX_MAX);
}

static int set_memory(struct profile_reader *reader, const char *value)
{
	if (text_memory(value, &reader->profile->memory) && reader->profile->memory)
		return 0;
	return fault(reader, "mem = %s: not an amount like 512M or 2G", value);
}

static int add_args(struct profile_reader *reader, const char *value)
{
	words_add_split(&reader->profile->args, value);
	return 0;
}

static int set_exit(struct profile_reader *reader, const char *value)
{
	if (!strcmp(value, "isa-debug-exit"))
		reader->profile->exit = PROFILE_EXIT_ISA_DEBUG;
	else if (!strcmp(value, "power-off"))
		reader->profile->exit = PROFILE_EXIT_POWER_OFF;
	else
		return fault(reader, "exit = %s: neither isa-debug-exit nor power-off", value);
	return 0;
}

static int set_console(struct profile_reader *reader, const char *value)
{
	if (!strcmp(value, "debugcon"))
		reader->profile->console = PROFILE_CONSOLE_DEBUG;
	else if (strcmp(value, "serial"))
		return fault(reader, "console = %s: neither serial nor debugcon", value);
	return 0;
}

static int set_boot(struct profile_reader *reader, const char *value)
{
	static const char *const names[] = { [PROFILE_BOOT_KERNEL] = "kernel",
					     [PROFILE_BOOT_CDROM] = "cdrom",
					     [PROFILE_BOOT_INITRD] = "initrd",
					     [PROFILE_BOOT_MODULE] = "module" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]))
			continue;
		reader->profile->boot = (enum profile_boot)i;
		return 0;
	}
	return fault(reader, "boot = %s: none of kernel, cdrom, initrd, module", value);
}

static const struct profile_key keys[] = {
	{ "description", false, offsetof(struct profile, description), NULL },
	{ "platform", false, offsetof(struct profile, platform), NULL },
	{ "qemu", true, offsetof(struct profile, qemu), NULL },
	{ "arch", true, offsetof(struct profile, arch), NULL },
	{ "image", true, offsetof(struct profile, image), NULL },
	{ "machine", false, offsetof(struct profile, machine), NULL },
	{ "cpu", false, offsetof(struct profile, cpu), NULL },
	{ "accel", false, offsetof(struct profile, accel), NULL },
	{ "append", false, offsetof(struct profile, append), NULL },
	{ "loader", false, offsetof(struct profile, loader), NULL },
	{ "option-rom", false, offsetof(struct profile, option_rom), NULL },
	{ "loader-append", false, offsetof(struct profile, loader_append), NULL },
	{ "args", false, 0, add_args },
	{ "cpus", false, 0, set_cpus },
	{ "cpus-max", false, 0, set_cpus_max },
	{ "machine-cpus-max", false, 0, set_machine_cpus_max },
	{ "mem", false, 0, set_memory },
	{ "exit", true, 0, set_exit },
	{ "console", false, 0, set_console },
	{ "boot", false, 0, set_boot },
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static int set_key(struct profile_reader *reader, const struct profile_key *key, const char *value)
{
	uint64_t bit = UINT64_C(1) << (key - keys);
	char **text;

	if ((reader->seen & bit) && key->set != add_args)
		return fault(reader, "%s: given twice", key->name);
	reader->seen |= bit;
	if (!*value)
		return fault(reader, "%s: no value", key->name);
	if (key->set)
		return key->set(reader, value);
	text = (char **)((char *)reader->profile + key->text);
	*text = text_copy(value, strlen(value));
	return 0;
}

/* Cut blanks off both ends, in place. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	text[length] = 0;
	return text;
}

/* line: terminated, printable; is changed. */
static int read_line(struct profile_reader *reader, char *line)
{
	char *text = trim(line);
	char *equals;

	if (!*text || *text == '#')
		return 0;
	equals = strchr(text, '=');
	if (!equals)
		return fault(reader, "not of the form KEY = VALUE");
	*equals = 0;
	text = trim(text);
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!strcmp(text, keys[i].name))
			return set_key(reader, &keys[i], trim(equals + 1));
	}
	return fault(reader, "unknown key \"%.40s\"", text);
}

static bool only_text(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((bytes[i] < ' ' || bytes[i] > '~') && bytes[i] != '\t' && bytes[i] != '\r')
			return false;
	}
	return true;
}

static int read_lines(struct profile_reader *reader, const char *text, size_t size)
{
	char line[LINE_MAX_BYTES];

	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		reader->line++;
		if (length >= sizeof(line))
			return fault(reader, "longer than %d bytes", LINE_MAX_BYTES - 1);
		/* Comments may be in any language. */
		if (length && text[0] != '#' && !only_text(text, length))
			return fault(reader, "holds a byte that is not printable ASCII");
		memcpy(line, text, length);
		line[length] = 0;
		if (text[0] != '#' && read_line(reader, line))
			return -1;
		length += end ? 1 : 0;
		text += length;
		size -= length;
	}
	reader->line = 0;
	return 0;
}

/* Are all braces those of {cpus}? */
static bool only_known_words(const char *text)
{
	for (text += strcspn(text, "{}"); *text; text += strcspn(text, "{}")) {
		if (strncmp(text, PROFILE_CPUS_WORD, strlen(PROFILE_CPUS_WORD)))
			return false;
		text += strlen(PROFILE_CPUS_WORD);
	}
	return true;
}

/* What must be there is there, and fits together. */
static int check_whole(struct profile_reader *reader)
{
	const struct profile *profile = reader->profile;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (keys[i].required && !(reader->seen & (UINT64_C(1) << i)))
			return fault(reader, "no key \"%s\"", keys[i].name);
	}
	if ((profile->boot == PROFILE_BOOT_INITRD || profile->boot == PROFILE_BOOT_MODULE) !=
	    !!profile->loader)
		return fault(reader, "loader: needed for boot = initrd and module, and only there");
	if (profile->machine_cpus_max && profile->boot != PROFILE_BOOT_MODULE)
		return fault(reader, "machine-cpus-max: only for boot = module");
	if (profile->loader_append && !only_known_words(profile->loader_append))
		return fault(reader, "loader-append: in braces stands only {cpus}");
	if (profile->cpus > profile->cpus_max)
		return fault(reader, "cpus = %llu is above cpus-max = %llu",
			     (unsigned long long)profile->cpus,
			     (unsigned long long)profile->cpus_max);
	return 0;
}

int profile_parse(const char *text, size_t size, const char *path, struct profile *profile,
		  char *message, size_t message_size)
{
	struct profile_reader reader = {
		.profile = profile, .path = path, .message = message, .message_size = message_size
	};

	*profile = (struct profile){ .cpus = 4, .cpus_max = CPUS_MAX_DEFAULT, .memory = 512 };
	if (read_lines(&reader, text, size))
		return -1;
	return check_whole(&reader);
}

void profile_free(struct profile *profile)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!keys[i].set)
			free(*(char **)((char *)profile + keys[i].text));
	}
	words_free(&profile->args);
	*profile = (struct profile){ .cpus = 0 };
}
