/* SPDX-License-Identifier: MIT */
/* The names of an image's functions, for backtraces. */
#ifndef ARCH_SYMBOL_TABLE_H
#define ARCH_SYMBOL_TABLE_H

#include <stdint.h>

/* The name of the function an address lies in, as linked, and the distance from its start; NULL: not known. */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif
