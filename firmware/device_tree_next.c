// SPDX-License-Identifier: MIT
/*
 * The device tree for the next kernel: ours, with what that one is told (docs/park.md). And where the kernel
 * before us says that its park region is. Called by a platform's handover, and its step `memory-map`. It must not
 * change the tree that it is made of.
 */
#include "core/string.h"
#include "firmware/device_tree_property.h"

#include <libfdt.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/park.h>

#define RESERVED "/reserved-memory"
#define CELLS	 2u /* of addresses and sizes, where there is no such node yet */

/* For what is added: nodes, properties and their names. */
#define ROOM_MORE 1024u

uint32_t device_tree_next_bytes(const struct device_tree *tree, uint32_t line_bytes)
{
	return tree->size + line_bytes + ROOM_MORE;
}

static int park_node(const struct device_tree *tree)
{
	int parent = device_tree_node(tree, RESERVED);

	if (parent < 0)
		return parent;
	for (int node = device_tree_first_child(tree, parent); node >= 0;
	     node = device_tree_next_child(tree, node))
		if (device_tree_text_has(tree, node, "compatible", PARK_COMPATIBLE))
			return node;
	return -1;
}

bool device_tree_park_region(const struct device_tree *tree, uint64_t *base, uint64_t *size)
{
	struct device_tree_widths widths =
		device_tree_widths(tree, device_tree_node(tree, RESERVED));
	int node = park_node(tree);
	struct device_tree_cells reg;

	if (node < 0)
		return false;
	reg = device_tree_cells(tree, node, "reg");
	if (reg.count != widths.address + widths.size) {
		console_print("muster: device tree: %s: reg has %u cells: must be one address and "
			      "one size: CPUs that wait there are not found\n",
			      device_tree_name(tree, node), reg.count);
		return false;
	}
	*base = device_tree_number(&reg, 0, widths.address);
	*size = device_tree_number(&reg, widths.address, widths.size);
	return true;
}

/* The node, made if it is not there. */
static int node_have(void *blob, const char *path, const char *name)
{
	int node = fdt_path_offset(blob, path);

	return node == -FDT_ERR_NOTFOUND ? fdt_add_subnode(blob, 0, name) : node;
}

static int chosen_write(void *blob, const struct device_tree_next *next)
{
	int node = node_have(blob, "/chosen", "chosen");
	int error =
		node < 0 ? node : fdt_setprop_string(blob, node, "bootargs", next->command_line);

	if (!error && next->initrd_size) {
		error = fdt_setprop_u64(blob, node, "linux,initrd-start", next->initrd);
		if (!error)
			error = fdt_setprop_u64(blob, node, "linux,initrd-end",
						next->initrd + next->initrd_size);
	} else if (!error) {
		(void)fdt_delprop(blob, node, "linux,initrd-start");
		(void)fdt_delprop(blob, node, "linux,initrd-end");
	}
	return error;
}

static int reserved_have(void *blob)
{
	int node = fdt_path_offset(blob, RESERVED);
	int error;

	if (node != -FDT_ERR_NOTFOUND)
		return node;
	node = fdt_add_subnode(blob, 0, "reserved-memory");
	if (node < 0)
		return node;
	error = fdt_setprop_u32(blob, node, "#address-cells", CELLS);
	if (!error)
		error = fdt_setprop_u32(blob, node, "#size-cells", CELLS);
	if (!error)
		error = fdt_setprop_empty(blob, node, "ranges");
	return error ? error : node;
}

static int region_write(void *blob, const struct device_tree_next *next)
{
	const struct device_tree tree = { .blob = blob, .size = next->room };
	struct device_tree_widths widths;
	int parent, node, error = 0;

	/* That of the kernel before us is gone. */
	while (!error && (node = park_node(&tree)) >= 0)
		error = fdt_del_node(blob, node);
	if (error)
		return error;
	parent = reserved_have(blob);
	if (parent < 0)
		return parent;
	widths = device_tree_widths(&tree, parent);
	if (!widths.size)
		return -FDT_ERR_BADNCELLS;
	node = fdt_add_subnode(blob, parent, "park-page");
	if (node < 0)
		return node;
	error = fdt_setprop_string(blob, node, "compatible", PARK_COMPATIBLE);
	if (!error)
		error = fdt_setprop_empty(blob, node, "no-map");
	if (!error)
		error = widths.address == 2
				? fdt_setprop_u64(blob, node, "reg", next->region)
				: fdt_setprop_u32(blob, node, "reg", (uint32_t)next->region);
	if (error)
		return error;
	return widths.size == 2
		       ? fdt_appendprop_u64(blob, node, "reg", next->region_size)
		       : fdt_appendprop_u32(blob, node, "reg", (uint32_t)next->region_size);
}

int device_tree_next_write(const struct device_tree *tree, void *to,
			   const struct device_tree_next *next)
{
	int error = fdt_open_into(tree->blob, to, (int)next->room);

	if (!error)
		error = chosen_write(to, next);
	if (!error)
		error = region_write(to, next);
	if (!error)
		error = fdt_pack(to);
	if (!error)
		return 0;
	console_print("muster: payload: device tree: %s\n", fdt_strerror(error));
	return MUSTER_E_NO_MEMORY;
}
