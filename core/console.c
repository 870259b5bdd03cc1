// SPDX-License-Identifier: MIT
/*
 * Text out. Everybody prints, from every CPU, in every state: before there is a console, in a
 * panic, and when another CPU has died while it printed. So it must not wait without a limit, must
 * not ask which CPU it runs on (the per-CPU base may be what is broken), and must not panic itself.
 *
 * The lock is a word that holds a token, a new one each time it is taken. Who waits and sees the
 * same token for too long puts its own in its place; the former holder, should it go on, finds
 * another's token there and leaves it alone.
 *
 * What an NMI had to say that came to the holder is printed when it gives up the lock (console_nmi.c).
 */
#include "core/console_early.h"
#include "core/console_lock.h"
#include "core/format.h"
#include "core/machine.h"
#include "core/string.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/mark.h>
#include <stdbool.h>

/* A kernel may have its own: docs/embedding.md. */
#pragma weak console_print
#pragma weak console_vprint

/* An image may leave these out: nothing in it prints from NMIs. */
#pragma weak console_nmi_flush
#pragma weak console_nmi_any

#define LOCK_FREE CONSOLE_LOCK_FREE

/* How long one holder is waited for. A line takes milliseconds at most on a serial line. */
#define LOCK_LIMIT_MS 1000u
/* The same while polls stand for time (muster/clock.h): only one CPU runs then, and it can meet
 * nobody but itself, interrupted. */
#define LOCK_LIMIT_EARLY_MS 10u
/* How many holders are waited for, one after the other: 16 lines each of 255 CPUs. */
#define LOCK_HOLDERS_MAX 4096u

uint32_t console_lock = LOCK_FREE;
uintptr_t console_holder_stack;
static uint32_t last_token;

/* Text from before there was a console. Read and written under the lock. */
static char early_text[CONSOLE_EARLY_SIZE];
static size_t early_used;
static size_t early_lost;

bool console_is_dear;

/* Pieces of a line are gathered, since each write may be a call into the hypervisor. */
struct console_line {
	char text[128];
	size_t used;
};

static uint32_t token_new(void)
{
	uint32_t token;

	do {
		token = __atomic_add_fetch(&last_token, 1, __ATOMIC_RELAXED);
	} while (token == LOCK_FREE);
	return token;
}

/* The lock changes from one value to another, if it has the first. */
static bool lock_change(uint32_t from, uint32_t to)
{
	/* Sequentially consistent: who gives it up looks behind that for what an NMI has put down. */
	return __atomic_compare_exchange_n(&console_lock, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/* Somebody has the lock. */
static void lock_wait(uint32_t mine)
{
	uint32_t holder = LOCK_FREE;
	uint32_t holders = 0;
	struct clock_limit limit = { 0 };

	for (;; cpu_relax()) {
		uint32_t now = __atomic_load_n(&console_lock, __ATOMIC_RELAXED);

		if (now == LOCK_FREE) {
			if (lock_change(LOCK_FREE, mine))
				return;
			continue;
		}
		if (now != holder && holders < LOCK_HOLDERS_MAX) {
			holder = now;
			holders++;
			limit = clock_limit_begin(clock_frequency() ? LOCK_LIMIT_MS
								    : LOCK_LIMIT_EARLY_MS);
		} else if (clock_limit_over(&limit) && lock_change(now, mine)) {
			return;
		}
	}
}

/* Returns the token to give back. Called with interrupts off, with an address on the caller's stack. */
static uint32_t lock_take(const void *stack)
{
	uint32_t mine = token_new();

	if (!lock_change(LOCK_FREE, mine)) {
		MARK_WAIT_BEGIN();
		lock_wait(mine);
		MARK_WAIT_END();
	}
	__atomic_store_n(&console_holder_stack, (uintptr_t)stack, __ATOMIC_RELAXED);
	return mine;
}

void console_break_lock(void)
{
	__atomic_store_n(&console_lock, LOCK_FREE, __ATOMIC_RELEASE);
}

static void early_keep(const char *text, size_t length)
{
	size_t room = sizeof(early_text) - early_used;
	size_t kept = length < room ? length : room;

	memcpy(early_text + early_used, text, kept);
	early_used += kept;
	early_lost += length - kept;
}

static void line_flush(struct console_line *line)
{
	const struct machine *machine = machine_get();

	if (!line->used)
		return;
	if (machine->console_write)
		machine->console_write(line->text, line->used);
	else
		early_keep(line->text, line->used);
	line->used = 0;
}

static void line_put(void *context, const char *text, size_t length)
{
	struct console_line *line = context;

	while (length) {
		size_t room = sizeof(line->text) - line->used;
		size_t part = length < room ? length : room;

		memcpy(line->text + line->used, text, part);
		line->used += part;
		text += part;
		length -= part;
		if (line->used == sizeof(line->text))
			line_flush(line);
	}
}

/* Under the lock. What was kept is forgotten first, so that a fault while it is written does not
 * bring it again. */
static void early_flush(void)
{
	const struct machine *machine = machine_get();
	size_t used = early_used;
	size_t lost = early_lost;
	char message[80];

	if (!used || !machine->console_write)
		return;
	early_used = 0;
	early_lost = 0;
	machine->console_write(early_text, used);
	if (lost) {
		size_t length =
			format_text(message, sizeof(message),
				    "\nmuster: console: %zu bytes of early text lost\n", lost);

		machine->console_write(message, length);
	}
}

static void lock_give(uint32_t mine)
{
	/* If it is another's the lock was taken away, and is not ours to give. */
	while (__atomic_load_n(&console_lock, __ATOMIC_RELAXED) == mine) {
		if (console_nmi_flush)
			console_nmi_flush();
		__atomic_store_n(&console_holder_stack, 0, __ATOMIC_RELAXED);
		/* An NMI that comes right here is behind the last look. */
		if (!lock_change(mine, LOCK_FREE) || !console_nmi_any || !console_nmi_any())
			return;
		mine = token_new();
		(void)lock_change(LOCK_FREE, mine);
	}
}

void console_write_locked(const char *text, size_t length)
{
	struct console_line line;

	line.used = 0;
	early_flush();
	line_put(&line, text, length);
	line_flush(&line);
}

void console_flush_early(void)
{
	uint64_t interrupts = interrupts_save_off();
	uint32_t token = lock_take(__builtin_frame_address(0));

	early_flush();
	lock_give(token);
	interrupts_restore(interrupts);
}

void console_vprint(const char *format, va_list arguments)
{
	uint64_t interrupts = interrupts_save_off();
	uint32_t token = lock_take(__builtin_frame_address(0));
	struct console_line line;

	line.used = 0;
	early_flush();
	format_to(line_put, &line, format, arguments);
	line_flush(&line);
	lock_give(token);
	interrupts_restore(interrupts);
}

void console_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	console_vprint(format, arguments);
	va_end(arguments);
}

/* Kept until there is more to say; what is more than CONSOLE_LINE_MAX bytes is cut off. */
static void keep(const char *format, va_list arguments)
{
	uint64_t interrupts = interrupts_save_off();
	uint32_t token = lock_take(__builtin_frame_address(0));
	char text[CONSOLE_LINE_MAX + 1];
	size_t length = format_text_v(text, sizeof(text), format, arguments);

	if (length >= sizeof(text))
		length = sizeof(text) - 1;
	if (sizeof(early_text) - early_used < length)
		early_flush();
	early_keep(text, length);
	lock_give(token);
	interrupts_restore(interrupts);
}

void console_print_later(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (console_is_dear)
		keep(format, arguments);
	else
		console_vprint(format, arguments);
	va_end(arguments);
}
