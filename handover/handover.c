// SPDX-License-Identifier: MIT
/*
 * Goes on to another kernel: muster/handover.h. Called by a kernel on the boot CPU. First the plan, of which
 * anything may fail; then the other CPUs leave; from then on nothing may fail, and nothing is left to return
 * to.
 */
#include "handover/plan.h"

#include "arch/park.h"
#include "core/machine.h"
#include "core/runner.h"
#include "platform/platform.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* The record, when everything has been undone. */
static uint64_t record_write(const struct handover_plan *plan, const struct handover_list *list)
{
	struct handover_record *record =
		machine_get()->direct(park_region_page(plan->region)->record);
	uint64_t bytes = sizeof(*record) + (uint64_t)list->count * sizeof(struct handover_entry);

	*record = (struct handover_record){ .magic = HANDOVER_MAGIC,
					    .revision = PARK_REVISION,
					    .compatible = PARK_REVISION,
					    .size = (uint32_t)bytes,
					    .entry_count = list->count,
					    .entry_size = sizeof(struct handover_entry),
					    .generation = plan->generation,
					    .online = plan->online,
					    .boot_hwid = cpu_hwid(cpu_from_number(0)).value,
					    .free_bytes = plan->free_bytes };
	record->sum = park_sum(PARK_SUM_BEGIN, record, bytes);
	return bytes;
}

static void leave(struct handover_plan *plan) __attribute__((noreturn));
static void leave(struct handover_plan *plan)
{
	const struct park_page *page = park_region_page(plan->region);
	struct handover_record *record = machine_get()->direct(page->record);
	struct handover_list list = {
		.at = (struct handover_entry *)(record + 1),
		.room = (uint32_t)((plan->record_bytes - sizeof(*record)) /
				   sizeof(struct handover_entry)),
	};

	console_print("muster: handover %u: to %#x: %u of %u CPUs wait in the park page at %#jx\n",
		      plan->generation, plan->payload.entry, page->parked, plan->online - 1,
		      plan->region);
	interrupts_off();
	plan->platform->undo(&list);
	bringup_boot_cpu_leave();
	plan->platform->undo_last(&list);
	if (list.lost)
		muster_panic("handover: the record has no room for %u entries", list.lost);
	park_region_publish(plan->region, record_write(plan, &list));
	park_region_leave(plan->region, plan->root, plan->payload.entry, (uint32_t)plan->told);
}

int muster_handover(const struct handover_request *request)
{
	static struct handover_plan plan;
	const struct platform *platform = platform_current();
	int error;

	if (cpu_this().number || !bringup_is_over() || call_queue_is_serving())
		return MUSTER_E_ORDER;
	if (!platform->handover) {
		console_print("muster: handover: platform %s cannot be left for another kernel\n",
			      platform->name);
		return MUSTER_E_NOT_SUPPORTED;
	}
	error = plan_make(&plan, request, platform->handover);
	if (error)
		return error;
	error = cpus_leave(&plan);
	if (!error)
		leave(&plan);
	/* A CPU that is late may come to the page after all, and halt there. */
	if (!plan.late)
		plan_undo(&plan);
	return error;
}
