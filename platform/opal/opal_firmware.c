// SPDX-License-Identifier: MIT
/*
 * What is different of firmware and memory without a hypervisor: steps `device-tree` and `page-tables`, on the
 * boot CPU. Translation stays off: all memory is reached in real mode.
 */
#include "arch/ppc64/page_table.h"
#include "arch/ppc64/start.h"
#include "core/memory_map.h"
#include "firmware/device_tree_property.h"
#include "platform/opal/opal.h"
#include "platform/papr/papr.h"

#include <muster/muster.h>

/* OPAL_REINIT_CPUS: interrupts that come to hypervisor state are little-endian (HILE). */
#define REINIT_HILE_LITTLE 2u

extern char boot_tables[], boot_tables_end[];

static int place_read(void)
{
	const struct device_tree *tree = &papr_firmware.tree;
	int node = device_tree_node(tree, "/ibm,opal");
	uint64_t base = device_tree_value(tree, node, "opal-base-address");
	uint64_t entry = device_tree_value(tree, node, "opal-entry-address");

	if (!entry) {
		console_print("muster: device tree: ibm,opal: opal-entry-address: must be there\n");
		return MUSTER_E_NOT_FOUND;
	}
	if (entry != boot_source()->r9 || base != boot_source()->r8)
		console_print("muster: opal: base %#lx, entry %#lx in the device tree; %#lx, %#lx "
			      "in r8, r9: the tree is believed\n",
			      base, entry, boot_source()->r8, boot_source()->r9);
	opal_place_set(base, entry);
	return 0;
}

int opal_device_tree_step(cpu_t cpu)
{
	int error;

	(void)cpu;
	if (boot_source()->way != WAY_FLATTENED) {
		console_print("muster: opal: entered with r5 = %#lx: must be 0, and r3 lead to a "
			      "flattened tree\n",
			      boot_source()->r5);
		return MUSTER_E_INVALID;
	}
	papr_firmware.bare = true;
	error = papr_flattened_open();
	if (!error)
		error = place_read();
	if (!error)
		error = papr_tree_read();
	if (!error)
		console_print("muster: opal: no hypervisor: CPUs have no areas\n");
	return error;
}

/* Little-endian before there are vectors of ours: they are no big-endian code. */
int opal_tables_step(cpu_t cpu)
{
	int64_t status = opal_call(OPAL_REINIT_CPUS, REINIT_HILE_LITTLE, 0, 0);
	int error;

	(void)cpu;
	if (status) {
		console_print("muster: opal: OPAL_REINIT_CPUS: little-endian interrupts: status "
			      "%ld\n",
			      status);
		return MUSTER_E_NOT_SUPPORTED;
	}
	error = page_tables_begin(NULL);
	if (!error)
		error = mem_free(physical_of(boot_tables),
				 (uint64_t)(boot_tables_end - boot_tables));
	return error ? error : memory_map_grow();
}
