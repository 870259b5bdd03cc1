/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables. Each CPU has a GDT and a TSS of its own, in its unit, the TSS with a stack
 * each for NMI, double fault and machine check. The IDT is one for all, read-only: nothing in it
 * differs between CPUs, since the stacks it names by number are the TSS's.
 */
#ifndef ARCH_X86_64_DESCRIPTORS_H
#define ARCH_X86_64_DESCRIPTORS_H

#include <muster/cpu.h>

/*
 * Load GDT, TSS and IDT for that CPU; the per-CPU base is another function's (H2), and stays as it
 * is. Step `descriptor-tables`, on the CPU itself. Needs CAP_UNIT, CAP_STACK.
 */
int descriptor_tables_load(cpu_t cpu);
/* Back to the tables that need nothing of the CPU's own. */
void descriptor_tables_unload(cpu_t cpu);

#endif
