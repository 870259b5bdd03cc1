// SPDX-License-Identifier: MIT
/*
 * What a device tree says of memory: RAM, where it is, and what is reserved. A platform's step `memory-map`
 * calls it. It passes on what the tree says, overlaps too; judging those is the memory map's. It must not
 * pass on a range that is empty or wraps.
 */
#include "core/string.h"
#include "firmware/device_tree_property.h"

#include <libfdt.h>
#include <muster/console.h>
#include <muster/error.h>

/* Flags of a logical memory block (LoPAPR, Dynamic Reconfiguration): it is ours; its place is not told; it is not to be
 * used. */
#define BLOCK_ASSIGNED 0x08u
#define BLOCK_NO_PLACE 0x40u
#define BLOCK_RESERVED 0x80u
#define BLOCK_NOWHERE  UINT32_MAX /* as index of a list of domains */

/* Cells of an entry: base (2), connector, index of its list of domains, flags; with a count of blocks that
 * are alike before them, or, in the older form, a reserved cell before the index. */
#define SET_CELLS	 6u
#define BLOCK_CELLS	 6u
#define BLOCK_SIZE_CELLS 2u

struct memory_walk {
	const struct device_tree *tree;
	const struct device_tree_affinity *affinity;
	const struct device_tree_memory_reader *to;
	uint32_t ranges; /* of RAM, passed on */
};

/* Blocks that the hypervisor can give and take one by one. */
struct memory_blocks {
	int node;
	uint64_t size;			/* of each */
	struct device_tree_cells lists; /* of domains: count, length of each, they themselves */
};

static bool range_is_good(const struct memory_walk *walk, const char *name, uint64_t base,
			  uint64_t size)
{
	if (!size)
		return false;
	if (base + (size - 1) >= base)
		return true;
	device_tree_say(walk->tree, "%s: memory at %#llx, %#llx bytes: wraps, left out\n", name,
			(unsigned long long)base, (unsigned long long)size);
	return false;
}

static void pass_ram(struct memory_walk *walk, const char *name,
		     const struct device_tree_memory *memory)
{
	if (!range_is_good(walk, name, memory->base, memory->size))
		return;
	walk->ranges++;
	walk->to->ram(walk->to->context, memory);
}

/* One range for each entry of `reg`. */
static void read_reg(struct memory_walk *walk, int node, struct device_tree_widths widths,
		     bool reserved)
{
	struct device_tree_cells reg = device_tree_cells(walk->tree, node, "reg");
	uint32_t entry = widths.address + widths.size;
	struct device_tree_memory memory = {
		.place = { .domain = DEVICE_TREE_NO_DOMAIN },
	};
	const char *name = device_tree_name(walk->tree, node);

	if (!reserved)
		memory.place = device_tree_place_of(walk->tree, node, walk->affinity);
	for (uint32_t at = 0; at + entry <= reg.count; at += entry) {
		memory.base = device_tree_number(&reg, at, widths.address);
		memory.size = device_tree_number(&reg, at + widths.address, widths.size);
		if (!reserved)
			pass_ram(walk, name, &memory);
		else if (range_is_good(walk, name, memory.base, memory.size))
			walk->to->reserved(walk->to->context, &memory);
	}
	if (reg.count % entry)
		device_tree_say(walk->tree,
				"%s: reg has %u cells: must be a multiple of %u, the "
				"rest is left out\n",
				name, reg.count, entry);
}

static void read_nodes(struct memory_walk *walk)
{
	struct device_tree_widths widths = device_tree_widths(walk->tree, 0);
	int node = 0;

	while ((node = device_tree_next_of_type(walk->tree, node, "memory")) >= 0)
		read_reg(walk, node, widths, false);
}

static struct device_tree_place block_place(struct memory_walk *walk,
					    const struct memory_blocks *blocks, uint32_t index,
					    uint32_t flags)
{
	struct device_tree_place nowhere = { .domain = DEVICE_TREE_NO_DOMAIN };
	uint32_t lists = device_tree_cell(&blocks->lists, 0);
	uint32_t length = device_tree_cell(&blocks->lists, 1);
	uint32_t domains[DEVICE_TREE_DOMAINS_MAX];
	uint64_t first = 2 + (uint64_t)index * length;

	if (!walk->affinity || flags & BLOCK_NO_PLACE || index == BLOCK_NOWHERE || index >= lists ||
	    length > DEVICE_TREE_DOMAINS_MAX || first + length > blocks->lists.count)
		return nowhere;
	for (uint32_t i = 0; i < length; i++)
		domains[i] = device_tree_cell(&blocks->lists, (uint32_t)first + i);
	return device_tree_place(walk->affinity, domains, length);
}

/* `count` blocks that are alike, from base on. */
static void pass_blocks(struct memory_walk *walk, const struct memory_blocks *blocks, uint64_t base,
			uint32_t count, uint32_t index, uint32_t flags)
{
	const char *name = device_tree_name(walk->tree, blocks->node);
	struct device_tree_memory memory = { .base = base };

	if (!(flags & BLOCK_ASSIGNED) || flags & BLOCK_RESERVED)
		return;
	if (__builtin_mul_overflow(blocks->size, count, &memory.size)) {
		device_tree_say(walk->tree,
				"%s: %u blocks at %#llx, %#llx bytes each: more "
				"than there are addresses, left out\n",
				name, count, (unsigned long long)base,
				(unsigned long long)blocks->size);
		return;
	}
	memory.place = block_place(walk, blocks, index, flags);
	pass_ram(walk, name, &memory);
}

/* The number of entries that a property says that it has, or as many as there are. */
static uint32_t entries(const struct memory_blocks *blocks, const struct device_tree *tree,
			const char *property, const struct device_tree_cells *cells, uint32_t size)
{
	uint32_t told = device_tree_cell(cells, 0);
	uint32_t there = cells->count ? (cells->count - 1) / size : 0;

	if (told <= there)
		return told;
	device_tree_say(tree, "%s: %s says %u entries and has %u: these are taken\n",
			device_tree_name(tree, blocks->node), property, told, there);
	return there;
}

/* The form that a guest of today is given: entries for runs of blocks. */
static void read_sets(struct memory_walk *walk, const struct memory_blocks *blocks,
		      const struct device_tree_cells *cells)
{
	uint32_t count = entries(blocks, walk->tree, "ibm,dynamic-memory-v2", cells, SET_CELLS);

	for (uint32_t i = 0, at = 1; i < count; i++, at += SET_CELLS)
		pass_blocks(walk, blocks, device_tree_number(cells, at + 1, 2),
			    device_tree_cell(cells, at), device_tree_cell(cells, at + 4),
			    device_tree_cell(cells, at + 5));
}

static void read_single_blocks(struct memory_walk *walk, const struct memory_blocks *blocks,
			       const struct device_tree_cells *cells)
{
	uint32_t count = entries(blocks, walk->tree, "ibm,dynamic-memory", cells, BLOCK_CELLS);

	for (uint32_t i = 0, at = 1; i < count; i++, at += BLOCK_CELLS)
		pass_blocks(walk, blocks, device_tree_number(cells, at, 2), 1,
			    device_tree_cell(cells, at + 4), device_tree_cell(cells, at + 5));
}

static void read_blocks(struct memory_walk *walk)
{
	int node = device_tree_node(walk->tree, "/ibm,dynamic-reconfiguration-memory");
	struct device_tree_cells size = device_tree_cells(walk->tree, node, "ibm,lmb-size");
	struct device_tree_cells sets =
		device_tree_cells(walk->tree, node, "ibm,dynamic-memory-v2");
	struct device_tree_cells single = device_tree_cells(walk->tree, node, "ibm,dynamic-memory");
	struct memory_blocks blocks = {
		.node = node,
		.size = device_tree_number(
			&size, 0, size.count < BLOCK_SIZE_CELLS ? size.count : BLOCK_SIZE_CELLS),
		.lists = device_tree_cells(walk->tree, node, "ibm,associativity-lookup-arrays"),
	};

	if (node < 0)
		return;
	if (!blocks.size) {
		device_tree_say(walk->tree, "%s: ibm,lmb-size is 0: its blocks are left out\n",
				device_tree_name(walk->tree, node));
		return;
	}
	if (sets.count)
		read_sets(walk, &blocks, &sets);
	else
		read_single_blocks(walk, &blocks, &single);
}

static void read_reserved(struct memory_walk *walk)
{
	int parent = device_tree_node(walk->tree, "/reserved-memory");
	struct device_tree_memory memory = { .place.domain = DEVICE_TREE_NO_DOMAIN };
	int count = fdt_num_mem_rsv(walk->tree->blob);

	for (int i = 0; i < count; i++)
		if (!fdt_get_mem_rsv(walk->tree->blob, i, &memory.base, &memory.size) &&
		    range_is_good(walk, "the header's map", memory.base, memory.size))
			walk->to->reserved(walk->to->context, &memory);
	if (parent < 0)
		return;
	for (int node = device_tree_first_child(walk->tree, parent); node >= 0;
	     node = device_tree_next_child(walk->tree, node))
		read_reg(walk, node, device_tree_widths(walk->tree, parent), true);
}

int device_tree_memory_read(const struct device_tree *tree,
			    const struct device_tree_affinity *affinity,
			    const struct device_tree_memory_reader *to)
{
	struct memory_walk walk = { .tree = tree, .affinity = affinity, .to = to };

	read_nodes(&walk);
	read_blocks(&walk);
	read_reserved(&walk);
	if (walk.ranges)
		return 0;
	device_tree_say(tree, "memory: no node and no block says where there is RAM\n");
	return MUSTER_E_NOT_FOUND;
}
