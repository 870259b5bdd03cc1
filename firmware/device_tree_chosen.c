// SPDX-License-Identifier: MIT
/*
 * What a device tree says besides CPUs and memory: how the kernel was started, what RTAS and hypervisor can
 * do, which interrupt controller there is. A platform's early steps call it. It must not hand out text or
 * addresses that have not been checked for what can be checked here.
 */
#include "core/string.h"
#include "firmware/device_tree_property.h"

#include <libfdt.h>
#include <muster/console.h>
#include <muster/error.h>

/* The console is the node that a path or, in older trees, another property names. */
static int console_node(const struct device_tree *tree, int chosen)
{
	static const char *const names[] = { "stdout-path", "linux,stdout-path" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = device_tree_text(tree, chosen, names[i]);
		const char *end = path;

		if (!path)
			continue;
		/* Behind a colon stand the speed and so on: Devicetree Specification 3.6. */
		while (*end && *end != ':')
			end++;
		return fdt_path_offset_namelen(tree->blob, path, (int)(end - path));
	}
	return -1;
}

static void read_initrd(const struct device_tree *tree, int chosen,
			struct device_tree_chosen *result)
{
	uint64_t start = device_tree_value(tree, chosen, "linux,initrd-start");
	uint64_t end = device_tree_value(tree, chosen, "linux,initrd-end");

	if (!start && !end)
		return;
	if (!start || end <= start) {
		device_tree_say(tree,
				"chosen: initrd from %#llx to %#llx: must begin "
				"before it ends, and not at 0: left out\n",
				(unsigned long long)start, (unsigned long long)end);
		return;
	}
	result->initrd = start;
	result->initrd_size = end - start;
}

void device_tree_chosen_read(const struct device_tree *tree, struct device_tree_chosen *chosen)
{
	int node = device_tree_node(tree, "/chosen");
	int console;

	*chosen = (struct device_tree_chosen){ 0 };
	if (node < 0)
		return;
	chosen->command_line = device_tree_text(tree, node, "bootargs");
	read_initrd(tree, node, chosen);
	console = console_node(tree, node);
	/* Without a path to it, the first there is. */
	if (console < 0 || !device_tree_text_has(tree, console, "compatible", "hvterm1"))
		console = device_tree_next_compatible(tree, -1, "hvterm1");
	if (console < 0 || !device_tree_has(tree, console, "reg"))
		return;
	chosen->terminal = true;
	chosen->terminal_unit = (uint32_t)device_tree_value(tree, console, "reg");
}

static uint32_t token(const struct device_tree *tree, int node, const char *call)
{
	struct device_tree_cells cells = device_tree_cells(tree, node, call);

	return cells.count ? device_tree_cell(&cells, 0) : DEVICE_TREE_NO_TOKEN;
}

int device_tree_rtas_read(const struct device_tree *tree, struct device_tree_rtas *rtas)
{
	int node = device_tree_node(tree, "/rtas");

	*rtas = (struct device_tree_rtas){
		.found = node >= 0,
		.base = device_tree_value(tree, node, "linux,rtas-base"),
		.entry = device_tree_value(tree, node, "linux,rtas-entry"),
		.size = (uint32_t)device_tree_value(tree, node, "rtas-size"),
		.start_cpu = token(tree, node, "start-cpu"),
		.stop_self = token(tree, node, "stop-self"),
		.query_cpu_stopped_state = token(tree, node, "query-cpu-stopped-state"),
		.power_off = token(tree, node, "power-off"),
		.system_reboot = token(tree, node, "system-reboot"),
		.os_term = token(tree, node, "ibm,os-term"),
		.check_exception = token(tree, node, "check-exception"),
		.configure_connector = token(tree, node, "ibm,configure-connector"),
		.set_indicator = token(tree, node, "set-indicator"),
		.get_sensor_state = token(tree, node, "get-sensor-state"),
	};
	if (!rtas->found) {
		device_tree_say(tree, "there is no node rtas: CPUs cannot be started, nor "
				      "the guest powered off\n");
		return MUSTER_E_NOT_FOUND;
	}
	if (rtas->start_cpu == DEVICE_TREE_NO_TOKEN)
		device_tree_say(tree, "rtas has no start-cpu: no CPU but this one can be "
				      "started\n");
	return 0;
}

bool device_tree_hypertas_has(const struct device_tree *tree, const char *function)
{
	return device_tree_text_has(tree, device_tree_node(tree, "/rtas"), "ibm,hypertas-functions",
				    function);
}

/* Server numbers: first and count. A list of more than one range is not understood, and says nothing. */
static void read_servers(const struct device_tree *tree, int node,
			 struct device_tree_interrupts *interrupts)
{
	struct device_tree_cells ranges =
		device_tree_cells(tree, node, "ibm,interrupt-server-ranges");

	if (ranges.count != 2)
		return;
	interrupts->server_first = device_tree_cell(&ranges, 0);
	interrupts->server_count = device_tree_cell(&ranges, 1);
}

/* XIVE (LoPAPR's addendum): two pages of the thread's management area, the user's and the OS's; a range of
 * numbers for IPIs; sizes of queues; priorities that are not ours. */
static void read_xive(const struct device_tree *tree, int node,
		      struct device_tree_interrupts *interrupts)
{
	struct device_tree_cells reg = device_tree_cells(tree, node, "reg");
	struct device_tree_cells ipis = device_tree_cells(tree, node, "ibm,xive-lisn-ranges");
	struct device_tree_cells sizes = device_tree_cells(tree, node, "ibm,xive-eq-sizes");
	struct device_tree_cells reserved =
		device_tree_cells(tree, 0, "ibm,plat-res-int-priorities");
	struct device_tree_widths widths = device_tree_widths(tree, 0);

	interrupts->os_page =
		device_tree_number(&reg, widths.address + widths.size, widths.address);
	interrupts->ipi_first = device_tree_cell(&ipis, 0);
	interrupts->ipi_count = device_tree_cell(&ipis, 1);
	interrupts->queue_shift = device_tree_cell(&sizes, 0);
	/* Pairs of first and count. */
	interrupts->reserved_priority = device_tree_cell(&reserved, 0);
}

int device_tree_interrupts_read(const struct device_tree *tree,
				struct device_tree_interrupts *interrupts)
{
	int node = device_tree_next_compatible(tree, -1, "ibm,power-ivpe");

	*interrupts = (struct device_tree_interrupts){ 0 };
	if (node >= 0) {
		interrupts->kind = DEVICE_TREE_INTERRUPTS_XIVE;
		read_xive(tree, node, interrupts);
		return 0;
	}
	node = device_tree_next_compatible(tree, -1, "IBM,ppc-xicp");
	if (node < 0)
		return MUSTER_E_NOT_FOUND;
	interrupts->kind = DEVICE_TREE_INTERRUPTS_XICS;
	read_servers(tree, node, interrupts);
	return 0;
}
