/* SPDX-License-Identifier: MIT */
/*
 * Work for the CPUs of a mock guest, which else only idle: outside of any call, so that they may
 * call others and wait.
 */
#ifndef TESTS_UNIT_MOCK_WORK_H
#define TESTS_UNIT_MOCK_WORK_H

#include "mock_guest.h"

/* What CPUs do so often before they idle. */
static void (*guest_work)(cpu_t cpu);
static uint32_t guest_calling;
static uint32_t guest_todo[GUEST_CPUS_MAX];

static inline void work_when_idle(cpu_t cpu)
{
	if (!guest_todo[cpu.number]) {
		sem_wait(&guest.interrupts[cpu.number]);
		return;
	}
	guest_work(cpu);
	if (!--guest_todo[cpu.number])
		__atomic_fetch_sub(&guest_calling, 1, __ATOMIC_RELEASE);
}

/* CPUs from `first` on do it so often; the guest is up. */
static inline void work_begin(uint32_t first, void (*function)(cpu_t cpu), uint32_t times)
{
	/* The host may be busy too. */
	*clock_cpu_limit_store() = 60000;
	guest_work = function;
	guest_calling = guest.cpus - first;
	for (uint32_t i = 1; i < guest.cpus; i++)
		guest_todo[i] = i < first ? 0 : times;
	__atomic_store_n(&guest.idle, work_when_idle, __ATOMIC_RELEASE);
	for (uint32_t i = 1; i < guest.cpus; i++)
		guest_kick(cpu_from_number(i));
}

/* One CPU does it, once. */
static inline void work_on(cpu_t cpu, void (*function)(cpu_t cpu))
{
	guest_work = function;
	guest_calling = guest_todo[cpu.number] = 1;
	__atomic_store_n(&guest.idle, work_when_idle, __ATOMIC_RELEASE);
	guest_kick(cpu);
}

/* Until all have done it. The boot CPU answers meanwhile. */
static inline void work_end(void)
{
	while (__atomic_load_n(&guest_calling, __ATOMIC_ACQUIRE))
		call_queue_serve();
}

#endif
