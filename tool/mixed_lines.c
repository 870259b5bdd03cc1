// SPDX-License-Identifier: MIT
/*
 * Parts what a hypervisor and its guest write to one console. Called by boot.c for each line of it,
 * where the profile says that there is a hypervisor. Must never drop a byte that is the guest's, nor
 * join what is not one line to a record: what is passed on in pieces says so.
 */
#include "tool/mixed_lines.h"

#include <string.h>

#define XEN "(XEN) "

static size_t digits(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && text[count] >= '0' && text[count] <= '9')
		count++;
	return count;
}

/* The length of a "[...] " at the start, 0 if there is none: a time, in one of Xen's ways. */
static size_t time_length(const char *text, size_t length)
{
	const char *end = length && *text == '[' ? memchr(text, ']', length) : NULL;
	size_t used = end ? (size_t)(end - text) + 1 : 0;

	return used && used < length && text[used] == ' ' ? used + 1 : 0;
}

/* The length of a "(d0) " at the start, 0 if there is none. */
static size_t domain_length(const char *text, size_t length)
{
	size_t count =
		length > 2 && text[0] == '(' && text[1] == 'd' ? digits(text + 2, length - 2) : 0;

	return count && length >= count + 4 && text[count + 2] == ')' && text[count + 3] == ' '
		       ? count + 4
		       : 0;
}

static bool is_xen(const char *text, size_t length)
{
	return length >= strlen(XEN) && !memcmp(text, XEN, strlen(XEN));
}

/* How much of a line's start stands there only to say that it is the guest's; 0 for nothing, and for
 * the hypervisor's own lines. */
static size_t guest_prefix(const char *text, size_t length)
{
	size_t used = is_xen(text, length) ? strlen(XEN) : 0;
	size_t domain;

	used += used ? time_length(text + used, length - used) : 0;
	domain = domain_length(text + used, length - used);
	return domain ? used + domain : 0;
}

static void pass_guest(struct mixed_lines *lines, const char *text, size_t length, bool whole)
{
	lines->line(lines->context, text, length, true, lines->cut || !whole);
	lines->cut = !whole;
}

/* Keep it for the rest of the line. */
static void begin(struct mixed_lines *lines, const char *text, size_t length)
{
	if (lines->used + length > sizeof(lines->begun)) {
		pass_guest(lines, lines->begun, lines->used, false);
		lines->used = 0;
	}
	if (length > sizeof(lines->begun)) {
		pass_guest(lines, text, length, false);
		return;
	}
	memcpy(lines->begun + lines->used, text, length);
	lines->used += length;
}

/* The guest's line ends here. */
static void finish(struct mixed_lines *lines, const char *text, size_t length)
{
	if (!lines->used) {
		pass_guest(lines, text, length, true);
		return;
	}
	if (lines->used + length > sizeof(lines->begun)) {
		pass_guest(lines, lines->begun, lines->used, false);
		lines->used = 0;
		pass_guest(lines, text, length, true);
		return;
	}
	memcpy(lines->begun + lines->used, text, length);
	pass_guest(lines, lines->begun, lines->used + length, true);
	lines->used = 0;
}

void mixed_lines_take(struct mixed_lines *lines, const char *line, size_t length)
{
	size_t prefix = guest_prefix(line, length);
	const char *xen;

	line += prefix;
	length -= prefix;
	xen = memmem(line, length, XEN, strlen(XEN));
	if (!xen) {
		finish(lines, line, length);
		return;
	}
	if (xen > line)
		begin(lines, line, (size_t)(xen - line));
	lines->line(lines->context, xen, length - (size_t)(xen - line), false, false);
}

void mixed_lines_end(struct mixed_lines *lines)
{
	if (lines->used)
		pass_guest(lines, lines->begun, lines->used, false);
	lines->used = 0;
}
