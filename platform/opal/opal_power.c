// SPDX-License-Identifier: MIT
/*
 * Calls of OPAL, its console and the machine's end. Called from everywhere, in any state, maybe after a panic:
 * nothing but what has been set by then may be needed, and no wait for the firmware is for ever.
 */
#include "arch/ppc64/start.h"
#include "core/console_early.h"
#include "platform/opal/opal.h"

#include <muster/arch/cpu.h>
#include <muster/error.h>

#define TERMINAL_FIRST 0u /* OPAL_CONSOLE_WRITE: the one that every machine has */
/* How often a console that is full is asked again, and how often OPAL gets its turn to power off. */
#define BUSY_MAX      100000u
#define POWER_OFF_MAX 10000000u

int64_t opal_enter(uint64_t base, uint64_t entry, uint64_t token, uint64_t a, uint64_t b,
		   uint64_t c);

static uint64_t opal_base, opal_entry;

void opal_place_set(uint64_t base, uint64_t entry)
{
	opal_base = base;
	opal_entry = entry;
}

int64_t opal_call(enum opal_token token, uint64_t a, uint64_t b, uint64_t c)
{
	return opal_entry ? opal_enter(opal_base, opal_entry, token, a, b, c) : OPAL_NONE;
}

/* OPAL does nothing by itself: what it has to do goes on in here. */
static void poll(void)
{
	(void)opal_call(OPAL_POLL_EVENTS, 0, 0, 0);
}

static bool again(int64_t status)
{
	return status == OPAL_BUSY || status == OPAL_BUSY_EVENT || status == OPAL_PARTIAL;
}

static void console_write(const char *text, size_t length)
{
	for (uint32_t tries = 0; length && tries < BUSY_MAX; tries++) {
		uint64_t part = __builtin_bswap64(length);
		int64_t status = opal_call(OPAL_CONSOLE_WRITE, TERMINAL_FIRST, physical_of(&part),
					   physical_of(text));
		uint64_t done = __builtin_bswap64(part);

		if (again(status))
			poll();
		else if (status)
			return;
		if (status == OPAL_BUSY || status == OPAL_BUSY_EVENT || done > length)
			continue;
		text += done;
		length -= done;
	}
}

static void console_flush(void)
{
	for (uint32_t tries = 0; tries < BUSY_MAX; tries++) {
		if (!again(opal_call(OPAL_CONSOLE_FLUSH, TERMINAL_FIRST, 0, 0)))
			return;
		poll();
	}
}

static void exit_now(int status) __attribute__((noreturn));
static void exit_now(int status)
{
	opal_power_off(status);
	for (;;)
		cpu_relax();
}

/* What the way in was told, until the tree has been read. */
void opal_emergency_console(void)
{
	if (!opal_entry)
		opal_place_set(boot_source()->r8, boot_source()->r9);
	ppc64_machine.exit = exit_now;
	ppc64_machine.console_write = console_write;
}

int opal_console_step(cpu_t cpu)
{
	(void)cpu;
	opal_emergency_console();
	console_flush_early();
	return 0;
}

/* The status is in the report: OPAL has no place for it. */
void opal_power_off(int status)
{
	int64_t answer = OPAL_BUSY;

	(void)status;
	console_flush();
	for (uint32_t tries = 0; again(answer) && tries < BUSY_MAX; tries++) {
		answer = opal_call(OPAL_CEC_POWER_DOWN, 0, 0, 0); /* 0: as asked for, no hurry */
		poll();
	}
	/* It has been asked of the service processor, and comes when that has been told. */
	for (uint32_t tries = 0; !answer && tries < POWER_OFF_MAX; tries++)
		poll();
}
