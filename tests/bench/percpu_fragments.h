/* SPDX-License-Identifier: MIT */
/*
 * What is left of per-CPU memory when most of it has been given back: the same measurement for the
 * benchmark, which prints it, and for the unit test, which bounds it. It is what was published for
 * Linux: make 11,000 control groups, remove ten of every eleven, look at what is kept.
 */
#ifndef TESTS_BENCH_PERCPU_FRAGMENTS_H
#define TESTS_BENCH_PERCPU_FRAGMENTS_H

#include "core/percpu_pages.h"
#include "core/unit.h"

#include <muster/memory.h>
#include <muster/percpu.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FRAGMENTS	  11000u
#define FRAGMENTS_GROUP	  10u /* allocations of one control group, in a row */
#define FRAGMENTS_OF	  11u /* of so many one stays */
#define FRAGMENTS_STRIDE  (UINT64_C(4) << 20)
#define FRAGMENTS_OFFSETS (FRAGMENTS_STRIDE / 2)

struct fragments {
	uint32_t peak_pages;   /* of each unit, with everything there */
	uint32_t kept_pages;   /* after ten of eleven went */
	uint32_t needed_pages; /* that what is left would fill */
	uint32_t
		touched_pages; /* in which something is left: nobody who cannot move it keeps less */
	uint32_t refilled_pages; /* after as many came again */
};

static struct percpu_handle fragments_handles[FRAGMENTS];

/* Counters, references, and the statistics of a group: 1,232 bytes for ten. */
static inline uint32_t fragments_size(uint32_t index)
{
	static const uint16_t sizes[FRAGMENTS_GROUP] = { 8, 8, 16, 16, 32, 64, 96, 160, 320, 512 };

	return sizes[index % FRAGMENTS_GROUP];
}

static inline uint32_t fragments_pages(void)
{
	return (uint32_t)(percpu_unit_size() / MEMORY_PAGE_SIZE) + percpu_pages_count();
}

static inline void fragments_take(uint32_t index)
{
	uint32_t size = fragments_size(index);

	fragments_handles[index] = percpu_alloc(size, size >= 8 ? 8 : 4);
	if (percpu_error(fragments_handles[index]))
		abort();
}

/* Does it stay? together: a group of ten comes and goes as one; else each by itself. */
static inline bool fragments_stays(uint32_t index, bool together)
{
	return (together ? index / FRAGMENTS_GROUP : index) % FRAGMENTS_OF == 0;
}

static inline struct fragments fragments_measure(bool together)
{
	static bool touched[FRAGMENTS_OFFSETS / MEMORY_PAGE_SIZE];
	struct fragments result = { 0 };
	uint64_t bytes = 0;

	memset(touched, 0, sizeof(touched));
	for (uint32_t i = 0; i < FRAGMENTS; i++)
		fragments_take(i);
	result.peak_pages = fragments_pages();
	for (uint32_t i = 0; i < FRAGMENTS; i++) {
		uint32_t first = fragments_handles[i].offset;

		if (!fragments_stays(i, together)) {
			if (percpu_free(fragments_handles[i]))
				abort();
			continue;
		}
		bytes += fragments_size(i);
		touched[first / MEMORY_PAGE_SIZE] = true;
		touched[(first + fragments_size(i) - 1) / MEMORY_PAGE_SIZE] = true;
	}
	result.kept_pages = fragments_pages();
	for (uint32_t i = 0; i < sizeof(touched); i++)
		result.touched_pages += touched[i];
	result.needed_pages = (uint32_t)((bytes + MEMORY_PAGE_SIZE - 1) / MEMORY_PAGE_SIZE);
	for (uint32_t i = 0; i < FRAGMENTS; i++)
		if (!fragments_stays(i, together))
			fragments_take(i);
	result.refilled_pages = fragments_pages();
	for (uint32_t i = 0; i < FRAGMENTS; i++)
		if (percpu_free(fragments_handles[i]))
			abort();
	return result;
}

/*
 * Coming and going at random around a constant amount: pages kept, in percent of the pages that
 * what is there would fill.
 */
static inline uint32_t fragments_churn(uint32_t changes)
{
	static uint32_t sizes[FRAGMENTS];
	uint64_t bytes = 0, state = 88172645463325252u;
	uint32_t percent;

	memset(fragments_handles, 0, sizeof(fragments_handles));
	for (uint32_t i = 0; i < changes; i++) {
		uint32_t index;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		index = (uint32_t)(state >> 33) % FRAGMENTS;
		if (fragments_handles[index].offset) {
			bytes -= sizes[index];
			if (percpu_release(&fragments_handles[index]))
				abort();
			continue;
		}
		sizes[index] = 4 + (uint32_t)(state >> 11) % 61 * 4;
		bytes += sizes[index];
		fragments_handles[index] = percpu_alloc(sizes[index], 4);
		if (percpu_error(fragments_handles[index]))
			abort();
	}
	percent = (uint32_t)(100 * (uint64_t)fragments_pages() * MEMORY_PAGE_SIZE / bytes);
	for (uint32_t i = 0; i < FRAGMENTS; i++)
		if (fragments_handles[i].offset && percpu_release(&fragments_handles[i]))
			abort();
	return percent;
}

#endif
