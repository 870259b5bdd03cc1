// SPDX-License-Identifier: MIT
/*
 * What a device tree says of nearness (LoPAPR, Non Uniform Memory Access Option): each CPU and each piece of memory has a list
 * of domains, and reference points say which of them make a node, and how far nodes are apart. The readers of
 * CPUs and memory call it, and a platform's step `nodes`. There are three forms; which one is used has been
 * agreed on with the firmware. It must not look beyond a list's own length.
 */
#include "firmware/device_tree_property.h"

#include <libfdt.h>
#include <muster/console.h>
#include <muster/error.h>
#include <muster/node.h>

/* In /chosen's ibm,architecture-vec-5: a byte with the number of those that follow, less one, then vector 5. */
#define VECTOR	      "ibm,architecture-vec-5"
#define BYTE_MEMORY   2u
#define BYTE_AFFINITY 5u
#define BYTE_XIVE     23u
#define BYTE_MMU      24u
#define BYTE_RADIX    26u
#define BIT_DRMEM     0x20u
#define BIT_FORM_1    0x80u
#define BIT_FORM_2    0x20u
#define XIVE_MASK     0xc0u
#define XIVE_EXPLOIT  0x40u
#define MMU_MASK      0xc0u
#define MMU_RADIX     0x40u
#define RADIX_FLUSH   0x40u

/* Of form 0's points the second is the one that nodes are made of; of the others' the first. */
#define POINT_FORM_0 1u

static uint8_t vector_byte(const uint8_t *vector, int length, uint32_t at)
{
	return (int)at < length ? vector[at] : 0;
}

void device_tree_agreed_read(const struct device_tree *tree, struct device_tree_agreed *agreed)
{
	int length = 0;
	int chosen = device_tree_node(tree, "/chosen");
	const uint8_t *vector =
		chosen < 0 ? NULL : fdt_getprop(tree->blob, chosen, VECTOR, &length);
	uint8_t affinity;

	*agreed = (struct device_tree_agreed){ 0 };
	if (!vector || length < 1)
		return;
	affinity = vector_byte(vector, length, BYTE_AFFINITY);
	agreed->told = true;
	agreed->affinity_form = affinity & BIT_FORM_2 ? 2 : affinity & BIT_FORM_1 ? 1 : 0;
	agreed->radix = (vector_byte(vector, length, BYTE_MMU) & MMU_MASK) == MMU_RADIX;
	agreed->guest_flush =
		agreed->radix && vector_byte(vector, length, BYTE_RADIX) & RADIX_FLUSH;
	agreed->xive = (vector_byte(vector, length, BYTE_XIVE) & XIVE_MASK) == XIVE_EXPLOIT;
	agreed->dynamic_memory = vector_byte(vector, length, BYTE_MEMORY) & BIT_DRMEM;
}

int device_tree_affinity_read(const struct device_tree *tree, struct device_tree_affinity *affinity)
{
	struct device_tree_agreed agreed;
	struct device_tree_cells points;
	uint32_t first;

	device_tree_agreed_read(tree, &agreed);
	*affinity = (struct device_tree_affinity){ .form = agreed.affinity_form };
	affinity->node = device_tree_node(tree, "/rtas");
	points = device_tree_cells(tree, affinity->node, "ibm,associativity-reference-points");
	if (!points.count)
		return MUSTER_E_NOT_FOUND;
	/* A firmware that gives one point only means that. */
	first = affinity->form == 0 && points.count > POINT_FORM_0 ? POINT_FORM_0 : 0;
	for (uint32_t i = first; i < points.count; i++) {
		uint32_t point = device_tree_cell(&points, i);

		if (affinity->level_count == DEVICE_TREE_LEVELS_MAX)
			break;
		if (!point || point > DEVICE_TREE_DOMAINS_MAX) {
			device_tree_say(tree,
					"rtas: ibm,associativity-reference-points: "
					"point %u is %u: must be 1 to %u; there are no nodes\n",
					i, point, DEVICE_TREE_DOMAINS_MAX);
			affinity->level_count = 0;
			return MUSTER_E_CORRUPT;
		}
		affinity->points[affinity->level_count++] = point;
		/* Form 0 knows near and far only, form 2 has a table. */
		if (affinity->form != 1)
			break;
	}
	return 0;
}

struct device_tree_place device_tree_place(const struct device_tree_affinity *affinity,
					   const uint32_t *domains, uint32_t count)
{
	struct device_tree_place place = { .domain = DEVICE_TREE_NO_DOMAIN };

	/* Points count from 1. */
	if (!affinity->level_count || affinity->points[0] > count)
		return place;
	for (uint32_t i = 0; i < affinity->level_count; i++)
		place.levels[i] = affinity->points[i] <= count ? domains[affinity->points[i] - 1]
							       : DEVICE_TREE_NO_DOMAIN;
	/* 0xffff is what some firmware has for a domain that is not known; no system has so many. */
	if (place.levels[0] < UINT16_MAX)
		place.domain = place.levels[0];
	return place;
}

struct device_tree_place device_tree_place_of(const struct device_tree *tree, int node,
					      const struct device_tree_affinity *affinity)
{
	struct device_tree_place nowhere = { .domain = DEVICE_TREE_NO_DOMAIN };
	struct device_tree_cells cells = device_tree_cells(tree, node, "ibm,associativity");
	uint32_t told = device_tree_cell(&cells, 0);
	uint32_t domains[DEVICE_TREE_DOMAINS_MAX] = { 0 };

	if (!affinity || !cells.count)
		return nowhere;
	if (told > cells.count - 1 || told > DEVICE_TREE_DOMAINS_MAX) {
		device_tree_say(tree,
				"%s: ibm,associativity says %u domains and has %u, "
				"of at most %u: it has no node\n",
				device_tree_name(tree, node), told, cells.count - 1,
				DEVICE_TREE_DOMAINS_MAX);
		return nowhere;
	}
	for (uint32_t i = 0; i < told; i++)
		domains[i] = device_tree_cell(&cells, 1 + i);
	return device_tree_place(affinity, domains, told);
}

/* The line of form 2's table that a domain has; negative: none. */
static int table_line(const struct device_tree_cells *lookup, uint32_t domain)
{
	uint32_t count = device_tree_cell(lookup, 0);

	for (uint32_t i = 0; i < count && 1 + i < lookup->count; i++)
		if (device_tree_cell(lookup, 1 + i) == domain)
			return (int)i;
	return -1;
}

/* A count in a cell, then that many distances of one byte: lines, one after the other. */
static uint8_t table_distance(const struct device_tree *tree, int node, uint32_t from, uint32_t to)
{
	struct device_tree_cells lookup =
		device_tree_cells(tree, node, "ibm,numa-lookup-index-table");
	int length = 0;
	const uint8_t *table =
		node < 0 ? NULL : fdt_getprop(tree->blob, node, "ibm,numa-distance-table", &length);
	int line = table_line(&lookup, from), column = table_line(&lookup, to);
	uint64_t at = sizeof(uint32_t) + (uint64_t)(uint32_t)line * device_tree_cell(&lookup, 0) +
		      (uint32_t)column;

	if (!table || line < 0 || column < 0 || at >= (uint32_t)length)
		return 0;
	return table[at] >= NODE_DISTANCE_SELF ? table[at] : 0;
}

uint8_t device_tree_distance(const struct device_tree *tree,
			     const struct device_tree_affinity *affinity,
			     const struct device_tree_place *from,
			     const struct device_tree_place *to)
{
	uint32_t distance = NODE_DISTANCE_SELF;

	if (from->domain == DEVICE_TREE_NO_DOMAIN || to->domain == DEVICE_TREE_NO_DOMAIN)
		return 0;
	if (from->domain == to->domain)
		return NODE_DISTANCE_SELF;
	if (affinity->form == 2)
		return table_distance(tree, affinity->node, from->domain, to->domain);
	for (uint32_t i = 0; i < affinity->level_count && from->levels[i] != to->levels[i]; i++)
		distance *= 2;
	return (uint8_t)distance;
}
