/* SPDX-License-Identifier: MIT */
/*
 * The table of function names that a kernel carries for its backtraces: read out of the linked ELF
 * file, written as assembly that is linked in by a second pass.
 */
#ifndef TOOL_SYMBOLS_H
#define TOOL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Write the table for an ELF64 file of size bytes at data. The file is not trusted. Returns 0, or
 * -1 and fills message (message_size bytes) with one line. left_out: the number of functions that
 * are more than 4 GiB away from the rest, which the table has no room to say.
 */
int symbols_write(const uint8_t *data, size_t size, FILE *out, size_t *left_out, char *message,
		  size_t message_size);

/*
 * The function of an ELF64 file that an address lies in: its name, cut to what fits and in printable
 * characters, and how far in. The file is not trusted. Returns false when there is none that is known.
 */
bool symbols_find(const uint8_t *data, size_t size, uint64_t address, char *name, size_t name_size,
		  uint64_t *offset);

/* Write a table without entries, for the first pass. */
void symbols_write_empty(FILE *out);

/* `muster symbols`. Returns the exit code. */
int symbols_command(int argc, char **argv);

#endif
