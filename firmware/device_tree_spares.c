// SPDX-License-Identifier: MIT
/*
 * The CPUs that are not there and may come. device_tree_cpus_read() calls it when it has seen those that
 * are. A connector's index is opaque by the book: the numbers of a core are told when it comes, and that is too
 * late for whoever wants all ids before the first CPU is prepared. So the index is read as hypervisors make it,
 * and only if those of all cores that are there prove it. It must not name a CPU that the hypervisor says
 * cannot be; whether one is what it was taken for, it says itself when it comes.
 */
#include "core/string.h"
#include "firmware/device_tree_property.h"

#include <libfdt.h>
#include <muster/console.h>

/* Of a connector's index (LoPAPR, Dynamic Reconfiguration) the upper bits are its type: 1 is a CPU. */
#define INDEX_TYPE_SHIFT 28u
#define INDEX_TYPE_CPU	 1u
#define INDEX_VALUE	 0x0fffffffu
#define CONNECTORS_MAX	 4096u	/* in one list; with more nothing is taken from it */
#define NUMBERS_MAX	 32768u /* a core whose number is as large is never a spare */

/* Numbers of cores that are there, or have been taken. One tree is read at a time. */
static uint64_t there[NUMBERS_MAX / 64];

/* ibm,lrdr-capacity: the highest address, the size of a block, in as many cells as the root says, and the
 * number of processors. */
static uint32_t last_cell(const struct device_tree *tree, int node, const char *property,
			  uint32_t at)
{
	struct device_tree_cells cells = device_tree_cells(tree, node, property);

	return device_tree_cell(&cells, at);
}

uint32_t device_tree_cores_max(const struct device_tree *tree)
{
	struct device_tree_widths widths = device_tree_widths(tree, 0);

	return last_cell(tree, device_tree_node(tree, "/rtas"), "ibm,lrdr-capacity",
			 widths.address + widths.size);
}

struct spares {
	const struct device_tree *tree;
	struct device_tree_cells indexes; /* a count, then they */
	uint32_t count;
	uint32_t cores_max;
	struct device_tree_interrupts interrupts;
};

static bool no_spares(const struct device_tree *tree, const char *rule, uint32_t value)
{
	device_tree_say(tree,
			"cpus: ibm,drc-indexes: %s (%#x): no CPU is taken to be "
			"able to come\n",
			rule, value);
	return false;
}

/* A core that is there: its connector's index gives the number of its first thread. */
static bool proves_rule(const struct device_tree *tree, int node)
{
	uint32_t index = (uint32_t)device_tree_value(tree, node, "ibm,my-drc-index");

	return index >> INDEX_TYPE_SHIFT == INDEX_TYPE_CPU &&
	       (index & INDEX_VALUE) == device_tree_value(tree, node, "reg") &&
	       (index & INDEX_VALUE) == last_cell(tree, node, "ibm,ppc-interrupt-server#s", 0);
}

static void see(uint32_t number)
{
	if (number < NUMBERS_MAX)
		there[number / 64] |= UINT64_C(1) << number % 64;
}

/* Look at all cores that are there, once. */
static bool rule_holds(const struct spares *spares, int parent)
{
	const struct device_tree *tree = spares->tree;

	memset(there, 0, sizeof(there));
	for (int node = device_tree_first_child(tree, parent); node >= 0;
	     node = device_tree_next_child(tree, node)) {
		if (!device_tree_text_has(tree, node, "device_type", "cpu"))
			continue;
		if (!proves_rule(tree, node))
			return no_spares(tree, "a core that is there has another number",
					 (uint32_t)device_tree_value(tree, node,
								     "ibm,my-drc-index"));
		see((uint32_t)device_tree_value(tree, node, "reg"));
	}
	return true;
}

static bool list_is_good(const struct spares *spares)
{
	if (spares->count > CONNECTORS_MAX)
		return no_spares(spares->tree, "more connectors than are taken", spares->count);
	if (device_tree_cell(&spares->indexes, 0) != spares->count)
		return no_spares(spares->tree, "its count is not its length",
				 device_tree_cell(&spares->indexes, 0));
	if (spares->cores_max && spares->count > spares->cores_max)
		return no_spares(spares->tree, "more than ibm,lrdr-capacity has processors",
				 spares->count);
	return true;
}

/* A connector of a core that is not there. Each is taken once. */
static bool is_spare(uint32_t index)
{
	uint32_t number = index & INDEX_VALUE;

	return index >> INDEX_TYPE_SHIFT == INDEX_TYPE_CPU && number < NUMBERS_MAX &&
	       !(there[number / 64] & UINT64_C(1) << number % 64);
}

/* Server numbers that no interrupt controller takes are nobody's. */
static bool is_in_range(const struct spares *spares, uint32_t server)
{
	const struct device_tree_interrupts *interrupts = &spares->interrupts;

	return !interrupts->server_count ||
	       server - interrupts->server_first < interrupts->server_count;
}

void device_tree_spares_read(const struct device_tree *tree, struct device_tree_cpus *cpus,
			     void (*cpu)(void *context, const struct device_tree_cpu *cpu),
			     void *context)
{
	int parent = device_tree_node(tree, "/cpus");
	struct spares spares = {
		.tree = tree,
		.indexes = device_tree_cells(tree, parent, "ibm,drc-indexes"),
		.cores_max = device_tree_cores_max(tree),
	};
	struct device_tree_cpu thread = { .threads = cpus->threads,
					  .place.domain = DEVICE_TREE_NO_DOMAIN };

	spares.count = spares.indexes.count ? spares.indexes.count - 1 : 0;
	/* The usual case: each has its core. */
	if (spares.count <= cpus->cores || !list_is_good(&spares) || !rule_holds(&spares, parent))
		return;
	(void)device_tree_interrupts_read(tree, &spares.interrupts);
	for (uint32_t i = 1; i <= spares.count; i++) {
		uint32_t index = device_tree_cell(&spares.indexes, i);

		if (!is_spare(index))
			continue;
		thread.reg = index & INDEX_VALUE;
		see(thread.reg);
		if (!is_in_range(&spares, thread.reg + cpus->threads - 1)) {
			device_tree_say(tree,
					"cpus: connector %#x: no interrupt "
					"controller takes number %u: left out\n",
					index, thread.reg + cpus->threads - 1);
			continue;
		}
		for (thread.thread = 0; thread.thread < cpus->threads; thread.thread++) {
			thread.server = thread.reg + thread.thread;
			cpu(context, &thread);
			cpus->possible_only++;
		}
	}
}
