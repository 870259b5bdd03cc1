// SPDX-License-Identifier: MIT
/*
 * Chooses the park region, and fills it. Called by plan.c. A place that was wished for and cannot be had is
 * named, and then CPUs start cold: the region is still needed, by the boot CPU.
 */
#include "arch/park.h"
#include "core/machine.h"
#include "core/string.h"
#include "handover/plan.h"

#include <muster/muster.h>

#define OWNER "park region"

static bool refuse(uint64_t address, const char *rule)
{
	console_print("muster: park region at %#jx: %s: CPUs start cold\n", address, rule);
	return false;
}

/* The one that we came by, if all have left it and it will do. */
static bool place_again(struct handover_plan *plan)
{
	struct handed_over *before = plan->platform->arrived();

	if (!before->good || before->region_size < plan->region_size ||
	    plan_meets_payload(&plan->payload, before->region, before->region_size))
		return false;
	if (!before->again && __atomic_load_n(&park_region_page(before->region)->left,
					      __ATOMIC_ACQUIRE) != before->parked)
		return false;
	before->again = true;
	plan->region = before->region;
	plan->region_size = before->region_size;
	return true;
}

static const char *beyond(void)
{
	return park_reach() == UINT64_C(1) << 32 ? "reaches beyond 4 GiB"
						 : "reaches beyond what released CPUs reach";
}

/* Where it is wished to be. False with a line: it cannot be there. */
static bool place_wished(struct handover_plan *plan)
{
	uint64_t at = plan->request->park.address;

	if (at % MEMORY_PAGE_SIZE)
		return refuse(at, "is no multiple of 4096");
	if (at >= park_reach() || plan->region_size > park_reach() - at)
		return refuse(at, beyond());
	if (!at || !plan_is_ram(at, MEMORY_PAGE_SIZE))
		return refuse(at, "is not RAM");
	if (!plan_is_ram(at, plan->region_size))
		return refuse(at, "is too small: the RAM ends before the region does");
	if (plan->platform->arrived()->region == at && place_again(plan))
		return true;
	if (plan_meets_payload(&plan->payload, at, plan->region_size))
		return refuse(at, "the payload wants to be there");
	if (plan->claim_count == PLAN_CLAIMS_MAX || mem_claim(at, plan->region_size, OWNER))
		return refuse(at, "is taken");
	plan_claimed(plan, at, plan->region_size);
	plan->region = at;
	return true;
}

static int cold_choose(struct handover_plan *plan)
{
	const enum park_mode mode = plan->request->park.mode;
	uint64_t flags = plan_alloc(plan, cpu_possible_count(), 0, "handover");

	if (!flags)
		return MUSTER_E_NO_MEMORY;
	plan->cold = machine_get()->direct(flags);
	for_each_cpu (cpu)
		plan->cold[cpu.number] =
			!plan->parks || !cpu_is_online(cpu) ||
			(mode == PARK_MODE_NO_SIBLING && plan->platform->is_sibling(cpu));
	return 0;
}

int region_make(struct handover_plan *plan)
{
	const struct park_wish *wish = &plan->request->park;

	plan->slots = cpu_possible_count();
	plan->record_bytes = sizeof(struct handover_record) +
			     plan->platform->entries_max() * sizeof(struct handover_entry);
	plan->region_size = park_region_bytes(plan->slots, plan->record_bytes);
	plan->parks = wish->mode != PARK_MODE_OFF;
	if (wish->has_address)
		plan->parks &= place_wished(plan);
	if (!plan->region && !place_again(plan))
		plan->region = plan_alloc(plan, plan->region_size, park_reach(), OWNER);
	if (!plan->region)
		return MUSTER_E_NO_MEMORY;
	park_region_fill(plan->region, plan->region_size, plan->slots);
	plan->platform->listen_for_nmis(plan->region);
	plan->root = park_region_root(plan->region, plan->region_size);
	return plan->root ? cold_choose(plan) : MUSTER_E_NO_MEMORY;
}
