// SPDX-License-Identifier: MIT
/*
 * Measures the time-stamp counter once, in step `clock`. Every wait here is bounded by a count of
 * polls, because there is no clock yet to bound it with.
 */
#include "device/clock_source.h"

#include "arch/x86_64/registers.h"

#include <muster/arch/cpu.h>
#include <muster/clock.h>
#include <muster/console.h>
#include <muster/mark.h>

#define CPUID_TSC	      0x15	 /* Intel SDM vol. 2A: EBX/EAX times ECX Hz */
#define CPUID_HYPERVISOR      0x40000000 /* EAX: the last leaf */
#define CPUID_HYPERVISOR_TIME 0x40000010 /* VMware's convention, KVM's too: EAX is kHz */

#define PM_TIMER_HZ	      3579545u /* ACPI 6.5, 4.8.3.3 */
#define PIT_HZ		      1193182u /* Intel 8254, as a PC clocks it */
#define PIT_CHANNEL_2	      0x42
#define PIT_COMMAND	      0x43
#define PIT_ONE_SHOT	      0xb0 /* channel 2, low byte then high, mode 0 */
#define PIT_GATE	      0x61 /* bit 0: gate of channel 2; bit 1: speaker; bit 5: its output */
#define PIT_OUTPUT	      0x20

#define POLLS_MAX	      10000000u
#define TRIES_MAX	      8u
#define MEASURE_DIVISOR	      1000u /* measure for a thousandth of a second */

static uint64_t frequency_told(void)
{
	struct cpuid_leaf leaf;

	if (cpuid_read(0, 0).eax >= CPUID_TSC) {
		leaf = cpuid_read(CPUID_TSC, 0);
		if (leaf.eax && leaf.ebx && leaf.ecx)
			return (uint64_t)leaf.ecx * leaf.ebx / leaf.eax;
	}
	if (!(cpuid_read(1, 0).ecx >> 31))
		return 0;
	leaf = cpuid_read(CPUID_HYPERVISOR, 0);
	if (leaf.eax < CPUID_HYPERVISOR_TIME || leaf.eax > CPUID_HYPERVISOR + 0xff)
		return 0;
	return (uint64_t)cpuid_read(CPUID_HYPERVISOR_TIME, 0).eax * 1000;
}

/* The timer, and the counter before and after it was read: a CPU may be taken away in between. */
struct reading {
	uint64_t before, after;
	uint32_t timer;
};

static struct reading pm_timer_read(uint16_t port)
{
	struct reading reading = { .before = counter_read() };

	reading.timer = port_read32(port);
	reading.after = counter_read();
	return reading;
}

static uint64_t doubt(const struct reading *reading)
{
	return reading->after - reading->before;
}

/* One measurement; *doubtful: how many ticks it may be wrong by. 0: the timer does not run. */
static uint64_t pm_timer_measure(uint16_t port, uint32_t mask, uint64_t *doubtful)
{
	const uint32_t wanted = PM_TIMER_HZ / MEASURE_DIVISOR;
	struct reading first = pm_timer_read(port), last;
	uint32_t passed = 0;
	uint64_t ticks;

	for (uint32_t polls = 0; passed < wanted; polls++) {
		if (polls == POLLS_MAX)
			return 0;
		last = pm_timer_read(port);
		passed = (last.timer - first.timer) & mask;
	}
	*doubtful = doubt(&first) + doubt(&last);
	ticks = last.before - first.before;
	return ticks * PM_TIMER_HZ / passed;
}

/* Repeated, a few times, until one is not in doubt by more than a hundredth; else the best. */
static uint64_t frequency_by_pm_timer(uint16_t port, bool bits_32)
{
	const uint32_t mask = bits_32 ? UINT32_MAX : 0xffffff;
	uint64_t best = 0, least = UINT64_MAX;

	for (uint32_t tries = 0; tries < TRIES_MAX; tries++) {
		uint64_t doubtful;
		uint64_t frequency;

		MARK_WAIT_BEGIN();
		frequency = pm_timer_measure(port, mask, &doubtful);
		MARK_WAIT_END();
		if (!frequency)
			return 0;
		if (doubtful < least) {
			least = doubtful;
			best = frequency;
		}
		if (least * MEASURE_DIVISOR * 100 < best)
			break;
	}
	return best;
}

static uint64_t frequency_by_pit(void)
{
	const uint32_t count = PIT_HZ / MEASURE_DIVISOR;
	uint8_t gate = port_read8(PIT_GATE) & 0xfc;
	uint64_t start, end;
	uint32_t polls = 0;

	port_write8(PIT_GATE, gate | 1);
	port_write8(PIT_COMMAND, PIT_ONE_SHOT);
	port_write8(PIT_CHANNEL_2, count & 0xff);
	port_write8(PIT_CHANNEL_2, (uint8_t)(count >> 8));
	MARK_WAIT_BEGIN();
	start = counter_read();
	while (!(port_read8(PIT_GATE) & PIT_OUTPUT) && polls < POLLS_MAX)
		polls++;
	end = counter_read();
	MARK_WAIT_END();
	port_write8(PIT_GATE, gate);
	/* No timer there reads as all ones, and its output is "over" at once. */
	return polls && polls < POLLS_MAX ? (end - start) * PIT_HZ / count : 0;
}

uint64_t tsc_frequency(uint16_t pm_timer_port, bool pm_timer_32)
{
	uint64_t frequency = frequency_told();

	if (!frequency && pm_timer_port)
		frequency = frequency_by_pm_timer(pm_timer_port, pm_timer_32);
	if (!frequency)
		frequency = frequency_by_pit();
	return frequency;
}

void delay_microseconds(uint32_t microseconds)
{
	uint64_t ticks = clock_frequency() / 1000000 * microseconds;
	uint64_t start = counter_read();

	MARK_WAIT_BEGIN();
	if (!ticks)
		for (uint32_t polls = 0; polls < microseconds * 100; polls++)
			cpu_relax();
	while (ticks && counter_read() - start < ticks)
		cpu_relax();
	MARK_WAIT_END();
}
