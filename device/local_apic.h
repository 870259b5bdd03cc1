/* SPDX-License-Identifier: MIT */
/* The local APIC: Intel SDM vol. 3A, chapter 10. xAPIC mode (memory-mapped). */
#ifndef DEVICE_LOCAL_APIC_H
#define DEVICE_LOCAL_APIC_H

#include "firmware/acpi.h"

#include <muster/cpu.h>

/*
 * Map it, from the boot CPU, for all: every CPU finds its own at the same address. physical: as the
 * MADT says. MUSTER_E_NOT_SUPPORTED when the CPU has none, or is in x2APIC mode.
 */
int local_apic_begin(uint64_t physical);

/* Enable the calling CPU's, all sources masked but the LINT pins that `nmis` names for it. */
void local_apic_enable(cpu_t cpu, const struct acpi_nmi *nmis, uint32_t count);
/* Mask all of them and disable it, so that only INIT, NMI and start-up reach the CPU. */
void local_apic_disable(void);

void local_apic_end_of_interrupt(void);

/* Send a fixed interrupt. hwid: the target's APIC id. */
void local_apic_send(hwid_t target, uint8_t vector);

/* INIT, and start-up at a page below 1 MiB, to one CPU or to all but this one. */
void local_apic_send_init(hwid_t target);
void local_apic_send_start(hwid_t target, uint64_t page);
void local_apic_broadcast_init(void);
void local_apic_broadcast_start(uint64_t page);

#endif
