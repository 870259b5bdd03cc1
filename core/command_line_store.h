/* SPDX-License-Identifier: MIT */
/*
 * Where command_line() comes from.
 */
#ifndef CORE_COMMAND_LINE_STORE_H
#define CORE_COMMAND_LINE_STORE_H

/*
 * Keep a copy of the line that the boot protocol gave (terminated; NULL means ""). Called by step
 * `command-line`. One character more than COMMAND_LINE_MAX is kept, so that a line that is too long
 * stays too long and command_line_read() refuses it.
 */
void command_line_set(const char *line);

#endif
