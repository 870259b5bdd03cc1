/* SPDX-License-Identifier: MIT */
/* A fault that is expected, and where to go on: fault_probe.S fills it in, trap.c takes it. */
#ifndef ARCH_X86_64_FAULT_EXPECT_H
#define ARCH_X86_64_FAULT_EXPECT_H

#include <stdint.h>

struct fault_expectation {
	uint64_t resume_rip;
	uint64_t resume_rsp;
	uint64_t resume_rbp;
	uint64_t resume_rbx;
	uint64_t vector;  /* of the fault that came */
	uint64_t address; /* CR2 when it came */
};

/* This CPU's next exception goes on at resume_rip. NULL: no exception is expected any more. */
void fault_expect(struct fault_expectation *expectation);

#endif
