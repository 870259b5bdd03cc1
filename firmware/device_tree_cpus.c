// SPDX-License-Identifier: MIT
/*
 * What a device tree says of CPUs (LoPAPR, properties of CPU nodes): a node for each core, with a number for each thread by
 * which hypervisor and RTAS know it. A platform's step `cpu-ids` calls it. It passes on what the tree says,
 * a number given twice too; judging that is the id table's. It must not invent a number: a thread that has
 * none is no CPU.
 */
#include "core/string.h"
#include "firmware/device_tree_property.h"

#include <muster/console.h>
#include <muster/error.h>

#define SERVERS "ibm,ppc-interrupt-server#s"
#define NO_CPU	"cpus: no node is a CPU that can be used\n"

static bool is_okay(const struct device_tree *tree, int node)
{
	const char *status;

	/* A node that does not say is in order: Devicetree Specification 2.3.4. */
	if (!device_tree_has(tree, node, "status"))
		return true;
	status = device_tree_text(tree, node, "status");
	if (status && (!strcmp(status, "okay") || !strcmp(status, "ok")))
		return true;
	device_tree_say(tree, "cpus/%s: status is not okay: left out\n",
			device_tree_name(tree, node));
	return false;
}

/* The numbers of a core's threads: its own list, or its `reg`. */
static struct device_tree_cells thread_numbers(const struct device_tree *tree, int node)
{
	struct device_tree_cells numbers = device_tree_cells(tree, node, SERVERS);
	const char *name = device_tree_name(tree, node);

	if (numbers.count > DEVICE_TREE_THREADS_MAX) {
		device_tree_say(tree, "cpus/%s: " SERVERS " has %u threads: at most %u are taken\n",
				name, numbers.count, DEVICE_TREE_THREADS_MAX);
		numbers.count = DEVICE_TREE_THREADS_MAX;
	}
	if (numbers.count)
		return numbers;
	numbers = device_tree_cells(tree, node, "reg");
	if (numbers.count) {
		numbers.count = 1;
		device_tree_say(tree,
				"cpus/%s: no " SERVERS ": one thread, with the number in reg, %u\n",
				name, device_tree_cell(&numbers, 0));
	} else {
		device_tree_say(tree,
				"cpus/%s: neither " SERVERS " nor reg has a number: left out\n",
				name);
	}
	return numbers;
}

static void read_core(const struct device_tree *tree, int node,
		      const struct device_tree_affinity *affinity, struct device_tree_cpus *cpus,
		      void (*cpu)(void *context, const struct device_tree_cpu *cpu), void *context)
{
	struct device_tree_cells numbers = thread_numbers(tree, node);
	struct device_tree_cells reg = device_tree_cells(tree, node, "reg");
	struct device_tree_cpu thread = {
		/* A core without one has its first thread's. */
		.reg = device_tree_cell(reg.count ? &reg : &numbers, 0),
		.threads = numbers.count,
		.place = device_tree_place_of(tree, node, affinity),
		.present = true,
	};

	for (uint32_t i = 0; i < numbers.count; i++) {
		thread.thread = i;
		thread.server = device_tree_cell(&numbers, i);
		cpu(context, &thread);
	}
	cpus->cpus += numbers.count;
	cpus->cores += numbers.count != 0;
	if (numbers.count > cpus->threads)
		cpus->threads = numbers.count;
}

int device_tree_cpus_read(const struct device_tree *tree,
			  const struct device_tree_affinity *affinity,
			  struct device_tree_cpus *cpus,
			  void (*cpu)(void *context, const struct device_tree_cpu *cpu),
			  void *context)
{
	int parent = device_tree_node(tree, "/cpus");

	*cpus = (struct device_tree_cpus){ 0 };
	for (int node = device_tree_first_child(tree, parent); node >= 0;
	     node = device_tree_next_child(tree, node))
		if (device_tree_text_has(tree, node, "device_type", "cpu") && is_okay(tree, node))
			read_core(tree, node, affinity, cpus, cpu, context);
	if (!cpus->cpus) {
		device_tree_say(tree, NO_CPU);
		return MUSTER_E_NOT_FOUND;
	}
	device_tree_spares_read(tree, cpus, cpu, context);
	return 0;
}

int device_tree_processor_read(const struct device_tree *tree,
			       struct device_tree_processor *processor)
{
	int node = device_tree_first_child(tree, device_tree_node(tree, "/cpus"));
	struct device_tree_cells table, radix;

	*processor = (struct device_tree_processor){ 0 };
	while (node >= 0 && !device_tree_text_has(tree, node, "device_type", "cpu"))
		node = device_tree_next_child(tree, node);
	if (node < 0) {
		device_tree_say(tree, NO_CPU);
		return MUSTER_E_NOT_FOUND;
	}
	table = device_tree_cells(tree, node, "ibm,pft-size");
	radix = device_tree_cells(tree, node, "ibm,processor-radix-AP-encodings");
	processor->timebase_frequency =
		(uint32_t)device_tree_value(tree, node, "timebase-frequency");
	processor->version = (uint32_t)device_tree_value(tree, node, "cpu-version");
	/* Blocks are what dcbz clears; where only lines are told they are that. */
	processor->data_cache_line = (uint32_t)device_tree_value(tree, node, "d-cache-block-size");
	if (!processor->data_cache_line)
		processor->data_cache_line =
			(uint32_t)device_tree_value(tree, node, "d-cache-line-size");
	processor->slb_entries = (uint32_t)device_tree_value(tree, node, "ibm,slb-size");
	/* NUMA node, then the size. */
	processor->hash_table_shift = device_tree_cell(&table, 1);
	processor->radix_encodings = radix.count;
	processor->decrementer_bits = (uint32_t)device_tree_value(tree, node, "ibm,dec-bits");
	return 0;
}
