// SPDX-License-Identifier: MIT
/*
 * What the firmware says of a PAPR guest: step `device-tree`. The tree is there already when another kernel
 * left it; else Open Firmware is asked for it, and for what it can do only once (papr_openfirmware.c).
 */
#include "arch/ppc64/start.h"
#include "platform/papr/papr.h"
#include "platform/papr/rtas.h"

#include <muster/muster.h>

struct papr_firmware papr_firmware;

/* Firmware calls are made with 32-bit addresses. */
#define FIRMWARE_REACH (UINT64_C(1) << 32)

extern char image_start[], image_end[];

/* Who hands over a tree does not say how much of what is behind it can be read: the header is believed
 * up to the largest that there can be. */
int papr_flattened_open(void)
{
	struct papr_firmware *firmware = &papr_firmware;

	firmware->tree_physical = boot_source()->r3;
	return device_tree_open((const void *)(KERNEL_VIRTUAL | firmware->tree_physical),
				DEVICE_TREE_MAX, &firmware->tree);
}

/* An image that kexec put above would need copies of all that is handed to RTAS below. */
static int image_check(void)
{
	uint64_t end = physical_of(image_end);

	if (end <= FIRMWARE_REACH)
		return 0;
	console_print(
		"muster: image at %#lx to %#lx: the firmware is called with addresses below %#lx\n",
		physical_of(image_start), end, FIRMWARE_REACH);
	return MUSTER_E_INVALID;
}

static int rtas_find(struct papr_firmware *firmware)
{
	struct device_tree_rtas *rtas = &firmware->rtas;
	int error = device_tree_rtas_read(&firmware->tree, rtas);

	if (error)
		return error;
	if (!rtas->entry || rtas->entry >= FIRMWARE_REACH || rtas->base >= FIRMWARE_REACH) {
		console_print("muster: rtas at %#lx, entry %#lx: must be there, and below %#lx\n",
			      rtas->base, rtas->entry, FIRMWARE_REACH);
		return MUSTER_E_INVALID;
	}
	rtas_set(rtas->entry, rtas->base);
	return 0;
}

int papr_tree_read(void)
{
	struct papr_firmware *firmware = &papr_firmware;
	int error;

	device_tree_chosen_read(&firmware->tree, &firmware->chosen);
	error = device_tree_processor_read(&firmware->tree, &firmware->processor);
	firmware->affinity_told = !device_tree_affinity_read(&firmware->tree, &firmware->affinity);
	return error;
}

int papr_device_tree_step(cpu_t cpu)
{
	struct papr_firmware *firmware = &papr_firmware;
	int error = image_check();

	(void)cpu;
	if (!error)
		error = boot_source()->way == WAY_OPENFIRMWARE ? papr_openfirmware_read()
							       : papr_flattened_open();
	if (!error)
		error = rtas_find(firmware);
	if (error)
		return error;
	device_tree_agreed_read(&firmware->tree, &firmware->agreed);
	console_print("muster: papr: %s: %s, %s\n",
		      firmware->agreed.told ? "agreed on" : "nothing agreed on",
		      firmware->agreed.radix ? "radix translation" : "hash translation",
		      firmware->agreed.xive ? "xive" : "xics");
	error = papr_tree_read();
	if (firmware->chosen.terminal)
		papr_console_unit(firmware->chosen.terminal_unit);
	(void)device_tree_interrupts_read(&firmware->tree, &firmware->interrupts);
	return error;
}
