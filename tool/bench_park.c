// SPDX-License-Identifier: MIT
/*
 * Measures what waking parked CPUs takes: a guest that hands over to itself, under the plugin that counts
 * instructions, once with park=all and once with park=off. The first kernel of both, and the second of the
 * latter, start their CPUs cold; so what is left over is the second kernel's of the former. Called by bench.
 */
#include "tool/bench_park.h"

#include "tool/boot.h"

#include <stdio.h>

#define PHASE_START  2 /* include/muster/mark_number.h */
#define PHASE_ARRIVE 3
#define PHASE_WAKE   15

static uint64_t start_to_online(const struct counts *counts)
{
	uint64_t sum = 0;

	for (uint32_t vcpu = 0; vcpu < counts->vcpus; vcpu++) {
		const struct counts_vcpu *at = &counts->at[vcpu];

		sum += at->work[PHASE_START] + at->work[PHASE_ARRIVE] + at->work[PHASE_WAKE];
	}
	return sum;
}

static struct bench_figure known(uint64_t value)
{
	return (struct bench_figure){ .known = true, .value = (double)value };
}

void park_sum(const struct counts *parked, const struct counts *cold, struct bench_park *park)
{
	/* Of two kernels. */
	uint64_t once = start_to_online(cold) / 2;
	uint64_t both = start_to_online(parked);

	park->wake = known(parked->at[0].work[PHASE_WAKE]);
	park->cold = known(once);
	park->online = known(both > once ? both - once : 0);
}

static int count_guest(const struct bench_setup *setup, uint64_t cpus, const char *mode,
		       struct counts *counts, char *note)
{
	struct counted counted;
	struct boot_result result = { 0 };
	char message[BOOT_MESSAGE_SIZE];
	const char *failure;
	int error = counted_begin(&counted, setup->build, "", note, BENCH_NOTE_SIZE);

	if (!error) {
		const struct boot_order order = {
			.profile = setup->profile,
			.build = setup->given,
			.cpus = cpus,
			.memory = setup->memory ? setup->memory : setup->profile->memory,
			.append = "test=none",
			.payload = { PAYLOAD_MUSTER, NULL, NULL, mode },
			.qemu_args = counted.words,
			.timeout = setup->timeout,
		};

		boot_run(&order, &result);
		failure = result.end == BOOT_NOT_STARTED
				  ? result.message
				  : boot_payload_failure(&result, setup->profile, cpus, message,
							 sizeof(message));
		error = failure ? -1 : counted_read(&counted, counts, note, BENCH_NOTE_SIZE);
		if (failure)
			snprintf(note, BENCH_NOTE_SIZE, "%s", failure);
	}
	boot_result_free(&result);
	counted_end(&counted);
	return error;
}

void park_measure(const struct bench_setup *setup, uint64_t cpus, struct bench_park *park)
{
	struct counts parked = { 0 }, cold = { 0 };

	*park = (struct bench_park){ .cpus = cpus };
	if (count_guest(setup, cpus, "all", &parked, park->wake.note) ||
	    count_guest(setup, cpus, "off", &cold, park->wake.note))
		park->online = park->cold = park->wake;
	else
		park_sum(&parked, &cold, park);
	counts_free(&parked);
	counts_free(&cold);
}
