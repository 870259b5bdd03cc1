/* SPDX-License-Identifier: MIT */
/*
 * Faults on purpose, for self-tests: is there memory at an address, may it be written, may it be
 * run?
 */
#ifndef MUSTER_FAULT_H
#define MUSTER_FAULT_H

#include <muster/cpu.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Try to read, write (what was read, back), or execute (a call) one byte at an address, on the
 * calling CPU. Returns true when it faulted. Interrupts are off meanwhile. Needs: CAP_DESCRIPTORS
 * of the calling CPU. Executing what is no function is undefined unless it faults.
 */
bool fault_on_read(uintptr_t address);
bool fault_on_write(uintptr_t address);
bool fault_on_execute(uintptr_t address);

/* Can this CPU keep memory that is read from being run? Some of 32 bits cannot. An architecture all of whose
 * CPUs can does not define it. */
bool fault_has_no_execute(void) __attribute__((weak));

/* Non-maskable interrupts that the CPU has had since its unit was made. Needs the CPU's `unit`; a CPU
 * without one is a panic. */
uint64_t nmi_count_read(cpu_t cpu);

/*
 * Send a non-maskable interrupt (ppc64: a system reset) to another CPU, whatever it is at, if it has been started; it
 * is not waited for. Two that are not taken in between may be one; on ppc64 the second of them is the end of that
 * CPU. Returns 0; MUSTER_E_INVALID: no such CPU, or this one; MUSTER_E_NOT_SUPPORTED: the platform cannot;
 * or what its hypervisor said. Needs: CAP_ONLINE of the calling CPU.
 */
int nmi_send(cpu_t cpu);

#ifdef __cplusplus
}
#endif

#endif
