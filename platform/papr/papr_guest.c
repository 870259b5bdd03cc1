// SPDX-License-Identifier: MIT
/*
 * The calls of a real PAPR guest behind what can be tested without one: areas, home nodes, and what a kernel asks
 * for through muster/papr.h. Called by bring-up rows and by kernels. It must look at nothing that it passes on.
 */
#include "arch/ppc64/trap.h"
#include "firmware/device_tree_property.h"
#include "platform/papr/hypercall.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_areas.h"
#include "platform/papr/papr_home.h"
#include "platform/papr/papr_park.h"
#include "platform/papr/rtas.h"

#include <muster/arch/cpu.h>
#include <muster/muster.h>

/* An image may leave this out: core/image_choice.h. */
#pragma weak papr_park_look

/* Nothing lies there, with translation and without: below the poison of per-CPU bases (arch/ppc64/offsets.h). */
#define AREA_POISON_ADDRESS UINT64_C(0xc00ffffe00000000)

bool papr_guest(void)
{
	return papr_firmware.tree.blob && !papr_firmware.bare;
}

bool papr_is_qemu(void)
{
	return papr_guest() &&
	       device_tree_text_has(&papr_firmware.tree, 0, "compatible", "qemu,pseries");
}

long papr_hypercall(uint64_t token, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		    uint64_t *results)
{
	return papr_hcall_raw(token, a, b, c, d, results);
}

uint64_t papr_resets_in_services(void)
{
	return trap_resets_in_firmware;
}

int32_t papr_service(const char *name, const uint32_t *arguments, uint32_t count, uint32_t *results,
		     uint32_t results_count)
{
	const struct device_tree *tree = &papr_firmware.tree;
	struct device_tree_cells token =
		device_tree_cells(tree, device_tree_node(tree, "/rtas"), name);

	if (!token.count)
		return PAPR_NO_SERVICE;
	return rtas_call(device_tree_cell(&token, 0), arguments, count, results, results_count + 1);
}

static long register_area(uint64_t flags, uint64_t server, uint64_t address)
{
	return papr_hcall(H_REGISTER_VPA, flags, server, address, 0, NULL);
}

static long ask_home(uint64_t flags, uint64_t server, uint64_t registers[PAPR_RESULTS_MAX])
{
	return papr_hcall(H_HOME_NODE_ASSOCIATIVITY, flags, server, 0, 0, registers);
}

int papr_boot_areas_step(cpu_t cpu)
{
	static struct papr_area_guest guest;

	guest = (struct papr_area_guest){
		.register_area = register_area,
		.look = papr_park_look ? papr_park_look : NULL,
		.offered = device_tree_hypertas_has(&papr_firmware.tree, "hcall-splpar"),
		.data_cache_line = papr_firmware.processor.data_cache_line,
		.slb_entries = papr_firmware.processor.slb_entries,
		.poison = AREA_POISON_ADDRESS,
	};
	return papr_areas_boot(cpu, &guest);
}

struct papr_home *papr_home(void)
{
	static struct papr_home home;

	/* Asked for with every CPU: the tree is looked at once. */
	if (!home.ask)
		home = (struct papr_home){
			.ask = ask_home,
			.offered = device_tree_hypertas_has(&papr_firmware.tree, "hcall-vphn"),
			.affinity = papr_firmware.affinity_told ? &papr_firmware.affinity : NULL,
		};
	return &home;
}
