/* SPDX-License-Identifier: MIT */
/*
 * What a PAPR guest shares with the hypervisor for each vCPU (muster/area.h): VPA, SLB shadow buffer and dispatch
 * trace log. Each CPU registers its own, because LoPAPR warns of registering another's.
 */
#ifndef PLATFORM_PAPR_PAPR_AREAS_H
#define PLATFORM_PAPR_PAPR_AREAS_H

#include <muster/area.h>
#include <muster/papr.h>

/* Subfunctions of H_REGISTER_VPA (LoPAPR, H_REGISTER_VPA: bits 16 to 18 of its flags). */
#define PAPR_AREA_FUNCTION_SHIFT 45
enum papr_area_function {
	PAPR_REGISTER_VPA = 1,
	PAPR_REGISTER_LOG = 2,
	PAPR_REGISTER_SLB_SHADOW = 3,
	PAPR_DEREGISTER_VPA = 5,
	PAPR_DEREGISTER_LOG = 6,
	PAPR_DEREGISTER_SLB_SHADOW = 7,
};

/* The hypervisor, and what has been found out of it. */
struct papr_area_guest {
	/* H_REGISTER_VPA: returns its status. */
	long (*register_area)(uint64_t flags, uint64_t server, uint64_t address);
	/* On each CPU, before it registers any of its own, and before the hypervisor is asked what it knows: see what a
	 * kernel before this one has left registered. NULL: there was none. */
	void (*look)(cpu_t cpu);
	bool offered;		  /* hcall-splpar is among its functions */
	uint32_t data_cache_line; /* bytes, of the device tree; 0: it does not say */
	uint32_t slb_entries;	  /* the same */
	uintptr_t poison;	  /* an address that faults, with and without translation */
};

/*
 * The table of areas for this guest. NULL: it has none, because the hypervisor, or the firmware of a machine
 * without one, does not offer them: one line. Which of them it knows, the hypervisor is asked: one that it does
 * not is named and left out, and so are those behind it. guest: must live on. A data cache line that no area
 * could be aligned to is named, and 128 taken. Needs the boot CPU's id (CAP_CPU_IDS).
 */
const struct area_table *papr_area_table_choose(const struct papr_area_guest *guest);

/*
 * BOOT step `boot-areas`: areas_begin() and the boot CPU's own memory; its undo. PREPARE and ONLINE rows call
 * the others. All do nothing where there are no areas.
 */
int papr_areas_boot(cpu_t cpu, const struct papr_area_guest *guest);
void papr_areas_boot_undo(cpu_t cpu);
int papr_areas_prepare(cpu_t cpu);
void papr_areas_prepare_undo(cpu_t cpu);
int papr_areas_online(cpu_t cpu);
void papr_areas_online_undo(cpu_t cpu);

#endif
