// SPDX-License-Identifier: MIT
/*
 * Self-tests of nodes: each CPU's unit, its stacks and the page table behind its window lie in the
 * memory of its node, or, where that has none, in the nearest that has.
 */
#include "kernel/tests.h"

/* The node whose memory a CPU's things are to be in. */
static uint32_t home(cpu_t cpu)
{
	uint32_t node = cpu_node(cpu);

	return node == NODE_ANY ? NODE_ANY : node_nearest_memory(node);
}

static bool lies_at(uint64_t physical, uint32_t node)
{
	return physical != UINT64_MAX && node_of_memory(physical) == node;
}

static uint32_t stacks_elsewhere(cpu_t cpu, uint32_t node)
{
	uint32_t elsewhere = 0;

	for (unsigned int kind = 0; kind < STACK_KINDS; kind++) {
		uintptr_t top = stack_top(cpu, (enum stack_kind)kind);

		/* The boot CPU's main stack came with the image, before nodes were known. */
		if (top && (cpu.number || kind != STACK_MAIN))
			elsewhere += !lies_at(mem_behind(top - 1), node);
	}
	return elsewhere;
}

/* The first CPU whose window has its last-level page table in common with this one. */
static cpu_t first_of_table(cpu_t cpu)
{
	uint64_t table = mem_table_behind(percpu_unit(cpu));

	for_each_cpu (other)
		if (percpu_unit(other) && mem_table_behind(percpu_unit(other)) == table)
			return other;
	return cpu;
}

static bool distances_are_sound(void)
{
	for (uint32_t from = 0; from < node_count(); from++)
		for (uint32_t to = 0; to < node_count(); to++)
			if (from == to ? node_distance(from, to) != NODE_DISTANCE_SELF
				       : node_distance(from, to) < NODE_DISTANCE_SELF)
				return false;
	return true;
}

void test_nodes(struct ktap *ktap)
{
	uint32_t units = 0, stacks = 0, tables = 0, placed = 0;

	if (!node_count()) {
		ktap_skip(ktap, "nodes", "the firmware says nothing about nodes");
		return;
	}
	for (uint32_t node = 0; node < node_count(); node++)
		ktap_note(ktap, "node %u: domain %#x, %llu of %llu KiB free", node,
			  node_domain(node), (unsigned long long)node_memory_free(node) / 1024,
			  (unsigned long long)node_memory(node) / 1024);
	for_each_cpu (cpu) {
		uint32_t node = home(cpu);

		if (!cpu_is_online(cpu) || node == NODE_ANY)
			continue;
		placed++;
		units += !lies_at(mem_behind(percpu_unit(cpu)), node);
		stacks += stacks_elsewhere(cpu, node);
		tables += !lies_at(mem_table_behind(percpu_unit(cpu)), home(first_of_table(cpu)));
	}
	ktap_result(ktap, distances_are_sound(), "nodes: distances are 10 to itself, and no less");
	ktap_result(ktap, !units, "nodes: the units of %u CPUs lie on their nodes", placed);
	ktap_result(ktap, !stacks, "nodes: so do their stacks");
	if (mem_table_behind(percpu_unit(cpu_this())) == UINT64_MAX)
		ktap_skip(ktap, "nodes: and page tables", "translation is off");
	else
		ktap_result(
			ktap, !tables,
			"nodes: and page tables, on that of the first CPU whose window they map");
}
