// SPDX-License-Identifier: MIT
/*
 * What the distribution's libfdt.a calls and no other part of muster does. It was built for programs that
 * have a C library, with a stack protector: linked into kernels only. Its functions must not be called on a
 * CPU before the word that holds the stack protector's canary can be read (make/libfdt.mk says where).
 */
#include "core/string.h"

#include <muster/muster.h>

void *memchr(const void *from, int value, size_t size);
char *strrchr(const char *text, int character);
void __stack_chk_fail(void) __attribute__((noreturn, cold));

void *memchr(const void *from, int value, size_t size)
{
	const unsigned char *bytes = from;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] == (unsigned char)value)
			return (void *)(uintptr_t)(bytes + i);
	return NULL;
}

char *strrchr(const char *text, int character)
{
	const char *last = NULL;

	for (;; text++) {
		if (*text == (char)character)
			last = text;
		if (!*text)
			return (char *)(uintptr_t)last;
	}
}

void __stack_chk_fail(void)
{
	muster_panic("libfdt: a function has written beyond its part of the stack");
}
