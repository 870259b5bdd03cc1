/* SPDX-License-Identifier: MIT */
/*
 * What bring-up and panic do to the console, beyond printing (muster/console.h).
 */
#ifndef CORE_CONSOLE_EARLY_H
#define CORE_CONSOLE_EARLY_H

#include <stdbool.h>
#include <stdint.h>

/* Text printed before there is a console is kept up to this many bytes; the rest is counted. */
#define CONSOLE_EARLY_SIZE 4096u

/* Send out what was printed before machine_get()->console_write was there. Called by the step
 * `console`; printing does it too. Nothing happens while there is still no console. */
void console_flush_early(void);

/* Each character takes the hypervisor long, and an NMI reaches a CPU that hangs: where the boot CPU is may
 * be said later. Set by a platform. */
extern bool console_is_dear;

/* Bytes of a line that may have to wait for another. */
#define CONSOLE_LINE_MAX 127u

/*
 * Print a line (of 127 bytes at most) that is to be read only if nothing comes after it. Where the console is
 * dear it is kept, and goes out before the next text that is printed, with
 * console_flush_early(), or when there is no room for more; else it is printed at once.
 */
void console_print_later(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The same from an NMI, or whatever else comes with interrupts off: a line of CONSOLE_LINE_MAX bytes at most.
 * stack_pointer: where the interrupted code's stack was, or anything below it on the same stack. Had it the
 * lock, its line is ended first, and this one printed behind that, when the NMI is over: so it does not wait
 * for itself. For another CPU's line it waits as others do.
 */
void console_print_from_nmi(uintptr_t stack_pointer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Take the lock away from whoever has it: for a panic, which may have come while this very CPU was
 * printing. Who had it notices and does not give back what is not his any more. */
void console_break_lock(void);

#endif
