// SPDX-License-Identifier: MIT
/*
 * Xen's time: how fast the time-stamp counter is, what time it is, and waiting for a moment. Called by step
 * `clock` of a PV guest, and by the boot CPU while it waits for others. Xen writes what is read here, and
 * may do so at the same time; no number in it is believed to be in range.
 */
#include "platform/xen/xen_time.h"

#include "platform/xen/vcpu_areas.h"

#include <muster/arch/cpu.h>

_Static_assert(sizeof(struct vcpu_time_info) == 32, "public/xen.h, struct vcpu_time_info");
_Static_assert(sizeof(struct sched_poll) == 24, "public/sched.h");
_Static_assert(offsetof(struct sched_poll, timeout) == 16, "public/sched.h");

#define NANOSECONDS UINT64_C(1000000000)
/* A counter that is faster has never been built; slower than this no clock would be. */
#define FREQUENCY_MIN UINT64_C(1000000)
#define FREQUENCY_MAX UINT64_C(18000000000)
#define TIME_TRIES    1000u
#define MOMENT	      UINT64_C(200000) /* nanoseconds: a start-up under Xen takes longer */

struct time_read {
	uint64_t ticks, nanoseconds;
	uint32_t mul;
	int8_t shift;
};

static bool time_read(const volatile struct vcpu_time_info *time, struct time_read *read)
{
	uint32_t version;
	uint32_t tries = 0;

	/* Odd: Xen is writing (public/xen.h, struct vcpu_time_info). */
	do {
		version = time->version;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		read->ticks = time->tsc_timestamp;
		read->nanoseconds = time->system_time;
		read->mul = time->tsc_to_system_mul;
		read->shift = time->tsc_shift;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1 || version != time->version) && ++tries < TIME_TRIES);
	return tries < TIME_TRIES && read->mul && read->shift > -32 && read->shift < 32;
}

uint64_t xen_tsc_frequency(const volatile struct vcpu_time_info *time)
{
	struct time_read read;
	uint64_t frequency;

	if (!time_read(time, &read))
		return 0;
	frequency = (NANOSECONDS << 32) / read.mul;
	if (read.shift >= 0)
		frequency >>= read.shift;
	else if (frequency <= FREQUENCY_MAX >> -read.shift)
		frequency <<= -read.shift;
	else
		return 0;
	return frequency >= FREQUENCY_MIN && frequency < FREQUENCY_MAX ? frequency : 0;
}

uint64_t xen_system_time(const volatile struct vcpu_time_info *time, uint64_t ticks)
{
	struct time_read read;
	uint64_t since;

	if (!time_read(time, &read))
		return 0;
	/* Another CPU's counter may be a little behind. */
	since = ticks > read.ticks ? ticks - read.ticks : 0;
	since = read.shift >= 0 ? since << read.shift : since >> -read.shift;
	return read.nanoseconds + (uint64_t)((unsigned __int128)since * read.mul >> 32);
}

void xen_wait_a_moment(void)
{
	struct vcpu_info *info = xen_vcpu_info();
	uint64_t now = info ? xen_system_time(&info->time, counter_read()) : 0;
	struct sched_poll poll = { .timeout = now + MOMENT };

	if (now)
		(void)xen_sched_op(SCHEDOP_poll, &poll);
	else
		(void)xen_sched_op(SCHEDOP_yield, NULL);
}
