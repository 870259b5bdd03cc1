// SPDX-License-Identifier: MIT
/*
 * A PC's consoles and its end. Step `console`, and what the command line says about both. Powering
 * off is the last thing of all, maybe after a panic: it uses nothing but what has been set by then.
 */
#include "arch/x86_64/start.h"
#include "core/console_early.h"
#include "device/debug_console.h"
#include "device/power_off.h"
#include "device/serial_16550.h"
#include "platform/pc/pc.h"

#include <muster/muster.h>

enum console_choice {
	CONSOLE_AUTO,
	CONSOLE_SERIAL,
	CONSOLE_DEBUG
};

static uint64_t console_choice;
static uint64_t debug_exit_port;
static bool serial_found, debug_found;

static const char *const console_choices[] = { "auto", "serial", "debug", NULL };

/* debug-exit= is a word and not a guess: a port of unknown meaning is not to be poked. */
const struct command_line_word pc_words[PC_WORDS] = {
	{ .name = "console",
	  .kind = COMMAND_LINE_CHOICE,
	  .number = &console_choice,
	  .choices = console_choices },
	{ .name = "debug-exit",
	  .kind = COMMAND_LINE_NUMBER,
	  .number = &debug_exit_port,
	  .min = 0x100,
	  .max = 0xffff },
#if PC_WORDS_I386
	/* Read in step `layout` already: all that is left here is to know it. */
	{ .name = "hole", .kind = COMMAND_LINE_NUMBER, .max = UINT64_MAX },
#endif
};

static void exit_now(int status) __attribute__((noreturn));
static void exit_now(int status)
{
	pc_power_off(status);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void console_set(void (*write)(const char *text, size_t length))
{
	x86_machine.console_write = write;
}

/* Serial, if there is one; else the debug console. A machine with neither is silent, and works. */
void pc_emergency_console(void)
{
	x86_machine.exit = exit_now;
	serial_found = serial_16550_begin();
	debug_found = debug_console_begin();
	if (serial_found)
		console_set(serial_16550_write);
	else if (debug_found)
		console_set(debug_console_write);
}

int pc_console_step(cpu_t cpu)
{
	(void)cpu;
	pc_emergency_console();
	console_flush_early();
	return 0;
}

int pc_console_choose(void)
{
	bool serial = console_choice == CONSOLE_SERIAL;

	if (console_choice == CONSOLE_AUTO)
		return 0;
	if (serial ? !serial_found : !debug_found) {
		console_print("muster: command line: console=%s: this machine has none\n",
			      console_choices[console_choice]);
		return MUSTER_E_NOT_FOUND;
	}
	console_set(serial ? serial_16550_write : debug_console_write);
	return 0;
}

void pc_power_off(int status)
{
	if (serial_found)
		serial_16550_drain();
	debug_exit((uint16_t)debug_exit_port, status);
	acpi_power_off(&pc_firmware.power);
}
