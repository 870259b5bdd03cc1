/* SPDX-License-Identifier: MIT */
/*
 * Open Firmware's client interface (IEEE 1275-1994, chapter 6; 32-bit cells, big-endian, as LoPAPR 1.1,
 * appendix B has it for POWER), and a flattened copy of its live tree, so that everything else reads one
 * kind of tree. Needs no step but that the firmware still runs: after "quiesce" or with our own page tables it is
 * gone. Nothing that it answers is believed: a length is checked against the room there is, a name against what
 * names may hold, and a tree that leads back into itself is cut where it does.
 */
#ifndef FIRMWARE_OPENFIRMWARE_H
#define FIRMWARE_OPENFIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How to reach it. All that firmware and client hand each other lies in a window, which is ours: it must lie
 * below 4 GiB. Arguments, names and values are copied in and out.
 */
struct openfirmware {
	/* Enter the firmware with the address of an array of cells. Returns what the firmware returned: 0, or
	 * not 0 when it did not take the call. */
	int (*enter)(void *context, uint32_t cells);
	void *context;
	uint8_t *window;	 /* where we see it, at a multiple of 8 */
	uint32_t window_address; /* where the firmware does */
	uint32_t window_size;	 /* bytes, OPENFIRMWARE_WINDOW_MIN at least */
};

#define OPENFIRMWARE_WINDOW_MIN	 1024u
#define OPENFIRMWARE_WINDOW_BEST 65536u /* a longer property than fits is left out, and named */
#define OPENFIRMWARE_CELLS_MAX	 10u	/* arguments and results of one call together */
#define OPENFIRMWARE_NAME_MAX \
	127u /* characters; 1275 allows properties 31, LoPAPR has some with more */
#define OPENFIRMWARE_PATH_MAX 511u

/*
 * One call. service: its name; arguments: numbers, as many as count says; results: room for as many numbers
 * as results_count. Returns 0; MUSTER_E_NOT_SUPPORTED when the firmware did not take it; MUSTER_E_INVALID for more
 * cells than a call may have. For calls whose arguments are numbers, or addresses in memory of the caller's
 * below 4 GiB.
 */
int openfirmware_call(const struct openfirmware *firmware, const char *service,
		      const uint32_t *arguments, uint32_t count, uint32_t *results,
		      uint32_t results_count);

/* The next node beside, the first below; 0: there is none. peer of 0 is the root. */
uint32_t openfirmware_peer(const struct openfirmware *firmware, uint32_t node);
uint32_t openfirmware_child(const struct openfirmware *firmware, uint32_t node);

/* The node at a path; 0: there is none. */
uint32_t openfirmware_find(const struct openfirmware *firmware, const char *path);
/* The node of an instance (of what `open` returned); 0: there is none. */
uint32_t openfirmware_package(const struct openfirmware *firmware, uint32_t instance);

/* A node's path, terminated. Returns its length, or MUSTER_E_NOT_FOUND when there is none that fits. */
int openfirmware_path(const struct openfirmware *firmware, uint32_t node, char *path, size_t size);

/* A property's value, as much of it as there is room for; returns how many bytes these are, or negative: there is
 * none. */
int32_t openfirmware_property(const struct openfirmware *firmware, uint32_t node, const char *name,
			      void *value, uint32_t size);
/* The whole of it, where it lies until the next call. Returns its length; MUSTER_E_NO_MEMORY when it is longer
 * than the window. */
int32_t openfirmware_property_view(const struct openfirmware *firmware, uint32_t node,
				   const char *name, const void **value);
/* A property that is one cell; false: it is not. */
bool openfirmware_number(const struct openfirmware *firmware, uint32_t node, const char *name,
			 uint32_t *number);

/*
 * The name of the property after `previous` ("" for the first). name: room for OPENFIRMWARE_NAME_MAX + 1.
 * Returns 1; 0 when there is no more; MUSTER_E_CORRUPT when what came is no name.
 */
int openfirmware_next_property(const struct openfirmware *firmware, uint32_t node,
			       const char *previous, char *name);

/* Open a device: an instance; 0: it cannot be. */
uint32_t openfirmware_open(const struct openfirmware *firmware, const char *path);

/* What else is to stand in the flattened tree. */
struct openfirmware_reserved {
	uint64_t base;
	uint64_t size;
};
struct openfirmware_flat {
	void *buffer; /* at a multiple of 8 */
	uint32_t size;
	uint32_t boot_cpu; /* for its header */
	const struct openfirmware_reserved
		*reserved; /* for its map of reserved memory; NULL: none */
	uint32_t reserved_count;
};

#define OPENFIRMWARE_DEPTH_MAX	    16u	   /* of nodes in nodes; what is deeper is left out */
#define OPENFIRMWARE_NODES_MAX	    65536u /* with more the tree is cut */
#define OPENFIRMWARE_PROPERTIES_MAX 512u   /* of a node; more are left out */

/*
 * Flatten the live tree: every node by its name and unit address, every property, a phandle for each node
 * that has none of its own (the live tree's), and for /chosen the path of the console that it has opened.
 * Names, lengths and links that break a rule are named, one line each, at most OPENFIRMWARE_LINES_MAX, and left
 * out; what comes out is always a tree that device_tree_open() takes. Returns its bytes; MUSTER_E_NO_MEMORY with
 * a line when the buffer is too small, MUSTER_E_NOT_FOUND with a line when there is no root.
 */
#define OPENFIRMWARE_LINES_MAX 16u
int32_t openfirmware_flatten(const struct openfirmware *firmware,
			     const struct openfirmware_flat *flat);

#endif
