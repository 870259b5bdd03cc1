// SPDX-License-Identifier: MIT
/*
 * Measures the time-stamp counter once: the ACPI timer is looked at when it is found, in step
 * `firmware`, and again in step `clock`, behind all that can be done in between, so that nobody has to
 * wait for the time between to pass. Every wait here is bounded by a count of polls, because there is no
 * clock yet to bound it with.
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
#define PIT_CHANNEL_0	      0x40
#define PIT_LATCH_0	      0x00 /* hold channel 0's count to be read */
#define PIT_PERIODIC_0	      0x34 /* channel 0, low byte then high, mode 2 */
#define PIT_MASK	      0xffff
#define PIT_STILL_POLLS	      1000u /* it counts faster than it can be read */

#define RTC_INDEX	      0x70 /* bit 7 masks NMIs; the MC146818's registers: its data sheet */
#define RTC_DATA	      0x71
#define RTC_A		      0x0a /* bits 3:0: rate */
#define RTC_B		      0x0b
#define RTC_C		      0x0c /* reading it clears what it says */
#define RTC_D		      0x0d
#define RTC_RATE_1024	      0x06
#define RTC_B_PERIODIC	      0x40
#define RTC_C_PERIODIC	      0x40
#define RTC_D_VALID	      0x80 /* the one bit of register D */
#define RTC_HZ		      1024u
#define RTC_PERIODS	      8u
#define RTC_TRIES	      3u
#define RTC_POLLS_MAX	      1000000u

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

/* A counter that runs by itself, up or down. */
struct counter {
	uint32_t frequency;
	uint32_t mask;
	uint16_t port;
	uint32_t still_polls; /* it does not run if it stands so long */
	uint32_t (*read)(uint16_t port);
};

static void counter_look(const struct counter *counter, struct reading *reading)
{
	reading->before = counter_read();
	reading->timer = counter->read(counter->port);
	reading->after = counter_read();
}

static uint64_t doubt(const struct reading *reading)
{
	return reading->after - reading->before;
}

/* One measurement from *first on; *doubtful: how many ticks it may be wrong by. 0: the counter does not
 * run. */
static uint64_t measure(const struct counter *counter, const struct reading *first,
			uint64_t *doubtful)
{
	const uint32_t wanted = counter->frequency / MEASURE_DIVISOR;
	struct reading last;
	uint32_t passed = 0;

	for (uint32_t polls = 0; passed < wanted; polls++) {
		if (polls == (passed ? POLLS_MAX : counter->still_polls))
			return 0;
		counter_look(counter, &last);
		passed = (last.timer - first->timer) & counter->mask;
	}
	*doubtful = doubt(first) + doubt(&last);
	return (last.before - first->before) * counter->frequency / passed;
}

/* Repeated, a few times, until one is not in doubt by more than a hundredth; else the best. The first
 * begins at *first, the others when the one before is over. */
static uint64_t frequency_by(const struct counter *counter, struct reading *first)
{
	uint64_t best = 0, least = UINT64_MAX;

	for (uint32_t tries = 0; tries < TRIES_MAX; tries++) {
		uint64_t doubtful;
		uint64_t frequency;

		MARK_WAIT_BEGIN();
		frequency = measure(counter, first, &doubtful);
		MARK_WAIT_END();
		if (!frequency)
			return 0;
		if (doubtful < least) {
			least = doubtful;
			best = frequency;
		}
		if (least * MEASURE_DIVISOR * 100 < best)
			break;
		counter_look(counter, first);
	}
	return best;
}

/* The ACPI timer and the first look at it; no port: there is none. */
static struct counter pm_timer = {
	.frequency = PM_TIMER_HZ,
	.still_polls = POLLS_MAX,
	.read = port_read32,
};
static struct reading pm_timer_first;

void tsc_measure_begin(uint16_t pm_timer_port, bool pm_timer_32)
{
	pm_timer.port = pm_timer_port;
	pm_timer.mask = pm_timer_32 ? UINT32_MAX : 0xffffff;
	/* The second look counts: an emulator is slow the first time it meets an instruction. */
	for (uint32_t i = 0; pm_timer_port && i < 2; i++)
		counter_look(&pm_timer, &pm_timer_first);
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

/* Channel 0 counts down from 65536 for ever: what is missing to that counts up. */
static uint32_t pit_counter_read(uint16_t port)
{
	uint32_t count;

	port_write8(PIT_COMMAND, PIT_LATCH_0);
	count = port_read8(port);
	count |= (uint32_t)port_read8(port) << 8;
	return PIT_MASK - count;
}

/* Where the gate and output of channel 2 are missing (QEMU's microvm has the 8254 alone). Nobody here
 * takes channel 0's interrupt. */
static uint64_t frequency_by_pit_counter(void)
{
	static const struct counter channel = {
		.frequency = PIT_HZ,
		.mask = PIT_MASK,
		.port = PIT_CHANNEL_0,
		.still_polls = PIT_STILL_POLLS,
		.read = pit_counter_read,
	};
	struct reading first;

	port_write8(PIT_COMMAND, PIT_PERIODIC_0);
	port_write8(PIT_CHANNEL_0, 0);
	port_write8(PIT_CHANNEL_0, 0);
	counter_look(&channel, &first);
	return frequency_by(&channel, &first);
}

static uint8_t rtc_read(uint8_t index)
{
	port_write8(RTC_INDEX, index);
	return port_read8(RTC_DATA);
}

static void rtc_write(uint8_t index, uint8_t value)
{
	port_write8(RTC_INDEX, index);
	port_write8(RTC_DATA, value);
}

/* Until the clock has said so many times that a period is over. */
static bool rtc_wait(uint32_t periods)
{
	uint32_t polls = 0;

	while (periods && polls++ < RTC_POLLS_MAX)
		periods -= rtc_read(RTC_C) & RTC_C_PERIODIC ? 1 : 0;
	return !periods;
}

/* 0: it does not run. */
static uint64_t rtc_measure(void)
{
	uint64_t start;

	if (!rtc_wait(1))
		return 0;
	start = counter_read();
	if (!rtc_wait(RTC_PERIODS))
		return 0;
	return (counter_read() - start) * RTC_HZ / RTC_PERIODS;
}

static uint64_t middle_of(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t low = a < b ? a : b, high = a < b ? b : a;

	return c < low ? low : c > high ? high : c;
}

/* One that saw a period's end late is too fast, one that missed it too slow: the middle of three. */
static uint64_t frequency_by_rtc(void)
{
	uint64_t found[RTC_TRIES];
	uint8_t a, b;

	if (rtc_read(RTC_D) != RTC_D_VALID)
		return 0;
	a = rtc_read(RTC_A);
	b = rtc_read(RTC_B);
	rtc_write(RTC_A, (uint8_t)((a & 0xf0) | RTC_RATE_1024));
	rtc_write(RTC_B, b | RTC_B_PERIODIC);
	for (uint32_t i = 0; i < RTC_TRIES; i++)
		found[i] = i && !found[i - 1] ? 0 : rtc_measure();
	rtc_write(RTC_B, b);
	rtc_write(RTC_A, a);
	(void)rtc_read(RTC_C);
	return middle_of(found[0], found[1], found[2]);
}

uint64_t tsc_frequency(void)
{
	uint64_t frequency = frequency_told();

	if (!frequency && pm_timer.port)
		frequency = frequency_by(&pm_timer, &pm_timer_first);
	if (!frequency)
		frequency = frequency_by_pit();
	if (!frequency)
		frequency = frequency_by_pit_counter();
	if (!frequency)
		frequency = frequency_by_rtc();
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
