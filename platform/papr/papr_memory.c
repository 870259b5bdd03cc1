// SPDX-License-Identifier: MIT
/*
 * Memory and address space of a PAPR guest: steps `layout`, `command-line`, `memory-map`, `page-tables`.
 * Translation is turned on where the radix tree was agreed on; else everything lies in the direct map, whose
 * addresses are good without.
 */
#include "arch/ppc64/page_table.h"
#include "arch/ppc64/park.h"
#include "arch/ppc64/start.h"
#include "arch/ppc64/trap.h"
#include "core/layout_current.h"
#include "core/memory_map.h"
#include "platform/options.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_park.h"

#include <muster/muster.h>

/* An image may leave these out: core/image_choice.h. */
#pragma weak options_read
#pragma weak papr_park_find
#pragma weak parked_mark
#pragma weak park_reach_end

/* Below, vectors lie: at 0 those used with translation off, at 0x4000 of the direct map the others. */
#define LOW_BYTES 0x8000u

/* H_SET_MODE (LoPAPR 14.5.4.9; Linux, arch/powerpc/include/asm/hvcall.h): what to set, and to what. */
#define SET_MODE_INTERRUPT_LOCATION 3
#define SET_MODE_ENDIAN		    4
#define LOCATION_WITH_TRANSLATION   3
#define ENDIAN_LITTLE		    1

/* H_REGISTER_PROC_TBL: a new table, of radix trees; guests may invalidate translations (Linux, as above). */
#define PROCESS_TABLE_NEW   0x18
#define PROCESS_TABLE_RADIX 0x04
#define PROCESS_TABLE_FLUSH 0x01

extern char image_start[], image_end[];
extern char percpu_boot_area[], boot_tables[], boot_tables_end[];

int papr_layout_step(cpu_t cpu)
{
	static struct layout_draft draft;

	(void)cpu;
	ppc64_layout_draft(&draft);
	return layout_seal(&draft) ? 0 : MUSTER_E_INVALID;
}

int papr_command_line_step(cpu_t cpu)
{
	const char *line = papr_firmware.chosen.command_line;

	(void)cpu;
	if (!line)
		line = "";
	if (options_read)
		return options_read(line);
	if (line[0])
		console_print(
			"muster: command line: not read: this image has nothing that reads it\n");
	return 0;
}

/* Without translation a CPU reaches the first piece of memory only, the real mode area (LoPAPR 1.1, C.6.5): its
 * end. What lies above exists, and is nothing to us. */
static uint64_t real_mode_end;

bool papr_reachable(uint64_t address)
{
	return papr_firmware.translation || papr_firmware.bare ||
	       physical_of((const void *)address) < real_mode_end;
}

static void see_first(void *context, const struct device_tree_memory *memory)
{
	(void)context;
	if (!memory->base)
		real_mode_end = memory->size;
}

static void see_none(void *context, const struct device_tree_memory *memory)
{
	(void)context;
	(void)memory;
}

static void add_ram(void *context, const struct device_tree_memory *memory)
{
	uint64_t limit = layout_direct_size(layout_current());
	uint64_t base = memory->base, end = memory->base + memory->size;

	(void)context;
	if (end > limit)
		console_print(
			"muster: memory map: range at %#lx, %#lx bytes: RAM from %#lx on cannot be reached; it is left out\n",
			base, memory->size, limit);
	if (base < LOW_BYTES)
		base = LOW_BYTES;
	if (end > limit)
		end = limit;
	/* One that is wrong is named and left out; the others stand. */
	if (base < end)
		(void)memory_map_add(base, end - base,
				     papr_reachable(base) ? MEMORY_RAM : MEMORY_RESERVED);
}

static void add_reserved_part(uint64_t from, uint64_t to)
{
	if (from < to)
		(void)memory_map_add(from, to - from, MEMORY_RESERVED);
}

static bool tree_is_reserved;

/* Who made the tree may have kept the image and the tree itself from whoever had the memory before us: these
 * are ours, and get owners. */
static void add_reserved(void *context, const struct device_tree_memory *memory)
{
	const uint64_t ours[][2] = {
		{ physical_of(image_start), physical_of(image_end) },
		{ papr_firmware.tree_physical,
		  papr_firmware.tree_physical + papr_firmware.tree.size },
	};
	uint64_t from = memory->base, end = memory->base + memory->size;
	bool swap = ours[0][0] > ours[1][0];

	(void)context;
	/* Without a hypervisor the firmware stays, and the tree lies among what is its own: its neighbours on
	 * the same pages are not to be had. */
	if (papr_firmware.bare && ours[1][0] >= from && ours[1][0] < end) {
		tree_is_reserved = true;
		add_reserved_part(from, end);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		const uint64_t *own = ours[i ^ swap];

		if (own[0] >= end || own[1] <= from)
			continue;
		add_reserved_part(from, own[0]);
		from = own[1];
	}
	add_reserved_part(from, end);
}

/* The image has parts with an owner of their own, because they go back one day: the boot area and the first
 * page tables. */
static int claim_image(void)
{
	const struct {
		uint64_t start;
		const char *owner;
	} parts[] = {
		{ physical_of(image_start), "image" },
		{ physical_of(percpu_boot_area), "boot area" },
		{ physical_of(boot_tables), "boot tables" },
		{ physical_of(boot_tables_end), "image" },
		{ physical_of(image_end), NULL },
	};
	int error = 0;

	for (size_t i = 0; parts[i].owner && !error; i++)
		error = mem_claim(parts[i].start, parts[i + 1].start - parts[i].start,
				  parts[i].owner);
	if (error)
		console_print("muster: image at %#lx to %#lx: not within RAM of the memory map\n",
			      physical_of(image_start), physical_of(image_end));
	return error;
}

/* Whole pages, so that nobody else gets the rest of them. What is reserved is not RAM of ours, and as good
 * as claimed. */
static void claim_pages(uint64_t base, uint64_t size, const char *owner)
{
	uint64_t start = base & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
	uint64_t end = (base + size + MEMORY_PAGE_SIZE - 1) & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

	if (start < end && mem_claim(start, end - start, owner) == MUSTER_E_EXISTS)
		console_print("muster: %s at %#lx, %#lx bytes: somebody has a part of it\n", owner,
			      base, size);
}

int papr_memory_map_step(cpu_t cpu)
{
	const struct device_tree_memory_reader see = { see_first, see_none, NULL };
	const struct device_tree_memory_reader to = { add_ram, add_reserved, NULL };
	const struct papr_firmware *firmware = &papr_firmware;
	/* Places are step `nodes`' affair; what is wrong with them is said in this first walk. */
	const struct device_tree_affinity *affinity =
		firmware->affinity_told ? &firmware->affinity : NULL;
	struct device_tree tree = firmware->tree;
	int error;

	(void)cpu;
	/* Whoever maps must be able to make others forget it. */
	papr_firmware.translation = firmware->agreed.radix && firmware->agreed.guest_flush;
	(void)device_tree_memory_read(&tree, affinity, &see);
	tree = device_tree_again(&tree);
	if (!papr_firmware.translation && !papr_firmware.bare) {
		console_print("muster: translation is off: memory is used below %#lx\n",
			      real_mode_end);
	}
	memory_map_begin();
	error = device_tree_memory_read(&tree, affinity, &to);
	if (error)
		return error;
	error = memory_map_end();
	if (!error)
		error = claim_image();
	if (error)
		return error;
	claim_pages(firmware->rtas.base, firmware->rtas.size, "rtas");
	if (!tree_is_reserved)
		claim_pages(firmware->tree_physical, firmware->tree.size, "device tree");
	if (firmware->chosen.initrd)
		claim_pages(firmware->chosen.initrd, firmware->chosen.initrd_size, "module");
	if (&park_reach_end)
		park_reach_end = real_mode_end < PARK_REACH_MAX ? real_mode_end : PARK_REACH_MAX;
	if (papr_park_find && !papr_firmware.bare)
		papr_park_find();
	return 0;
}

/* The same in the first moments, when nothing can be said. */
int ppc64_process_table_early(uint64_t physical)
{
	if (papr_hcall_raw(H_SET_MODE, ENDIAN_LITTLE, SET_MODE_ENDIAN, 0, 0, NULL) ||
	    papr_hcall_raw(H_SET_MODE, LOCATION_WITH_TRANSLATION, SET_MODE_INTERRUPT_LOCATION, 0, 0,
			   NULL) ||
	    papr_hcall_raw(H_REGISTER_PROC_TBL,
			   PROCESS_TABLE_NEW | PROCESS_TABLE_RADIX | PROCESS_TABLE_FLUSH, physical,
			   0, 0, NULL))
		return MUSTER_E_NOT_SUPPORTED;
	return 0;
}

static int set_mode(uint64_t what, uint64_t to, const char *name)
{
	long status = papr_hcall(H_SET_MODE, to, what, 0, 0, NULL);

	if (status)
		console_print("muster: H_SET_MODE: %s: status %ld\n", name, status);
	return papr_error(status);
}

static uint64_t process_table;

uint64_t papr_process_table(void)
{
	return process_table;
}

long papr_interrupt_location(bool translation)
{
	return papr_hcall(H_SET_MODE, translation ? LOCATION_WITH_TRANSLATION : 0,
			  SET_MODE_INTERRUPT_LOCATION, 0, 0, NULL);
}

static int process_table_tell(uint64_t physical, uint32_t size_log2)
{
	uint64_t flags = PROCESS_TABLE_NEW | PROCESS_TABLE_RADIX;
	long status;

	if (papr_firmware.agreed.guest_flush)
		flags |= PROCESS_TABLE_FLUSH;
	status = papr_hcall(H_REGISTER_PROC_TBL, flags, physical, 0, size_log2, NULL);
	if (status) {
		console_print("muster: H_REGISTER_PROC_TBL: table at %#lx: status %ld\n", physical,
			      status);
		return papr_error(status);
	}
	process_table = physical;
	return set_mode(SET_MODE_INTERRUPT_LOCATION, LOCATION_WITH_TRANSLATION,
			"interrupts with translation on");
}

/* Little-endian before there are vectors of ours: they are no big-endian code. */
int papr_tables_step(cpu_t cpu)
{
	int error = set_mode(SET_MODE_ENDIAN, ENDIAN_LITTLE, "little-endian interrupts");

	(void)cpu;
	if (!error)
		error = page_tables_begin(papr_firmware.translation ? process_table_tell : NULL);
	if (!error && parked_mark)
		parked_mark();
	if (!error)
		error = mem_free(physical_of(boot_tables),
				 (uint64_t)(boot_tables_end - boot_tables));
	return error ? error : memory_map_grow();
}
