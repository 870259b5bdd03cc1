// SPDX-License-Identifier: MIT
/*
 * The virtual address layout: collecting holes in a draft, and deciding everything once. The step
 * `layout` and hypervisors that keep a part of the address space call it. It must never need to
 * know how much memory there is, nor let an address out before the holes are known.
 *
 * Ranges have inclusive ends here: the last address of 64 bits has no successor.
 */
#include "core/align.h"
#include "core/layout_current.h"
#include "core/needs.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

/* Values of struct layout_draft.state; a draft that was never begun has neither. */
#define DRAFT_OPEN   0x6f70656eu
#define DRAFT_SEALED 0x7365616cu

struct layout {
	uint64_t kernel_top;
	uint64_t user_end;
	uint64_t direct_start;
	uint64_t direct_size;
	uint64_t fixmap_start;
	uint64_t window_start;
	uint64_t window_stride;
	uint64_t image_start;
	uint64_t image_end;
	uint32_t fixmap_slots;
	uint32_t hole_count;
	struct layout_hole holes[LAYOUT_HOLES_MAX];
};

static struct layout sealed;
static bool is_sealed;
struct layout_windows layout_windows;

struct span {
	uint64_t first;
	uint64_t last; /* inclusive */
};

static bool meets(struct span a, struct span b)
{
	return a.first <= b.last && b.first <= a.last;
}

static struct span hole_span(const struct layout_hole *hole)
{
	struct span span = { hole->start, hole->start + (hole->size - 1) };

	return span;
}

static struct span image_span(const struct layout_machine *machine)
{
	struct span span = { machine->image_start, machine->image_end - 1 };

	return span;
}

void layout_draft_begin(struct layout_draft *draft, const struct layout_machine *machine)
{
	draft->machine = *machine;
	draft->hole_count = 0;
	draft->state = DRAFT_OPEN;
}

static int refuse(const char *owner, uint64_t start, uint64_t size, const char *rule, int error)
{
	console_print("muster: layout: hole of %s at %#llx, %#llx bytes: %s\n", owner,
		      (unsigned long long)start, (unsigned long long)size, rule);
	return error;
}

/* Put a hole in place `index`, which may be that of the hole it replaces or the first free one. */
static int hole_put(struct layout_draft *draft, uint32_t index, uint64_t start, uint64_t size,
		    const char *owner)
{
	struct layout_hole hole = { start, size, owner };

	if (meets(hole_span(&hole), image_span(&draft->machine)))
		return refuse(owner, start, size, "covers the kernel image", MUSTER_E_INVALID);
	for (uint32_t i = 0; i < draft->hole_count; i++)
		if (i != index && meets(hole_span(&hole), hole_span(&draft->holes[i])))
			return refuse(owner, start, size, "overlaps another hole", MUSTER_E_EXISTS);
	if (index == LAYOUT_HOLES_MAX)
		return refuse(owner, start, size, "too many holes", MUSTER_E_NO_MEMORY);
	draft->holes[index] = hole;
	if (index == draft->hole_count)
		draft->hole_count++;
	return 0;
}

/* The place of the hole that reaches the last address, or the number of holes. */
static uint32_t top_hole(const struct layout_draft *draft)
{
	uint32_t i = 0;

	while (i < draft->hole_count &&
	       hole_span(&draft->holes[i]).last != draft->machine.address_last)
		i++;
	return i;
}

int layout_reserve_top(struct layout_draft *draft, uint64_t size, const char *owner)
{
	const struct layout_machine *machine = &draft->machine;
	uint64_t rounded = align_up(size, machine->fixmap_align);
	uint32_t index = top_hole(draft);

	owner = owner ? owner : "unnamed";
	if (draft->state != DRAFT_OPEN)
		return refuse(owner, 0, size, "asked for after the layout was sealed",
			      MUSTER_E_ORDER);
	if (!rounded)
		return refuse(owner, 0, size, size ? "wraps" : "is empty", MUSTER_E_INVALID);
	/* Not ">=": one byte at least must be left between the kernel's start and the hole. */
	if (rounded > machine->address_last - machine->kernel_start)
		return refuse(owner, machine->address_last - (rounded - 1), rounded,
			      "leaves nothing to the kernel", MUSTER_E_INVALID);
	if (rounded != size)
		console_print("muster: layout: hole of %s: %#llx bytes rounded up to %#llx\n",
			      owner, (unsigned long long)size, (unsigned long long)rounded);
	if (index < draft->hole_count && draft->holes[index].size >= rounded)
		return 0;
	return hole_put(draft, index, machine->address_last - (rounded - 1), rounded, owner);
}

int layout_reserve(struct layout_draft *draft, uint64_t start, uint64_t size, const char *owner)
{
	uint64_t last = start + (size - 1);

	owner = owner ? owner : "unnamed";
	if (draft->state != DRAFT_OPEN)
		return refuse(owner, start, size, "asked for after the layout was sealed",
			      MUSTER_E_ORDER);
	if (!size || last < start || last > draft->machine.address_last)
		return refuse(owner, start, size,
			      size ? "runs over the end of the address space" : "is empty",
			      MUSTER_E_INVALID);
	return hole_put(draft, draft->hole_count, start, size, owner);
}

static const struct layout *no_room(const char *part, uint64_t bytes)
{
	console_print("muster: layout: no room for the %s of %#llx bytes\n", part,
		      (unsigned long long)bytes);
	return NULL;
}

/* NULL, or what of the machine's numbers breaks its rule. */
static const char *broken_number(const struct layout_machine *machine)
{
	if (!is_power_of_two(machine->direct_align))
		return "direct_align is no power of two";
	if (!is_power_of_two(machine->fixmap_align) || machine->fixmap_align < MEMORY_PAGE_SIZE)
		return "fixmap_align is no power of two of at least a page";
	if (!is_power_of_two(machine->window_stride) ||
	    machine->window_stride < 2 * MEMORY_PAGE_SIZE)
		return "window_stride is no power of two of at least two pages";
	if (machine->image_start >= machine->image_end)
		return "image_end is not above image_start";
	if (machine->kernel_start >= machine->address_last)
		return "kernel_start is not below address_last";
	if (!machine->direct_size || !machine->cpus_max || !machine->fixmap_slots)
		return "direct_size, cpus_max or fixmap_slots is 0";
	return NULL;
}

/* What the parts may not meet. */
struct obstacles {
	struct span spans[LAYOUT_HOLES_MAX + 2];
	uint32_t count;
};

static void obstacle_add(struct obstacles *obstacles, struct span span)
{
	obstacles->spans[obstacles->count++] = span;
}

/*
 * The lowest multiple of align from `from` on that has size bytes up to `last` and meets no
 * obstacle. Returns false when there is none.
 */
static bool place(const struct obstacles *obstacles, uint64_t from, uint64_t last, uint64_t size,
		  uint64_t align, uint64_t *start)
{
	bool moved;

	do {
		struct span span;

		*start = align_up(from, align);
		if (*start < from || *start > last || size - 1 > last - *start)
			return false;
		span.first = *start;
		span.last = *start + (size - 1);
		moved = false;
		for (uint32_t i = 0; i < obstacles->count && !moved; i++) {
			if (!meets(span, obstacles->spans[i]))
				continue;
			/* No wrap: what reaches the last address lies above the fixmap, and so
			 * above `last`. */
			from = obstacles->spans[i].last + 1;
			moved = true;
		}
	} while (moved);
	return true;
}

/* The fixmap goes right below what is ours, and nowhere else. */
static bool place_fixmap(const struct layout_draft *draft, const struct obstacles *obstacles,
			 uint64_t bytes, uint64_t *start)
{
	const struct layout_machine *machine = &draft->machine;
	uint32_t hole = top_hole(draft);
	struct span span;
	uint64_t top;

	/* Without a hole rounding down leaves the last page unused, the last address being all
	 * ones: pointers just below 2^width are error values, and ends that would wrap to 0. */
	top = hole < draft->hole_count ? draft->holes[hole].start : machine->address_last;
	top = align_down(top, machine->fixmap_align);
	if (top < machine->kernel_start || top - machine->kernel_start < bytes)
		return false;
	span.first = top - bytes;
	span.last = top - 1;
	for (uint32_t i = 0; i < obstacles->count; i++)
		if (meets(span, obstacles->spans[i]))
			return false;
	*start = span.first;
	return true;
}

/*
 * The image, which is the last obstacle, may lie in the direct map as a whole: that is where a
 * 32-bit kernel has it. It may not lie across an end of it.
 */
static bool place_direct(const struct obstacles *obstacles, const struct layout_machine *machine,
			 uint64_t last, struct span *direct)
{
	struct obstacles without_image = *obstacles;
	struct span image = image_span(machine);
	bool found;

	without_image.count--;
	found = place(&without_image, machine->kernel_start, last, machine->direct_size,
		      machine->direct_align, &direct->first);
	direct->last = direct->first + (machine->direct_size - 1);
	if (found && meets(*direct, image) &&
	    (image.first < direct->first || image.last > direct->last)) {
		found = place(obstacles, machine->kernel_start, last, machine->direct_size,
			      machine->direct_align, &direct->first);
		direct->last = direct->first + (machine->direct_size - 1);
	}
	return found;
}

const struct layout *layout_seal(struct layout_draft *draft)
{
	const struct layout_machine *machine = &draft->machine;
	uint64_t fixmap_bytes = (uint64_t)machine->fixmap_slots * MEMORY_PAGE_SIZE;
	uint64_t windows_bytes = machine->cpus_max * machine->window_stride;
	struct obstacles obstacles = { .count = 0 };
	struct span direct;
	const char *broken;
	uint64_t last;
	uint32_t hole;

	if (draft->state != DRAFT_OPEN || is_sealed) {
		console_print("muster: layout: sealing: %s\n",
			      is_sealed ? "there is a layout already" : "the draft is not open");
		return NULL;
	}
	broken = broken_number(machine);
	if (broken) {
		console_print("muster: layout: %s\n", broken);
		return NULL;
	}
	hole = top_hole(draft);
	for (uint32_t i = 0; i < draft->hole_count; i++)
		obstacle_add(&obstacles, hole_span(&draft->holes[i]));

	obstacle_add(&obstacles, image_span(machine));
	if (!place_fixmap(draft, &obstacles, fixmap_bytes, &sealed.fixmap_start))
		return no_room("fixmap", fixmap_bytes);
	last = sealed.fixmap_start - 1;

	if (!place_direct(&obstacles, machine, last, &direct))
		return no_room("direct map", machine->direct_size);
	obstacle_add(&obstacles, direct);

	/* A shift tells whether the product wrapped: a 64-bit division is a library call where
	 * registers have 32 bits. */
	if (machine->cpus_max > UINT64_MAX >> __builtin_ctzll(machine->window_stride) ||
	    !place(&obstacles, machine->kernel_start, last, windows_bytes, machine->window_stride,
		   &sealed.window_start))
		return no_room("CPU windows", windows_bytes);

	/* Beyond the last address comes 0 when it is that of 64 bits. */
	sealed.kernel_top =
		hole < draft->hole_count ? draft->holes[hole].start : machine->address_last + 1;
	sealed.user_end = machine->user_end;
	sealed.direct_start = direct.first;
	sealed.direct_size = machine->direct_size;
	sealed.fixmap_slots = machine->fixmap_slots;
	sealed.window_stride = machine->window_stride;
	sealed.image_start = machine->image_start;
	sealed.image_end = machine->image_end;
	sealed.hole_count = draft->hole_count;
	for (uint32_t i = 0; i < draft->hole_count; i++)
		sealed.holes[i] = draft->holes[i];
	draft->state = DRAFT_SEALED;
	layout_windows = (struct layout_windows){
		.start = (uintptr_t)sealed.window_start,
		.count = machine->cpus_max,
		.shift = (uint32_t)__builtin_ctzll(sealed.window_stride),
	};
	is_sealed = true;
	return &sealed;
}

const struct layout *layout_current(void)
{
	return is_sealed ? &sealed : NULL;
}

#if __STDC_HOSTED__
void layout_forget(void)
{
	is_sealed = false;
}
#endif

uint64_t layout_kernel_top(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->kernel_top;
}

uint64_t layout_user_end(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->user_end;
}

uint64_t layout_direct_start(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->direct_start;
}

uint64_t layout_direct_size(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->direct_size;
}

uint64_t layout_fixmap_start(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->fixmap_start;
}

uint32_t layout_fixmap_slots(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->fixmap_slots;
}

uint64_t layout_fixmap_address(const struct layout *layout, uint32_t slot)
{
	bringup_uses(CAP(LAYOUT));
	if (slot >= layout->fixmap_slots)
		muster_panic("fixmap slot %u: there are %u slots", slot, layout->fixmap_slots);
	return layout->fixmap_start + (uint64_t)slot * MEMORY_PAGE_SIZE;
}

uint64_t layout_window_start(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->window_start;
}

uint64_t layout_window_stride(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->window_stride;
}

uint64_t layout_image_start(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->image_start;
}

uint64_t layout_image_end(const struct layout *layout)
{
	bringup_uses(CAP(LAYOUT));
	return layout->image_end;
}

const struct layout_hole *layout_hole_at(const struct layout *layout, uint32_t index)
{
	bringup_uses(CAP(LAYOUT));
	return index < layout->hole_count ? &layout->holes[index] : NULL;
}
