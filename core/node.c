// SPDX-License-Identifier: MIT
/*
 * The table of nodes: what the firmware calls them and how far they are from each other; and sums
 * over the memory map. Step `nodes` builds it, the allocator asks it where to go when a node has no
 * memory. It must never make up a node.
 */
#include "core/align.h"
#include "core/memory_table.h"
#include "core/needs.h"
#include "core/node_table.h"
#include "core/string.h"

#include <muster/console.h>
#include <muster/error.h>
#include <muster/muster.h>

static uint32_t nodes;
static uint32_t *domains_of; /* ascending */
static uint8_t *distances;   /* nodes * nodes, from 0 first */

size_t node_table_bytes(uint32_t count)
{
	if (!count || count > NODES_MAX)
		return 0;
	return count * sizeof(*domains_of) + (size_t)count * count;
}

int node_table_begin(void *memory, const uint32_t *domains, uint32_t count)
{
	nodes = 0;
	if (!count)
		return 0;
	if (!memory || !node_table_bytes(count)) {
		console_print("muster: nodes: no table for %u nodes at %p: 1 to %u\n", count,
			      memory, NODES_MAX);
		return MUSTER_E_INVALID;
	}
	domains_of = memory;
	distances = (uint8_t *)(domains_of + count);
	memcpy(domains_of, domains, count * sizeof(*domains_of));
	memset(distances, NODE_DISTANCE_OTHER, (size_t)count * count);
	nodes = count;
	for (uint32_t node = 0; node < nodes; node++)
		distances[node * nodes + node] = NODE_DISTANCE_SELF;
	return 0;
}

void node_table_set_distance(uint32_t from, uint32_t to, uint8_t distance)
{
	if (from < nodes && to < nodes && from != to && distance >= NODE_DISTANCE_SELF)
		distances[from * nodes + to] = distance;
}

uint32_t node_by_domain(uint32_t domain)
{
	for (uint32_t node = 0; node < nodes; node++)
		if (domains_of[node] == domain)
			return node;
	return NODE_ANY;
}

/* Where a node stands in the order of those near `from`; larger is later. */
static uint32_t rank(uint32_t from, uint32_t node)
{
	return node == from ? 0 : (uint32_t)distances[from * nodes + node] * NODES_MAX + node + 1;
}

uint32_t node_next_nearest(uint32_t from, uint32_t after)
{
	uint32_t next = NODE_ANY;

	if (from >= nodes || after >= nodes)
		return NODE_ANY;
	for (uint32_t node = 0; node < nodes; node++) {
		if (node != from && distances[from * nodes + node] == NODE_DISTANCE_UNREACHABLE)
			continue;
		if (rank(from, node) > rank(from, after) &&
		    (next == NODE_ANY || rank(from, node) < rank(from, next)))
			next = node;
	}
	return next;
}

uint32_t node_count(void)
{
	return nodes;
}

/* The node, if there is such a one. */
static uint32_t checked(uint32_t node)
{
	bringup_uses(CAP(NODES));
	if (node >= nodes)
		muster_panic("node %u: there are %u nodes", node, nodes);
	return node;
}

uint32_t node_domain(uint32_t node)
{
	return domains_of[checked(node)];
}

uint32_t node_distance(uint32_t from, uint32_t to)
{
	return distances[checked(from) * nodes + checked(to)];
}

static uint64_t memory_of(uint32_t node, bool free_only)
{
	uint64_t total = 0;

	for (size_t i = 0; i < memory_table.count; i++) {
		const struct memory_range *range = &memory_table.ranges[i];

		if (range->kind == MEMORY_RAM && range->node == node &&
		    (!free_only || !range->owner))
			total += range->size;
	}
	return total;
}

uint64_t node_memory(uint32_t node)
{
	return memory_of(checked(node), false);
}

uint64_t node_memory_free(uint32_t node)
{
	return memory_of(checked(node), true);
}

uint32_t node_nearest_memory(uint32_t node)
{
	uint32_t near = checked(node);

	while (near != NODE_ANY && !memory_of(near, false))
		near = node_next_nearest(node, near);
	return near;
}

uint32_t node_of_memory(uint64_t physical)
{
	size_t place = memory_table_find(physical);
	const struct memory_range *range = &memory_table.ranges[place];

	bringup_uses(CAP(NODES));
	if (place == memory_table.count || range->base > physical || range->kind != MEMORY_RAM)
		return NODE_ANY;
	return range->node;
}

void node_table_name_without_memory(void)
{
	for (uint32_t node = 0; node < node_count(); node++) {
		uint32_t near = node_nearest_memory(node);

		if (near == NODE_ANY)
			console_print("muster: node %u (domain %#x): it has no memory, nor has any "
				      "that it can reach\n",
				      node, node_domain(node));
		else if (near != node)
			console_print("muster: node %u (domain %#x): it has no memory; the nearest "
				      "that has is node %u, at distance %u\n",
				      node, node_domain(node), near, node_distance(node, near));
	}
}
