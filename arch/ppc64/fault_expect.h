/* SPDX-License-Identifier: MIT */
/* A fault that is expected, and where to go on: trap_entry.S fills it in, trap.c takes it. */
#ifndef ARCH_PPC64_FAULT_EXPECT_H
#define ARCH_PPC64_FAULT_EXPECT_H

#include <stdint.h>

struct fault_expectation {
	uint64_t resume_nip;
	uint64_t resume_stack;
	uint64_t resume_toc;
	uint64_t vector; /* of the fault that came */
};

/* This CPU's next fault goes on at resume_nip. NULL: none is expected any more. */
void fault_expect(struct fault_expectation *expectation);

/* trap_entry.S. how: 0 read, 1 write, 2 execute. */
void fault_probe_access(struct fault_expectation *expected, uintptr_t address, int how);

#endif
