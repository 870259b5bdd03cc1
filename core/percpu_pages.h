/* SPDX-License-Identifier: MIT */
/*
 * The pages of dynamic per-CPU memory: behind the pages that a unit is made with, at the same
 * offsets in every unit. core/percpu_alloc.c says which; core/unit.c says when a unit comes and
 * goes. One caller at a time: the boot CPU.
 */
#ifndef CORE_PERCPU_PAGES_H
#define CORE_PERCPU_PAGES_H

#include <muster/cpu.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Where what is handed out lies in a unit. The first `near` bytes of offsets are the unit's own window.
 * Behind them every CPU has more windows, all of its stride: its second is as far from its first as there
 * are CPUs, and so on. The distance from a CPU's unit is the same for all CPUs: an offset.
 */
struct percpu_windows {
	uint32_t near;	/* bytes */
	uint32_t shift; /* binary logarithm of the stride */
	uint64_t pitch; /* from a CPU's window to its next: the stride, times possible CPUs */
};
extern struct percpu_windows percpu_windows;

static inline uintptr_t percpu_place(uint32_t offset)
{
	uint64_t far;

	if (offset < percpu_windows.near)
		return offset;
	far = offset - percpu_windows.near;
	return (uintptr_t)(((far >> percpu_windows.shift) + 1) * percpu_windows.pitch +
			   (far & ((UINT64_C(1) << percpu_windows.shift) - 1)));
}

/* Start anew: there are no pages. */
void percpu_pages_begin(void);
/* Something is to be handed out: from now on who makes a unit calls percpu_pages_attach(), and before
 * that must not. */
void percpu_pages_want(void);
extern bool percpu_pages_wanted;

/*
 * Get pages for [offset, offset + size), whole pages, in every unit, each on the node of its CPU;
 * what they hold is undefined. Returns 0 or what failed, with a line that names the CPU; then no
 * unit has any of them.
 */
int percpu_pages_map(uint32_t offset, uint32_t size);
/* Give them back. Afterwards call_flush_translations(), before memory is taken for something else. */
void percpu_pages_unmap(uint32_t offset, uint32_t size);

/* Clear [offset, offset + size) in every unit. */
void percpu_pages_clear(uint32_t offset, uint32_t size);

/*
 * A unit that has just been made, and is not in the CPU's record yet, gets all pages that the
 * others have, cleared; and what is handed out in the pages it was made with is cleared. Returns 0
 * or what failed; then it has none.
 */
int percpu_pages_attach(cpu_t cpu, uintptr_t unit);
/* Take its pages back, before the unit goes. The caller flushes. */
void percpu_pages_detach(cpu_t cpu, uintptr_t unit);

/* Pages behind each unit, of those that it is not made with. */
uint32_t percpu_pages_count(void);

#endif
