// SPDX-License-Identifier: MIT
/*
 * Memory and string functions for a program without a C library. Everybody calls them, and the
 * compiler does on its own (structure copies). Left out of hosted builds. They must use no library,
 * no lock and no per-CPU data, since the first C code of all runs them.
 *
 * Memory is moved in aligned words of 8 bytes: an unaligned word faults on some machines while
 * translation is off, and a repeated string instruction counts as one instruction per byte under an
 * emulator's instruction counter.
 */
#include "core/string.h"

#include <stdint.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak memcpy
#pragma weak memmove
#pragma weak memset
#pragma weak memcmp
#pragma weak strlen
#pragma weak strnlen
#pragma weak strcmp
#pragma weak strncmp

typedef uint64_t __attribute__((may_alias)) word_alias;

#define WORD_SIZE sizeof(word_alias)

/*
 * Nothing, but a compiler cannot see through it: it keeps a loop from being recognised as memset()
 * or memcpy() and replaced by a call to the function that it stands in.
 */
static inline void keep_loop(void)
{
	__asm__ volatile("");
}

static inline size_t misaligned(const void *address)
{
	return (uintptr_t)address % WORD_SIZE;
}

/* From the first byte to the last: right where `to` lies below `from`, or they do not overlap. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
	if (misaligned(to) == misaligned(from)) {
		for (; size && misaligned(to); size--) {
			keep_loop();
			*to++ = *from++;
		}
		for (; size >= 4 * WORD_SIZE; size -= 4 * WORD_SIZE) {
			word_alias *words = (word_alias *)to;
			const word_alias *source = (const word_alias *)from;

			keep_loop();
			words[0] = source[0];
			words[1] = source[1];
			words[2] = source[2];
			words[3] = source[3];
			to += 4 * WORD_SIZE;
			from += 4 * WORD_SIZE;
		}
		for (; size >= WORD_SIZE; size -= WORD_SIZE) {
			keep_loop();
			*(word_alias *)to = *(const word_alias *)from;
			to += WORD_SIZE;
			from += WORD_SIZE;
		}
	}
	for (; size; size--) {
		keep_loop();
		*to++ = *from++;
	}
}

/* From the last byte to the first: right where `to` lies above `from`. */
static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
	to += size;
	from += size;
	if (misaligned(to) == misaligned(from)) {
		for (; size && misaligned(to); size--) {
			keep_loop();
			*--to = *--from;
		}
		for (; size >= WORD_SIZE; size -= WORD_SIZE) {
			keep_loop();
			to -= WORD_SIZE;
			from -= WORD_SIZE;
			*(word_alias *)to = *(const word_alias *)from;
		}
	}
	for (; size; size--) {
		keep_loop();
		*--to = *--from;
	}
}

void *memcpy(void *to, const void *from, size_t size)
{
	copy_up(to, from, size);
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from < size)
		copy_down(to, from, size);
	else
		copy_up(to, from, size);
	return to;
}

void *memset(void *to, int value, size_t size)
{
	unsigned char byte = (unsigned char)value;
	/* One bit in every byte, times the byte: the byte everywhere. */
	uint64_t word = UINT64_C(0x0101010101010101) * byte;
	unsigned char *at = to;

	for (; size && misaligned(at); size--) {
		keep_loop();
		*at++ = byte;
	}
	for (; size >= 4 * WORD_SIZE; size -= 4 * WORD_SIZE) {
		word_alias *words = (word_alias *)at;

		keep_loop();
		words[0] = word;
		words[1] = word;
		words[2] = word;
		words[3] = word;
		at += 4 * WORD_SIZE;
	}
	for (; size >= WORD_SIZE; size -= WORD_SIZE) {
		keep_loop();
		*(word_alias *)at = word;
		at += WORD_SIZE;
	}
	for (; size; size--) {
		keep_loop();
		*at++ = byte;
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *left = a;
	const unsigned char *right = b;

	for (; size; size--, left++, right++) {
		keep_loop();
		if (*left != *right)
			return *left - *right;
	}
	return 0;
}

size_t strlen(const char *text)
{
	return strnlen(text, SIZE_MAX);
}

size_t strnlen(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length]) {
		keep_loop();
		length++;
	}
	return length;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t limit)
{
	for (; limit; limit--, a++, b++) {
		unsigned char left = (unsigned char)*a;
		unsigned char right = (unsigned char)*b;

		keep_loop();
		if (left != right)
			return left - right;
		if (!left)
			break;
	}
	return 0;
}
