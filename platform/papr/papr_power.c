// SPDX-License-Identifier: MIT
/*
 * PAPR's console and its end. Called from everywhere, in any state, maybe after a panic: only raw
 * hypercalls, and nothing but what has been set by then.
 */
#include "arch/ppc64/start.h"
#include "core/console_early.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/rtas.h"

#include <muster/arch/cpu.h>

/* Bytes of one H_PUT_TERM_CHAR: LoPAPR 16.3.2.1. */
#define CHUNK 16u
/* How often a terminal that is full is asked again. */
#define BUSY_MAX 100000u

static uint64_t terminal; /* 0: the first, in QEMU and KVM */

void papr_console_unit(uint32_t unit)
{
	terminal = unit;
}

/* Eight bytes as a register has them: the first is the highest. Bytes from `length` on are 0. */
static uint64_t pack(const char *text, size_t length)
{
	uint64_t word = 0;

	for (size_t i = 0; i < 8; i++)
		word = word << 8 | (i < length ? (unsigned char)text[i] : 0);
	return word;
}

static void put(const char *text, size_t length)
{
	uint64_t first = pack(text, length);
	uint64_t second = length > 8 ? pack(text + 8, length - 8) : 0;

	for (uint32_t tries = 0; tries < BUSY_MAX; tries++) {
		if (papr_hcall_raw(H_PUT_TERM_CHAR, terminal, length, first, second, NULL) !=
		    H_BUSY)
			return;
		cpu_relax();
	}
}

static void console_write(const char *text, size_t length)
{
	while (length) {
		size_t part = length < CHUNK ? length : CHUNK;

		put(text, part);
		text += part;
		length -= part;
	}
}

static void exit_now(int status) __attribute__((noreturn));
static void exit_now(int status)
{
	papr_power_off(status);
	for (;;)
		cpu_relax();
}

void papr_emergency_console(void)
{
	ppc64_machine.exit = exit_now;
	ppc64_machine.console_write = console_write;
}

int papr_console_step(cpu_t cpu)
{
	(void)cpu;
	papr_emergency_console();
	console_flush_early();
	return 0;
}

int32_t papr_power_off_by(uint32_t token)
{
	/* Which events may power on again: none (LoPAPR 7.3.6.1). */
	static const uint32_t never[] = { UINT32_MAX, UINT32_MAX };

	return rtas_call(token, never, 2, NULL, 1);
}

/* The status is in the report: PAPR has no place for it. */
void papr_power_off(int status)
{
	(void)status;
	/* Where nobody knows yet where RTAS is, Open Firmware may. */
	if (papr_power_off_by(papr_firmware.rtas.power_off) == RTAS_PARAMETER)
		papr_openfirmware_power_off();
}
