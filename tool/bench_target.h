/* SPDX-License-Identifier: MIT */
/* The figures that are aimed at, and how far they are. */
#ifndef TOOL_BENCH_TARGET_H
#define TOOL_BENCH_TARGET_H

#include "tool/bench.h"

enum verdict {
	VERDICT_REACHED,
	VERDICT_MISSED,
	VERDICT_NOT_MEASURED
};

struct target_row {
	const char *name;
	const char *unit;
	const char *source; /* where the limit comes from */
	bool below;	    /* the limit itself is too much */
	double limit;
	struct bench_figure figure;
	enum verdict verdict;
};

#define TARGETS 20

/* One row for each target, in the order of the table. */
void targets_judge(const struct bench *bench, struct target_row rows[TARGETS]);

/* "reached", "missed", "not measured". */
const char *verdict_name(enum verdict verdict);

size_t targets_count(const struct target_row rows[TARGETS], enum verdict verdict);

#endif
