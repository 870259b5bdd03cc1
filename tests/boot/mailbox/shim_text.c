// SPDX-License-Identifier: MIT
/* The few functions on bytes that the shim needs; it links nothing else. */
#include "tests/boot/mailbox/shim.h"

void *memcpy(void *to, const void *from, size_t size)
{
	char *a = to;
	const char *b = from;

	while (size--)
		*a++ = *b++;
	return to;
}

void *memset(void *to, int value, size_t size)
{
	char *a = to;

	while (size--)
		*a++ = (char)value;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}

size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool text_is(const char *a, const char *b)
{
	return text_length(a) == text_length(b) && !memcmp(a, b, text_length(a));
}
