// SPDX-License-Identifier: MIT
/*
 * Makes the flattened tree that the next kernel gets wrong, in one way that is asked for (kexec.tree=). kexec.c calls
 * it when nothing reads the tree any more. In place: a property's bytes are changed, or it is made to be none.
 */
#include "tests/boot/kexec_ppc64/bad_tree.h"

#include <libfdt.h>
#include <muster/muster.h>

#define SERVERS "ibm,ppc-interrupt-server#s"

/* The second CPU, in the order of the tree. */
static int second_cpu(void *tree)
{
	int first = fdt_first_subnode(tree, fdt_path_offset(tree, "/cpus"));

	return fdt_next_subnode(tree, first);
}

static void truncated(void *tree)
{
	fdt_set_totalsize(tree, fdt_totalsize(tree) / 2);
}

static void no_magic(void *tree)
{
	fdt_set_magic(tree, 0);
}

/* A property that is its own successor. */
static void endless(void *tree)
{
	int property = fdt_first_property_offset(tree, 0);
	struct fdt_property *at =
		(struct fdt_property *)((char *)tree + fdt_off_dt_struct(tree) + property);

	at->len = cpu_to_fdt32(0xfffffff4);
}

static void same_number(void *tree)
{
	int second = second_cpu(tree), other = fdt_next_subnode(tree, second);
	const void *servers = fdt_getprop(tree, other, SERVERS, NULL);

	if (servers)
		(void)fdt_setprop_inplace(tree, second, SERVERS, servers, sizeof(uint32_t));
}

static void no_number(void *tree)
{
	(void)fdt_nop_property(tree, second_cpu(tree), SERVERS);
}

static void no_cpus(void *tree)
{
	(void)fdt_nop_node(tree, fdt_path_offset(tree, "/cpus"));
}

static void no_memory(void *tree)
{
	int node = -1;

	while ((node = fdt_node_offset_by_prop_value(tree, node, "device_type", "memory", 7)) >= 0)
		(void)fdt_nop_property(tree, node, "reg");
}

static void no_start_cpu(void *tree)
{
	(void)fdt_nop_property(tree, fdt_path_offset(tree, "/rtas"), "start-cpu");
}

static void no_timebase(void *tree)
{
	int node = fdt_first_subnode(tree, fdt_path_offset(tree, "/cpus"));

	for (; node >= 0; node = fdt_next_subnode(tree, node))
		(void)fdt_nop_property(tree, node, "timebase-frequency");
}

/* Shared processors, and so areas, are not offered. */
static void no_functions(void *tree)
{
	(void)fdt_nop_property(tree, fdt_path_offset(tree, "/rtas"), "ibm,hypertas-functions");
}

static void bad_points(void *tree)
{
	static const char name[] = "ibm,associativity-reference-points";
	const uint32_t none = 0;

	(void)fdt_setprop_inplace_namelen_partial(tree, fdt_path_offset(tree, "/rtas"), name,
						  sizeof(name) - 1, 0, &none, sizeof(none));
}

const char *const bad_tree_choices[] = {
	"good",		"truncated",  "no-magic",  "endless",	   "same-number",
	"no-number",	"no-cpus",    "no-memory", "no-start-cpu", "no-timebase",
	"no-functions", "bad-points", NULL,
};

/* In the same order. */
static void (*const ways[])(void *tree) = {
	NULL,	 truncated, no_magic,	  endless,     same_number,  no_number,
	no_cpus, no_memory, no_start_cpu, no_timebase, no_functions, bad_points,
};
_Static_assert(sizeof(ways) / sizeof(ways[0]) + 1 ==
		       sizeof(bad_tree_choices) / sizeof(bad_tree_choices[0]),
	       "a way for each choice");

void bad_tree(void *tree, uint64_t choice)
{
	if (!choice || choice >= sizeof(ways) / sizeof(ways[0]))
		return;
	console_print("kexec: tree: %s\n", bad_tree_choices[choice]);
	ways[choice](tree);
}
