// SPDX-License-Identifier: MIT
/* The debug console at port 0xE9: a byte out is a character. Nothing to wait for. */
#include "device/debug_console.h"

#include "arch/x86_64/registers.h"

#define PORT 0xe9

bool debug_console_begin(void)
{
	return port_read8(PORT) == PORT;
}

void debug_console_write(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		port_write8(PORT, (uint8_t)text[i]);
}
