/* SPDX-License-Identifier: MIT */
/*
 * What the readers of device trees share: getting at one property. A number that is not there is 0, a list
 * has only whole cells, text ends within its property. `node` is libfdt's: an offset, negative for none.
 */
#ifndef FIRMWARE_DEVICE_TREE_PROPERTY_H
#define FIRMWARE_DEVICE_TREE_PROPERTY_H

#include "firmware/device_tree.h"

/* Numbers of 32 bits, big-endian, at any address. */
struct device_tree_cells {
	const uint8_t *bytes;
	uint32_t count;
};

/* The property; no cells when there is none. One whose length is not a multiple of 4 is named, and its
 * whole cells count. */
struct device_tree_cells device_tree_cells(const struct device_tree *tree, int node,
					   const char *property);
bool device_tree_has(const struct device_tree *tree, int node, const char *property);

/* A cell; 0 beyond the last. */
uint32_t device_tree_cell(const struct device_tree_cells *cells, uint32_t at);
/* `size` cells as one number; of more than two the last two. */
uint64_t device_tree_number(const struct device_tree_cells *cells, uint32_t at, uint32_t size);
/* A property that is one number, of one cell or two. */
uint64_t device_tree_value(const struct device_tree *tree, int node, const char *property);

/* Text; NULL when there is none, or it does not end within its property (then there is a line). */
const char *device_tree_text(const struct device_tree *tree, int node, const char *property);
/* Is that one of the words of a list of text? */
bool device_tree_text_has(const struct device_tree *tree, int node, const char *property,
			  const char *word);

/* #address-cells and #size-cells of a node for its children; those that are not there, or not 0 to 2 (the
 * first from 1), are the specification's 2 and 1, with a line in the second case. */
struct device_tree_widths {
	uint32_t address;
	uint32_t size;
};
struct device_tree_widths device_tree_widths(const struct device_tree *tree, int node);

/* A line about something wrong, unless this tree is read again and has had it. */
void device_tree_say(const struct device_tree *tree, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* A node's name for a message: as it is if it can be printed on one line, else a word that says so. */
const char *device_tree_name(const struct device_tree *tree, int node);

/* The node at a path, negative when there is none. */
int device_tree_node(const struct device_tree *tree, const char *path);
/* The first node after `after` (-1: from the start) whose device_type, or one of whose words in
 * compatible, is that; negative: no more. */
int device_tree_next_of_type(const struct device_tree *tree, int after, const char *type);
int device_tree_next_compatible(const struct device_tree *tree, int after, const char *word);
/* Children of a node. */
int device_tree_first_child(const struct device_tree *tree, int node);
int device_tree_next_child(const struct device_tree *tree, int node);

/* The place of a node by its ibm,associativity; `affinity` may be NULL. */
struct device_tree_place device_tree_place_of(const struct device_tree *tree, int node,
					      const struct device_tree_affinity *affinity);

#endif
