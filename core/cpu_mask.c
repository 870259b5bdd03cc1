// SPDX-License-Identifier: MIT
/*
 * Sets of CPUs of any size. Called by kernels and platforms. What it is about must never depend on
 * bits beyond the last CPU: they are 0, from the beginning and behind every function.
 */
#include "core/machine.h"
#include "core/needs.h"
#include "core/string.h"

#include <muster/cpu_mask.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

#define WORD_BITS ((uint32_t)(8 * sizeof(unsigned long)))

static size_t word_count(uint32_t cpus)
{
	return (size_t)cpus / WORD_BITS + !!(cpus % WORD_BITS);
}

size_t cpu_mask_bytes(uint32_t cpus)
{
	return word_count(cpus) * sizeof(unsigned long);
}

void cpu_mask_begin(struct cpu_mask *mask, void *storage, uint32_t cpus)
{
	mask->words = storage;
	mask->cpus = cpus;
	cpu_mask_empty(mask);
}

int cpu_mask_create(struct cpu_mask *mask)
{
	uint32_t cpus = cpu_possible_count();
	uint64_t physical;

	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	physical = mem_alloc(cpu_mask_bytes(cpus), 0, .owner = "cpu mask");
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	cpu_mask_begin(mask, machine_get()->direct(physical), cpus);
	return 0;
}

void cpu_mask_destroy(struct cpu_mask *mask)
{
	bringup_uses(CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS));
	(void)mem_free(machine_get()->physical((uintptr_t)mask->words), cpu_mask_bytes(mask->cpus));
	mask->words = NULL;
	mask->cpus = 0;
}

static unsigned long bit_of(cpu_t cpu)
{
	return 1ul << cpu.number % WORD_BITS;
}

/* The word that has a CPU, which must be one that there is room for. */
static unsigned long *word_of(const struct cpu_mask *mask, cpu_t cpu)
{
	if (cpu.number >= mask->cpus)
		muster_panic("CPU number %u: the set has room for %u CPUs", cpu.number, mask->cpus);
	return &mask->words[cpu.number / WORD_BITS];
}

void cpu_mask_set(struct cpu_mask *mask, cpu_t cpu)
{
	*word_of(mask, cpu) |= bit_of(cpu);
}

void cpu_mask_clear(struct cpu_mask *mask, cpu_t cpu)
{
	*word_of(mask, cpu) &= ~bit_of(cpu);
}

bool cpu_mask_test(const struct cpu_mask *mask, cpu_t cpu)
{
	return cpu.number < mask->cpus && *word_of(mask, cpu) & bit_of(cpu);
}

bool cpu_mask_set_atomic(struct cpu_mask *mask, cpu_t cpu)
{
	return __atomic_fetch_or(word_of(mask, cpu), bit_of(cpu), __ATOMIC_ACQ_REL) & bit_of(cpu);
}

bool cpu_mask_clear_atomic(struct cpu_mask *mask, cpu_t cpu)
{
	return __atomic_fetch_and(word_of(mask, cpu), ~bit_of(cpu), __ATOMIC_ACQ_REL) & bit_of(cpu);
}

bool cpu_mask_test_atomic(const struct cpu_mask *mask, cpu_t cpu)
{
	return cpu.number < mask->cpus &&
	       __atomic_load_n(word_of(mask, cpu), __ATOMIC_ACQUIRE) & bit_of(cpu);
}

void cpu_mask_empty(struct cpu_mask *mask)
{
	memset(mask->words, 0, cpu_mask_bytes(mask->cpus));
}

void cpu_mask_fill(struct cpu_mask *mask)
{
	uint32_t rest = mask->cpus % WORD_BITS;

	memset(mask->words, 0xff, cpu_mask_bytes(mask->cpus));
	if (rest)
		mask->words[word_count(mask->cpus) - 1] = (1ul << rest) - 1;
}

/* Counted by hand: a compiler may make a call of its builtin, into a library that is not there. */
static uint32_t count_bits(unsigned long word)
{
	uint32_t count = 0;

	for (; word; word &= word - 1)
		count++;
	return count;
}

/* A set may be walked while others change it. */
static unsigned long word_read(const struct cpu_mask *mask, size_t index)
{
	return __atomic_load_n(&mask->words[index], __ATOMIC_ACQUIRE);
}

uint32_t cpu_mask_count(const struct cpu_mask *mask)
{
	uint32_t count = 0;

	for (size_t i = 0; i < word_count(mask->cpus); i++)
		count += count_bits(word_read(mask, i));
	return count;
}

bool cpu_mask_is_empty(const struct cpu_mask *mask)
{
	return cpu_is_none(cpu_mask_first(mask));
}

/* The lowest at or above `number`. */
static cpu_t first_from(const struct cpu_mask *mask, uint32_t number)
{
	unsigned long below = ~0ul << number % WORD_BITS;

	for (size_t i = number / WORD_BITS; i < word_count(mask->cpus); i++) {
		unsigned long word = word_read(mask, i) & below;

		if (word)
			return cpu_from_number((uint32_t)i * WORD_BITS +
					       (uint32_t)__builtin_ctzl(word));
		below = ~0ul;
	}
	return cpu_from_number(CPU_NONE_NUMBER);
}

cpu_t cpu_mask_first(const struct cpu_mask *mask)
{
	return first_from(mask, 0);
}

cpu_t cpu_mask_next(const struct cpu_mask *mask, cpu_t cpu)
{
	return cpu.number >= mask->cpus ? cpu_from_number(CPU_NONE_NUMBER)
					: first_from(mask, cpu.number + 1);
}

static size_t words_of_both(const struct cpu_mask *a, const struct cpu_mask *b)
{
	if (a->cpus != b->cpus)
		muster_panic("sets of CPUs: one has room for %u and one for %u", a->cpus, b->cpus);
	return word_count(a->cpus);
}

void cpu_mask_and(struct cpu_mask *to, const struct cpu_mask *from)
{
	for (size_t i = words_of_both(to, from); i--;)
		to->words[i] &= from->words[i];
}

void cpu_mask_or(struct cpu_mask *to, const struct cpu_mask *from)
{
	for (size_t i = words_of_both(to, from); i--;)
		to->words[i] |= from->words[i];
}

void cpu_mask_and_not(struct cpu_mask *to, const struct cpu_mask *from)
{
	for (size_t i = words_of_both(to, from); i--;)
		to->words[i] &= ~from->words[i];
}

void cpu_mask_copy(struct cpu_mask *to, const struct cpu_mask *from)
{
	memmove(to->words, from->words, words_of_both(to, from) * sizeof(*to->words));
}

bool cpu_mask_equal(const struct cpu_mask *a, const struct cpu_mask *b)
{
	return !memcmp(a->words, b->words, words_of_both(a, b) * sizeof(*a->words));
}
