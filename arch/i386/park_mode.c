// SPDX-License-Identifier: MIT
/*
 * What a park region has in 32-bit mode only: nothing, for paging is off there; and how a CPU that stops comes to it.
 * Called by park_region.c and by the handover.
 */
#include "arch/x86_64/park.h"
#include "arch/x86_64/start.h"

/* park.S, as struct machine has it: goes on at park_stopped_code. */
void park_stop_this_cpu(uint32_t *state_word, uint32_t state) __attribute__((noreturn));
extern uint32_t park_stopped_code, park_stopped_root;
uint32_t park_stopped_code, park_stopped_root;

void park_mode_fill(uint64_t physical)
{
	(void)physical;
}

/* Memory types are what the MTRRs say, as they are for the firmware, which has no paging either. */
void park_mode_map_device(uint64_t physical, uint64_t address)
{
	(void)physical;
	(void)address;
}

void park_region_take_stopped(uint64_t physical, uint64_t root)
{
	park_stopped_root = (uint32_t)root;
	park_stopped_code = (uint32_t)physical + PARK_CODE_PAGE;
	__atomic_store_n(&x86_machine.stop_this_cpu, park_stop_this_cpu, __ATOMIC_RELEASE);
}

void park_region_take_no_more(void)
{
	__atomic_store_n(&x86_machine.stop_this_cpu, x86_stop_this_cpu, __ATOMIC_RELEASE);
}
