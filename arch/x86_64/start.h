/* SPDX-License-Identifier: MIT */
/* The first C code of each way in, and what it leaves behind. */
#ifndef ARCH_X86_64_START_H
#define ARCH_X86_64_START_H

#include "arch/x86_64/offsets.h"
#include "core/machine.h"

enum boot_protocol {
	BOOT_PVH = WAY_PVH,
	BOOT_MULTIBOOT2 = WAY_MULTIBOOT2,
	BOOT_LINUX = WAY_LINUX,
	BOOT_XEN_PV = WAY_XEN_PV,
};

/* How the boot CPU was entered, and where what it was told is. */
struct boot_source {
	enum boot_protocol protocol;
	/* struct hvm_start_info, boot information, struct boot_params; the virtual address of Xen's
	 * struct start_info */
	uint64_t physical;
};
const struct boot_source *boot_source(void);

/* The machine that core sees; the platform fills in what is the platform's. */
extern struct machine x86_machine;

/* The hypervisor by its CPUID signature: "tcg", "kvm", "xen", ...; "none" on bare metal. */
const char *x86_hypervisor(void);

/*
 * Find a console and set x86_machine.console_write, for a panic before step `console`. Supplied by a
 * platform; may be missing (weak), then such a panic is silent.
 */
void x86_emergency_console(void) __attribute__((weak));

/* A way in by its number, as reports and messages name it: "pvh", "secondary", "multiboot2",
 * "linux", "xen-pv". Never NULL. */
const char *x86_way_name(uint64_t way);

/* From assembly: the first C function of the boot CPU. Does not return. */
void x86_start(uint32_t way, uint64_t physical) __attribute__((noreturn));

/* The part of it that every way in shares: core gets its machine. For a way in whose first C code is its
 * platform's. */
void x86_begin(uint32_t way, uint64_t physical);

/* From assembly: the end of a CPU that goes. */
void x86_stop_this_cpu(uint32_t *state_word, uint32_t state) __attribute__((noreturn));

/* Power-on features that all CPUs get: CR4.MCE where the CPU has it. Before the first comparison.
 */
void x86_features_enable(void);

#endif
