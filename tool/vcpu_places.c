// SPDX-License-Identifier: MIT
/*
 * Reads the program counters out of QEMU's `info registers -a`. Called by boot.c when a guest has not
 * ended at its limit. Must never take a register of one vCPU for another's: a block of text without a
 * program counter is left out.
 */
#include "tool/vcpu_places.h"

#include "tool/file.h"
#include "tool/symbols.h"
#include "tool/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK	  "CPU#"
#define IMAGE_MAX (64u << 20)

/* What QEMU calls the program counter: x86 in two modes, arm64 and riscv64, ppc64. */
static const char *const counters[] = { "RIP=", "EIP=", "PC=", "pc", "NIP" };

static bool read_hexadecimal(const char *text, const char *end, uint64_t *value)
{
	size_t digits = 0;

	*value = 0;
	while (text < end && *text == ' ')
		text++;
	for (; text + digits < end && isxdigit((unsigned char)text[digits]) && digits < 16;
	     digits++) {
		const char digit = (char)tolower((unsigned char)text[digits]);

		*value = *value << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	return digits >= 8;
}

/* A name begins a line or stands behind a blank; the first that a block has is it. */
static bool find_counter(const char *block, const char *end, uint64_t *address)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		size_t length = strlen(counters[i]);

		for (const char *at = block; at + length < end; at++) {
			if (memcmp(at, counters[i], length) || !strchr("\r\n ", at[-1]))
				continue;
			if (read_hexadecimal(at + length, end, address))
				return true;
		}
	}
	return false;
}

static void add(struct vcpu_places *places, uint64_t vcpu, uint64_t address)
{
	if (places->count == VCPU_PLACES_MAX)
		return;
	places->at = memory_or_end(realloc(places->at, (places->count + 1) * sizeof(*places->at)));
	places->at[places->count++] = (struct vcpu_place){ .vcpu = vcpu, .address = address };
}

void vcpu_places_read(struct vcpu_places *places, const char *text)
{
	const char *block = strstr(text, BLOCK);

	vcpu_places_free(places);
	while (block) {
		const char *next = strstr(block + 1, BLOCK);
		const char *end = next ? next : block + strlen(block);
		const char *number = block + strlen(BLOCK);
		size_t digits = strspn(number, "0123456789");
		uint64_t vcpu, address;
		char *word = text_copy(number, digits);

		if (text_number(word, VCPU_PLACES_MAX, &vcpu) &&
		    find_counter(number + digits, end, &address))
			add(places, vcpu, address);
		free(word);
		block = next;
	}
}

void vcpu_places_name(struct vcpu_places *places, const char *image)
{
	size_t size;
	char *data = places->count ? file_read(image, IMAGE_MAX, &size) : NULL;

	for (size_t i = 0; data && i < places->count; i++) {
		struct vcpu_place *place = &places->at[i];

		(void)symbols_find((const uint8_t *)data, size, place->address, place->symbol,
				   sizeof(place->symbol), &place->offset);
	}
	free(data);
}

void vcpu_places_free(struct vcpu_places *places)
{
	free(places->at);
	*places = (struct vcpu_places){ 0 };
}
