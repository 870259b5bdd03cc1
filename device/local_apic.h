/* SPDX-License-Identifier: MIT */
/* The local APIC: Intel SDM vol. 3A, chapter 10. xAPIC mode (memory-mapped) and x2APIC mode (MSRs). */
#ifndef DEVICE_LOCAL_APIC_H
#define DEVICE_LOCAL_APIC_H

#include "firmware/acpi.h"

#include <muster/cpu.h>

/* The largest APIC id that xAPIC mode can address: 8 bits, and all ones mean everybody. */
#define LOCAL_APIC_ID_MAX 254u

/*
 * Map it, from the boot CPU, for all: every CPU finds its own at the same address. told: as the MADT
 * says; where the CPU says otherwise (IA32_APIC_BASE), the CPU is believed, and a line has both. In the
 * mode that the boot CPU is in, which the others follow when they enable theirs.
 * MUSTER_E_NOT_SUPPORTED when the CPU has none.
 */
int local_apic_begin(uint64_t told);

/* Before that, on the boot CPU: go over to x2APIC mode, if the CPU has it. For guests whose hypervisor
 * has less work with it than with memory that is no memory. */
void local_apic_prefer_x2apic(void);

/* For guests whose hypervisor wants to be told of commands in xAPIC mode: this function writes the two halves of
 * the command register, by their addresses. Before the first command. */
void local_apic_command_by(void (*write)(uintptr_t address, uint32_t value));

/* Enable the calling CPU's, all sources masked but the LINT pins that `nmis` names for it. */
void local_apic_enable(cpu_t cpu, const struct acpi_nmi *nmis, uint32_t count);
/* Mask all of them and disable it, so that only INIT, NMI and start-up reach the CPU. */
void local_apic_disable(void);

/* What a CPU writes to its own to listen for NMIs and to nothing else: where (0: MSRs of x2APIC mode), and
 * its registers. */
struct local_apic_nmi {
	uint64_t base;
	uint32_t spurious, lint0, lint1;
};
struct local_apic_nmi local_apic_nmi_only(const struct acpi_nmi *nmis, uint32_t count);

void local_apic_end_of_interrupt(void);
/* The highest vector in service on this CPU; 0: none. After local_apic_begin(). */
uint32_t local_apic_in_service(void);

/*
 * Sending. target: an APIC id, in xAPIC mode at most LOCAL_APIC_ID_MAX. All return 0; MUSTER_E_TIMED_OUT, with a line,
 * when the command before was not delivered within the bound (then this one was not sent);
 * MUSTER_E_INVALID for an id that cannot be addressed.
 */
/* A fixed interrupt. */
int local_apic_send(hwid_t target, uint8_t vector);

/* An NMI: to one CPU, and to all but this one. */
int local_apic_send_nmi(hwid_t target);
int local_apic_broadcast_nmi(void);

/* INIT, and start-up at a page below 1 MiB, to one CPU or to all but this one. */
int local_apic_send_init(hwid_t target);
int local_apic_send_start(hwid_t target, uint64_t page);
int local_apic_broadcast_init(void);
int local_apic_broadcast_start(uint64_t page);

#endif
