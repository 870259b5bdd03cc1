// SPDX-License-Identifier: MIT
/*
 * The receiving side of the park page: pc_park.h. Called by the steps `memory-map`, `start-code` and
 * `start` on the boot CPU. What it was told is not believed; a CPU that cannot be taken from the page is
 * started cold, and the page is then never given out.
 *
 * This file's name stands behind those of the files with the weak rows that it replaces: so a linker that looks
 * for a row in the archive comes to those first, and an image has this one only if it asks for it. A test
 * would see it (tests/embedding.sh).
 */
#include "platform/pc/pc_park.h"

#include "arch/x86_64/page_table.h"
#include "arch/x86_64/park.h"
#include "arch/x86_64/start.h"
#include "core/area_store.h"
#include "core/cpu_table.h"
#include "core/image_choice.h"
#include "core/memory_map.h"
#include "core/string.h"
#include "firmware/pvh.h"
#include "platform/pc/pc.h"

#include <muster/mark.h>
#include <muster/muster.h>

IMAGE_CHOICE(park);

/* An image may leave this out: core/image_choice.h. */
#pragma weak pc_mailbox_released

static struct handed_over handed;
static uint64_t vector;
static uint64_t *release;  /* the word in the page */
static uint8_t *is_parked; /* by CPU number: to be woken, and not started yet */
static uint32_t to_wake;   /* CPUs for which that holds, and which are in the table */
static bool woken;

struct handed_over *pc_handed_over(void)
{
	return &handed;
}

static bool is_the_name(uint64_t physical)
{
	char name[sizeof(PARK_MODULE_NAME)];

	return physical && firmware_read(&fixmap_reader, physical, name, sizeof(name)) &&
	       !memcmp(name, PARK_MODULE_NAME, sizeof(name));
}

/* It is no module for anybody else. */
static void module_remove(uint64_t base)
{
	struct pc_boot *boot = &pc_firmware.boot;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < boot->module_count; i++)
		if (boot->modules[i].base != base)
			boot->modules[kept++] = boot->modules[i];
	boot->module_count = kept;
}

static void module_find(void)
{
	struct pvh_boot told;

	if (boot_source()->protocol != BOOT_PVH ||
	    pvh_read(&fixmap_reader, boot_source()->physical, &told))
		return;
	for (uint32_t i = 0; i < told.module_count; i++) {
		if (!is_the_name(told.modules[i].command_line))
			continue;
		handed.region = told.modules[i].base;
		handed.region_size = told.modules[i].size;
		module_remove(handed.region);
		return;
	}
}

/* Memory that the hypervisor holds, and whatever an entry that we do not know is about, is nobody's; what it
 * has given back is watched first (handover_watch()). */
static void claim_held(void)
{
	struct handover_entry entry;

	for (uint32_t i = 0; park_read_entry(&fixmap_reader, &handed.found, i, &entry); i++) {
		uint64_t start = entry.address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
		uint64_t end = (entry.address + entry.size + MEMORY_PAGE_SIZE - 1) &
			       ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

		const char *owner =
			entry.kind == HANDOVER_GIVEN_BACK ? HANDED_BACK_OWNER : AREA_ADOPTED_OWNER;

		/* Areas share pages: a page at a time, and one that is claimed is. */
		for (; start < end; start += MEMORY_PAGE_SIZE)
			if (!mem_is_owned_by(start, AREA_ADOPTED_OWNER) &&
			    !mem_is_owned_by(start, HANDED_BACK_OWNER))
				(void)mem_claim(start, MEMORY_PAGE_SIZE, owner);
	}
}

void pc_park_mark(void)
{
	const struct memory_range *range;

	for (size_t i = 0; (range = mem_at(i)); i++) {
		uint64_t *words;

		if (!range->owner || strcmp(range->owner, HANDED_BACK_OWNER) != 0)
			continue;
		words = page_table_direct(range->base);
		for (uint64_t at = 0; at < range->size; at += sizeof(*words))
			words[at / sizeof(*words)] = handed_back_pattern(range->base + at);
	}
}

void pc_park_find(void)
{
	module_find();
}

void pc_park_claim(void)
{
	if (!handed.region_size)
		return;
	if (memory_take_back(handed.region, handed.region_size) ||
	    mem_claim(handed.region, handed.region_size, "park region")) {
		console_print(
			"muster: park region at %#lx, %#lx bytes: not memory of this machine\n",
			handed.region, handed.region_size);
		return;
	}
	if (park_read(&fixmap_reader, handed.region, handed.region_size, PARK_MACHINE_X86_64,
		      &handed.found)) {
		console_print("muster: park region at %#lx: not used: CPUs start cold\n",
			      handed.region);
		return;
	}
	handed.good = true;
	handed.parked = handed.found.parked;
	claim_held();
}

int pc_park_prepare(void)
{
	struct park_slot slot;
	uint64_t flags;

	if (!handed.good || !handed.parked || vector)
		return 0;
	flags = mem_alloc(cpu_possible_count(), 0, .owner = "park arrival");
	vector = flags ? park_arrival_begin(handed.region, handed.region_size) : 0;
	if (!vector)
		return MUSTER_E_NO_MEMORY;
	is_parked = page_table_direct(flags);
	release = &park_region_page(handed.region)->release;
	memset(is_parked, 0, cpu_possible_count());
	for (uint32_t i = 0; park_read_slot(&fixmap_reader, &handed.found, i, &slot); i++) {
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
	__atomic_store_n(release, vector, __ATOMIC_SEQ_CST);
	MARK_PHASE(MARK_PHASE_START);
	woken = true;
}

/* Is there one that is parked and has yet to be started? */
static bool more_to_come(void)
{
	for_each_other_record (record)
		if (is_parked[record->number] && record->state == CPU_PREPARED)
			return true;
	return false;
}

int pc_park_start(cpu_t cpu)
{
	int was;

	if (!to_wake || woken)
		return 1;
	MARK_PHASE(MARK_PHASE_WAKE);
	if (cpu.number == STEP_ALL_CPUS) {
		if (to_wake == cpu_present_count() - 1) {
			wake();
			return 0;
		}
		MARK_PHASE(MARK_PHASE_START);
		return MUSTER_E_NOT_SUPPORTED;
	}
	was = is_parked[cpu.number];
	if (more_to_come())
		MARK_PHASE(MARK_PHASE_START);
	else
		wake();
	return !was;
}

int pc_memory_map_row(cpu_t cpu)
{
	int error;

	pc_park_find();
	error = pc_memory_map_step(cpu);
	if (!error)
		pc_park_claim();
	return error;
}

int pc_start_code_row(cpu_t cpu)
{
	int error = pc_start_code_step(cpu);

	if (error)
		return error;
	error = pc_park_prepare();
	if (error)
		pc_start_code_undo(cpu);
	return error;
}

int pc_start_row(cpu_t cpu)
{
	int parked = pc_park_start(cpu);

	if (parked > 0)
		return pc_start_step(cpu);
	if (!parked && pc_mailbox_released)
		for_each_cpu (other)
			if (is_parked[other.number])
				pc_mailbox_released(cpu_hwid(other));
	return parked;
}
