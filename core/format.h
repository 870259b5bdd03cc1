/* SPDX-License-Identifier: MIT */
/*
 * The formatter behind console_print() and format_text(): what it knows is in muster/console.h.
 */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* A larger width or precision is not formatted: written out it is printed as it stands, as * it is
 * cut to this. C17 7.21.6.1 asks for 4095 characters from one conversion. */
#define FORMAT_FIELD_MAX 4095

/*
 * Format, and hand the text to put(context, ...) in pieces, in order; a piece is not terminated and
 * may hold a 0 from %c. After the first conversion that is not known the rest is printed as it
 * stands, but %%: which arguments belong to it cannot be told any more. Returns the length of the
 * whole text.
 */
size_t format_to(void (*put)(void *context, const char *text, size_t length), void *context,
		 const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

#endif
