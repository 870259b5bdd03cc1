// SPDX-License-Identifier: MIT
/*
 * Is a flattened device tree whole? device_tree_open() asks before libfdt walks it for the first time:
 * libfdt's own check (1.6.1) can go round for ever over a property whose length takes it back to where it
 * was. Every step here goes forward, and none looks behind the end of a block.
 */
#include "firmware/device_tree_check.h"

#include "core/string.h"

#include <libfdt.h>

/* A part of the tree, as the header tells of it. */
struct block {
	const uint8_t *bytes;
	uint32_t size;
};

/* The structure block, and how far it has been read. */
struct walk {
	struct block structs, strings;
	uint32_t at;
	uint32_t depth;
	bool root_ended;
};

static uint32_t left(const struct walk *walk)
{
	return walk->structs.size - walk->at;
}

static bool take_cell(struct walk *walk, uint32_t *value)
{
	if (left(walk) < sizeof(*value))
		return false;
	memcpy(value, walk->structs.bytes + walk->at, sizeof(*value));
	*value = fdt32_to_cpu(*value);
	walk->at += sizeof(*value);
	return true;
}

/* Go on, to the next multiple of 4. */
static bool skip(struct walk *walk, uint32_t bytes)
{
	if (bytes > left(walk))
		return false;
	walk->at += bytes;
	bytes = -walk->at % (uint32_t)sizeof(uint32_t);
	if (bytes > left(walk))
		return false;
	walk->at += bytes;
	return true;
}

static bool ends(const struct block *block, uint32_t at)
{
	return at < block->size &&
	       strnlen((const char *)block->bytes + at, block->size - at) < block->size - at;
}

static const char *begin_node(struct walk *walk)
{
	if (!walk->depth && walk->root_ended)
		return "a node stands behind the root's end";
	if (!ends(&walk->structs, walk->at))
		return "a node's name does not end";
	walk->depth++;
	if (!skip(walk, (uint32_t)strlen((const char *)walk->structs.bytes + walk->at) + 1))
		return "a node's name leads out of its block";
	return NULL;
}

static const char *end_node(struct walk *walk)
{
	if (!walk->depth)
		return "a node ends that has not begun";
	walk->root_ended = !--walk->depth;
	return NULL;
}

static const char *property(struct walk *walk)
{
	uint32_t length, name;

	if (!walk->depth)
		return "a property stands outside of nodes";
	if (!take_cell(walk, &length) || !take_cell(walk, &name))
		return "a property is cut off";
	if (!ends(&walk->strings, name))
		return "a property's name does not end in its block";
	return skip(walk, length) ? NULL : "a property leads out of its block";
}

static const char *check_structs(struct walk *walk)
{
	const char *rule = NULL;
	uint32_t tag;

	while (!rule && take_cell(walk, &tag)) {
		switch (tag) {
		case FDT_BEGIN_NODE:
			rule = begin_node(walk);
			break;
		case FDT_END_NODE:
			rule = end_node(walk);
			break;
		case FDT_PROP:
			rule = property(walk);
			break;
		case FDT_NOP:
			break;
		case FDT_END:
			return walk->root_ended && !walk->depth ? NULL
								: "it ends before its root does";
		default:
			rule = "a tag is none of the specification's";
		}
	}
	return rule ? rule : "its structure does not end";
}

const char *device_tree_broken_rule(const void *blob, uint64_t available)
{
	const struct fdt_header *header = blob;
	struct walk walk = { 0 };

	if (available < sizeof(*header))
		return "shorter than its header";
	/* Before anything that lies behind the header is looked at. */
	if (fdt_magic(blob) != FDT_MAGIC)
		return "has not the magic number 0xd00dfeed";
	if (fdt_totalsize(blob) > available)
		return "its header says that it is longer";
	if (fdt_version(blob) < FDT_LAST_SUPPORTED_VERSION ||
	    fdt_last_comp_version(blob) > FDT_LAST_SUPPORTED_VERSION)
		return "is not of version 17, nor can it be read as such";
	if (fdt_check_header(blob))
		return "its blocks do not lie within it";
	if (fdt_num_mem_rsv(blob) < 0)
		return "its map of reserved memory does not end";
	walk.structs = (struct block){ (const uint8_t *)blob + fdt_off_dt_struct(blob),
				       fdt_size_dt_struct(blob) };
	walk.strings = (struct block){ (const uint8_t *)blob + fdt_off_dt_strings(blob),
				       fdt_size_dt_strings(blob) };
	if (fdt_off_dt_struct(blob) % sizeof(uint32_t))
		return "its structure is not at a multiple of 4";
	return check_structs(&walk);
}
