// SPDX-License-Identifier: MIT
/*
 * Benchmark of dynamic per-CPU memory on the build machine, optimised and without sanitizers. The
 * first line is the figure to compare, "percpu_alloc+percpu_free NS ns": the median over rounds of
 * freeing one of thousands at random and taking another of a random size, zeroed in the units of
 * 4 CPUs. Then the same by fill and by number of CPUs, and what is left when most was given back.
 */
#include "core/cpu_table.h"
#include "core/unit.h"
#include "tests/bench/percpu_fragments.h"
#include "tests/unit/host_machine.h"

#include <muster/arch/cpu.h>
#include <stdio.h>

#define STRIDE	    (UINT64_C(1) << 20)
#define ROUNDS	    41
#define ROUND_PAIRS 4000
#define LIVE_MAX    8000

static struct percpu_handle live[LIVE_MAX];
static uint32_t live_count;
static uint64_t random_state;

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "%s failed; log:\n%s", what, host_log());
	exit(1);
}

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 32) * limit >> 32);
}

static void begin(uint32_t cpus, uint64_t stride)
{
	struct layout_machine numbers;
	struct layout_draft draft;

	host_machine_begin();
	host_memory_begin();
	host_cpus_begin(cpus);
	numbers = host_layout_machine(cpus);
	numbers.window_stride = stride;
	layout_draft_begin(&draft, &numbers);
	must(layout_seal(&draft), "layout_seal");
	must(!unit_move_boot(), "unit_move_boot");
	for (uint32_t i = 1; i < cpus; i++)
		must(!unit_create(cpu_from_number(i)), "unit_create");
	random_state = 0x2545f4914f6cdd1d;
	live_count = 0;
}

/* Mostly small, as counters and statistics are: 8 to 512 bytes, 80 on average. */
static struct percpu_handle take(void)
{
	static const uint16_t sizes[16] = { 8,	8,  8,	8,  16, 16,  16,  24,
					    32, 48, 64, 64, 96, 128, 256, 512 };
	struct percpu_handle handle = percpu_alloc(sizes[random_below(16)], 8);

	must(!percpu_error(handle), "percpu_alloc");
	return handle;
}

static void fill(uint32_t percent)
{
	struct percpu_room room;

	do {
		must(live_count < LIVE_MAX, "the list of what is live");
		live[live_count++] = take();
		percpu_room(&room);
	} while (room.used * 100 < room.limit * percent);
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Nanoseconds of one pair, the median of all rounds. counter_read() counts nanoseconds here. */
static double measure(void)
{
	static uint32_t order[ROUND_PAIRS];
	uint64_t times[ROUNDS];

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t start;

		for (uint32_t i = 0; i < ROUND_PAIRS; i++)
			order[i] = random_below(live_count);
		start = counter_read();
		for (uint32_t i = 0; i < ROUND_PAIRS; i++) {
			must(!percpu_free(live[order[i]]), "percpu_free");
			live[order[i]] = take();
		}
		times[round] = counter_read() - start;
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	return (double)times[ROUNDS / 2] / ROUND_PAIRS;
}

static void print_fragments(const char *what, bool together)
{
	struct fragments result;

	begin(2, FRAGMENTS_STRIDE);
	result = fragments_measure(together);
	printf("percpu_fragmentation %s: %u pages of a unit with %u allocations, %u kept when 10 "
	       "of 11 are gone, %u have something left in them, %u would hold it: %.1f times\n",
	       what, result.peak_pages, FRAGMENTS, result.kept_pages, result.touched_pages,
	       result.needed_pages, (double)result.kept_pages / result.needed_pages);
}

int main(void)
{
	static const uint32_t fills[] = { 5, 50, 90 };
	static const uint32_t cpus[] = { 1, 16, 64 };

	begin(4, STRIDE);
	fill(60);
	printf("percpu_alloc+percpu_free %.1f ns\n", measure());
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		begin(4, STRIDE);
		fill(fills[i]);
		printf("percpu_alloc+percpu_free fill=%u%% live=%u %.1f ns\n", fills[i], live_count,
		       measure());
	}
	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		begin(cpus[i], STRIDE);
		fill(60);
		printf("percpu_alloc+percpu_free cpus=%u live=%u %.1f ns\n", cpus[i], live_count,
		       measure());
	}
	print_fragments("groups", true);
	print_fragments("one-by-one", false);
	begin(2, FRAGMENTS_STRIDE);
	printf("percpu_fragmentation churn: %u %% of the pages needed\n", fragments_churn(200000));
	return 0;
}
