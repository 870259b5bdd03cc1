// SPDX-License-Identifier: MIT
/*
 * The receiving side of the park page: parked.h. Called by the steps `memory-map`, `start-code` and
 * `start` on the boot CPU. What it was told is not believed; a CPU that cannot be taken from the page is
 * started cold, and the page is then never given out.
 */
#include "platform/parked.h"

#include "arch/park.h"
#include "core/area_store.h"
#include "core/cpu_table.h"
#include "core/machine.h"
#include "core/memory_map.h"
#include "core/string.h"

#include <muster/mark.h>
#include <muster/muster.h>

static struct handed_over handed;
static const struct firmware_reader *reader;
static uint64_t vector;
static struct park_page *page; /* while somebody waits there */
static uint8_t *is_parked;     /* by CPU number: to be woken */
static uint32_t to_wake;       /* CPUs for which that holds, and which are in the table */
static bool woken;

struct handed_over *parked_handed_over(void)
{
	return &handed;
}

/* Memory that the hypervisor holds, and whatever an entry that we do not know is about, is nobody's; what it
 * has given back is watched first (handover_watch()). */
static void claim_held(void)
{
	struct handover_entry entry;

	for (uint32_t i = 0; park_read_entry(reader, &handed.found, i, &entry); i++) {
		uint64_t start = entry.address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
		uint64_t end = (entry.address + entry.size + MEMORY_PAGE_SIZE - 1) &
			       ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

		const char *owner =
			entry.kind == HANDOVER_GIVEN_BACK ? HANDED_BACK_OWNER : AREA_ADOPTED_OWNER;

		/* Nobody looks there before we have told of our own. */
		if (entry.kind == HANDOVER_PROCESS_TABLE)
			continue;
		/* Areas share pages: a page at a time, and one that is claimed is. */
		for (; start < end; start += MEMORY_PAGE_SIZE)
			if (!mem_is_owned_by(start, AREA_ADOPTED_OWNER) &&
			    !mem_is_owned_by(start, HANDED_BACK_OWNER))
				(void)mem_claim(start, MEMORY_PAGE_SIZE, owner);
	}
}

void parked_mark(void)
{
	const struct memory_range *range;

	for (size_t i = 0; (range = mem_at(i)); i++) {
		uint64_t *words;

		if (!range->owner || strcmp(range->owner, HANDED_BACK_OWNER) != 0)
			continue;
		words = machine_get()->direct(range->base);
		for (uint64_t at = 0; at < range->size; at += sizeof(*words))
			words[at / sizeof(*words)] = handed_back_pattern(range->base + at);
	}
}

void parked_take(const struct firmware_reader *from, uint64_t region, uint64_t size, uint64_t limit)
{
	reader = from;
	handed.region = region;
	handed.region_size = size;
	if (region >= limit || size > limit - region) {
		console_print("muster: park region at %#jx, %#jx bytes: not within what this "
			      "kernel reaches: not used: CPUs start cold\n",
			      region, size);
		return;
	}
	if (memory_take_back(handed.region, handed.region_size) ||
	    mem_claim(handed.region, handed.region_size, "park region")) {
		console_print(
			"muster: park region at %#jx, %#jx bytes: not memory of this machine\n",
			handed.region, handed.region_size);
		return;
	}
	if (park_read(reader, handed.region, handed.region_size, PARK_MACHINE, &handed.found)) {
		console_print("muster: park region at %#jx: not used: CPUs start cold\n",
			      handed.region);
		return;
	}
	handed.good = true;
	handed.parked = handed.found.parked;
	claim_held();
}

int parked_prepare(void)
{
	struct park_slot slot;
	uint64_t flags;

	if (!handed.good || !handed.parked || vector)
		return 0;
	flags = mem_alloc(cpu_possible_count(), 0, .owner = "park arrival");
	vector = flags ? park_arrival_begin(handed.region, handed.region_size) : 0;
	if (!vector)
		return MUSTER_E_NO_MEMORY;
	is_parked = machine_get()->direct(flags);
	page = park_region_page(handed.region);
	memset(is_parked, 0, cpu_possible_count());
	for (uint32_t i = 0; park_read_slot(reader, &handed.found, i, &slot); i++) {
		cpu_t cpu = cpu_by_hwid(hwid_from_value(slot.hwid));

		if (slot.state != PARK_SLOT_PARKED)
			continue;
		if (cpu_is_none(cpu) || !cpu.number || is_parked[cpu.number]) {
			handed.unknown++;
			continue;
		}
		is_parked[cpu.number] = 1;
		to_wake++;
	}
	return 0;
}

/* One store wakes them all. */
static void wake(void)
{
	__atomic_store_n(&page->release, vector, __ATOMIC_SEQ_CST);
	MARK_PHASE(MARK_PHASE_START);
	woken = true;
}

bool parked_was(cpu_t cpu)
{
	return to_wake && is_parked[cpu.number];
}

bool parked_waits(cpu_t cpu)
{
	return parked_was(cpu) && !woken;
}

/* Is there one that is parked and has yet to be started? */
static bool more_to_come(void)
{
	for_each_other_record (record)
		if (is_parked[record->number] && record->state == CPU_PREPARED)
			return true;
	return false;
}

int parked_start(cpu_t cpu)
{
	if (!to_wake || woken)
		return 0;
	MARK_PHASE(MARK_PHASE_WAKE);
	if (cpu.number == STEP_ALL_CPUS) {
		if (to_wake == cpu_present_count() - 1) {
			wake();
			return 1;
		}
		MARK_PHASE(MARK_PHASE_START);
		return MUSTER_E_NOT_SUPPORTED;
	}
	if (more_to_come())
		MARK_PHASE(MARK_PHASE_START);
	else
		wake();
	return is_parked[cpu.number];
}
