// SPDX-License-Identifier: MIT
/*
 * How a PAPR guest is left for the next kernel: platform/handover.h. Each CPU deregisters its areas when it leaves, in
 * the order that PAPR wants (papr_areas.c), and its interrupts; so that here it is only said what they were. Called by
 * a handover, on the boot CPU.
 */
#include "arch/park.h"
#include "core/image_choice.h"
#include "core/machine.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_park.h"

#include <muster/muster.h>

IMAGE_CHOICE(handover);

static bool module(uint32_t index, uint64_t *base, uint64_t *size)
{
	const struct device_tree_chosen *chosen = &papr_firmware.chosen;

	if (index || !chosen->initrd)
		return false;
	*base = chosen->initrd;
	*size = chosen->initrd_size;
	return true;
}

static uint64_t told_bytes(void)
{
	return device_tree_next_bytes(&papr_firmware.tree, HANDOVER_LINE_MAX + 1);
}

/* A tree has room for one initrd: the module that the payload is in has everything, where that is handed on. */
static int tell(const struct handover_telling *telling)
{
	const struct handover_range *initrd =
		telling->module.size ? &telling->module : &telling->initrd;
	const struct device_tree_next next = {
		.room = (uint32_t)telling->bytes,
		.command_line = telling->command_line,
		.initrd = initrd->base,
		.initrd_size = initrd->size,
		.region = telling->region.base,
		.region_size = telling->region.size,
	};

	return device_tree_next_write(&papr_firmware.tree, machine_get()->direct(telling->at),
				      &next);
}

/* The threads of one core, by its node. */
struct core_search {
	uint64_t server;
	uint32_t reg;
	bool found, sibling;
};

static void find_core(void *context, const struct device_tree_cpu *thread)
{
	struct core_search *search = context;

	if (thread->server != search->server)
		return;
	search->reg = thread->reg;
	search->found = true;
}

static void find_sibling(void *context, const struct device_tree_cpu *thread)
{
	struct core_search *search = context;
	cpu_t other = cpu_by_hwid(hwid_from_value(thread->server));

	if (thread->reg != search->reg || thread->server == search->server || cpu_is_none(other))
		return;
	search->sibling |=
		!other.number || (cpu_is_online(other) && thread->server < search->server);
}

static bool is_sibling(cpu_t cpu)
{
	struct core_search search = { .server = cpu_hwid(cpu).value };
	struct device_tree_cpus cpus;

	(void)device_tree_cpus_read(&papr_firmware.tree, NULL, &cpus, find_core, &search);
	if (search.found)
		(void)device_tree_cpus_read(&papr_firmware.tree, NULL, &cpus, find_sibling,
					    &search);
	return search.sibling;
}

/* System resets are no interrupt of a controller's. */
static void listen_for_nmis(uint64_t region)
{
	(void)region;
}

/* RTAS is memory that the firmware runs in, for the next kernel too. */
static bool holds(uint64_t base, uint64_t size)
{
	const struct device_tree_rtas *rtas = &papr_firmware.rtas;

	return base < rtas->base + rtas->size && rtas->base < base + size;
}

static void undo(struct handover_list *list)
{
	(void)list;
}

/* What could not be taken back is nobody's: of a kind that no reader knows. */
static void tell_areas(cpu_t cpu, struct handover_list *list)
{
	const struct area_table *table = area_table_current();

	for (size_t i = 0; i < table->count; i++) {
		struct area_info info = area_info(cpu, i);

		if (info.state != AREA_NONE)
			handover_list_add(list, info.state == AREA_MADE ? HANDOVER_GIVEN_BACK : 0,
					  cpu_hwid(cpu).value, info.physical, table->kinds[i].told);
	}
}

/*
 * Areas are those that each CPU has deregistered on its way out. The process table stays known until there is
 * another: nobody looks while translation is off. Interrupts with translation off again, as at the beginning; and
 * little-endian, for CPUs that wait (docs/park.md).
 */
static void undo_last(struct handover_list *list)
{
	uint64_t process_table = papr_process_table();
	long status;

	if (area_table_current())
		for_each_cpu (cpu)
			tell_areas(cpu, list);
	if (!process_table)
		return;
	handover_list_add(list, HANDOVER_PROCESS_TABLE, HANDOVER_NO_CPU, process_table,
			  MEMORY_PAGE_SIZE);
	status = papr_interrupt_location(false);
	if (status)
		console_print("muster: handover: H_SET_MODE: interrupts without translation: "
			      "status %ld\n",
			      status);
}

static uint32_t entries_max(void)
{
	const struct area_table *table = area_table_current();

	return 1 + (table ? cpu_possible_count() * (uint32_t)table->count : 0);
}

const struct platform_handover papr_handover = {
	.arrived = parked_handed_over,
	.module = module,
	.tell = tell,
	.told_bytes = told_bytes,
	.is_sibling = is_sibling,
	.listen_for_nmis = listen_for_nmis,
	.holds = holds,
	.undo = undo,
	.undo_last = undo_last,
	.entries_max = entries_max,
};
