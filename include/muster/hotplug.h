/* SPDX-License-Identifier: MIT */
/*
 * CPUs that the host puts into the machine and asks back while it runs, where the platform can tell.
 * A kernel polls; there is no interrupt for it. A kernel that learns of it by other means (an ACPI
 * interpreter of its own) uses cpu_appear() and cpu_vanish() instead (bringup.h), never both.
 */
#ifndef MUSTER_HOTPLUG_H
#define MUSTER_HOTPLUG_H

#include <muster/cpu.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cpu_hotplug_kind {
	CPU_HOTPLUG_APPEARED,	/* it is PRESENT now: cpu_up() can follow */
	CPU_HOTPLUG_ASKED_BACK, /* the host wants it: cpu_down() and cpu_eject() may follow */
};

struct cpu_hotplug_event {
	enum cpu_hotplug_kind kind;
	cpu_t cpu;
};

/*
 * The next thing that happened, if any. A CPU that came has been entered (cpu_appear()) by then; one
 * that no record has, by its hardware id, is named on the console and left alone. Each thing is told
 * once. Called on the boot CPU, when bring-up is over. Returns 1 and fills in event; 0 when nothing
 * happened; MUSTER_E_NOT_SUPPORTED where the machine has no way to tell; MUSTER_E_ORDER when not on
 * the boot CPU, before bring-up is over, or within a called function.
 */
int cpu_hotplug_poll(struct cpu_hotplug_event *event);

/*
 * Give a CPU back to the host, asked for or not: the host takes it out of the machine, and it becomes
 * POSSIBLE (cpu_vanish()). It must have been taken down, or be FAILED or HELD. Called as above.
 * Returns 0; MUSTER_E_INVALID for the boot CPU and for one that does not exist; MUSTER_E_NOT_FOUND
 * when it is not present; MUSTER_E_BUSY when it has not been taken down; MUSTER_E_NOT_SUPPORTED,
 * MUSTER_E_ORDER as above; MUSTER_E_TIMED_OUT, with a line, when the host does not take it (then it
 * stays as it is); or what cpu_vanish() returned when it had gone.
 */
int cpu_eject(cpu_t cpu);

#ifdef __cplusplus
}
#endif

#endif
