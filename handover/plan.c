// SPDX-License-Identifier: MIT
/*
 * Makes a handover's plan (plan.h). Called by muster_handover() on the boot CPU, while everything still runs:
 * whatever can go wrong with the payload and with memory goes wrong here. Must leave nothing behind when it
 * does.
 */
#include "handover/plan.h"

#include "arch/park.h"
#include "core/machine.h"
#include "core/memory_table.h"
#include "core/string.h"

#include <muster/muster.h>

#define OWNER "payload"

static uint64_t page_down(uint64_t address)
{
	return address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t address)
{
	return page_down(address + MEMORY_PAGE_SIZE - 1);
}

bool plan_is_ram(uint64_t base, uint64_t size)
{
	uint64_t at = base, end = base + size;
	const struct memory_range *range;

	if (end <= base)
		return false;
	for (size_t i = 0; at < end && (range = mem_at(i)); i++) {
		if (range->base + range->size <= at)
			continue;
		if (range->base > at || range->kind != MEMORY_RAM)
			return false;
		at = range->base + range->size;
	}
	return at >= end;
}

/* Reads RAM through the direct map. */
static bool ram_read(void *context, uint64_t physical, void *buffer, size_t size)
{
	(void)context;
	if (!plan_is_ram(physical, size))
		return false;
	memcpy(buffer, machine_get()->direct(physical), size);
	return true;
}

static const struct firmware_reader ram_reader = { .read = ram_read };

bool plan_meets_payload(const struct payload *payload, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < payload->segment_count; i++) {
		const struct payload_segment *segment = &payload->segments[i];

		if (page_down(segment->to) < base + size &&
		    base < page_up(segment->to + segment->memory_size))
			return true;
	}
	return false;
}

void plan_claimed(struct handover_plan *plan, uint64_t base, uint64_t size)
{
	plan->claims[plan->claim_count++] = (struct payload_part){ base, size };
}

uint64_t plan_alloc(struct handover_plan *plan, uint64_t size, uint64_t limit, const char *owner)
{
	uint64_t base;

	/* Page tables for a region within it can be given back as a whole. */
	const uint64_t within = UINT64_C(2) << 20;

	size = page_up(size);
	if (plan->claim_count == PLAN_CLAIMS_MAX)
		return 0;
	base = mem_alloc(size, 0, .owner = owner, .limit = limit,
			 .no_cross = size <= within ? within : 0);
	if (base)
		plan_claimed(plan, base, size);
	return base;
}

void plan_undo(struct handover_plan *plan)
{
	if (plan->root)
		park_region_root_free(plan->region, plan->root);
	plan->root = 0;
	while (plan->claim_count--)
		(void)mem_free(plan->claims[plan->claim_count].base,
			       plan->claims[plan->claim_count].size);
	plan->claim_count = 0;
}

static int refuse(const char *what, uint64_t value, const char *rule)
{
	console_print("muster: payload: %s: %#jx: %s\n", what, value, rule);
	return MUSTER_E_INVALID;
}

static int check_segments(const struct handover_plan *plan)
{
	const struct handed_over *before = plan->platform->arrived();

	for (uint32_t i = 0; i < plan->payload.segment_count; i++) {
		const struct payload_segment *segment = &plan->payload.segments[i];
		uint64_t base = page_down(segment->to);
		uint64_t size = page_up(segment->to + segment->memory_size) - base;

		if (!plan_is_ram(base, size))
			return refuse("segment's p_paddr", segment->to, "is not all RAM");
		if (plan->platform->holds(base, size))
			return refuse("segment's p_paddr", segment->to,
				      "lies over memory that the hypervisor holds");
		if (before->region_size && !before->good &&
		    base < before->region + before->region_size && before->region < base + size)
			return refuse("segment's p_paddr", segment->to,
				      "lies over a park region in which CPUs may be");
	}
	return 0;
}

/* The free part of [base, end) that comes next is ours from now on, so that nobody puts anything there. */
static int claim_free(struct handover_plan *plan, uint64_t base, uint64_t end)
{
	const struct memory_range *range;

	for (size_t i = 0; (range = mem_at(i)); i++) {
		uint64_t start = range->base > base ? range->base : base;
		uint64_t stop = range->base + range->size < end ? range->base + range->size : end;

		if (start >= stop || !memory_range_is_free(range))
			continue;
		if (plan->claim_count == PLAN_CLAIMS_MAX)
			return refuse("segments", plan->payload.segment_count,
				      "lie over too many pieces of free memory");
		if (mem_claim(start, stop - start, OWNER))
			return MUSTER_E_NO_MEMORY;
		plan_claimed(plan, start, stop - start);
		i = 0; /* the list has changed */
	}
	return 0;
}

static int claim_segments(struct handover_plan *plan)
{
	int error = 0;

	for (uint32_t i = 0; i < plan->payload.segment_count && !error; i++) {
		const struct payload_segment *segment = &plan->payload.segments[i];

		error = claim_free(plan, page_down(segment->to),
				   page_up(segment->to + segment->memory_size));
	}
	return error;
}

/* One that may be put anywhere is put where there is room. */
#define PAYLOAD_ALIGN UINT64_C(0x10000)

static int payload_place(struct handover_plan *plan)
{
	struct payload *payload = &plan->payload;
	uint64_t low = UINT64_MAX, end = 0, place;

	if (!payload->movable)
		return 0;
	for (uint32_t i = 0; i < payload->segment_count; i++) {
		const struct payload_segment *segment = &payload->segments[i];

		low = segment->to < low ? segment->to : low;
		if (segment->to + segment->memory_size > end)
			end = segment->to + segment->memory_size;
	}
	low &= ~(PAYLOAD_ALIGN - 1);
	place = mem_alloc(page_up(end - low), PAYLOAD_ALIGN, .owner = OWNER, .limit = park_reach());
	if (!place)
		return MUSTER_E_NO_MEMORY;
	plan_claimed(plan, place, page_up(end - low));
	for (uint32_t i = 0; i < payload->segment_count; i++)
		payload->segments[i].to += place - low;
	payload->entry += (uint32_t)(place - low);
	return 0;
}

static void part_move(struct payload_part *part, uint64_t by)
{
	if (part->size)
		part->base += by;
}

/* Out of the payload's own way, and where it can be read when it is copied. */
static int module_move(struct handover_plan *plan)
{
	uint64_t place, by;

	if (!plan_meets_payload(&plan->payload, plan->module.base, plan->module.size) &&
	    plan->module.base + plan->module.size <= park_reach())
		return 0;
	place = plan_alloc(plan, plan->module.size, park_reach(), OWNER);
	if (!place)
		return MUSTER_E_NO_MEMORY;
	memcpy(machine_get()->direct(place), machine_get()->direct(plan->module.base),
	       plan->module.size);
	by = place - plan->module.base;
	plan->module.base = place;
	part_move(&plan->payload.file, by);
	part_move(&plan->payload.initrd, by);
	part_move(&plan->payload.append, by);
	for (uint32_t i = 0; i < plan->payload.segment_count; i++)
		plan->payload.segments[i].from += by;
	return 0;
}

static void copies_write(const struct handover_plan *plan)
{
	struct park_copy *copy = machine_get()->direct(plan->region + PARK_COPY_PAGE);

	for (uint32_t i = 0; i < plan->payload.segment_count; i++) {
		const struct payload_segment *segment = &plan->payload.segments[i];

		*copy++ = (struct park_copy){ segment->to, segment->from, segment->file_size,
					      segment->memory_size - segment->file_size };
	}
}
_Static_assert(PAYLOAD_SEGMENTS_MAX <= PARK_COPIES_MAX, "one copy for each segment");

static bool module_find(struct handover_plan *plan)
{
	uint32_t index = plan->request->module;

	if (index != HANDOVER_LAST_MODULE)
		return plan->platform->module(index, &plan->module.base, &plan->module.size);
	/* Asking for one too many leaves the last as it was found. */
	for (index = 0; plan->platform->module(index, &plan->module.base, &plan->module.size);)
		index++;
	return index;
}

/* Where this kernel does not reach it is copied from, to where it does. */
static int module_bring(struct handover_plan *plan)
{
	const struct machine *machine = machine_get();
	struct payload_part *module = &plan->module;
	uint64_t place;

	if (!module->size || !plan->platform->reader ||
	    (machine->direct(module->base) && machine->direct(module->base + module->size - 1)))
		return 0;
	place = plan_alloc(plan, module->size, park_reach(), OWNER);
	if (!place)
		return MUSTER_E_NO_MEMORY;
	if (!firmware_read(plan->platform->reader, module->base, machine->direct(place),
			   (size_t)module->size)) {
		console_print("muster: payload: module of %#jx bytes at %#jx: cannot be read\n",
			      module->size, module->base);
		return MUSTER_E_CORRUPT;
	}
	module->base = place;
	return 0;
}

static int payload_read(struct handover_plan *plan)
{
	int error;

	if (!module_find(plan)) {
		console_print("muster: payload: module: this kernel was not given one, or not that "
			      "many\n");
		return MUSTER_E_NOT_FOUND;
	}
	error = module_bring(plan);
	if (!error)
		error = payload_parts_read(&ram_reader, plan->module.base, plan->module.size,
					   &plan->payload);
	if (!error)
		error = payload_elf_read(&ram_reader, PARK_MACHINE, park_reach(), &plan->payload);
	return error;
}

int plan_make(struct handover_plan *plan, const struct handover_request *request,
	      const struct platform_handover *platform)
{
	int error;

	*plan = (struct handover_plan){ .platform = platform,
					.request = request,
					.free_bytes = mem_free_total(),
					.online = cpu_online_count(),
					.generation =
						platform->arrived()->found.record.generation + 1 };
	error = payload_read(plan);
	if (!error)
		error = payload_place(plan);
	if (!error)
		error = check_segments(plan);
	if (!error)
		error = claim_segments(plan);
	if (!error)
		error = module_move(plan);
	if (!error)
		error = region_make(plan);
	if (!error)
		error = told_write(plan);
	if (error)
		plan_undo(plan);
	else
		copies_write(plan);
	return error;
}
