/* SPDX-License-Identifier: MIT */
/*
 * Nodes: which CPUs and which memory are near each other, and how far the others are.
 *
 * A node is a proximity domain of the firmware. Nodes are numbered 0 ... n-1 in ascending order of
 * their domains: the number then does not depend on the order in which a table happens to list
 * them, and where domains are 0 ... n-1 themselves, which is the rule, both are the same. A node
 * may have CPUs and no memory, or memory and no CPUs. cpu_node() (muster/cpu.h) is a CPU's node;
 * struct memory_range (muster/memory.h) has that of memory.
 */
#ifndef MUSTER_NODE_H
#define MUSTER_NODE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nodes there can be; domains beyond are left out, and named. */
#define NODES_MAX 256u

#define NODE_DISTANCE_SELF \
	10u /* from a node to itself; the others are multiples of a tenth of it */
#define NODE_DISTANCE_OTHER	  20u  /* to another, when the firmware does not say */
#define NODE_DISTANCE_UNREACHABLE 255u /* its memory cannot be used from there */

/* Number of nodes; 0 when the firmware says nothing about nodes: then every node is NODE_ANY. Needs:
 * step `nodes`, 0 before. */
uint32_t node_count(void);

/* What the firmware calls a node (ACPI: proximity domain). Like all below it needs step `nodes`, and
 * a node at or above node_count() is a panic that names it. */
uint32_t node_domain(uint32_t node);

/* Bytes of RAM of a node: all of it, and what is free. Linear in the number of memory ranges. */
uint64_t node_memory(uint32_t node);
uint64_t node_memory_free(uint32_t node);

/* The distance from one node to another: 10 to 254, or NODE_DISTANCE_UNREACHABLE. Need not be the
 * same in both directions. */
uint32_t node_distance(uint32_t from, uint32_t to);

/*
 * The node whose memory is nearest: itself if it has any, else the one at the least distance, and of
 * several the lowest number. NODE_ANY when no node that can be reached has memory. Where mem_alloc()
 * goes for a node that has none.
 */
uint32_t node_nearest_memory(uint32_t node);

/* The node of the memory at a physical address; NODE_ANY when it has none, or is not RAM. */
uint32_t node_of_memory(uint64_t physical);

#ifdef __cplusplus
}
#endif

#endif
