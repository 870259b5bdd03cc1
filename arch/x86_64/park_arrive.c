// SPDX-License-Identifier: MIT
/*
 * Where CPUs arrive that the park page releases: making it, and what each of them does first in C. Called
 * by the step `start-code`, and by park_arrival.S on every CPU that comes. A CPU runs here on the few bytes
 * of stack of its slot, without a per-CPU base: it may call nothing.
 */
#include "arch/x86_64/offsets.h"
#include "arch/x86_64/page_table.h"
#include "arch/x86_64/page_table_build.h"
#include "arch/x86_64/park.h"
#include "arch/x86_64/registers.h"
#include "core/cpu_table.h"
#include "core/string.h"

#include <muster/error.h>
#include <muster/memory.h>

_Static_assert(offsetof(struct park_arrival, cr3) == ARRIVAL_CR3, "park_arrival.S");
_Static_assert(offsetof(struct park_arrival, cr4) == ARRIVAL_CR4, "park_arrival.S");
_Static_assert(offsetof(struct park_arrival, cr0) == ARRIVAL_CR0, "park_arrival.S");
_Static_assert(offsetof(struct park_arrival, efer) == ARRIVAL_EFER, "park_arrival.S");
_Static_assert(offsetof(struct park_arrival, entry) == ARRIVAL_ENTRY, "park_arrival.S");

extern const char park_arrival_code[], park_arrival_code_end[];
void park_arrival_entry(void);
struct cpu_record *park_arrival_claim(void);

/* Read by park_arrival.S: the page's count of CPUs that have left. */
uint32_t *park_left;
/* start_page.c */
extern uint64_t secondary_pat, secondary_unknown_hwid;
extern uint32_t secondary_unknown_count;

uint64_t park_arrival_begin(uint64_t physical, uint64_t size)
{
	uint64_t place =
		mem_alloc(MEMORY_PAGE_SIZE, 0, .owner = "park arrival", .limit = PARK_IDENTITY_END);
	uint64_t root = place ? page_table_start_root(place) : 0;
	uint64_t code = physical + PARK_CODE_PAGE;
	struct park_arrival *arrival = place ? page_table_direct(place) : NULL;
	int error;

	if (!root)
		return 0;
	/* What an NMI needs until a CPU has its own: code, descriptor tables, stacks. */
	error = page_table_build_range(root, code, code, MEMORY_PAGE_SIZE, MAP_EXECUTE, false);
	if (!error)
		error = park_region_map_data(root, physical, size);
	if (error)
		return 0;
	memcpy(arrival->code, park_arrival_code,
	       (size_t)(park_arrival_code_end - park_arrival_code));
	arrival->cr3 = (uintptr_t)root;
	/* As on the boot CPU; step `cpu-check` compares. */
	arrival->cr4 = (uintptr_t)cr4_read();
	arrival->cr0 = (uintptr_t)cr0_read();
	arrival->efer = CPU_HAS_EFER ? (uintptr_t)msr_read(MSR_EFER) : 0;
	arrival->entry = (uintptr_t)park_arrival_entry;
	park_left = &park_region_page(physical)->left;
	return place;
}

/* As in entry_secondary.S. */
static uint64_t hwid_here(void)
{
	struct cpuid_leaf leaf;

	if (cpuid_read(0, 0).eax >= 0xb) {
		leaf = cpuid_read(0xb, 0);
		if (leaf.ebx)
			return leaf.edx;
	}
	return cpuid_read(1, 0).ebx >> 24;
}

static struct cpu_record *record_of(uint64_t hwid)
{
	const struct cpu_lookup *lookup = cpu_lookup();

	for (uint32_t i = (uint32_t)hwid & lookup->mask;; i = (i + 1) & lookup->mask) {
		if (lookup->slots[i].cpu == CPU_NONE)
			return NULL;
		if (lookup->slots[i].hwid == hwid)
			return &lookup->records[lookup->slots[i].cpu];
	}
}

static bool claim(struct cpu_record *record, uint32_t from, uint32_t to)
{
	return __atomic_compare_exchange_n(&record->state, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

struct cpu_record *park_arrival_claim(void)
{
	uint64_t hwid = hwid_here();
	struct cpu_record *record = record_of(hwid);

	msr_write(MSR_PAT, secondary_pat);
	if (!record) {
		/* Whole only in 64-bit mode; but the upper half is 0 in every APIC id. */
		*(volatile uint64_t *)&secondary_unknown_hwid = hwid;
		__atomic_fetch_add(&secondary_unknown_count, 1, __ATOMIC_RELEASE);
		return NULL;
	}
	if (claim(record, CPU_STARTING, CPU_ARRIVED))
		return record;
	/* Given up on, or never asked for: it is held, and any other state is not ours to change. */
	(void)claim(record, CPU_FAILED, CPU_HELD);
	return NULL;
}
