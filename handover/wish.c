// SPDX-License-Identifier: MIT
/* Reads what `park=` says: muster/handover.h. Called by a kernel with a word of its command line. */
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/handover.h>

static int digit_of(char character, int base)
{
	int value = character >= '0' && character <= '9'   ? character - '0'
		    : character >= 'a' && character <= 'f' ? character - 'a' + 10
		    : character >= 'A' && character <= 'F' ? character - 'A' + 10
							   : 16;

	return value < base ? value : -1;
}

static bool number_read(const char *text, uint64_t *number)
{
	int base = !strncmp(text, "0x", 2) ? 16 : 10;

	text += base == 16 ? 2 : 0;
	if (!*text)
		return false;
	for (*number = 0; *text; text++) {
		int digit = digit_of(*text, base);

		if (digit < 0 || *number > (UINT64_MAX - (uint64_t)digit) / (uint64_t)base)
			return false;
		*number = *number * (uint64_t)base + (uint64_t)digit;
	}
	return true;
}

int park_wish_read(const char *text, struct park_wish *wish)
{
	static const char *const names[] = { "all", "no-sibling", "off" };

	*wish = (struct park_wish){ 0 };
	for (int i = 0; i < 3; i++) {
		size_t length = strlen(names[i]);

		if (strncmp(text, names[i], length) != 0)
			continue;
		wish->mode = (enum park_mode)i;
		if (!text[length])
			return 0;
		wish->has_address = true;
		if (text[length] == '@' && number_read(text + length + 1, &wish->address))
			return 0;
	}
	console_print("muster: park=%s: must be all, no-sibling or off, and may have @ADDRESS\n",
		      text);
	return MUSTER_E_INVALID;
}
