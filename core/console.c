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
 * An NMI can come to the very CPU that has the lock. It would wait for itself, and then print into the line
 * that it has interrupted. So the holder leaves an address on its stack, by which an NMI knows it; what that
 * has to say is put down for the holder to print behind its own line.
 */
#include "core/console_early.h"
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

#define LOCK_FREE 0u

/* How long one holder is waited for. A line takes milliseconds at most on a serial line. */
#define LOCK_LIMIT_MS 1000u
/* The same while polls stand for time (muster/clock.h): only one CPU runs then, and it can meet
 * nobody but itself, interrupted. */
#define LOCK_LIMIT_EARLY_MS 10u
/* How many holders are waited for, one after the other: 16 lines each of 255 CPUs. */
#define LOCK_HOLDERS_MAX 4096u

static uint32_t lock = LOCK_FREE;
static uint32_t last_token;

/* On the holder's stack; 0: the lock is free, or about to be, or has just been taken. */
static uintptr_t holder_stack;
/* An NMI that came to the holder finds that address so close above the stack pointer. Stacks of
 * others have a page that is theirs alone in between. */
#define HOLDER_REACH 4096u

/* What NMIs that came to the holder had to say: each is whoever's has changed its state. */
#define PUT_DOWN_MAX 4u
enum put_down_state {
	PUT_DOWN_FREE,
	PUT_DOWN_BEGUN,
	PUT_DOWN_READY
};
static struct {
	uint32_t state;
	char text[CONSOLE_LINE_MAX + 1];
} put_down[PUT_DOWN_MAX];
static uint32_t put_down_lost;

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
	return __atomic_compare_exchange_n(&lock, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

/* Somebody has the lock. */
static void lock_wait(uint32_t mine)
{
	uint32_t holder = LOCK_FREE;
	uint32_t holders = 0;
	struct clock_limit limit = { 0 };

	for (;; cpu_relax()) {
		uint32_t now = __atomic_load_n(&lock, __ATOMIC_RELAXED);

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
	__atomic_store_n(&holder_stack, (uintptr_t)stack, __ATOMIC_RELAXED);
	return mine;
}

void console_break_lock(void)
{
	__atomic_store_n(&lock, LOCK_FREE, __ATOMIC_RELEASE);
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

/* Under the lock. */
static void put_down_flush(void)
{
	uint32_t lost = __atomic_exchange_n(&put_down_lost, 0, __ATOMIC_RELAXED);
	struct console_line line;
	char message[80];

	line.used = 0;
	for (uint32_t i = 0; i < PUT_DOWN_MAX; i++) {
		if (__atomic_load_n(&put_down[i].state, __ATOMIC_ACQUIRE) != PUT_DOWN_READY)
			continue;
		early_flush();
		line_put(&line, put_down[i].text, strlen(put_down[i].text));
		line_flush(&line);
		__atomic_store_n(&put_down[i].state, PUT_DOWN_FREE, __ATOMIC_RELEASE);
	}
	if (lost) {
		line_put(&line, message,
			 format_text(message, sizeof(message),
				     "muster: console: %u lines of NMIs lost\n", lost));
		line_flush(&line);
	}
}

static bool put_down_any(void)
{
	uint32_t any = __atomic_load_n(&put_down_lost, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < PUT_DOWN_MAX; i++)
		any |= __atomic_load_n(&put_down[i].state, __ATOMIC_SEQ_CST) == PUT_DOWN_READY;
	return any;
}

static void lock_give(uint32_t mine)
{
	/* If it is another's the lock was taken away, and is not ours to give. */
	while (__atomic_load_n(&lock, __ATOMIC_RELAXED) == mine) {
		put_down_flush();
		__atomic_store_n(&holder_stack, 0, __ATOMIC_RELAXED);
		/* An NMI that comes right here is not behind the last line, and not lost. */
		if (!lock_change(mine, LOCK_FREE) || !put_down_any())
			return;
		mine = token_new();
		(void)lock_change(LOCK_FREE, mine);
	}
}

/* Has an NMI, which found that stack pointer, come to the holder of the lock? Where that cannot be told it may have. */
static bool is_holders(uintptr_t stack_pointer)
{
	uintptr_t stack;

	if (__atomic_load_n(&lock, __ATOMIC_ACQUIRE) == LOCK_FREE)
		return false;
	stack = __atomic_load_n(&holder_stack, __ATOMIC_RELAXED);
	return !stack || stack - stack_pointer < HOLDER_REACH;
}

static void put_down_text(const char *format, va_list arguments)
{
	for (uint32_t i = 0; i < PUT_DOWN_MAX; i++) {
		uint32_t state = PUT_DOWN_FREE;

		if (!__atomic_compare_exchange_n(&put_down[i].state, &state, PUT_DOWN_BEGUN, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		(void)format_text_v(put_down[i].text, sizeof(put_down[i].text), format, arguments);
		__atomic_store_n(&put_down[i].state, PUT_DOWN_READY, __ATOMIC_SEQ_CST);
		return;
	}
	__atomic_add_fetch(&put_down_lost, 1, __ATOMIC_RELAXED);
}

/* It may run on what is left of a stack that somebody prints on already: nothing is formatted twice. */
void console_print_from_nmi(uintptr_t stack_pointer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (is_holders(stack_pointer)) {
		put_down_text(format, arguments);
		/* Had it just been given up, by somebody else, nobody may come to print it. */
		if (__atomic_load_n(&lock, __ATOMIC_SEQ_CST) == LOCK_FREE)
			console_flush_early();
	} else {
		console_vprint(format, arguments);
	}
	va_end(arguments);
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
