/* SPDX-License-Identifier: MIT */
/* What the plugin that counts instructions writes (docs/bench.md), read. */
#ifndef TOOL_BENCH_COUNTS_H
#define TOOL_BENCH_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTS_VCPUS_MAX 4096
#define COUNTS_PHASES	 16

struct counts_vcpu {
	uint64_t work[COUNTS_PHASES], waits[COUNTS_PHASES];
};

struct counts {
	struct counts_vcpu *at;
	uint32_t vcpus;
};

/*
 * Read all of it: text, size bytes, not trusted. Returns 0, or -1 and fills message with one line: what is
 * not of the form, a vCPU or phase that is given twice or out of range, a missing last line, or marks
 * that were out of place. counts_free() either way.
 */
int counts_parse(const char *text, size_t size, struct counts *counts, char *message,
		 size_t message_size);
void counts_free(struct counts *counts);

#endif
