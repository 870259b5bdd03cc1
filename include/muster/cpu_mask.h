/* SPDX-License-Identifier: MIT */
/*
 * Sets of CPUs, as large as the machine is: how many CPUs are possible is known at run time, so a
 * set has storage that its owner gives or that mem_alloc() does. There is no largest number of CPUs.
 *
 * Functions with `atomic` in their name may be used by many CPUs at once, and are ordered (acquire
 * and release); the others by one at a time, or while nobody changes the set. A CPU that is not
 * among those that a set has room for is in no set; putting it into one is a panic that names it.
 */
#ifndef MUSTER_CPU_MASK_H
#define MUSTER_CPU_MASK_H

#include <muster/cpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set for CPUs 0 ... cpus - 1. Bits beyond are always 0. */
struct cpu_mask {
	unsigned long *words;
	uint32_t cpus;
};

/* Bytes of storage for a set of so many CPUs, a multiple of the size of a word; cpus: not 0. */
size_t cpu_mask_bytes(uint32_t cpus);

/* An empty set in the caller's storage, aligned as a word: cpu_mask_bytes(cpus) bytes. Needs no
 * step. */
void cpu_mask_begin(struct cpu_mask *mask, void *storage, uint32_t cpus);

/*
 * An empty set for all possible CPUs, in memory from mem_alloc(); and the memory back. Return 0 or
 * MUSTER_E_NO_MEMORY with a line. On the boot CPU. Need: CAP_MEMORY_MAP, CAP_PAGE_TABLES,
 * CAP_CPU_IDS.
 */
int cpu_mask_create(struct cpu_mask *mask);
void cpu_mask_destroy(struct cpu_mask *mask);

void cpu_mask_set(struct cpu_mask *mask, cpu_t cpu);
void cpu_mask_clear(struct cpu_mask *mask, cpu_t cpu);
bool cpu_mask_test(const struct cpu_mask *mask, cpu_t cpu);

/* The same for many CPUs at once; set and clear return whether the CPU was in the set before. */
bool cpu_mask_set_atomic(struct cpu_mask *mask, cpu_t cpu);
bool cpu_mask_clear_atomic(struct cpu_mask *mask, cpu_t cpu);
bool cpu_mask_test_atomic(const struct cpu_mask *mask, cpu_t cpu);

/* None, and all that there is room for. */
void cpu_mask_empty(struct cpu_mask *mask);
void cpu_mask_fill(struct cpu_mask *mask);

uint32_t cpu_mask_count(const struct cpu_mask *mask);
bool cpu_mask_is_empty(const struct cpu_mask *mask);
/* The lowest CPU in the set, and the lowest above `cpu`; cpu_is_none() when there is none. A CPU that
 * comes or goes meanwhile (atomically) may be seen or not. */
cpu_t cpu_mask_first(const struct cpu_mask *mask);
cpu_t cpu_mask_next(const struct cpu_mask *mask, cpu_t cpu);

/* to = to and from; to or from; to without from. And: have both the same CPUs? Sets of different
 * size are a panic that names both sizes. */
void cpu_mask_and(struct cpu_mask *to, const struct cpu_mask *from);
void cpu_mask_or(struct cpu_mask *to, const struct cpu_mask *from);
void cpu_mask_and_not(struct cpu_mask *to, const struct cpu_mask *from);
void cpu_mask_copy(struct cpu_mask *to, const struct cpu_mask *from);
bool cpu_mask_equal(const struct cpu_mask *a, const struct cpu_mask *b);

/* The CPUs in a set, ascending. mask: a pointer. The body may take the CPU it is at out of it. */
#define for_each_cpu_in(cpu, mask)                                            \
	for (cpu_t cpu = cpu_mask_first(mask); cpu.number != CPU_NONE_NUMBER; \
	     cpu = cpu_mask_next(mask, cpu))

#ifdef __cplusplus
}
#endif

#endif
