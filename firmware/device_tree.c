// SPDX-License-Identifier: MIT
/*
 * Opening a flattened device tree, and getting at its properties. libfdt walks the tree; what it is handed
 * has been checked as a whole first, and stays as it was. Called by the readers beside this, and by a
 * platform's early steps. It must not believe that a property is as long as its meaning wants.
 */
#include "core/string.h"
#include "firmware/device_tree_check.h"
#include "firmware/device_tree_property.h"

#include <libfdt.h>
#include <muster/console.h>
#include <muster/error.h>
#include <stdarg.h>

#define LINE_SIZE	   256u
#define NAME_MAX_SHOWN	   64u
#define ADDRESS_CELLS_ELSE 2u /* Devicetree Specification 2.3.5 */
#define SIZE_CELLS_ELSE	   1u
#define WIDTH_MAX	   2u /* an address has 64 bits */

static int refused(const void *blob, uint64_t available, const char *rule)
{
	console_print("muster: device tree at %p, %llu bytes: %s\n", blob,
		      (unsigned long long)available, rule);
	return MUSTER_E_CORRUPT;
}

void device_tree_say(const struct device_tree *tree, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;

	if (tree->again)
		return;
	va_start(arguments, format);
	format_text_v(line, sizeof(line), format, arguments);
	va_end(arguments);
	console_print("muster: device tree: %s", line);
}

int device_tree_open(const void *blob, uint64_t available, struct device_tree *tree)
{
	const char *rule;

	*tree = (struct device_tree){ 0 };
	if (!blob || (uintptr_t)blob % DEVICE_TREE_ALIGN)
		return refused(blob, available, "must be at a multiple of 8 that is not 0");
	if (available > DEVICE_TREE_MAX)
		available = DEVICE_TREE_MAX;
	rule = device_tree_broken_rule(blob, available);
	if (rule)
		return refused(blob, available, rule);
	*tree = (struct device_tree){ blob, fdt_totalsize(blob), false };
	return 0;
}

uint32_t device_tree_boot_cpu(const struct device_tree *tree)
{
	return fdt_boot_cpuid_phys(tree->blob);
}

const char *device_tree_name(const struct device_tree *tree, int node)
{
	const char *name = fdt_get_name(tree->blob, node, NULL);

	/* A new line in it would be a line of its own in the log. */
	for (uint32_t i = 0; name && i < NAME_MAX_SHOWN; i++) {
		if (!name[i])
			return i ? name : "/";
		if (name[i] <= ' ' || name[i] > '~')
			return "(a name that cannot be printed)";
	}
	return name ? "(a name too long to be printed)" : "(no name)";
}

bool device_tree_has(const struct device_tree *tree, int node, const char *property)
{
	return node >= 0 && fdt_getprop(tree->blob, node, property, NULL);
}

struct device_tree_cells device_tree_cells(const struct device_tree *tree, int node,
					   const char *property)
{
	int length = 0;
	const void *bytes = node < 0 ? NULL : fdt_getprop(tree->blob, node, property, &length);

	if (!bytes || length < 0)
		return (struct device_tree_cells){ 0 };
	if ((uint32_t)length % sizeof(uint32_t))
		device_tree_say(tree,
				"%s: %s has %d bytes: must be a multiple of 4, the "
				"rest is left out\n",
				device_tree_name(tree, node), property, length);
	return (struct device_tree_cells){ bytes, (uint32_t)length / sizeof(uint32_t) };
}

uint32_t device_tree_cell(const struct device_tree_cells *cells, uint32_t at)
{
	uint32_t value;

	if (at >= cells->count)
		return 0;
	memcpy(&value, cells->bytes + at * sizeof(value), sizeof(value));
	return fdt32_to_cpu(value);
}

uint64_t device_tree_number(const struct device_tree_cells *cells, uint32_t at, uint32_t size)
{
	uint64_t number = 0;

	for (uint32_t i = 0; i < size; i++)
		number = number << 32 | device_tree_cell(cells, at + i);
	return number;
}

uint64_t device_tree_value(const struct device_tree *tree, int node, const char *property)
{
	struct device_tree_cells cells = device_tree_cells(tree, node, property);

	return device_tree_number(&cells, 0, cells.count > 1 ? 2 : 1);
}

const char *device_tree_text(const struct device_tree *tree, int node, const char *property)
{
	int length = 0;
	const char *text = node < 0 ? NULL : fdt_getprop(tree->blob, node, property, &length);

	if (!text || length < 1)
		return NULL;
	if (strnlen(text, (size_t)length) < (size_t)length)
		return text;
	device_tree_say(tree, "%s: %s, %d bytes, does not end: left out\n",
			device_tree_name(tree, node), property, length);
	return NULL;
}

bool device_tree_text_has(const struct device_tree *tree, int node, const char *property,
			  const char *word)
{
	int found = 0;
	const char *list = node < 0 ? NULL : fdt_getprop(tree->blob, node, property, &found);
	size_t left = list && found > 0 ? (size_t)found : 0;

	/* libfdt's own search takes a last word that does not end. */
	for (size_t length; left && (length = strnlen(list, left)) < left;
	     list += length + 1, left -= length + 1)
		if (!strcmp(list, word))
			return true;
	return false;
}

static uint32_t width(const struct device_tree *tree, int node, const char *property,
		      uint32_t least, uint32_t otherwise)
{
	struct device_tree_cells cells = device_tree_cells(tree, node, property);
	uint32_t value = device_tree_cell(&cells, 0);

	if (!cells.count)
		return otherwise;
	if (value >= least && value <= WIDTH_MAX)
		return value;
	device_tree_say(tree, "%s: %s is %u: must be %u to %u, taken as %u\n",
			device_tree_name(tree, node), property, value, least, WIDTH_MAX, otherwise);
	return otherwise;
}

struct device_tree_widths device_tree_widths(const struct device_tree *tree, int node)
{
	return (struct device_tree_widths){
		width(tree, node, "#address-cells", 1, ADDRESS_CELLS_ELSE),
		width(tree, node, "#size-cells", 0, SIZE_CELLS_ELSE),
	};
}

int device_tree_node(const struct device_tree *tree, const char *path)
{
	return fdt_path_offset(tree->blob, path);
}

int device_tree_next_of_type(const struct device_tree *tree, int after, const char *type)
{
	int node = after;

	while ((node = fdt_next_node(tree->blob, node, NULL)) >= 0)
		if (device_tree_text_has(tree, node, "device_type", type))
			break;
	return node;
}

int device_tree_next_compatible(const struct device_tree *tree, int after, const char *word)
{
	int node = after;

	while ((node = fdt_next_node(tree->blob, node, NULL)) >= 0)
		if (device_tree_text_has(tree, node, "compatible", word))
			break;
	return node;
}

int device_tree_first_child(const struct device_tree *tree, int node)
{
	return node < 0 ? node : fdt_first_subnode(tree->blob, node);
}

int device_tree_next_child(const struct device_tree *tree, int node)
{
	return fdt_next_subnode(tree->blob, node);
}
