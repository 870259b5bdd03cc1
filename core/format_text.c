// SPDX-License-Identifier: MIT
/*
 * Formatting into a buffer of the caller's: messages, and words of the report.
 * Everybody calls it; like the formatter below it, it must use neither lock nor per-CPU data.
 */
#include "core/format.h"
#include "core/string.h"

#include <muster/console.h>

/* A buffer that format_text() fills: what does not fit is dropped. */
struct format_buffer {
	char *text;
	size_t size;
	size_t used;
};

static void buffer_put(void *context, const char *text, size_t length)
{
	struct format_buffer *buffer = context;
	size_t room = buffer->size - buffer->used;

	if (length > room)
		length = room;
	/* Without room there may be no buffer at all. */
	if (!length)
		return;
	memcpy(buffer->text + buffer->used, text, length);
	buffer->used += length;
}

size_t format_text_v(char *buffer, size_t size, const char *format, va_list arguments)
{
	/* One byte is kept for the terminator. */
	struct format_buffer into = { .text = buffer, .size = size ? size - 1 : 0 };
	size_t length = format_to(buffer_put, &into, format, arguments);

	if (size)
		buffer[into.used] = '\0';
	return length;
}

size_t format_text(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text_v(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}
