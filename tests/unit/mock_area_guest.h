/* SPDX-License-Identifier: MIT */
/* The mock guest with the mock hypervisor's areas in its bring-up table, as a platform has them. */
#ifndef TESTS_UNIT_MOCK_AREA_GUEST_H
#define TESTS_UNIT_MOCK_AREA_GUEST_H

#include "mock_areas.h"
#include "mock_guest.h"

/* All but what the hypervisor gives: all the mock guest's memory is RAM. */
static const struct area_table area_guest_table = { "mock", mock_kinds, MOCK_GIVEN, 0 };

static inline int area_guest_boot(cpu_t cpu)
{
	int error = areas_begin(&area_guest_table);

	if (error)
		return error;
	error = areas_prepare(cpu);
	if (error)
		(void)areas_end();
	return error;
}

static inline void area_guest_boot_undo(cpu_t cpu)
{
	areas_prepare_undo(cpu);
	(void)areas_end();
}

#define AREA_GUEST_NEEDS (CAP(MEMORY_MAP) | CAP(PAGE_TABLES) | CAP(CPU_IDS))

static const struct bringup_step area_guest_steps[] = {
	{ "area-table", AREA_GUEST_NEEDS, 0, WHERE_BOOT, UNDO_STEP, area_guest_boot,
	  area_guest_boot_undo },
	{ "area-memory", AREA_GUEST_NEEDS, 0, WHERE_PREPARE, UNDO_STEP, areas_prepare,
	  areas_prepare_undo },
};

static inline void area_guest_insert(const struct bringup_step *step)
{
	size_t place = 0;

	while (place < guest.table.count && guest.steps[place].where <= step->where)
		place++;
	memmove(&guest.steps[place + 1], &guest.steps[place],
		(guest.table.count++ - place) * sizeof(*step));
	guest.steps[place] = *step;
}

static inline void area_guest_begin(uint32_t cpus)
{
	areas_forget();
	guest_begin(cpus);
	memset(&hypervisor, 0, sizeof(hypervisor));
	guest_step("areas")->needs |= CAP(CPU_IDS);
	guest_step("areas")->run = areas_online;
	guest_step("areas")->undo = areas_online_undo;
	area_guest_insert(&area_guest_steps[0]);
	area_guest_insert(&area_guest_steps[1]);
}

#endif
