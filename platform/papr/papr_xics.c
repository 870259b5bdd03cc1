// SPDX-License-Identifier: MIT
/*
 * Interrupts between CPUs by XICS, whose presentation controllers a PAPR guest has by hypercalls (LoPAPR 1.1,
 * 14.5.4.5). Steps `interrupts` and `cpu-interrupt` call it where XICS was agreed on. Nothing but calls from other
 * CPUs is ever asked for, so whatever else comes is named.
 */
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/runner.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"

#include <muster/muster.h>

/* An interrupt request register: the priority that was in force, and the source (LoPAPR, figure 26). Source 2 is
 * another CPU, source 0 none. */
#define XIRR_SOURCE   0x00ffffffu
#define SOURCE_NONE   0u
#define SOURCE_CPU    2u
#define PRIORITY_ALL  0xffu /* all but none are let in */
#define PRIORITY_NONE 0x00u
#define REQUEST_CALL  0x04u /* priority of a call */
#define REQUEST_NONE  0xffu

/* Interrupts of a source that is nobody's, before it is a panic. */
#define STRAYS_MAX 64u

static void stray(uint32_t source)
{
	static uint32_t count;

	if (__atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) > STRAYS_MAX)
		muster_panic("interrupt source %#x: %u interrupts came that are nobody's", source,
			     STRAYS_MAX + 1);
	console_print("muster: CPU %u: interrupt source %#x is nobody's: left over from before, "
		      "dropped\n",
		      cpu_this().number, source);
}

static void external_interrupt(void)
{
	uint64_t results[PAPR_RESULTS_MAX];
	uint32_t source;

	if (papr_hcall(H_XIRR, 0, 0, 0, 0, results))
		return;
	source = (uint32_t)results[0] & XIRR_SOURCE;
	/* Gone before it was looked at; there is nothing to end. */
	if (source == SOURCE_NONE)
		return;
	/* Taken back before the queue is looked at: a call that comes after that asks again. */
	if (source == SOURCE_CPU)
		(void)papr_hcall(H_IPI, cpu_vcpu_id(cpu_this()).value, REQUEST_NONE, 0, 0, NULL);
	else
		stray(source);
	(void)papr_hcall(H_EOI, results[0], 0, 0, 0, NULL);
	if (source == SOURCE_CPU)
		call_queue_serve();
}

static void kick(cpu_t cpu)
{
	long status = papr_hcall(H_IPI, cpu_vcpu_id(cpu).value, REQUEST_CALL, 0, 0, NULL);

	/* The caller's wait has a limit. */
	if (status)
		console_print("muster: H_IPI to CPU %u: status %ld\n", cpu.number, status);
}

int papr_xics_begin(void)
{
	trap_handler_set(TRAP_EXTERNAL, external_interrupt);
	ppc64_machine.kick = kick;
	return 0;
}

int papr_xics_enable(cpu_t cpu)
{
	long status = papr_hcall(H_CPPR, PRIORITY_ALL, 0, 0, 0, NULL);

	if (!status)
		return 0;
	console_print("muster: CPU %u: H_CPPR: status %ld\n", cpu.number, status);
	return papr_error(status);
}

void papr_xics_disable(cpu_t cpu)
{
	(void)cpu;
	(void)papr_hcall(H_CPPR, PRIORITY_NONE, 0, 0, 0, NULL);
}
