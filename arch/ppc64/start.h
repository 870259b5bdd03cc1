/* SPDX-License-Identifier: MIT */
/* The first C code of each way in, and what it leaves behind. */
#ifndef ARCH_PPC64_START_H
#define ARCH_PPC64_START_H

#include "arch/ppc64/offsets.h"
#include "core/machine.h"

/* How the boot CPU was entered, and what was in its registers. */
struct boot_source {
	uint32_t way; /* WAY_OPENFIRMWARE, WAY_FLATTENED */
	/* WAY_OPENFIRMWARE: address and size of the initrd, or what the firmware left; and the client
	 * interface. WAY_FLATTENED: r3 is the physical address of the tree. */
	uint64_t r3, r4, r5;
	/* Without a hypervisor: OPAL's base and entry, as Linux is told of them too. */
	uint64_t r8, r9;
};
const struct boot_source *boot_source(void);

/* The machine that core sees; the platform fills in what is the platform's. */
extern struct machine ppc64_machine;

/*
 * Find a console and set ppc64_machine.console_write, for a panic before step `console`. Supplied by a
 * platform; may be missing (weak), then such a panic is silent.
 */
void ppc64_emergency_console(void) __attribute__((weak));

/*
 * Tell the hypervisor of a process table of 4 KiB, before anything has been set up, and to deliver interrupts
 * little-endian and with translation on. Supplied by a platform; may be missing (weak). Uses no per-CPU data. Returns 0, or what
 * says that there is no translation for now.
 */
int ppc64_process_table_early(uint64_t physical) __attribute__((weak));

/* A way in by its number, as reports and messages name it: "openfirmware", "flattened", "secondary". Never NULL. */
const char *ppc64_way_name(uint64_t way);

/* The physical address behind one of the image's, or of the direct map. */
static inline uint64_t physical_of(const volatile void *at)
{
	return (uintptr_t)at & ~(uint64_t)KERNEL_VIRTUAL;
}

/*
 * Call code of the firmware, with translation off, big-endian, 32 bits: firmware_call.S. entry: physical, below
 * 4 GiB, as are addresses among the arguments. One at a time, or in a panic. Returns its r3.
 */
uint64_t ppc64_firmware_call(uint64_t entry, uint64_t r3, uint64_t r4);

/* What a CPU that stops does at its end: it goes to a physical address of the firmware's, with these in r3
 * and r4; entry 0: it stays with us. Set by the platform. */
extern uint64_t stopped_entry, stopped_arguments, stopped_base;

/* MSR of a CPU that has begun, with its translation bits. */
extern uint64_t secondary_msr;

/* From assembly: the first C function of the boot CPU. Does not return. */
void ppc64_start(uint64_t way, uint64_t r3, uint64_t r4, uint64_t r5, uint64_t r8, uint64_t r9)
	__attribute__((noreturn));

/* From assembly: the end of a CPU that goes, and where another CPU begins. */
void ppc64_stop_this_cpu(uint32_t *state_word, uint32_t state) __attribute__((noreturn));
void secondary_entry(void);

#endif
