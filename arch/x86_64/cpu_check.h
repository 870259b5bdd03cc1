/* SPDX-License-Identifier: MIT */
/* What every CPU must have in common with the boot CPU, and who it must be. */
#ifndef ARCH_X86_64_CPU_CHECK_H
#define ARCH_X86_64_CPU_CHECK_H

#include <muster/cpu.h>
#include <stddef.h>

struct control_registers {
	uint64_t cr0, cr4, efer, pat;
	uint64_t hwid;
};

/*
 * The first register in which two sets differ: its name, and both values; NULL when they are alike.
 * Pure: unit tests run it on the host.
 */
const char *control_registers_differ(const struct control_registers *expected,
				     const struct control_registers *found,
				     uint64_t *expected_value, uint64_t *found_value);

/*
 * Step `cpu-check`, on the CPU itself. The boot CPU's registers are what is expected of the others;
 * the id is compared on all. MUSTER_E_MISMATCH with a line that names the register and both values.
 */
int cpu_check_step(cpu_t cpu);

/* The id that the running CPU says it has: CPUID leaf 0Bh, else leaf 1. */
hwid_t x86_hwid_this(void);

#endif
