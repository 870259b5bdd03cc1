// SPDX-License-Identifier: MIT
/* Self-tests of per-CPU data: everybody's own, initialised, and where percpu_ptr() says. */
#include "kernel/tests.h"

#define ROUNDS 1000

static PERCPU(uint64_t, counter);
static PERCPU(uint32_t, initialised) = 0x6d757374;
static PERCPU(uint8_t, spread)[16];

static void count(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < ROUNDS; i++)
		this_cpu(counter)++;
}

static void fill_spread(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < sizeof(spread); i++)
		this_cpu(spread[i]) = (uint8_t)(cpu_this().number + i);
}

static uint32_t spread_wrong(cpu_t cpu)
{
	const uint8_t *bytes = percpu_ptr(spread[0], cpu);
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < sizeof(spread); i++)
		if (bytes[i] != (uint8_t)(cpu.number + i))
			wrong++;
	return wrong;
}

void test_percpu(struct ktap *ktap)
{
	uint32_t counter_wrong = 0, image_wrong = 0, bytes_wrong = 0, unit_wrong = 0;

	(void)cpus_call(count, NULL, true);
	(void)cpus_call(fill_spread, NULL, true);
	for_each_cpu (cpu) {
		if (!cpu_is_online(cpu))
			continue;
		counter_wrong += *percpu_ptr(counter, cpu) != ROUNDS;
		image_wrong += *percpu_ptr(initialised, cpu) != 0x6d757374;
		bytes_wrong += spread_wrong(cpu) != 0;
		for_each_cpu (other)
			unit_wrong += other.number != cpu.number && cpu_is_online(other) &&
				      percpu_unit(other) == percpu_unit(cpu);
	}
	ktap_result(ktap, !counter_wrong, "percpu: each CPU counted to %u in its own variable",
		    ROUNDS);
	ktap_result(ktap, !image_wrong, "percpu: initial values are in every unit");
	ktap_result(ktap, !bytes_wrong, "percpu: what one CPU writes, only its unit holds");
	ktap_result(ktap, !unit_wrong, "percpu: no two CPUs have one unit");
	*percpu_ptr(counter, cpu_this()) = 0;
}
