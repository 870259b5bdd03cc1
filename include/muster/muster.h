/* SPDX-License-Identifier: MIT */
/*
 * muster: from "a hypervisor started one CPU of me" to "every CPU is up, knows who it is, has its
 * own memory, and shares the right pages with its hypervisor".
 *
 * This header is all of the public API, and the few functions that tie it together. A kernel
 * supplies muster_main(); libmuster supplies the ways in, and calls it on the boot CPU.
 */
#ifndef MUSTER_MUSTER_H
#define MUSTER_MUSTER_H

#include <muster/area.h>
#include <muster/bringup.h>
#include <muster/call.h>
#include <muster/clock.h>
#include <muster/command_line.h>
#include <muster/console.h>
#include <muster/cpu.h>
#include <muster/cpu_mask.h>
#include <muster/error.h>
#include <muster/fault.h>
#include <muster/handover.h>
#include <muster/hotplug.h>
#include <muster/ktap.h>
#include <muster/layout.h>
#include <muster/mark.h>
#include <muster/memory.h>
#include <muster/node.h>
#include <muster/percpu.h>
#include <muster/report.h>
#include <muster/stack.h>
#include <muster/xen.h>

#ifdef __cplusplus
extern "C" {
#endif

struct muster_options {
	const struct command_line_word *words; /* command-line words of the kernel's own, or NULL */
	size_t word_count;
};

/*
 * Supplied by the kernel. Called once, on the boot CPU, on its boot stack, interrupts off, with the
 * per-CPU base loaded and traps reported; nothing else has been done. What it returns is what the
 * guest exits with: 0 for success, 1 ... 63 for failure.
 */
int muster_main(void);

/*
 * Run the whole table: BOOT, PREPARE, START, ONLINE. options may be NULL. Returns the number of
 * present CPUs that did not come online (each has been named on the console), or an error when the
 * boot CPU itself could not go on; then its steps have been undone and interrupts are off. Else, on
 * return, interrupts are on and every other CPU waits in cpu_idle(). Call it once, from muster_main().
 */
int muster_bring_up(const struct muster_options *options);

/* The platform ("pc"), the architecture ("x86_64") and the hypervisor ("tcg", "none"): short words
 * of the report. Never NULL. Need no step; the hypervisor is "unknown" before step `hypervisor`. */
const char *muster_platform(void);
const char *muster_architecture(void);
const char *muster_hypervisor(void);

/* The way by which the boot CPU came in ("pvh", "multiboot2", "linux"): a short word of the report.
 * Never NULL; "unknown" where the architecture does not say. Needs no step. */
const char *muster_entry(void);

/*
 * End the guest. status: 0 ... 63. Powers off in the way the platform has; does not return. Needs:
 * nothing, though before step `firmware` some machines cannot power off and halt instead.
 */
void muster_exit(int status) __attribute__((noreturn));

/*
 * Stop everything with a message: prints it with the CPU, the running step and a backtrace, and
 * ends the guest with status 63; the other CPUs are stopped before that. A panic
 * within a panic ends the guest at once. Usable from everywhere, from the first C function on.
 */
void muster_panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#ifdef __cplusplus
}
#endif

#endif
