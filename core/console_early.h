/* SPDX-License-Identifier: MIT */
/*
 * What bring-up and panic do to the console, beyond printing (muster/console.h).
 */
#ifndef CORE_CONSOLE_EARLY_H
#define CORE_CONSOLE_EARLY_H

/* Text printed before there is a console is kept up to this many bytes; the rest is counted. */
#define CONSOLE_EARLY_SIZE 4096u

/* Send out what was printed before machine_get()->console_write was there. Called by the step
 * `console`; printing does it too. Nothing happens while there is still no console. */
void console_flush_early(void);

/* Take the lock away from whoever has it: for a panic, which may have come while this very CPU was
 * printing. Who had it notices and does not give back what is not his any more. */
void console_break_lock(void);

#endif
