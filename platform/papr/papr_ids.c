// SPDX-License-Identifier: MIT
/*
 * The id table of a PAPR guest, and its nodes: steps `cpu-ids` and `nodes`. Hardware id: the interrupt server
 * number, which starts a CPU and which hypercalls call it by, so that it is the vCPU id too. Firmware id: the same
 * number, because the tree has one node for a core and none for its threads. The boot CPU is the
 * one that the tree's header names. Those that are there come first, in the order of the tree; those
 * that may come one day follow.
 */
#include "arch/ppc64/registers.h"
#include "core/cpu_table.h"
#include "core/machine.h"
#include "core/memory_map.h"
#include "core/node_table.h"
#include "core/string.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_home.h"

#include <muster/muster.h>

/* Domains of CPUs and of memory, ascending, each once, and where one is. */
static struct {
	uint32_t domains[NODES_MAX];
	struct device_tree_place places[NODES_MAX];
	uint32_t count;
	uint32_t left_out;
} nodes;

static const struct device_tree_affinity *affinity(void)
{
	return papr_firmware.affinity_told ? &papr_firmware.affinity : NULL;
}

static void add_place(const struct device_tree_place *place)
{
	uint32_t at = 0;

	if (place->domain == DEVICE_TREE_NO_DOMAIN)
		return;
	while (at < nodes.count && nodes.domains[at] < place->domain)
		at++;
	if (at < nodes.count && nodes.domains[at] == place->domain)
		return;
	if (nodes.count == NODES_MAX) {
		nodes.left_out++;
		return;
	}
	memmove(&nodes.domains[at + 1], &nodes.domains[at],
		(nodes.count - at) * sizeof(nodes.domains[0]));
	memmove(&nodes.places[at + 1], &nodes.places[at],
		(nodes.count - at) * sizeof(nodes.places[0]));
	nodes.domains[at] = place->domain;
	nodes.places[at] = *place;
	nodes.count++;
}

static void see_cpu(void *context, const struct device_tree_cpu *cpu)
{
	(void)context;
	add_place(&cpu->place);
}

static void see_memory(void *context, const struct device_tree_memory *memory)
{
	(void)context;
	add_place(&memory->place);
}

static void place_memory(void *context, const struct device_tree_memory *memory)
{
	uint32_t node = node_by_domain(memory->place.domain);

	(void)context;
	if (node != NODE_ANY)
		(void)memory_map_set_node(memory->base, memory->size, node);
}

static void not_asked_for(void *context, const struct device_tree_memory *memory)
{
	(void)context;
	(void)memory;
}

static void apply_distances(void)
{
	for (uint32_t from = 0; from < nodes.count; from++)
		for (uint32_t to = 0; to < nodes.count; to++)
			node_table_set_distance(
				from, to,
				device_tree_distance(&papr_firmware.tree, affinity(),
						     &nodes.places[from], &nodes.places[to]));
}

int papr_nodes_step(cpu_t cpu)
{
	const struct device_tree_memory_reader see = { see_memory, not_asked_for, NULL };
	const struct device_tree_memory_reader place = { place_memory, not_asked_for, NULL };
	const struct device_tree *tree = &papr_firmware.tree;
	/* Step `memory-map` has read what it says of memory. */
	const struct device_tree again = device_tree_again(tree);
	struct device_tree_cpus cpus;
	uint64_t physical;
	int error;

	(void)cpu;
	(void)node_table_begin(NULL, NULL, 0);
	if (!affinity())
		return 0;
	(void)device_tree_cpus_read(tree, affinity(), &cpus, see_cpu, NULL);
	(void)device_tree_memory_read(&again, affinity(), &see);
	if (!nodes.count)
		return 0;
	if (nodes.left_out)
		console_print("muster: device tree: %u places left out: at most %u domains\n",
			      nodes.left_out, NODES_MAX);
	physical = mem_alloc(node_table_bytes(nodes.count), 0, .owner = "nodes");
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	error = node_table_begin(machine_get()->direct(physical), nodes.domains, nodes.count);
	if (error)
		return error;
	(void)device_tree_memory_read(&again, affinity(), &place);
	apply_distances();
	node_table_name_without_memory();
	return 0;
}

/* What the two walks share: the first looks, the second adds. */
struct walk {
	uint32_t count;
	uint32_t boot;
	bool boot_found;
	struct cpu_description boot_cpu;
};

/* The hypervisor's word goes before the tree's, where it leads to a node. */
uint32_t papr_node_of(const struct device_tree_cpu *cpu)
{
	struct device_tree_place home =
		papr_home_place(papr_home(), cpu->server, cpu->present, &cpu->place);
	uint32_t node = node_by_domain(home.domain);

	return node == NODE_ANY ? node_by_domain(cpu->place.domain) : node;
}

static struct cpu_description describe(const struct device_tree_cpu *cpu)
{
	return (struct cpu_description){
		.hwid = hwid_from_value(cpu->server),
		.fwid = fwid_from_value(cpu->server),
		.vcpu_id = vcpu_id_from_value(cpu->server),
		.node = papr_node_of(cpu),
		.present = cpu->present && !papr_firmware.bare,
	};
}

static void look(void *context, const struct device_tree_cpu *cpu)
{
	struct walk *walk = context;

	walk->count++;
	if (walk->boot_found || cpu->server != walk->boot)
		return;
	walk->boot_found = true;
	walk->boot_cpu = describe(cpu);
	walk->boot_cpu.present = true; /* it runs */
}

static void add(void *context, const struct device_tree_cpu *cpu)
{
	struct walk *walk = context;
	struct cpu_description description;

	/* The boot CPU is in the table already. A second one with its number is named, and left out, like
	 * any other double. */
	if (walk->boot_found && cpu->server == walk->boot) {
		walk->boot_found = false;
		return;
	}
	description = describe(cpu);
	(void)cpu_table_add(&description);
}

int papr_cpu_ids_step(cpu_t cpu)
{
	struct device_tree tree = papr_firmware.tree;
	struct walk walk = { .boot = device_tree_boot_cpu(&tree) };
	struct device_tree_cpus cpus;
	uint64_t physical;
	size_t bytes;
	int error;

	(void)cpu;
	/* Step `nodes` has read what it says of CPUs, where it says anything of nodes. */
	if (affinity())
		tree = device_tree_again(&tree);
	error = device_tree_cpus_read(&tree, affinity(), &cpus, look, &walk);
	if (error)
		return error;
	bytes = cpu_table_bytes(walk.count + 1);
	physical = mem_alloc(bytes, 0, .owner = "cpu table");
	if (!physical)
		return MUSTER_E_NO_MEMORY;
	error = cpu_table_begin(machine_get()->direct(physical), walk.count + 1);
	if (error)
		return error;
	if (!walk.boot_found) {
		console_print(
			"muster: device tree: %u CPUs, and none with server number %#x, which is the one that runs; the header is believed\n",
			walk.count, walk.boot);
		walk.boot_cpu = (struct cpu_description){
			.hwid = hwid_from_value(walk.boot),
			.fwid = fwid_from_value(FWID_UNKNOWN_VALUE),
			.vcpu_id = vcpu_id_from_value(walk.boot),
			.node = NODE_ANY,
			.present = true,
		};
	}
	(void)cpu_table_add(&walk.boot_cpu);
	tree = device_tree_again(&tree);
	(void)device_tree_cpus_read(&tree, affinity(), &cpus, add, &walk);
	return cpu_table_end();
}
