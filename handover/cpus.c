// SPDX-License-Identifier: MIT
/*
 * All CPUs but the boot CPU leave this kernel: most of them into the park page, the others to where only a
 * start-up reaches them. Called by muster_handover() when the plan stands. In the end no CPU may use anything
 * of this kernel's, and the page's count of those that wait is final.
 */
#include "arch/park.h"
#include "core/cpu_table.h"
#include "core/machine.h"
#include "core/runner.h"
#include "handover/plan.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* For those who ask by a function. */
static const uint8_t *cold;

static bool goes_cold(cpu_t cpu)
{
	return cold[cpu.number];
}

static bool parks(cpu_t cpu)
{
	return !cold[cpu.number];
}

/* Returns how many are late. */
static uint32_t leave(bool (*wanted)(cpu_t cpu))
{
	for_each_other_record (record)
		if (record_state(record) == CPU_ONLINE && wanted(record_cpu(record)))
			bringup_ask_to_leave(record_cpu(record));
	return bringup_wait_to_leave(wanted);
}

static struct park_slot *slot_at(const struct handover_plan *plan, uint32_t i)
{
	return machine_get()->direct(plan->region + PARK_SLOTS_PAGE +
				     (uint64_t)i * PARK_SLOT_STRIDE);
}

static struct park_slot *slot_of(const struct handover_plan *plan, cpu_t cpu)
{
	for (uint32_t i = 0; i < plan->slots; i++) {
		struct park_slot *slot = slot_at(plan, i);

		if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == PARK_SLOT_PARKED &&
		    slot->hwid == cpu_hwid(cpu).value)
			return slot;
	}
	return NULL;
}

/* Those that have left are on their way into the page: a CPU says that it has stopped before it goes there.
 * Returns how many have not come within the limit, each named. */
static uint32_t wait_for_parked(const struct handover_plan *plan)
{
	const struct park_page *page = park_region_page(plan->region);
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	uint32_t expected = 0, late = 0;

	for_each_other_record (record)
		expected += parks(record_cpu(record)) && record_state(record) == CPU_HELD;
	while (__atomic_load_n(&page->parked, __ATOMIC_ACQUIRE) < expected) {
		if (clock_limit_over(&limit))
			break;
		cpu_relax();
	}
	for_each_other_record (record) {
		cpu_t cpu = record_cpu(record);

		if (!parks(cpu) || record_state(record) != CPU_HELD || slot_of(plan, cpu))
			continue;
		console_print("muster: CPU %u: has left, and does not wait in the park page within "
			      "%u ms\n",
			      cpu.number, clock_cpu_limit());
		late++;
	}
	return late;
}

/* Nobody comes in any more, and those that are in are at rest. Returns how many are not. */
static uint32_t close_door(const struct handover_plan *plan)
{
	struct park_page *page = park_region_page(plan->region);
	uint32_t entered = __atomic_fetch_or(&page->entered, PARK_CLOSED, __ATOMIC_SEQ_CST);
	struct clock_limit limit = clock_limit_begin(clock_cpu_limit());
	uint32_t parked;

	do {
		parked = __atomic_load_n(&page->parked, __ATOMIC_ACQUIRE);
		cpu_relax();
	} while (parked != entered && !clock_limit_over(&limit));
	return entered - parked;
}

/* One that is reset had better not have parked: but it may have, in the last moment. */
static void take_out(const struct handover_plan *plan, cpu_t cpu)
{
	struct park_page *page = park_region_page(plan->region);
	struct park_slot *slot = slot_of(plan, cpu);

	if (!slot)
		return;
	slot->state = PARK_SLOT_RESET;
	page->parked--;
}

static int put_away(const struct handover_plan *plan, cpu_t cpu)
{
	if (plan->platform->put_away)
		return plan->platform->put_away(cpu);
	return machine_reset(cpu);
}

/* Put every CPU that is not in the page, or every one, to where only a start-up reaches it. */
static int reset_those(struct handover_plan *plan, bool all)
{
	bool any = false;

	for_each_other_record (record) {
		int error;

		record->reset = record->present && (all || !slot_of(plan, record_cpu(record)));
		if (!record->reset)
			continue;
		error = put_away(plan, record_cpu(record));
		if (error) {
			console_print("muster: CPU %u: does not park, and cannot be reset: %s\n",
				      record->number, muster_error_name(error));
			return error;
		}
		any = true;
	}
	if (any)
		bringup_reset_wait();
	for_each_other_record (record) {
		if (record->reset)
			take_out(plan, record_cpu(record));
		record->reset = false;
	}
	return 0;
}

/* Nothing comes of it: all that have left come again. Where one does not, it may still wait in the region. */
static void come_again(struct handover_plan *plan)
{
	park_region_take_no_more();
	park_region_let_go(plan->region);
	for_each_other_record (record) {
		cpu_t cpu = record_cpu(record);

		if (record_state(record) != CPU_HELD || record->given_up)
			continue;
		if (!machine_reset(cpu))
			bringup_reset_wait();
		bringup_come_again(cpu);
		plan->late |= parks(cpu) && record_state(record) != CPU_ONLINE;
	}
}

int cpus_leave(struct handover_plan *plan)
{
	uint32_t late;
	int error;

	cold = plan->cold;
	late = leave(goes_cold);
	if (plan->parks && (!late || plan->request->go_on_without)) {
		park_region_take_stopped(plan->region, plan->root);
		late += leave(parks);
		late += wait_for_parked(plan);
	}
	plan->late = late;
	if (late && !plan->request->go_on_without) {
		console_print("muster: handover: refused: %u CPUs are late\n", late);
		(void)close_door(plan);
		come_again(plan);
		return MUSTER_E_TIMED_OUT;
	}
	if (close_door(plan) && !plan->request->go_on_without) {
		plan->late = true;
		console_print(
			"muster: handover: refused: CPUs are on their way into the park page\n");
		come_again(plan);
		return MUSTER_E_TIMED_OUT;
	}
	error = reset_those(plan, false);
	if (!error && plan->request->waiting)
		error = plan->request->waiting(park_region_page(plan->region));
	if (error)
		come_again(plan);
	return error;
}
