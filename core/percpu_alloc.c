// SPDX-License-Identifier: MIT
/*
 * Dynamic per-CPU memory: the public functions. Kernels call them on the boot CPU, through
 * muster/percpu.h; core/percpu_blocks.c knows what is taken, core/percpu_pages.c has the pages. A
 * call that fails has changed nothing: pages are got before a block is touched, and given back
 * after. Nothing may happen here in the memory that is handed out, but for clearing it.
 */
#include "core/percpu_alloc.h"
#include "core/align.h"
#include "core/layout_current.h"
#include "core/machine.h"
#include "core/needs.h"
#include "core/percpu_blocks.h"
#include "core/percpu_pages.h"
#include "core/runner.h"
#include "core/unit.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/memory.h>
#include <muster/muster.h>

/* Free pages that are kept, so that who takes and frees one thing again and again does not map and
 * unmap each time. When there are more, all go: one call to all CPUs for at least so many pages. */
#define SPARE_MAX 4

/* A block split off a void one, and the pieces before and behind what is taken. */
#define BLOCKS_TO_TAKE 3

static bool ready;     /* the blocks have begun */
static bool inside;    /* a call is under way */
static uint32_t first; /* first offset behind the image */
static uint32_t fixed; /* end of the pages that every unit is made with */
static uint32_t limit; /* end of the windows that are in use by now */
static uint32_t room;  /* end of all that there are */
static uint32_t used_bytes, used_blocks;

void percpu_alloc_begin(void)
{
	ready = false;
	inside = false;
	percpu_pages_begin();
}

/* Where memory cannot be mapped, what units are made with is all there is. */
static bool can_grow(void)
{
	return machine_maps();
}

/* How far offsets can reach: the unit's half of its own window, then all windows that the layout has for
 * each CPU beyond its first. */
static void find_room(void)
{
	uint64_t stride = UINT64_C(1) << layout_windows.shift;
	uint64_t each = layout_windows.count / cpu_possible_count();
	uint64_t further = (each ? each - 1 : 0) * stride;
	uint64_t reachable;

	percpu_windows = (struct percpu_windows){
		.near = (uint32_t)(stride / 2 < PERCPU_OFFSET_MAX ? stride / 2 : PERCPU_OFFSET_MAX),
		.shift = layout_windows.shift,
		.pitch = cpu_possible_count() * stride,
	};
	limit = can_grow() ? percpu_windows.near : fixed;
	reachable = align_down(PERCPU_OFFSET_MAX - limit, stride);
	if (!can_grow())
		reachable = 0;
	room = limit + (uint32_t)(further < reachable ? further : reachable);
}

static void begin_blocks(void)
{
	first = (uint32_t)align_up(percpu_image_size(), PERCPU_GRANULE);
	fixed = (uint32_t)percpu_unit_size();
	find_room();
	used_bytes = used_blocks = 0;
	percpu_blocks_begin(first, fixed, limit);
	percpu_pages_want();
	ready = true;
}

/* May the caller be here? Says so if not. Who may is inside from now on. */
static int enter(const char *what)
{
	const char *why = NULL;
	int error = MUSTER_E_ORDER;

	bringup_uses(CAP(MEMORY_MAP) | CAP(LAYOUT) | CAP(PAGE_TABLES) | CAP(CPU_IDS) | CAP(UNITS));
	if (cpu_this().number)
		why = "not on the boot CPU";
	else if (call_queue_is_serving())
		why = "within a called function";
	else if (!ready && (!layout_current() || unit_boot_area()))
		why = "the boot CPU has no unit yet";
	else if (inside) {
		why = "in the middle of another such call";
		error = MUSTER_E_BUSY;
	}
	if (why) {
		console_print("muster: %s on CPU %u: %s\n", what, cpu_this().number, why);
		return error;
	}
	if (!ready)
		begin_blocks();
	inside = true;
	return 0;
}

static void leave(void)
{
	inside = false;
}

static void give_pages_back(void)
{
	/* One that does not answer may use them, and cannot be made to forget. */
	if (bringup_any_at_work(cpu_from_number(CPU_NONE_NUMBER)))
		return;
	while (!percpu_pool_reserve(2) && percpu_blocks_punch(percpu_pages_unmap))
		call_flush_translations();
}

/* Get pages, and take from there. Returns 0 with the block, MUSTER_E_NOT_FOUND when there is no
 * place for it, or what failed. */
static int take_with_pages(uint32_t size, uint32_t align, uint16_t *block)
{
	uint32_t bytes = 0;
	uint16_t place = percpu_blocks_place(size, align, &bytes);
	int error;

	if (!place)
		return MUSTER_E_NOT_FOUND;
	error = percpu_pages_map(percpu_block(place)->offset, bytes);
	if (!error)
		*block = percpu_blocks_grow(place, bytes, size, align);
	return error;
}

/* The next window of every CPU. Nothing is mapped in it yet. */
static int next_window(void)
{
	uint32_t stride = (uint32_t)1 << percpu_windows.shift;
	int error = percpu_pool_reserve(2 + BLOCKS_TO_TAKE);

	if (error)
		return error;
	percpu_blocks_extend(stride);
	limit += stride;
	return 0;
}

static int take(uint32_t size, uint32_t align, uint16_t *block)
{
	int error = percpu_pool_reserve(BLOCKS_TO_TAKE);

	if (error)
		return error;
	*block = percpu_blocks_take(size, align, false);
	if (*block)
		return 0;
	error = take_with_pages(size, align, block);
	if (!error)
		return 0;
	*block = percpu_blocks_take(size, align, true);
	if (*block)
		return 0;
	/* Spare pages in the middle cut in two what is large enough. */
	if (error == MUSTER_E_NOT_FOUND && percpu_blocks_spare()) {
		give_pages_back();
		error = percpu_pool_reserve(BLOCKS_TO_TAKE);
		if (!error)
			error = take_with_pages(size, align, block);
	}
	/* One that is larger than a window would only find it too small. */
	if (error == MUSTER_E_NOT_FOUND && limit < room &&
	    size <= UINT32_C(1) << percpu_windows.shift) {
		error = next_window();
		if (!error)
			error = take_with_pages(size, align, block);
	}
	return error == MUSTER_E_NOT_FOUND ? MUSTER_E_NO_MEMORY : error;
}

/* The rule that a request breaks, or NULL. */
static const char *broken_rule(size_t size, size_t align)
{
	if (!size)
		return "asked for nothing";
	if (!is_power_of_two(align))
		return "alignment is no power of two";
	if (align > MEMORY_PAGE_SIZE)
		return "alignment is larger than a page";
	return NULL;
}

/* The common part of percpu_alloc(), when the caller may. */
static int alloc(size_t size, size_t align, uint16_t *block)
{
	const char *rule = broken_rule(size, align);
	uint32_t rounded;
	int error = MUSTER_E_NO_MEMORY;

	if (rule) {
		console_print("muster: percpu_alloc: %zu bytes, align %zu: %s\n", size, align,
			      rule);
		return MUSTER_E_INVALID;
	}
	if (align < PERCPU_GRANULE)
		align = PERCPU_GRANULE;
	if (size <= room) {
		rounded = (uint32_t)align_up(size, PERCPU_GRANULE);
		error = take(rounded, (uint32_t)align, block);
	}
	if (error) {
		console_print("muster: percpu_alloc: %zu bytes, align %zu: %s: %u of %u bytes of a "
			      "unit's room are in use%s\n",
			      size, align, muster_error_name(error), used_bytes, room - first,
			      can_grow() ? "" : ", which is final");
		return error;
	}
	percpu_pages_clear(percpu_block(*block)->offset, rounded);
	used_bytes += rounded;
	used_blocks++;
	return 0;
}

struct percpu_handle percpu_alloc(size_t size, size_t align)
{
	struct percpu_handle handle = { 0 };
	uint16_t block = 0;
	int error = enter("percpu_alloc");

	if (!error) {
		error = alloc(size, align, &block);
		leave();
	}
	if (error) {
		handle.block = (uint16_t)-error;
		return handle;
	}
	handle.offset = percpu_place(percpu_block(block)->offset);
	handle.block = block;
	handle.generation = percpu_block(block)->generation;
	return handle;
}

int percpu_free(struct percpu_handle handle)
{
	uint16_t block;
	int error = enter("percpu_free");

	if (error)
		return error;
	block = percpu_blocks_find(handle.block, handle.generation);
	if (block && percpu_place(percpu_block(block)->offset) == handle.offset) {
		used_bytes -= percpu_block_size(percpu_block(block));
		used_blocks--;
		percpu_blocks_free(block);
		if (percpu_blocks_spare() > SPARE_MAX)
			give_pages_back();
	} else {
		console_print(
			"muster: percpu_free: offset %#llx, block %u, generation %u: not handed "
			"out, or given back before\n",
			(unsigned long long)handle.offset, handle.block, handle.generation);
		error = MUSTER_E_NOT_FOUND;
	}
	leave();
	return error;
}

int percpu_release(struct percpu_handle *handle)
{
	int error = percpu_free(*handle);

	if (!error)
		*handle = (struct percpu_handle){ 0 };
	return error;
}

int percpu_trim(void)
{
	int error = enter("percpu_trim");

	if (error)
		return error;
	give_pages_back();
	percpu_blocks_compact();
	leave();
	return 0;
}

void *percpu_at(struct percpu_handle handle, cpu_t cpu)
{
	uintptr_t unit = unit_or_panic(cpu);

	if (!ready || handle.offset < first || handle.offset > percpu_place(limit - 1))
		muster_panic("per-CPU offset %#llx of CPU %u: no handle has it",
			     (unsigned long long)handle.offset, cpu.number);
	return (void *)(unit + handle.offset);
}

uint32_t percpu_alloc_fixed(uint32_t *offset)
{
	const struct percpu_block *block;

	*offset = first;
	if (!ready || fixed == first)
		return 0;
	block = percpu_block(percpu_blocks_first());
	if (block->state == BLOCK_FREE && percpu_block(block->next)->offset >= fixed)
		return 0;
	return fixed - first;
}

void percpu_room(struct percpu_room *found)
{
	*found = (struct percpu_room){ 0 };
	if (!layout_current() || unit_boot_area())
		return;
	if (!ready)
		begin_blocks();
	found->limit = room - first;
	found->backed = fixed - first + (size_t)percpu_pages_count() * MEMORY_PAGE_SIZE;
	found->used = used_bytes;
	found->spare = (size_t)percpu_blocks_spare() * MEMORY_PAGE_SIZE;
	found->blocks = used_blocks;
}
