/* SPDX-License-Identifier: MIT */
/*
 * Building the table of nodes: step `nodes` calls it. Public part: muster/node.h.
 */
#ifndef CORE_NODE_TABLE_H
#define CORE_NODE_TABLE_H

#include <muster/node.h>
#include <stddef.h>

/*
 * Begin a table for so many nodes, with memory that the caller gives: bytes as
 * node_table_bytes(count) says (0: no such count), cleared here. domains: what the firmware calls
 * them, in order of node number; copied. All distances are those of a firmware that says nothing. A
 * second call begins anew; count 0, with no memory, forgets all nodes. Returns 0, or
 * MUSTER_E_INVALID with a line.
 */
size_t node_table_bytes(uint32_t count);
int node_table_begin(void *memory, const uint32_t *domains, uint32_t count);

/* What the firmware says of a distance. One from a node to itself, and one below
 * NODE_DISTANCE_SELF, is not taken. */
void node_table_set_distance(uint32_t from, uint32_t to, uint8_t distance);

/* The node of a domain; NODE_ANY if there is none. */
uint32_t node_by_domain(uint32_t domain);

/*
 * The nodes that can be reached from `from` in order of distance, then of number, `from` itself
 * first: the one after `after`; NODE_ANY behind the last, and for a `from` that is no node. For the
 * allocator: needs no step.
 */
uint32_t node_next_nearest(uint32_t from, uint32_t after);

/* A line for each node whose CPUs will have to go elsewhere for memory. When memory has its nodes. */
void node_table_name_without_memory(void);

#endif
