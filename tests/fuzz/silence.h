/* SPDX-License-Identifier: MIT */
/*
 * For fuzzers: a console that swallows what parsers log, and a check of what they give back.
 */
#ifndef TESTS_FUZZ_SILENCE_H
#define TESTS_FUZZ_SILENCE_H

#include "core/machine.h"

/* What libFuzzer calls; it has no header for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void silence_write(const char *text, size_t length)
{
	/* Read it all, so that the address sanitizer sees text that is not ours to read. */
	volatile char last;

	for (size_t i = 0; i < length; i++)
		last = text[i];
	(void)last;
}

static inline void silence_begin(void)
{
	static const struct machine machine = {
		.architecture = "test",
		.console_write = silence_write,
	};

	machine_set(&machine);
}

/* A rule of the parser's contract: breaking it is a finding. */
static inline void must(bool rule)
{
	if (!rule)
		__builtin_trap();
}

#endif
