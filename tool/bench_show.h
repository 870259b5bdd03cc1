/* SPDX-License-Identifier: MIT */
/* What bench has measured, for people and (bench_json.c) for programs. */
#ifndef TOOL_BENCH_SHOW_H
#define TOOL_BENCH_SHOW_H

#include "tool/bench_target.h"

#include <stdio.h>

void bench_write_text(const struct bench *bench, const struct target_row rows[TARGETS], FILE *file);

/* docs/muster.1 has its shape. Returns 0, or -1 with errno set. */
int bench_write_json(const struct bench *bench, const struct target_row rows[TARGETS], FILE *file);

#endif
