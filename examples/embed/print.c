// SPDX-License-Identifier: MIT
/*
 * The kernel's own print, in place of the library's: to the first serial port, one text at a time.
 * The library calls it from everywhere, from its first C function on, so it waits for nobody for
 * ever, and needs no step.
 */
#include "examples/embed/embed.h"

#include <muster/arch/cpu.h>
#include <muster/console.h>
#include <stdbool.h>

#define SERIAL_DATA   0x3f8 /* COM1, as the firmware left it; 16550: data */
#define SERIAL_STATUS 0x3fd
#define SERIAL_READY  0x20 /* line status: the transmitter takes a byte */
#define POLLS_MAX     1000000u
#define TEXT_MAX      2048

uint64_t embed_texts;
static bool locked;

static uint8_t port_read(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void port_write(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void serial_write(const char *text)
{
	for (; *text; text++) {
		for (uint32_t polls = 0; polls < POLLS_MAX; polls++)
			if (port_read(SERIAL_STATUS) & SERIAL_READY)
				break;
		port_write(SERIAL_DATA, (uint8_t)*text);
	}
}

void embed_print_break(void)
{
	__atomic_store_n(&locked, false, __ATOMIC_RELEASE);
}

void console_vprint(const char *format, va_list arguments)
{
	static char text[TEXT_MAX];
	uint64_t interrupts = interrupts_save_off();

	for (uint32_t polls = 0; polls < POLLS_MAX; polls++) {
		if (!__atomic_exchange_n(&locked, true, __ATOMIC_ACQUIRE))
			break;
		cpu_relax();
	}
	format_text_v(text, sizeof(text), format, arguments);
	serial_write(text);
	embed_texts++;
	embed_print_break();
	interrupts_restore(interrupts);
}

void console_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	console_vprint(format, arguments);
	va_end(arguments);
}
