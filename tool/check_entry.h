/* SPDX-License-Identifier: MIT */
/* One entry of the boot matrix: booted, and held against what it expects. */
#ifndef TOOL_CHECK_ENTRY_H
#define TOOL_CHECK_ENTRY_H

#include "tool/boot.h"
#include "tool/matrix.h"
#include "tool/options.h"

/*
 * Boot it as often as it says. Returns 0, or -1 and fills reason with one line. The console is kept in
 * the folder `logs` while it is not good.
 */
int check_entry(const struct matrix_entry *entry, const struct options *options, const char *logs,
		char *reason, size_t size);

#endif
