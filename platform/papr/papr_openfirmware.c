// SPDX-License-Identifier: MIT
/*
 * What Open Firmware is asked while it is there: to agree on how we run, to put RTAS into memory, for its tree,
 * and to be gone. Called by step `device-tree`, once, before anything of ours is in memory that the
 * firmware uses.
 */
#include "arch/ppc64/page_table.h"
#include "arch/ppc64/start.h"
#include "firmware/openfirmware.h"
#include "platform/papr/papr.h"
#include "platform/papr/papr_interrupts.h"
#include "platform/papr/papr_negotiate.h"
#include "platform/papr/rtas.h"

#include <muster/muster.h>

#define TREE_BYTES  (2u << 20)
#define OPTIONS_MAX 64u /* bytes of ibm,arch-vec-5-platform-support */

extern char image_end[];

/* Driven by papr_xive.c, if the image has it. */
#pragma weak papr_xive

static int enter(void *context, uint32_t cells)
{
	(void)context;
	return (int)ppc64_firmware_call(boot_source()->r5, cells, 0);
}

static uint8_t first_window[OPENFIRMWARE_WINDOW_MIN] __attribute__((aligned(64)));
static struct openfirmware firmware = {
	.enter = enter,
	.window = first_window,
	.window_size = sizeof(first_window),
};

/* Memory that the firmware does not use; 0: none. We say where, because it would rather give what is at the very
 * bottom, where our vectors come to lie: above the image, in steps, as far as the smallest memory reaches
 * that a firmware gives a client (LoPAPR 1.1, B.6.2.3, option vector 2). */
#define CLAIM_STEP  UINT64_C(0x10000)
#define CLAIM_LIMIT UINT64_C(0x10000000)

static uint32_t claim(uint32_t size)
{
	uint64_t at = (physical_of(image_end) + CLAIM_STEP - 1) & ~(CLAIM_STEP - 1);

	for (; at + size <= CLAIM_LIMIT; at += CLAIM_STEP) {
		const uint32_t in[] = { (uint32_t)at, size, 0 };
		uint32_t base;

		if (!openfirmware_call(&firmware, "claim", in, 3, &base, 1) && base == at)
			return base;
	}
	return 0;
}

static void *pointer(uint32_t physical)
{
	return (void *)(KERNEL_VIRTUAL | physical);
}

static int window_begin(void)
{
	uint32_t window;

	firmware.window_address = (uint32_t)physical_of(first_window);
	window = claim(OPENFIRMWARE_WINDOW_BEST);
	if (!window)
		return MUSTER_E_NO_MEMORY;
	firmware.window = pointer(window);
	firmware.window_address = window;
	firmware.window_size = OPENFIRMWARE_WINDOW_BEST;
	return 0;
}

/* firmware/openfirmware.h reads; this writes. value: in memory that the firmware reaches. */
static int property_set(uint32_t node, const char *name, const void *value, uint32_t size)
{
	const uint32_t in[] = { node, (uint32_t)physical_of(name), (uint32_t)physical_of(value),
				size };
	uint32_t length;

	if (openfirmware_call(&firmware, "setprop", in, 4, &length, 1) || length != size)
		return MUSTER_E_NOT_SUPPORTED;
	return 0;
}

/* A method of an instance with one argument: 0 and its result if it went well. */
static int method(const char *name, uint32_t instance, uint32_t argument, uint32_t *result)
{
	const uint32_t in[] = { (uint32_t)physical_of(name), instance, argument };
	uint32_t out[2];

	if (openfirmware_call(&firmware, "call-method", in, 3, out, 2) || out[0])
		return MUSTER_E_NOT_SUPPORTED;
	*result = out[1];
	return 0;
}

/* Its driver is in the image, and the command line has nothing against it. */
static bool xive_wanted(uint32_t chosen)
{
	static char line[COMMAND_LINE_MAX + 1];
	int32_t length =
		openfirmware_property(&firmware, chosen, "bootargs", line, sizeof(line) - 1);

	line[length > 0 ? length : 0] = 0;
	return &papr_xive && !negotiate_without_xive(line);
}

static void negotiate(void)
{
	static struct negotiate_request request __attribute__((aligned(256)));
	uint8_t options[OPTIONS_MAX];
	bool was_on = translation_is_on();
	uint32_t root = openfirmware_open(&firmware, "/");
	uint32_t result = 0;
	uint32_t chosen = openfirmware_find(&firmware, "/chosen");
	int32_t length = openfirmware_property(&firmware, chosen, "ibm,arch-vec-5-platform-support",
					       options, sizeof(options));
	bool xive = xive_wanted(chosen);

	/* It may take the tree away that translates now. */
	translation_set(false);
	negotiate_fill(&request, options, length > 0 ? (size_t)length : 0, xive);
	if (!root || method("ibm,client-architecture-support", root,
			    (uint32_t)physical_of(&request), &result))
		console_print("muster: open firmware: ibm,client-architecture-support: there is "
			      "none: what holds without it holds\n");
	else if (result)
		console_print("muster: open firmware: ibm,client-architecture-support: %#x: "
			      "nothing was agreed on\n",
			      result);
	else
		papr_firmware.negotiated = true;
	if (was_on && papr_firmware.negotiated && request.vector_5[NEGOTIATE_MMU])
		translation_set(true);
}

/* Where it is becomes part of the tree, under the names that Linux has for it: the next kernel cannot ask for it
 * again. */
static int rtas_tell(uint32_t node, const char *name, uint32_t value)
{
	uint32_t big = __builtin_bswap32(value);

	return property_set(node, name, &big, sizeof(big));
}

static int rtas_place(uint32_t node, uint32_t *at, uint32_t *entry_at)
{
	uint32_t instance = openfirmware_open(&firmware, "/rtas");
	uint32_t size, base, entry;
	int error;

	if (!instance || !openfirmware_number(&firmware, node, "rtas-size", &size))
		return MUSTER_E_NOT_FOUND;
	base = claim(size);
	if (!base)
		return MUSTER_E_NO_MEMORY;
	if (method("instantiate-rtas", instance, base, &entry) || !entry)
		return MUSTER_E_NOT_SUPPORTED;
	*at = base;
	*entry_at = entry;
	error = rtas_tell(node, "linux,rtas-base", base);
	return error ? error : rtas_tell(node, "linux,rtas-entry", entry);
}

/* The server number of the CPU that runs: that of the instance in /chosen's `cpu`, and where the firmware has
 * none, of the first CPU in its tree, which is the one that it starts. */
static uint32_t boot_cpu(void)
{
	uint32_t chosen = openfirmware_find(&firmware, "/chosen");
	uint32_t instance, node = 0, number;

	if (openfirmware_number(&firmware, chosen, "cpu", &instance))
		node = openfirmware_package(&firmware, instance);
	if (!node)
		node = openfirmware_child(&firmware, openfirmware_find(&firmware, "/cpus"));
	for (; node; node = openfirmware_peer(&firmware, node))
		if (openfirmware_number(&firmware, node, "reg", &number))
			return number;
	console_print("muster: open firmware: /cpus: there is no CPU with a `reg`: the one that "
		      "runs is taken to be 0\n");
	return 0;
}

static int flatten(struct papr_firmware *to)
{
	struct openfirmware_flat flat = { .size = TREE_BYTES, .boot_cpu = boot_cpu() };
	uint32_t buffer = claim(TREE_BYTES);
	int32_t bytes;

	if (!buffer)
		return MUSTER_E_NO_MEMORY;
	flat.buffer = pointer(buffer);
	bytes = openfirmware_flatten(&firmware, &flat);
	if (bytes < 0)
		return bytes;
	to->tree_physical = buffer;
	return device_tree_open(flat.buffer, (uint64_t)bytes, &to->tree);
}

static bool is_gone; /* it has been told to be quiet, or it was never there */

/* Before there is a tree that names RTAS, and maybe from within a call of the firmware: tried once. */
void papr_openfirmware_power_off(void)
{
	uint32_t node, base, entry, token;

	if (is_gone || !boot_source()->r5)
		return;
	is_gone = true;
	firmware.window = first_window;
	firmware.window_address = (uint32_t)physical_of(first_window);
	firmware.window_size = sizeof(first_window);
	node = openfirmware_find(&firmware, "/rtas");
	if (openfirmware_number(&firmware, node, "power-off", &token) &&
	    !rtas_place(node, &base, &entry)) {
		rtas_set(entry, base);
		papr_power_off_by(token);
	}
	(void)openfirmware_call(&firmware, "exit", NULL, 0, NULL, 0);
}

int papr_openfirmware_read(void)
{
	uint32_t base, entry;
	int error = window_begin();

	if (!error) {
		negotiate();
		error = rtas_place(openfirmware_find(&firmware, "/rtas"), &base, &entry);
		if (error)
			console_print("muster: open firmware: rtas: %s\n",
				      muster_error_name(error));
	}
	if (!error)
		error = flatten(&papr_firmware);
	(void)openfirmware_call(&firmware, "quiesce", NULL, 0, NULL, 0);
	is_gone = true;
	return error;
}
