// SPDX-License-Identifier: MIT
/*
 * The live tree of Open Firmware as a flattened one. A platform's first step calls it, on the boot CPU. It
 * goes down and along the links that the firmware gives, with a list of the nodes that it is in; it must come to
 * an end whatever these are, and must not write a name or a value that has not been looked at.
 */
#include "core/string.h"
#include "firmware/openfirmware.h"

#include <libfdt.h>
#include <muster/console.h>
#include <muster/error.h>
#include <stdarg.h>

/* Children of one node: which one is being looked at, and one from before, which it must not come to again.
 * The earlier one is set anew at the 1st, 2nd, 4th, 8th ... (Brent), so that every circle is found. */
struct level {
	uint32_t node;
	uint32_t earlier;
	uint32_t steps, next_steps;
};

/* Names of one node's properties, in the same way. */
struct names {
	char name[OPENFIRMWARE_NAME_MAX + 1];
	char earlier[OPENFIRMWARE_NAME_MAX + 1];
	uint32_t count, next_count;
};

struct flattener {
	const struct openfirmware *firmware;
	const struct openfirmware_flat *flat;
	struct level levels[OPENFIRMWARE_DEPTH_MAX];
	uint32_t depth;	 /* levels that have begun; 1: the root */
	uint32_t nodes;	 /* seen */
	uint32_t lines;	 /* of text that told of something wrong */
	uint32_t chosen; /* the node /chosen; 0: none */
	int error;	 /* of libfdt: the buffer is full */
};

__attribute__((format(printf, 2, 3))) static void say(struct flattener *flattener,
						      const char *format, ...)
{
	char line[192];
	va_list arguments;

	if (flattener->lines++ >= OPENFIRMWARE_LINES_MAX)
		return;
	va_start(arguments, format);
	format_text_v(line, sizeof(line), format, arguments);
	va_end(arguments);
	console_print("muster: open firmware: %s\n", line);
}

/* Can it stand in a tree, and in a line of text? */
static bool is_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '/')
			return false;
	return length && length <= OPENFIRMWARE_NAME_MAX;
}

static bool put(struct flattener *flattener, int error)
{
	if (error && !flattener->error)
		flattener->error = error;
	return !error;
}

/* One property, which the firmware says is there. */
static void put_property(struct flattener *flattener, uint32_t node, const char *name)
{
	const void *value;
	int32_t length = openfirmware_property_view(flattener->firmware, node, name, &value);

	if (length >= 0)
		(void)put(flattener, fdt_property(flattener->flat->buffer, name, value, length));
	else
		say(flattener, "node %#x: %s: %s: left out", node, name,
		    length == MUSTER_E_NO_MEMORY ? "longer than there is room for"
						 : "is listed, and cannot be had");
}

/* A phandle is how other nodes name this one. The live tree's handle does where there is none. */
static void put_phandle(struct flattener *flattener, uint32_t node)
{
	(void)put(flattener, fdt_property_u32(flattener->flat->buffer, "phandle", node));
}

/* The console that is open, by its path: an instance means nothing to who reads the tree. */
static void put_console(struct flattener *flattener)
{
	char path[OPENFIRMWARE_PATH_MAX + 1];
	uint32_t instance, node;

	if (!openfirmware_number(flattener->firmware, flattener->chosen, "stdout", &instance))
		return;
	node = openfirmware_package(flattener->firmware, instance);
	if (node && openfirmware_path(flattener->firmware, node, path, sizeof(path)) > 0)
		(void)put(flattener,
			  fdt_property_string(flattener->flat->buffer, "stdout-path", path));
}

/* The name after `name`, which must not lead back. Returns whether there is one. */
static bool next_name(struct flattener *flattener, uint32_t node, struct names *names)
{
	char next[OPENFIRMWARE_NAME_MAX + 1];
	int more = openfirmware_next_property(flattener->firmware, node, names->name, next);

	if (more < 0)
		say(flattener,
		    "node %#x: a property's name is empty or does not end: the rest is "
		    "left out",
		    node);
	if (more <= 0)
		return false;
	if (!strcmp(next, names->earlier) || names->count == OPENFIRMWARE_PROPERTIES_MAX) {
		say(flattener, "node %#x: its properties do not end: %u are taken", node,
		    names->count);
		return false;
	}
	memcpy(names->name, next, sizeof(next));
	if (++names->count >= names->next_count) {
		memcpy(names->earlier, next, sizeof(next));
		names->next_count *= 2;
	}
	return true;
}

static void put_properties(struct flattener *flattener, uint32_t node)
{
	struct names names = { .next_count = 1 };
	bool phandle = false, console = false;

	while (!flattener->error && next_name(flattener, node, &names)) {
		if (!is_name(names.name)) {
			say(flattener, "node %#x: a property's name cannot be printed: left out",
			    node);
			continue;
		}
		/* The node's own name says that. */
		if (!strcmp(names.name, "name"))
			continue;
		phandle |= !strcmp(names.name, "phandle");
		console |= !strcmp(names.name, "stdout-path");
		put_property(flattener, node, names.name);
	}
	if (!phandle)
		put_phandle(flattener, node);
	if (node == flattener->chosen && !console)
		put_console(flattener);
}

/* The last part of its path: name and unit address. False: it has none that can be written. */
static bool node_name(struct flattener *flattener, uint32_t node, char *name)
{
	char path[OPENFIRMWARE_PATH_MAX + 1];
	int length = openfirmware_path(flattener->firmware, node, path, sizeof(path));
	const char *last = path;

	for (int i = 0; i < length; i++)
		if (path[i] == '/')
			last = &path[i + 1];
	/* The first is the root, whatever its path. */
	if (flattener->depth == 1) {
		name[0] = '\0';
		return true;
	}
	if (length < 1 || strlen(last) > OPENFIRMWARE_NAME_MAX || !is_name(last)) {
		say(flattener,
		    "node %#x has no name that can be printed: left out, with what is "
		    "below it",
		    node);
		return false;
	}
	memcpy(name, last, strlen(last) + 1);
	return true;
}

static bool is_above(const struct flattener *flattener, uint32_t node)
{
	for (uint32_t i = 0; i + 1 < flattener->depth; i++)
		if (flattener->levels[i].node == node)
			return true;
	return false;
}

/* May this be the node that its level is at? */
static bool node_is_new(struct flattener *flattener, struct level *level)
{
	if (level->node == level->earlier || is_above(flattener, level->node)) {
		say(flattener, "node %#x leads back to itself: the tree is cut there", level->node);
		return false;
	}
	if (++flattener->nodes > OPENFIRMWARE_NODES_MAX) {
		say(flattener, "more than %u nodes: the tree is cut", OPENFIRMWARE_NODES_MAX);
		return false;
	}
	if (++level->steps >= level->next_steps) {
		level->earlier = level->node;
		level->next_steps *= 2;
	}
	return true;
}

/* Begin with the children of the node of the last level, the first of which is `node`. */
static void go_down(struct flattener *flattener, uint32_t node)
{
	flattener->levels[flattener->depth++] = (struct level){ .node = node, .next_steps = 1 };
}

/*
 * At a node that has not been written: write it, and go to its first child; or, when it has none or cannot be
 * written, to its next sibling; or end nodes until one has a sibling.
 */
static void write_node(struct flattener *flattener)
{
	struct level *level = &flattener->levels[flattener->depth - 1];
	void *tree = flattener->flat->buffer;
	char name[OPENFIRMWARE_NAME_MAX + 1];
	uint32_t child;

	if (!node_is_new(flattener, level)) {
		level->node = 0;
		return;
	}
	if (!node_name(flattener, level->node, name)) {
		level->node = openfirmware_peer(flattener->firmware, level->node);
		return;
	}
	if (!put(flattener, fdt_begin_node(tree, name)))
		return;
	put_properties(flattener, level->node);
	child = openfirmware_child(flattener->firmware, level->node);
	if (child && flattener->depth == OPENFIRMWARE_DEPTH_MAX) {
		say(flattener, "node %#x: its children lie too deep (%u): left out", level->node,
		    OPENFIRMWARE_DEPTH_MAX);
		child = 0;
	}
	/* 0 below it: the level ends at once, and its node with it. */
	if (flattener->depth < OPENFIRMWARE_DEPTH_MAX) {
		go_down(flattener, child);
		return;
	}
	(void)put(flattener, fdt_end_node(tree));
	level->node = openfirmware_peer(flattener->firmware, level->node);
}

/* No more nodes at this level: its parent ends. */
static void end_level(struct flattener *flattener)
{
	struct level *parent;

	if (!--flattener->depth)
		return;
	parent = &flattener->levels[flattener->depth - 1];
	(void)put(flattener, fdt_end_node(flattener->flat->buffer));
	/* The root has none beside it, whatever the firmware says. */
	parent->node =
		flattener->depth == 1 ? 0 : openfirmware_peer(flattener->firmware, parent->node);
}

static int begin_tree(const struct openfirmware_flat *flat)
{
	int error = flat->size > INT32_MAX ? -FDT_ERR_NOSPACE
					   : fdt_create(flat->buffer, (int)flat->size);

	for (uint32_t i = 0; !error && i < flat->reserved_count; i++)
		error = fdt_add_reservemap_entry(flat->buffer, flat->reserved[i].base,
						 flat->reserved[i].size);
	return error ? error : fdt_finish_reservemap(flat->buffer);
}

int32_t openfirmware_flatten(const struct openfirmware *firmware,
			     const struct openfirmware_flat *flat)
{
	struct flattener flattener = { .firmware = firmware, .flat = flat };
	uint32_t root = openfirmware_peer(firmware, 0);

	if (!root) {
		console_print("muster: open firmware: there is no root node\n");
		return MUSTER_E_NOT_FOUND;
	}
	flattener.chosen = openfirmware_find(firmware, "/chosen");
	flattener.error = begin_tree(flat);
	go_down(&flattener, root);
	while (flattener.depth && !flattener.error) {
		if (flattener.levels[flattener.depth - 1].node)
			write_node(&flattener);
		else
			end_level(&flattener);
	}
	if (!flattener.error)
		flattener.error = fdt_finish(flat->buffer);
	if (flattener.error) {
		console_print("muster: open firmware: its tree does not fit into %u bytes: %s\n",
			      flat->size, fdt_strerror(flattener.error));
		return MUSTER_E_NO_MEMORY;
	}
	if (flattener.lines > OPENFIRMWARE_LINES_MAX)
		console_print("muster: open firmware: %u more faults in its tree\n",
			      flattener.lines - OPENFIRMWARE_LINES_MAX);
	fdt_set_boot_cpuid_phys(flat->buffer, flat->boot_cpu);
	return (int32_t)fdt_totalsize(flat->buffer);
}
