/* SPDX-License-Identifier: MIT */
/*
 * The register block by which QEMU's PCs tell of CPUs that come and go: QEMU, docs/specs/
 * acpi_cpu_hotplug.rst ("QEMU<->ACPI BIOS CPU hotplug interface"), the modern form.
 */
#ifndef DEVICE_QEMU_CPU_HOTPLUG_H
#define DEVICE_QEMU_CPU_HOTPLUG_H

#include "device/port_access.h"

#include <stdbool.h>

struct qemu_cpu_hotplug {
	const struct port_access *ports;
	uint16_t base; /* 0: there is none */
	uint32_t cpus; /* selectors: as many CPUs as may ever be there */
};

struct qemu_cpu_news {
	bool inserted;	  /* else: the host asks it back */
	uint64_t arch_id; /* what the block calls it: on x86 its APIC id */
};

/*
 * Look for it. Only on a PC that says of itself that it is QEMU's (the caller has asked the CPU): the
 * host bridge is asked next, and no other port is touched before it has said so too. Returns 0,
 * or MUSTER_E_NOT_SUPPORTED.
 */
int qemu_cpu_hotplug_begin(struct qemu_cpu_hotplug *hotplug, const struct port_access *ports);

/* The next news, acknowledged. Returns 1, or 0 when there is none. Needs a block that was found. */
int qemu_cpu_hotplug_next(const struct qemu_cpu_hotplug *hotplug, struct qemu_cpu_news *news);

/*
 * Have the host take a CPU out. It must have stopped. Returns 0; MUSTER_E_NOT_FOUND when no selector
 * has that id; MUSTER_E_TIMED_OUT when it is still there afterwards.
 */
int qemu_cpu_hotplug_eject(const struct qemu_cpu_hotplug *hotplug, uint64_t arch_id);

#endif
