/* SPDX-License-Identifier: MIT */
/* The first C code of each way in, and what it leaves behind. */
#ifndef ARCH_X86_64_START_H
#define ARCH_X86_64_START_H

#include "core/machine.h"

enum boot_protocol {
	BOOT_PVH
};

/* How the boot CPU was entered, and where what it was told is. */
struct boot_source {
	enum boot_protocol protocol;
	uint64_t physical; /* PVH: struct hvm_start_info */
};
const struct boot_source *boot_source(void);

/* The machine that core sees; the platform fills in what is the platform's. */
extern struct machine x86_machine;

/* The hypervisor by its CPUID signature: "tcg", "kvm", "xen", ...; "none" on bare metal. */
const char *x86_hypervisor(void);

/*
 * Find a console and set x86_machine.console_write, for a trap before step `console`. Supplied by a
 * platform; may be missing (weak), then such a trap is silent.
 */
void x86_emergency_console(void) __attribute__((weak));

/* From assembly: PVH's first C function. Does not return. */
void x86_start_pvh(uint32_t start_info) __attribute__((noreturn));

/* From assembly: the end of a CPU that goes. */
void x86_stop_this_cpu(uint32_t *state_word, uint32_t state) __attribute__((noreturn));

/* Power-on features that all CPUs get: CR4.MCE where the CPU has it. Before the first comparison.
 */
void x86_features_enable(void);

#endif
