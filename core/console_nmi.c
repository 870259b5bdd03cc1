// SPDX-License-Identifier: MIT
/*
 * What an NMI has to say. Called in NMIs, on any CPU, in any state, and by the console when it gives up its lock. An
 * NMI can come to the very CPU that has the lock: it must not wait for itself, nor print into the line that it has
 * interrupted. So what it has to say is put down here, for the holder to print behind its own line.
 *
 * The holder is known by its stack, since which CPU this is may be what is broken.
 */
#include "core/console_early.h"
#include "core/console_lock.h"
#include "core/format.h"
#include "core/string.h"

#include <muster/console.h>
#include <stdarg.h>

/* An NMI that came to the holder finds its address so close above the stack pointer. Stacks of others have a page
 * that is theirs alone in between; where they have not, a line is put down for the holder to print, and that is all. */
#define HOLDER_REACH 4096u

/* Each is whoever's has changed its state. */
#define LINES_MAX 4u
enum line_state {
	LINE_FREE,
	LINE_BEGUN,
	LINE_READY
};
static struct {
	uint32_t state;
	char text[CONSOLE_LINE_MAX + 1];
} lines[LINES_MAX];
static uint32_t lost;

void console_nmi_flush(void)
{
	uint32_t lost_now = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);
	char message[64];

	for (uint32_t i = 0; i < LINES_MAX; i++) {
		if (__atomic_load_n(&lines[i].state, __ATOMIC_ACQUIRE) != LINE_READY)
			continue;
		console_write_locked(lines[i].text, strlen(lines[i].text));
		__atomic_store_n(&lines[i].state, LINE_FREE, __ATOMIC_RELEASE);
	}
	if (lost_now)
		console_write_locked(
			message, format_text(message, sizeof(message),
					     "muster: console: %u lines of NMIs lost\n", lost_now));
}

bool console_nmi_any(void)
{
	bool any = __atomic_load_n(&lost, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < LINES_MAX; i++)
		any |= __atomic_load_n(&lines[i].state, __ATOMIC_SEQ_CST) == LINE_READY;
	return any;
}

/* Has an NMI, which found that stack pointer, come to the holder of the lock? Where that cannot be told it may have. */
static bool is_holders(uintptr_t stack_pointer)
{
	uintptr_t stack;

	if (__atomic_load_n(&console_lock, __ATOMIC_ACQUIRE) == CONSOLE_LOCK_FREE)
		return false;
	stack = __atomic_load_n(&console_holder_stack, __ATOMIC_RELAXED);
	return !stack || stack - stack_pointer < HOLDER_REACH;
}

static void put_down(const char *format, va_list arguments)
{
	for (uint32_t i = 0; i < LINES_MAX; i++) {
		uint32_t state = LINE_FREE;

		if (!__atomic_compare_exchange_n(&lines[i].state, &state, LINE_BEGUN, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		(void)format_text_v(lines[i].text, sizeof(lines[i].text), format, arguments);
		__atomic_store_n(&lines[i].state, LINE_READY, __ATOMIC_SEQ_CST);
		return;
	}
	__atomic_add_fetch(&lost, 1, __ATOMIC_RELAXED);
}

/* It may run on what is left of a stack that somebody prints on already: nothing is formatted twice. */
void console_print_from_nmi(uintptr_t stack_pointer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (is_holders(stack_pointer)) {
		put_down(format, arguments);
		/* Had it just been given up, by somebody else, nobody may come to print it. */
		if (__atomic_load_n(&console_lock, __ATOMIC_SEQ_CST) == CONSOLE_LOCK_FREE)
			console_flush_early();
	} else {
		console_vprint(format, arguments);
	}
	va_end(arguments);
}
